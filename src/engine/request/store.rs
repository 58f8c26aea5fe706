//! The table `request`.

use std::collections::HashMap;

use hookyard_model::{
    Actor, AttemptHistogram, AttemptStatus, BulkOperationId, EventStatus, Mode, PageQuery, Payload, RejectionCause,
    ReplayMode, Request, RequestFilter, RequestId, RequestStatus, RetryKind, SourceId, TeamId, Timestamp,
};

use super::{
    HANDSHAKE, StoredRequest,
    filter::{Conditions, Statement, add, bounds, by_bucket, by_index},
    payload::{PayloadRow, narrow},
};
use crate::{
    bulk::{Walk, of_operations},
    db::{Db, Dialect, on},
    error::Result,
    event::Among,
};

const COLUMNS: &str = "r.id, r.source_id, COALESCE(s.name, r.source_id) AS source_name, r.status, r.verified, \
     r.rejection_cause, r.rejection_detail, r.event_type, r.method, r.path, \
     CAST(LENGTH(r.body) AS BIGINT) AS body_size, r.events_count, r.ignored_count, r.retry_kind, r.retry_parent_id, \
     r.modified, r.bulk_id, r.created_at";

const NAMES: &str = "LEFT JOIN source s ON s.team_id = r.team_id AND s.mode = r.mode AND s.id = r.source_id";

#[derive(sqlx::FromRow)]
struct Row {
    id: RequestId,
    source_id: SourceId,
    source_name: String,
    status: RequestStatus,
    verified: bool,
    rejection_cause: Option<RejectionCause>,
    rejection_detail: Option<String>,
    event_type: Option<String>,
    method: String,
    path: String,
    body_size: i64,
    events_count: i64,
    ignored_count: i64,
    retry_kind: Option<RetryKind>,
    retry_parent_id: Option<RequestId>,
    modified: Option<String>,
    bulk_id: Option<BulkOperationId>,
    created_at: Timestamp,
}

impl Row {
    fn into_request(self, who: &Actor) -> Request {
        let replay_modified: Vec<String> =
            self.modified.and_then(|places| serde_json::from_str(&places).ok()).unwrap_or_default();
        let mode = if replay_modified.is_empty() { ReplayMode::Exact } else { ReplayMode::Modified };
        Request {
            id: self.id,
            team_id: who.team,
            mode: who.mode,
            source_id: self.source_id,
            source_name: self.source_name,
            status: self.status,
            verified: self.verified,
            rejection_cause: self.rejection_cause,
            rejection_detail: self.rejection_detail,
            event_type: self.event_type,
            method: self.method,
            path: self.path,
            body_size: self.body_size.unsigned_abs(),
            original_event_data_id: self.id,
            events_count: narrow(self.events_count),
            ignored_count: narrow(self.ignored_count),
            cli_events_count: 0,
            is_retry: self.retry_kind.is_some(),
            retry_kind: self.retry_kind,
            retry_parent_request_id: self.retry_parent_id,
            retry_operation_id: self.bulk_id,
            retried_at: self.retry_kind.map(|_| self.created_at),
            replay_mode: self.retry_kind.map(|_| mode),
            replay_modified,
            ingested_at: self.created_at,
            created_at: self.created_at,
            updated_at: self.created_at,
            event_summary: None,
            data: None,
        }
    }
}

