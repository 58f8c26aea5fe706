//! The table `event`.

use hookyard_model::{
    Actor, AttemptHistogram, AttemptStatus, BulkOperationId, ConnectionId, DestinationId, ErrorCode, Event,
    EventFilter, EventId, EventStatus, IgnoredCause, Mode, PageQuery, RequestId, RetryKind, SourceId, TeamId,
    Timestamp, TransformationRunId,
};
use sqlx::AssertSqlSafe;

use super::{GivenUp, StoredEvent};
use crate::{
    bulk::{Walk, of_operations},
    db::{Db, Dialect, Tx, on, within},
    error::Result,
    request::{
        filter::{Conditions, Statement, add, bounds, by_bucket, by_index},
        payload::narrow,
    },
    rollup::Ended,
};

const COLUMNS: &str = "e.id, e.connection_id, e.request_id, e.source_id, \
     COALESCE(s.name, e.source_id) AS source_name, e.destination_id, \
     COALESCE(d.name, e.destination_id) AS destination_name, e.event_type, e.webhook_id, e.status, e.attempts, \
     e.response_status, e.error_code, e.failure_message, e.ignored_cause, e.data_id, \
     e.simulated, e.last_attempt_at, e.next_attempt_at, e.successful_at, e.held_at, e.released_at, e.retry_kind, e.retry_parent_id, \
     e.bulk_id, e.created_at, e.updated_at";

const NAMES: &str = "LEFT JOIN source s ON s.team_id = e.team_id AND s.mode = e.mode AND s.id = e.source_id \
     LEFT JOIN destination d ON d.team_id = e.team_id AND d.mode = e.mode AND d.id = e.destination_id";

#[derive(sqlx::FromRow)]
struct Row {
    id: EventId,
    connection_id: ConnectionId,
    request_id: RequestId,
    source_id: SourceId,
    source_name: String,
    destination_id: DestinationId,
    destination_name: String,
    event_type: Option<String>,
    webhook_id: String,
    status: EventStatus,
    attempts: i64,
    response_status: Option<i64>,
    error_code: Option<ErrorCode>,
    failure_message: Option<String>,
    ignored_cause: Option<IgnoredCause>,
    data_id: Option<TransformationRunId>,
    simulated: bool,
    last_attempt_at: Option<Timestamp>,
    next_attempt_at: Option<Timestamp>,
    successful_at: Option<Timestamp>,
    held_at: Option<Timestamp>,
    released_at: Option<Timestamp>,
    retry_kind: Option<RetryKind>,
    retry_parent_id: Option<EventId>,
    bulk_id: Option<BulkOperationId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Row {
    fn into_event(self, who: &Actor) -> Event {
        Event {
            id: self.id,
            team_id: who.team,
            mode: who.mode,
            connection_id: self.connection_id,
            request_id: self.request_id,
            source_id: self.source_id,
            source_name: self.source_name,
            destination_id: self.destination_id,
            destination_name: self.destination_name,
            event_type: self.event_type,
            webhook_id: self.webhook_id,
            status: self.status,
            attempts: narrow(self.attempts),
            response_status: self.response_status.map(narrow),
            error_code: self.error_code,
            failure_message: self.failure_message,
            ignored_cause: self.ignored_cause,
            ignored_reason: self.ignored_cause,
            rejection_cause: None,
            event_data_id: self.data_id.map_or_else(|| self.request_id.to_string(), |data| data.to_string()),
            ingested_at: self.request_id.made_at(),
            transformed: self.data_id.is_some(),
            simulated: self.simulated,
            last_attempt_at: self.last_attempt_at,
            next_attempt_at: super::shown(self.next_attempt_at),
            successful_at: self.successful_at,
            held_at: self.held_at,
            released_at: self.released_at,
            is_retry: self.retry_kind.is_some(),
            retry_kind: self.retry_kind,
            retry_parent_event_id: self.retry_parent_id,
            retry_operation_id: self.bulk_id,
            retried_at: self.retry_kind.map(|_| self.created_at),
            cli_id: None,
            created_at: self.created_at,
            updated_at: self.updated_at,
            data: None,
        }
    }
}

/// What `filter` asks for, apart from the time.
fn conditions(who: &Actor, filter: &EventFilter, dialect: Dialect) -> Conditions {
    let mut found = Conditions::of(who, "e")
        .one_of("e.id", &filter.id.0)
        .one_of("e.status", &filter.status.0)
        .one_of("e.request_id", &filter.request_id.0)
        .one_of("e.source_id", &filter.source_id.0)
        .one_of("e.connection_id", &filter.connection_id.0)
        .one_of("e.destination_id", &filter.destination_id.0)
        .one_of("e.error_code", &filter.error_code.0);
    if let Some(is_retry) = filter.is_retry {
        found = found.and(if is_retry { "e.retry_kind IS NOT NULL" } else { "e.retry_kind IS NULL" });
    }
    found = of_operations(found, ("event", "e"), &filter.batch_operation_id.0, filter.batch_operation_scope);
    if let Some(among) = Among::of(filter) {
        found = found.and(&among.condition(dialect));
    }
    found.containing(
        filter.q.as_deref(),
        &[
            &|needle| dialect.contains("e.id", needle),
            &|needle| dialect.contains("e.webhook_id", needle),
            &|needle| dialect.contains("e.event_type", needle),
            &|needle| dialect.contains("e.failure_message", needle),
        ],
    )
}

/// As it stands in the index of that name: the planners do not find it out. What waits for its first try is not in it, so
/// that events which are delivered at once never enter it.
const TROUBLED: &str = "status IN ('FAILED', 'CANCELLED', 'HOLD', 'SCHEDULED')";

/// The events that one of a few states is looked for among.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Among {
    /// Those in the index of events in trouble.
    Troubled,
    /// Those in one of the queues.
    Queued,
    /// Both.
    Undelivered,
}

