//! The table `attempt`.

use std::fmt::Write as _;

use hookyard_model::{
    Actor, AttemptFilter, AttemptHistogram, AttemptId, AttemptStatus, BulkOperationId, ConnectionId, DestinationId,
    ErrorCode, EventId, EventStatus, PageQuery, RequestId, ResponseCode, SourceId, Timestamp, Trigger,
};

use crate::{
    db::{Db, Dialect, on},
    error::Result,
    request::filter::{Conditions, Statement, add, bounds, by_bucket, by_index},
};

const COLUMNS: &str = "a.id, a.event_id, e.request_id, e.connection_id, e.source_id, a.destination_id, e.event_type, \
     e.webhook_id, a.attempt_number, a.cause, a.status, e.simulated, a.error_code, a.error_message, a.method, a.url, \
     a.response_status, a.timings, a.sent_at, a.responded_at, e.attempts AS event_attempts, \
     e.status AS event_status, e.next_attempt_at AS event_next_at, e.bulk_id, \
     a.request_headers, a.response_headers, a.response_truncated";

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: AttemptId,
    pub(super) event_id: EventId,
    pub(super) request_id: RequestId,
    pub(super) connection_id: ConnectionId,
    pub(super) source_id: SourceId,
    pub(super) destination_id: DestinationId,
    pub(super) event_type: Option<String>,
    pub(super) webhook_id: String,
    pub(super) attempt_number: i64,
    pub(super) cause: Trigger,
    pub(super) status: AttemptStatus,
    pub(super) simulated: bool,
    pub(super) error_code: Option<ErrorCode>,
    pub(super) error_message: Option<String>,
    pub(super) method: String,
    pub(super) url: Option<String>,
    pub(super) response_status: Option<i64>,
    pub(super) timings: String,
    pub(super) sent_at: Timestamp,
    pub(super) responded_at: Option<Timestamp>,
    pub(super) event_attempts: i64,
    pub(super) event_status: EventStatus,
    pub(super) event_next_at: Option<Timestamp>,
    pub(super) bulk_id: Option<BulkOperationId>,
    pub(super) request_headers: String,
    pub(super) response_headers: Option<String>,
    pub(super) response_truncated: bool,
}

/// Both bodies of an attempt: its request's, with how it is sent, and the answer's.
#[derive(sqlx::FromRow)]
pub(super) struct Bodies {
    pub(super) enveloped: Option<bool>,
    pub(super) request_body: Option<Vec<u8>>,
    pub(super) response_body: Option<Vec<u8>>,
}

/// Attempts of the team's mode with their events.
fn joined(who: &Actor) -> Conditions {
    Conditions::of(who, "a").and("e.team_id = $1 AND e.mode = $2 AND e.id = a.event_id")
}

/// What `filter` asks for, apart from the time.
fn conditions(who: &Actor, filter: &AttemptFilter, dialect: Dialect) -> Conditions {
    // PostgreSQL does not even look for a NUL.
    let event_types: Vec<_> = filter.event_type.0.iter().map(|name| name.replace('\0', "")).collect();
    let found = joined(who)
        .one_of("a.id", &filter.id.0)
        .one_of("a.event_id", &filter.event_id.0)
        .one_of("a.destination_id", &filter.destination_id.0)
        .one_of("a.status", filter.status.as_slice())
        .one_of("a.error_code", &filter.error_code.0)
        .one_of("a.cause", &filter.trigger.0)
        .one_of("e.event_type", &event_types);
    let found = match answered(&filter.response_status.0) {
        None => found,
        Some(condition) => found.and(&condition),
    };
    // The planners are told so, and do not find it out.
    let found = if is_unusual(filter) { found.and(UNUSUAL) } else { found };
    // The places in which it costs least to look come first.
    found.containing(
        filter.q.as_deref(),
        &[
            &|needle| dialect.contains("a.id", needle),
            &|needle| dialect.contains("a.event_id", needle),
            &|needle| dialect.contains("e.request_id", needle),
            &|needle| dialect.contains("e.webhook_id", needle),
            &|needle| dialect.contains("e.event_type", needle),
            &|needle| dialect.contains("a.error_message", needle),
            &|needle| dialect.bytes_contain("a.response_body", needle),
            &|needle| dialect.bytes_contain("r.body", needle),
        ],
    )
}

/// As it stands in the index of that name.
const UNUSUAL: &str = "(a.status = 'FAILED' OR a.cause <> 'INITIAL')";