/// What `filter` asks for, apart from the time.
fn conditions(who: &Actor, filter: &RequestFilter, dialect: Dialect) -> Conditions {
    // PostgreSQL does not even look for a NUL.
    let methods: Vec<_> = filter.method.0.iter().map(|name| name.replace('\0', "").to_ascii_uppercase()).collect();
    let mut found = Conditions::of(who, "r")
        .one_of("r.id", &filter.id.0)
        .one_of("r.source_id", &filter.source_id.0)
        .one_of("r.status", filter.status.as_slice())
        .one_of("r.rejection_cause", &filter.rejection_cause.0)
        .one_of("r.method", &methods)
        .one_of("r.retry_kind", &filter.retry_kind.0);
    for (wanted, yes, no) in [
        (filter.verified, "r.verified", "NOT r.verified"),
        (filter.has_events, "r.events_count > 0", "r.events_count = 0"),
        (filter.has_ignored, "r.ignored_count > 0", "r.ignored_count = 0"),
        (filter.is_retry, "r.retry_kind IS NOT NULL", "r.retry_kind IS NULL"),
    ] {
        if let Some(wanted) = wanted {
            found = found.and(if wanted { yes } else { no });
        }
    }
    found = of_operations(found, ("request", "r"), &filter.batch_operation_id.0, filter.batch_operation_scope);
    if is_unusual(filter) {
        found = found.and(UNUSUAL);
    }
    let found = with_events(found, filter, dialect);
    found.containing(
        filter.q.as_deref(),
        &[
            &|needle| dialect.contains("r.id", needle),
            &|needle| dialect.contains("r.event_type", needle),
            &|needle| dialect.contains("r.path", needle),
            &|needle| dialect.bytes_contain("r.body", needle),
        ],
    )
}

/// As it stands in the index of that name: the planners do not find it out.
const UNUSUAL: &str = "(r.status = 'rejected' OR r.retry_kind IS NOT NULL)";

/// Whether `filter` asks for nothing but what is in the index of unusual requests.
fn is_unusual(filter: &RequestFilter) -> bool {
    filter.status == Some(RequestStatus::Rejected)
        || !filter.rejection_cause.is_empty()
        || filter.is_retry == Some(true)
        || !filter.retry_kind.is_empty()
}

/// Those with events that `filter` asks for.
fn with_events(found: Conditions, filter: &RequestFilter, dialect: Dialect) -> Conditions {
    let (connections, statuses) = (&filter.connection_id.0, &filter.event_status.0);
    if connections.is_empty() && statuses.is_empty() {
        return found;
    }
    if let Some(among) = Among::states(statuses).filter(|_| connections.is_empty()) {
        // What is not delivered is little, or it is what everybody looks at: it is read once.
        let index = by_index(dialect, among.index());
        let select = format!(
            "r.id IN (SELECT e.request_id FROM event e{index} WHERE e.team_id = $1 AND e.mode = $2 AND {}",
            among.condition(dialect)
        );
        return found.within(&select, |found| found.one_of("e.status", statuses));
    }
    let index = by_index(dialect, Some("event_request"));
    let select =
        format!("EXISTS (SELECT 1 FROM event e{index} WHERE e.team_id = $1 AND e.mode = $2 AND e.request_id = r.id");
    found.within(&select, |found| found.one_of("e.connection_id", connections).one_of("e.status", statuses))
}

fn walk(filter: &RequestFilter) -> Option<Walk> {
    Walk::of(&filter.batch_operation_id.0, filter.batch_operation_scope)
}

/// The table, read by the index that has what lists are filtered by.
fn table(filter: &RequestFilter, dialect: Dialect) -> String {
    if let Some(walk) = walk(filter) {
        return walk.tables(("request", "r"), dialect);
    }
    let is_by_id = !filter.id.is_empty();
    let index = match (!is_by_id, filter.source_id.0.as_slice()) {
        (true, _) if is_unusual(filter) => Some("request_unusual"),
        (true, []) => Some("request_facts"),
        (true, [_]) => Some("request_source"),
        _ => None,
    };
    format!("request r{}", by_index(dialect, index))
}

fn list(who: &Actor, filter: &RequestFilter, page: &PageQuery, now: Timestamp, dialect: Dialect) -> Statement {
    let select = format!("SELECT {COLUMNS} FROM {} {NAMES}", table(filter, dialect));
    conditions(who, filter, dialect).made("r.id", RequestId::PREFIX, (filter.from, filter.to), now).page(
        &select,
        Walk::id(walk(filter), "r.id"),
        page,
    )
}

/// What `filter` finds among `request r`: where to read from, and which rows.
pub(crate) fn found(who: &Actor, filter: &RequestFilter, now: Timestamp, dialect: Dialect) -> (String, Conditions) {
    let rows = conditions(who, filter, dialect).made("r.id", RequestId::PREFIX, (filter.from, filter.to), now);
    (table(filter, dialect), rows)
}