impl Among {
    /// Those that `filter` asks for are some of, when it asks for nothing that was delivered. What was has no error.
    fn of(filter: &EventFilter) -> Option<Self> {
        if filter.status.is_empty() {
            return (!filter.error_code.is_empty()).then_some(Self::Undelivered);
        }
        Self::states(&filter.status.0)
    }

    pub(crate) fn states(wanted: &[EventStatus]) -> Option<Self> {
        if wanted.contains(&EventStatus::Successful) {
            None
        } else if !wanted.contains(&EventStatus::Queued) {
            Some(Self::Troubled)
        } else if wanted.iter().all(|status| status.is_pending()) {
            Some(Self::Queued)
        } else {
            Some(Self::Undelivered)
        }
    }

    /// The index to read the table by.
    pub(crate) const fn index(self) -> Option<&'static str> {
        match self {
            Self::Troubled => Some("event_troubled"),
            Self::Queued | Self::Undelivered => None,
        }
    }

    /// What holds for the event `e`, of the team `$1` and the mode `$2`.
    pub(crate) fn condition(self, dialect: Dialect) -> String {
        const QUEUED: &str = "SELECT p.event_id FROM pending p WHERE p.team_id = $1 AND p.mode = $2 \
             UNION ALL SELECT t.event_id FROM transforming t WHERE t.team_id = $1 AND t.mode = $2";
        match self {
            Self::Troubled => format!("e.{TROUBLED}"),
            Self::Queued => format!("e.id IN ({QUEUED})"),
            Self::Undelivered => {
                let index = by_index(dialect, Some("event_troubled"));
                format!(
                    "e.id IN ({QUEUED} UNION ALL SELECT o.id FROM event o{index} \
                     WHERE o.team_id = $1 AND o.mode = $2 AND o.{TROUBLED})"
                )
            }
        }
    }
}

fn walk(filter: &EventFilter) -> Option<Walk> {
    Walk::of(&filter.batch_operation_id.0, filter.batch_operation_scope)
}

/// The table, read by the index that leads to the fewest rows.
fn table(filter: &EventFilter, dialect: Dialect) -> String {
    if let Some(walk) = walk(filter) {
        return walk.tables(("event", "e"), dialect);
    }
    let index = match filter {
        filter if !filter.id.is_empty() => None,
        filter if !filter.request_id.is_empty() => Some("event_request"),
        filter if Among::of(filter).is_some() => Among::of(filter).and_then(Among::index),
        filter if filter.connection_id.0.len() == 1 => Some("event_connection"),
        filter if filter.destination_id.0.len() == 1 => Some("event_destination"),
        filter if filter.source_id.0.len() == 1 => Some("event_source"),
        _ => None,
    };
    format!("event e{}", by_index(dialect, index))
}

fn list(who: &Actor, filter: &EventFilter, page: &PageQuery, now: Timestamp, dialect: Dialect) -> Statement {
    let select = format!("SELECT {COLUMNS} FROM {} {NAMES}", table(filter, dialect));
    conditions(who, filter, dialect).made("e.id", EventId::PREFIX, (filter.from, filter.to), now).page(
        &select,
        Walk::id(walk(filter), "e.id"),
        page,
    )
}

/// What `filter` finds among `event e`: where to read from, and which rows.
pub(crate) fn found(who: &Actor, filter: &EventFilter, now: Timestamp, dialect: Dialect) -> (String, Conditions) {
    let rows = conditions(who, filter, dialect).made("e.id", EventId::PREFIX, (filter.from, filter.to), now);
    (table(filter, dialect), rows)
}

pub(super) async fn page(
    db: &Db,
    who: &Actor,
    filter: &EventFilter,
    page: &PageQuery,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let rows: Vec<Row> = list(who, filter, page, now, db.dialect()).rows(db).await?;
    Ok(rows.into_iter().map(|row| row.into_event(who)).collect())
}