/// Whether `filter` asks for nothing but what is in the index of unusual attempts, and no other index leads there.
fn is_unusual(filter: &AttemptFilter) -> bool {
    let is_failed = filter.status == Some(AttemptStatus::Failed) || !filter.error_code.is_empty();
    let is_again = !filter.trigger.is_empty() && !filter.trigger.0.contains(&Trigger::Initial);
    filter.id.is_empty()
        && filter.event_id.is_empty()
        && filter.destination_id.is_empty()
        && (is_failed || is_again || is_refused(&filter.response_status.0))
}

/// Whether none of these answers is a success.
fn is_refused(codes: &[ResponseCode]) -> bool {
    let is_good = |code: &ResponseCode| matches!(code, ResponseCode::Exactly(200..300) | ResponseCode::Class(2));
    !codes.is_empty() && !codes.iter().any(is_good)
}

/// A condition that the answer is one of these, unless any will do.
fn answered(codes: &[ResponseCode]) -> Option<String> {
    let mut any = String::new();
    for code in codes {
        let or = if any.is_empty() { "" } else { " OR " };
        let _ = match code {
            ResponseCode::Exactly(code) => write!(any, "{or}a.response_status = {code}"),
            ResponseCode::Class(hundreds) => {
                write!(any, "{or}a.response_status BETWEEN {hundreds}00 AND {hundreds}99")
            }
            ResponseCode::None => write!(any, "{or}a.response_status IS NULL"),
        };
    }
    (!any.is_empty()).then(|| format!("({any})"))
}

/// The tables that `filter` is about: attempts in the order of their index, each with its event and, where the payload
/// is searched, its request.
///
/// `SQLite` keeps the order of the tables of a `CROSS JOIN`.
fn tables(filter: &AttemptFilter, dialect: Dialect) -> String {
    let index = match filter {
        filter if !filter.event_id.is_empty() => Some("attempt_event"),
        filter if is_unusual(filter) => Some("attempt_unusual"),
        _ => None,
    };
    let index = by_index(dialect, index);
    let request = match filter.q.as_deref() {
        None | Some("") => "",
        Some(_) => " LEFT JOIN request r ON r.team_id = a.team_id AND r.mode = a.mode AND r.id = e.request_id",
    };
    format!("attempt a{index} CROSS JOIN event e{request}")
}

fn list(who: &Actor, filter: &AttemptFilter, page: &PageQuery, now: Timestamp, dialect: Dialect) -> Statement {
    let select = format!("SELECT {COLUMNS} FROM {}", tables(filter, dialect));
    conditions(who, filter, dialect)
        .made("a.id", AttemptId::PREFIX, (filter.from, filter.to), now)
        .page(&select, "a.id", page)
}

pub(super) async fn page(
    db: &Db,
    who: &Actor,
    filter: &AttemptFilter,
    page: &PageQuery,
    now: Timestamp,
) -> Result<Vec<Row>> {
    list(who, filter, page, now, db.dialect()).rows(db).await
}

pub(super) async fn count(db: &Db, who: &Actor, filter: &AttemptFilter, now: Timestamp) -> Result<u64> {
    let select = format!("SELECT COUNT(*) FROM {}", tables(filter, db.dialect()));
    conditions(who, filter, db.dialect())
        .made("a.id", AttemptId::PREFIX, (filter.from, filter.to), now)
        .all(&select)
        .count(db)
        .await
}

/// Counts what `filter` asks for into the buckets of `histogram`, whatever time the filter says.
pub(super) async fn fill(db: &Db, who: &Actor, filter: &AttemptFilter, histogram: &mut AttemptHistogram) -> Result<()> {
    let bounds = bounds(histogram, |at| AttemptId::first_at(at).to_string());
    let rows: Vec<(i64, AttemptStatus, i64)> = counts(who, filter, &bounds, db.dialect()).rows(db).await?;
    for (number, status, count) in rows {
        add(histogram, number, status, count);
    }
    Ok(())
}

/// Counts by bucket and status; `bounds` are the ids that part the buckets, one more than there are buckets.
fn counts(who: &Actor, filter: &AttemptFilter, bounds: &[String], dialect: Dialect) -> Statement {
    let tables = tables(filter, dialect);
    by_bucket(conditions(who, filter, dialect), (&tables, "a.id", "a.status"), bounds, dialect)
}