fn counting(who: &Actor, filter: &RequestFilter, now: Timestamp, dialect: Dialect) -> Statement {
    conditions(who, filter, dialect)
        .made("r.id", RequestId::PREFIX, (filter.from, filter.to), now)
        .all(&format!("SELECT COUNT(*) FROM {}", table(filter, dialect)))
}

pub(super) async fn page(
    db: &Db,
    who: &Actor,
    filter: &RequestFilter,
    page: &PageQuery,
    now: Timestamp,
) -> Result<Vec<Request>> {
    let rows: Vec<Row> = list(who, filter, page, now, db.dialect()).rows(db).await?;
    Ok(rows.into_iter().map(|row| row.into_request(who)).collect())
}

pub(super) async fn count(db: &Db, who: &Actor, filter: &RequestFilter, now: Timestamp) -> Result<u64> {
    counting(who, filter, now, db.dialect()).count(db).await
}

/// Counts what `filter` asks for into the buckets of `histogram`, whatever time the filter says.
pub(super) async fn fill(db: &Db, who: &Actor, filter: &RequestFilter, histogram: &mut AttemptHistogram) -> Result<()> {
    let bounds = bounds(histogram, |at| RequestId::first_at(at).to_string());
    let rows: Vec<(i64, RequestStatus, i64)> = counts(who, filter, &bounds, db.dialect()).rows(db).await?;
    for (number, status, count) in rows {
        let outcome = match status {
            RequestStatus::Accepted => AttemptStatus::Successful,
            RequestStatus::Rejected => AttemptStatus::Failed,
        };
        add(histogram, number, outcome, count);
    }
    Ok(())
}

fn counts(who: &Actor, filter: &RequestFilter, bounds: &[String], dialect: Dialect) -> Statement {
    let tables = table(filter, dialect);
    by_bucket(conditions(who, filter, dialect), (&tables, Walk::id(walk(filter), "r.id"), "r.status"), bounds, dialect)
}

/// How many events of these requests are in each state.
pub(super) async fn summaries(db: &Db, who: &Actor, ids: &[RequestId]) -> Result<Vec<(RequestId, EventStatus, i64)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let index = by_index(db.dialect(), Some("event_request"));
    let select = format!("SELECT e.request_id, e.status, COUNT(*) FROM event e{index}");
    Conditions::of(who, "e").one_of("e.request_id", ids).grouped(&select, "e.request_id, e.status").rows(db).await
}

/// The latest of the requests that `id` was taken in again as, and how many there are.
pub(super) async fn replays(db: &Db, who: &Actor, id: RequestId, most: usize) -> Result<(Vec<RequestId>, u64)> {
    const SQL: &str = "SELECT id FROM request WHERE team_id = $1 AND mode = $2 AND retry_parent_id = $3";
    let mut ids: Vec<RequestId> =
        on!(db, read, pool => sqlx::query_scalar(SQL).bind(who.team).bind(who.mode).bind(id).fetch_all(pool).await)?;
    ids.sort_by(|one, other| other.cmp(one));
    let count = ids.len() as u64;
    ids.truncate(most);
    Ok((ids, count))
}

pub(super) async fn find(db: &Db, who: &Actor, id: RequestId) -> Result<Option<Request>> {
    let select = format!("SELECT {COLUMNS} FROM request r {NAMES}");
    let rows: Vec<Row> = Conditions::of(who, "r").one_of("r.id", &[id]).all(&select).rows(db).await?;
    Ok(rows.into_iter().next().map(|row| row.into_request(who)))
}

/// The payloads of these requests.
pub(super) async fn payloads(db: &Db, who: &Actor, ids: &[RequestId]) -> Result<HashMap<RequestId, Payload>> {
    const SELECT: &str = "SELECT r.id, r.method, r.path, r.query, r.headers, r.body FROM request r";
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<PayloadRow> = Conditions::of(who, "r").one_of("r.id", ids).all(SELECT).rows(db).await?;
    rows.into_iter().map(|row| Ok((row.id, row.into_payload()?))).collect()
}