pub(super) async fn count(db: &Db, who: &Actor, filter: &EventFilter, now: Timestamp) -> Result<u64> {
    conditions(who, filter, db.dialect())
        .made("e.id", EventId::PREFIX, (filter.from, filter.to), now)
        .all(&format!("SELECT COUNT(*) FROM {}", table(filter, db.dialect())))
        .count(db)
        .await
}

/// Counts what `filter` asks for into the buckets of `histogram`, whatever time the filter says.
pub(super) async fn fill(db: &Db, who: &Actor, filter: &EventFilter, histogram: &mut AttemptHistogram) -> Result<()> {
    let bounds = bounds(histogram, |at| EventId::first_at(at).to_string());
    let rows: Vec<(i64, EventStatus, i64)> = counts(who, filter, &bounds, db.dialect()).rows(db).await?;
    for (number, status, count) in rows {
        match status {
            EventStatus::Successful => add(histogram, number, AttemptStatus::Successful, count),
            EventStatus::Failed => add(histogram, number, AttemptStatus::Failed, count),
            EventStatus::Scheduled | EventStatus::Queued | EventStatus::Hold | EventStatus::Cancelled => {}
        }
    }
    Ok(())
}

fn counts(who: &Actor, filter: &EventFilter, bounds: &[String], dialect: Dialect) -> Statement {
    let tables = table(filter, dialect);
    by_bucket(conditions(who, filter, dialect), (&tables, Walk::id(walk(filter), "e.id"), "e.status"), bounds, dialect)
}

/// The run that made what an event carries; none: its request brought it.
pub(super) async fn made_by(db: &Db, who: &Actor, id: EventId) -> Result<Option<TransformationRunId>> {
    const SQL: &str = "SELECT data_id FROM event WHERE team_id = $1 AND mode = $2 AND id = $3";
    let found: Option<(Option<TransformationRunId>,)> =
        on!(db, read, pool => sqlx::query_as(SQL).bind(who.team).bind(who.mode).bind(id).fetch_optional(pool).await)?;
    Ok(found.and_then(|(made_by,)| made_by))
}

/// How many attempts the events of a request had, and how many events there are.
pub(super) async fn counted(db: &Db, who: &Actor, request: RequestId) -> Result<(u64, u64)> {
    const SQL: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(attempts), 0) AS BIGINT) FROM event \
         WHERE team_id = $1 AND mode = $2 AND request_id = $3";
    let (events, attempts): (i64, i64) = on!(db, read, pool => sqlx::query_as(SQL)
        .bind(who.team).bind(who.mode).bind(request).fetch_one(pool).await)?;
    Ok((events.unsigned_abs(), attempts.unsigned_abs()))
}

/// The events of a request that were given up before any attempt.
pub(super) async fn given_up(db: &Db, who: &Actor, request: RequestId) -> Result<Vec<GivenUp>> {
    const SQL: &str = "SELECT id, connection_id, ignored_cause, data_id, updated_at FROM event \
         WHERE team_id = $1 AND mode = $2 AND request_id = $3 AND ignored_cause IS NOT NULL ORDER BY id";
    Ok(on!(db, read, pool => sqlx::query_as(SQL)
        .bind(who.team).bind(who.mode).bind(request).fetch_all(pool).await)?)
}

pub(super) async fn find(db: &Db, who: &Actor, id: EventId) -> Result<Option<Event>> {
    let select = format!("SELECT {COLUMNS} FROM event e {NAMES}");
    let rows: Vec<Row> = Conditions::of(who, "e").one_of("e.id", &[id]).all(&select).rows(db).await?;
    Ok(rows.into_iter().next().map(|row| row.into_event(who)))
}

pub(super) async fn stored(db: &Db, team: TeamId, mode: Mode, id: EventId) -> Result<Option<StoredEvent>> {
    const SQL: &str = "SELECT e.id, e.request_id, e.source_id, e.connection_id, e.destination_id, e.event_type, \
         e.webhook_id, e.simulated, e.status, e.untransformed, CASE WHEN e.untransformed THEN NULL ELSE e.data_id END AS data_id, \
         CAST(COALESCE(LENGTH(d.body), LENGTH(r.body)) AS BIGINT) AS payload_size \
         FROM event e JOIN request r ON r.team_id = e.team_id AND r.mode = e.mode AND r.id = e.request_id \
         LEFT JOIN event_data d ON d.team_id = e.team_id AND d.mode = e.mode AND d.id = e.data_id \
         WHERE e.team_id = $1 AND e.mode = $2 AND e.id = $3";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).bind(id).fetch_optional(pool).await)?)
}