/// The latest attempts of each of these events, `most` of each, the oldest first.
pub(super) async fn latest_of(db: &Db, who: &Actor, events: &[EventId], most: u32) -> Result<Vec<Row>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let index = by_index(db.dialect(), Some("attempt_event"));
    let select = format!(
        "SELECT a.id, ROW_NUMBER() OVER (PARTITION BY a.event_id ORDER BY a.id DESC) AS place FROM attempt a{index}"
    );
    let numbered: Vec<(AttemptId, i64)> =
        Conditions::of(who, "a").one_of("a.event_id", events).all(&select).rows(db).await?;
    let ids: Vec<_> = numbered.into_iter().filter(|(_, place)| *place <= i64::from(most)).map(|(id, _)| id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let select = format!("SELECT {COLUMNS} FROM attempt a CROSS JOIN event e");
    let mut rows: Vec<Row> = joined(who).one_of("a.id", &ids).all(&select).rows(db).await?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

pub(super) async fn find(db: &Db, who: &Actor, id: AttemptId) -> Result<Option<Row>> {
    let select = format!("SELECT {COLUMNS} FROM attempt a CROSS JOIN event e");
    let rows: Vec<Row> = joined(who).one_of("a.id", &[id]).all(&select).rows(db).await?;
    Ok(rows.into_iter().next())
}

pub(super) async fn bodies(db: &Db, who: &Actor, id: AttemptId, request: RequestId) -> Result<Option<Bodies>> {
    const SQL: &str = "SELECT r.enveloped, COALESCE(t.body, r.body) AS request_body, a.response_body \
         FROM attempt a LEFT JOIN request r ON r.team_id = a.team_id AND r.mode = a.mode AND r.id = $4 \
         LEFT JOIN event e ON e.team_id = a.team_id AND e.mode = a.mode AND e.id = a.event_id \
         LEFT JOIN event_data t ON t.team_id = a.team_id AND t.mode = a.mode AND t.id = e.data_id \
         WHERE a.team_id = $1 AND a.mode = $2 AND a.id = $3";
    Ok(on!(db, read, pool => sqlx::query_as(SQL)
        .bind(who.team).bind(who.mode).bind(id).bind(request).fetch_optional(pool).await)?)
}

#[cfg(test)]
mod tests {
    use hookyard_model::{Commas, Mode, TeamId, UserId, Who};
    use ulid::Ulid;

    use super::*;

    #[tokio::test]
    async fn a_list_is_read_by_an_index() {
        let id = Ulid::nil();
        let who = Actor { team: TeamId::new(id), mode: Mode::Test, who: Who::User(UserId::new(id)) };
        let destination =
            AttemptFilter { destination_id: Commas(vec![DestinationId::new(id)]), ..AttemptFilter::default() };
        let event = AttemptFilter { event_id: Commas(vec![EventId::new(id)]), ..destination.clone() };
        let failed = AttemptFilter { status: Some(AttemptStatus::Failed), ..AttemptFilter::default() };
        let manual = AttemptFilter { trigger: Commas(vec![Trigger::Manual]), ..AttemptFilter::default() };
        let refused = AttemptFilter { response_status: "5xx,none".parse().unwrap(), ..AttemptFilter::default() };
        for (filter, index, sorts) in [
            (AttemptFilter::default(), "(team_id=? AND mode=?)", false),
            (destination, "attempt_destination (team_id=? AND mode=? AND destination_id=?)", false),
            (event, "attempt_event (team_id=? AND mode=? AND event_id=?)", true),
            (failed, "attempt_unusual (team_id=? AND mode=?)", false),
            (manual, "attempt_unusual (team_id=? AND mode=?)", false),
            (refused, "attempt_unusual (team_id=? AND mode=?)", false),
        ] {
            let now = Timestamp::from_millis(0);
            let plan = list(&who, &filter, &PageQuery::default(), now, Dialect::Sqlite).plan().await;
            assert!(plan[0].starts_with("SEARCH a ") && plan[0].ends_with(index), "{plan:?}");
            assert_eq!(plan.iter().any(|step| step.contains("TEMP B-TREE")), sorts, "{plan:?}");
            let bounds = [AttemptId::new(id).to_string(), AttemptId::new(id).to_string()];
            let plan = counts(&who, &filter, &bounds, Dialect::Sqlite).plan().await;
            let by_time = |step: &String| step.starts_with("SEARCH a ") && step.ends_with("AND id>? AND id<?)");
            assert!(plan.iter().any(by_time) || sorts, "{plan:?}");
        }
    }

    #[test]
    fn answers_are_told_apart_by_their_status() {
        for (codes, expected) in [
            ("", None),
            ("503", Some("(a.response_status = 503)")),
            ("5xx,none", Some("(a.response_status BETWEEN 500 AND 599 OR a.response_status IS NULL)")),
        ] {
            let codes: Commas<ResponseCode> = codes.parse().unwrap();
            assert_eq!(answered(&codes.0).as_deref(), expected);
        }
    }
}