/// The last request that a source let in.
pub(super) async fn latest(db: &Db, team: TeamId, mode: Mode, source: SourceId) -> Result<Option<PayloadRow>> {
    const SQL: &str = "SELECT id, method, path, query, headers, body FROM request \
         WHERE team_id = $1 AND mode = $2 AND source_id = $3 AND status = 'accepted' ORDER BY id DESC LIMIT 1";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).bind(source).fetch_optional(pool).await)?)
}

/// The connections that ignored a request, as JSON; none when there is no such request.
pub(super) async fn ignored(
    db: &Db,
    team: TeamId,
    mode: Mode,
    id: RequestId,
) -> Result<Option<(Option<String>, Timestamp)>> {
    const SQL: &str = "SELECT ignored, created_at FROM request WHERE team_id = $1 AND mode = $2 AND id = $3";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).bind(id).fetch_optional(pool).await)?)
}

pub(super) async fn stored(db: &Db, team: TeamId, mode: Mode, id: RequestId) -> Result<Option<StoredRequest>> {
    const SQL: &str = "SELECT id, source_id, enveloped, simulated, event_type, webhook_id, method, path, query, headers, \
         body, rejection_cause, verified, COALESCE(ignored LIKE $4, FALSE) AS is_handshake FROM request \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    Ok(on!(db, read, pool => sqlx::query_as(SQL)
        .bind(team).bind(mode).bind(id).bind(HANDSHAKE).fetch_optional(pool).await)?)
}

#[cfg(test)]
mod tests {
    use hookyard_model::{Commas, UserId, Who};
    use ulid::Ulid;

    use super::*;

    #[tokio::test]
    async fn a_list_is_read_by_an_index() {
        let id = Ulid::nil();
        let who = Actor { team: TeamId::new(id), mode: Mode::Test, who: Who::User(UserId::new(id)) };
        let all = RequestFilter::default();
        let rejected = RequestFilter { status: Some(RequestStatus::Rejected), verified: Some(false), ..all.clone() };
        let unproven = RequestFilter { verified: Some(false), method: "POST".parse().unwrap(), ..all.clone() };
        let source = RequestFilter { source_id: Commas(vec![SourceId::new(id)]), ..unproven.clone() };
        let rejected_of = RequestFilter { source_id: Commas(vec![SourceId::new(id)]), ..rejected.clone() };
        let replayed = RequestFilter { is_retry: Some(true), ..all.clone() };
        let failed = RequestFilter { event_status: Commas(vec![EventStatus::Failed]), ..all.clone() };
        let facts = "request_facts (team_id=? AND mode=?";
        for (filter, index) in [
            (all, facts),
            (unproven, facts),
            (rejected, "request_unusual (team_id=? AND mode=?"),
            (rejected_of, "request_unusual (team_id=? AND mode=?"),
            (replayed, "request_unusual (team_id=? AND mode=?"),
            (source, "request_source (team_id=? AND mode=? AND source_id=?"),
            (failed, facts),
        ] {
            let now = Timestamp::from_millis(0);
            let plan = list(&who, &filter, &PageQuery::default(), now, Dialect::Sqlite).plan().await;
            assert!(plan[0].starts_with("SEARCH r ") && plan[0].contains(index), "{plan:?}");
            let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE"));
            assert!(!sorts || !filter.event_status.is_empty(), "{plan:?}");
            let plan = counting(&who, &filter, now, Dialect::Sqlite).plan().await;
            assert!(plan[0].contains("COVERING INDEX"), "{plan:?}");
            let first = [RequestId::new(id).to_string(), RequestId::new(id).to_string()];
            let plan = counts(&who, &filter, &first, Dialect::Sqlite).plan().await;
            assert!(
                // By what became of it, the few events lead to their requests.
                plan.iter().any(|step| step.starts_with("SEARCH r ")
                    && (step.contains(" id>? AND id<?)") || !filter.event_status.is_empty())),
                "{plan:?}"
            );
        }
    }
}