pub(super) async fn connection_of_request(db: &Db, who: &Actor, request: RequestId) -> Result<Option<ConnectionId>> {
    const SQL: &str = "SELECT connection_id FROM event \
         WHERE team_id = $1 AND mode = $2 AND request_id = $3 ORDER BY id LIMIT 1";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(who.team).bind(who.mode).bind(request).fetch_optional(pool).await)?)
}

/// An event that was ended while it waited.
#[derive(sqlx::FromRow)]
pub(super) struct Cancelled {
    #[sqlx(flatten)]
    pub(super) ended: Ended,
    /// When it was due.
    pub(super) next_attempt_at: Option<Timestamp>,
}

/// Ends an event that waits; returns where it waited, or nothing when it does not wait.
pub(super) async fn cancel(tx: &mut Tx, who: &Actor, id: EventId, now: Timestamp) -> Result<Option<Cancelled>> {
    let sql = format!(
        "UPDATE event SET status = 'CANCELLED', updated_at = $4 \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND status IN ('SCHEDULED', 'QUEUED', 'HOLD') \
         RETURNING next_attempt_at, {}",
        Ended::COLUMNS
    );
    let done = within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(id).bind(now).fetch_optional(conn).await)?;
    Ok(done)
}

/// Takes an event that was just ended out of the queue.
pub(super) async fn unqueue(
    tx: &mut Tx,
    who: &Actor,
    id: EventId,
    destination: DestinationId,
    due_at: Option<Timestamp>,
) -> Result<()> {
    // With the ranks named, the whole key is known: a long queue is not searched.
    const DEQUEUE: &str = "DELETE FROM pending WHERE team_id = $1 AND mode = $2 AND destination_id = $3 \
         AND rank IN (0, 1, 2, 3) AND due_at = $4 AND event_id = $5";
    const FORGET: &str = "UPDATE event SET next_attempt_at = NULL WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(tx, conn => sqlx::query(DEQUEUE)
        .bind(who.team).bind(who.mode).bind(destination).bind(due_at).bind(id).execute(conn).await.map(drop))?;
    within!(tx, conn => sqlx::query(FORGET).bind(who.team).bind(who.mode).bind(id).execute(conn).await.map(drop))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use hookyard_model::{BulkScope, Commas, UserId, Who};
    use ulid::Ulid;

    use super::*;

    #[tokio::test]
    async fn a_list_is_read_by_an_index() {
        let id = Ulid::nil();
        let who = Actor { team: TeamId::new(id), mode: Mode::Test, who: Who::User(UserId::new(id)) };
        let all = EventFilter::default();
        let destination = EventFilter { destination_id: Commas(vec![DestinationId::new(id)]), ..all.clone() };
        let request = EventFilter { request_id: Commas(vec![RequestId::new(id)]), ..destination.clone() };
        let connection = EventFilter { connection_id: Commas(vec![ConnectionId::new(id)]), ..all.clone() };
        let source = EventFilter { source_id: Commas(vec![SourceId::new(id)]), ..all.clone() };
        let failed = EventFilter { status: "FAILED,HOLD".parse().unwrap(), ..destination.clone() };
        let waiting = EventFilter { status: "QUEUED,HOLD".parse().unwrap(), ..all.clone() };
        let error = EventFilter { error_code: Commas(vec![ErrorCode::Dns]), ..all.clone() };
        let of = |scope| {
            let batch_operation_id = Commas(vec![BulkOperationId::new(id)]);
            EventFilter { batch_operation_id, batch_operation_scope: Some(scope), ..failed.clone() }
        };
        for (filter, index, sorts) in [
            (of(BulkScope::Retries), "event_bulk (team_id=? AND mode=? AND bulk_id=?)", false),
            (of(BulkScope::Targets), "(team_id=? AND mode=? AND destination_id=? AND id=?)", false),
            (all, "(team_id=? AND mode=?)", false),
            (destination, "event_destination (team_id=? AND mode=? AND destination_id=?)", false),
            (connection, "event_connection (team_id=? AND mode=? AND connection_id=?)", false),
            (source, "event_source (team_id=? AND mode=? AND source_id=?)", false),
            (failed, "event_troubled (team_id=? AND mode=?)", false),
            (error, "(team_id=? AND mode=? AND id=?)", false),
            (waiting, "(team_id=? AND mode=? AND id=?)", false),
            (request, "event_request (team_id=? AND mode=? AND request_id=?)", true),
        ] {
            let now = Timestamp::from_millis(0);
            let plan = list(&who, &filter, &PageQuery::default(), now, Dialect::Sqlite).plan().await;
            assert!(plan.iter().any(|step| step.starts_with("SEARCH e ") && step.ends_with(index)), "{plan:?}");
            assert_eq!(plan.iter().any(|step| step.contains("TEMP B-TREE")), sorts, "{plan:?}");
        }
    }
}
