//! What verification reads: each table in the order of its key, a little at a time, with counts that indexes answer.

use hookyard_model::{
    AttemptId, BulkItemStatus, BulkOperationId, BulkStatus, DestinationId, EventId, EventStatus, Mode, RequestId,
    RequestStatus, TeamId, Timestamp,
};
use sqlx::AssertSqlSafe;

use crate::{
    db::{Db, on},
    error::Result,
};

/// How many rows a step reads.
pub(super) const SOME: i64 = 500;
/// The same of bulk operations: all items of each are counted.
pub(super) const OPERATIONS_AT_ONCE: i64 = 1;

/// The rows of a team's mode.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whose<'a> {
    pub(super) db: &'a Db,
    pub(super) team: TeamId,
    pub(super) mode: Mode,
}

/// Which rows: those after a key, up to another, or the one of this key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which<'a> {
    After(&'a str, &'a str),
    One(&'a str),
}

/// A request and how many events came of it when it was taken in.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct RequestRow {
    pub(super) id: RequestId,
    pub(super) status: RequestStatus,
    pub(super) events_count: i64,
    pub(super) ignored_count: i64,
    pub(super) ignored: Option<String>,
    /// Its events that a filter ended after their scripts.
    pub(super) given_up: i64,
    /// Without those that were made of its events later; of a rejected request, all.
    pub(super) events: i64,
}

/// An event and what there is of it elsewhere.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct EventRow {
    pub(super) id: EventId,
    pub(super) request_id: RequestId,
    pub(super) status: EventStatus,
    pub(super) attempts: i64,
    pub(super) next_attempt_at: Option<Timestamp>,
    pub(super) data_id: Option<String>,
    pub(super) retry_parent_id: Option<EventId>,
    pub(super) bulk_id: Option<String>,
    /// Attempts of different numbers.
    pub(super) tried: i64,
    pub(super) succeeded: i64,
    /// Rows of the queue at its destination and due time.
    pub(super) queued: i64,
    /// Whether it is to be transformed first, and rows of that queue.
    pub(super) untransformed: bool,
    pub(super) transforming: i64,
    pub(super) requests: i64,
    /// Payloads of its own, events that it was sent again for, and items that say so; 1 where none is needed.
    pub(super) payloads: i64,
    pub(super) parents: i64,
    pub(super) items: i64,
    /// What holds it; 1 where it is not held.
    pub(super) holders: i64,
}

/// A row of the queue, its event and its lane.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct PendingRow {
    pub(super) event_id: EventId,
    pub(super) destination_id: DestinationId,
    pub(super) rank: i64,
    pub(super) due_at: Timestamp,
    pub(super) event_status: Option<EventStatus>,
    pub(super) event_destination: Option<DestinationId>,
    pub(super) event_due_at: Option<Timestamp>,
    /// Its lane sends it, or a chore is about to cancel it.
    pub(super) is_looked_after: bool,
}

/// A row of the queue of what is to be transformed, and its event.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct TransformingRow {
    pub(super) event_id: EventId,
    pub(super) event_status: Option<EventStatus>,
    pub(super) untransformed: bool,
}

/// An attempt, and whether its event is there.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct AttemptRow {
    pub(super) id: AttemptId,
    pub(super) event_id: EventId,
    pub(super) events: i64,
}

/// A lane, and the first thing that is due for it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct LaneRow {
    pub(super) destination_id: DestinationId,
    pub(super) due_at: Timestamp,
    pub(super) first_due_at: Option<Timestamp>,
}

/// A bulk operation's counts, and how many of its items are so.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct OperationRow {
    pub(super) id: BulkOperationId,
    pub(super) status: BulkStatus,
    pub(super) planned_at: Option<Timestamp>,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) total_count: i64,
    pub(super) pending_count: i64,
    pub(super) open_count: i64,
    pub(super) done_count: i64,
    pub(super) failed_count: i64,
    pub(super) retrying_count: i64,
    pub(super) skipped_count: i64,
    pub(super) cancelled_count: i64,
    pub(super) total: i64,
    pub(super) pending: i64,
    pub(super) open: i64,
    pub(super) done: i64,
    pub(super) failed: i64,
    pub(super) retrying: i64,
    pub(super) skipped: i64,
    pub(super) cancelled: i64,
    /// It has something to go, nothing is in its way, and yet nothing of it was changed for long.
    pub(super) is_stuck: bool,
}

/// An item of a bulk operation, and whether what was made of it is there.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct ItemRow {
    pub(super) operation_id: BulkOperationId,
    pub(super) target_id: String,
    pub(super) status: BulkItemStatus,
    pub(super) new_event_id: Option<EventId>,
    pub(super) new_request_id: Option<RequestId>,
    pub(super) events: i64,
    pub(super) requests: i64,
}

const REQUESTS: &str = "SELECT t.id, t.status, t.events_count, t.ignored_count, t.ignored, \
         (SELECT COUNT(*) FROM event e WHERE e.team_id = t.team_id AND e.mode = t.mode AND e.request_id = t.id \
         AND (e.retry_kind IS NULL OR t.status = 'rejected')) AS events, \
         (SELECT COUNT(*) FROM event e WHERE e.team_id = t.team_id AND e.mode = t.mode AND e.request_id = t.id \
         AND e.ignored_cause IS NOT NULL) AS given_up \
     FROM request t";

const EVENTS: &str = "SELECT t.id, t.request_id, t.status, t.attempts, t.next_attempt_at, t.data_id, t.retry_parent_id, \
         t.bulk_id, \
         (SELECT COUNT(DISTINCT a.attempt_number) FROM attempt a \
         WHERE a.team_id = t.team_id AND a.mode = t.mode AND a.event_id = t.id) AS tried, \
         CASE WHEN t.status = 'SUCCESSFUL' THEN (SELECT COUNT(*) FROM attempt a \
         WHERE a.team_id = t.team_id AND a.mode = t.mode AND a.event_id = t.id AND a.status = 'SUCCESSFUL') \
         ELSE CAST(0 AS BIGINT) END AS succeeded, \
         CASE WHEN t.next_attempt_at IS NOT NULL THEN (SELECT COUNT(*) FROM pending p \
         WHERE p.team_id = t.team_id AND p.mode = t.mode AND p.destination_id = t.destination_id \
         AND p.rank IN (0, 1, 2, 3) AND p.due_at = t.next_attempt_at AND p.event_id = t.id) \
         ELSE CAST(0 AS BIGINT) END AS queued, t.untransformed, \
         (SELECT COUNT(*) FROM transforming f \
         WHERE f.team_id = t.team_id AND f.mode = t.mode AND f.event_id = t.id) AS transforming, \
         (SELECT COUNT(*) FROM request r \
         WHERE r.team_id = t.team_id AND r.mode = t.mode AND r.id = t.request_id) AS requests, \
         CASE WHEN t.data_id IS NOT NULL THEN (SELECT COUNT(*) FROM event_data d \
         WHERE d.team_id = t.team_id AND d.mode = t.mode AND d.id = t.data_id) ELSE CAST(1 AS BIGINT) END AS payloads, \
         CASE WHEN t.retry_parent_id IS NOT NULL THEN (SELECT COUNT(*) FROM event o \
         WHERE o.team_id = t.team_id AND o.mode = t.mode AND o.id = t.retry_parent_id) \
         ELSE CAST(1 AS BIGINT) END AS parents, \
         CASE WHEN t.bulk_id IS NOT NULL AND t.retry_kind = 'bulk' AND EXISTS (SELECT 1 FROM bulk_operation b \
         WHERE b.team_id = t.team_id AND b.mode = t.mode AND b.id = t.bulk_id AND b.kind = 'event_bulk_retry') THEN (SELECT COUNT(*) FROM bulk_item i \
         WHERE i.team_id = t.team_id AND i.mode = t.mode AND i.operation_id = t.bulk_id \
         AND i.target_id = t.retry_parent_id AND i.new_event_id = t.id) ELSE CAST(1 AS BIGINT) END AS items, \
         CASE WHEN t.status = 'HOLD' THEN (SELECT COUNT(*) FROM destination d \
         WHERE d.team_id = t.team_id AND d.mode = t.mode AND d.id = t.destination_id AND (d.paused_at IS NOT NULL \
         OR d.disabled_at IS NOT NULL OR d.breaker_opened_at IS NOT NULL OR d.breaker_draining)) \
         + (SELECT COUNT(*) FROM connection c \
         WHERE c.team_id = t.team_id AND c.mode = t.mode AND c.id = t.connection_id AND c.paused_at IS NOT NULL) \
         ELSE CAST(1 AS BIGINT) END AS holders \
     FROM event t";

const ATTEMPTS: &str = "SELECT t.id, t.event_id, (SELECT COUNT(*) FROM event e \
         WHERE e.team_id = t.team_id AND e.mode = t.mode AND e.id = t.event_id) AS events \
     FROM attempt t";

const TRANSFORMING: &str = "SELECT t.event_id, e.status AS event_status, COALESCE(e.untransformed, FALSE) AS untransformed \
     FROM transforming t LEFT JOIN event e ON e.team_id = t.team_id AND e.mode = t.mode AND e.id = t.event_id";

const LANES: &str = "SELECT t.destination_id, t.due_at, (SELECT MIN(p.due_at) FROM pending p \
         WHERE p.team_id = t.team_id AND p.mode = t.mode AND p.destination_id = t.destination_id \
         AND p.rank IN (0, 1, 2)) AS first_due_at \
     FROM lane t";

const OPERATIONS: &str = "SELECT t.id, t.status, t.planned_at, t.finished_at, t.total_count, t.pending_count, t.open_count, t.done_count, t.failed_count, \
         t.retrying_count, t.skipped_count, t.cancelled_count, {total} AS total, {PENDING} AS pending, {QUEUED} AS open, \
         {DONE} AS done, {FAILED} AS failed, {RETRYING} AS retrying, {SKIPPED} AS skipped, {CANCELLED} AS cancelled, \
         {stuck} AS is_stuck \
     FROM bulk_operation t";

/// How long a bulk operation may stand still with nothing in its way, in milliseconds: a limit may allow one an hour.
const STILL: i64 = 2 * 60 * 60 * 1000;

/// Whether it stands still. What is in the way of requests is not asked of each destination that they may go to; so any that
/// takes nothing excuses them.
const STUCK: &str = "(t.finished_at IS NULL AND t.moved_at < {now} - {STILL} AND t.created_at < {now} - {STILL} \
     AND (t.status = 'PLANNED' OR (t.status = 'RUNNING' AND t.kind = 'event_bulk_retry' AND EXISTS ( \
         SELECT 1 FROM bulk_destination d LEFT JOIN destination n \
             ON n.team_id = d.team_id AND n.mode = d.mode AND n.id = d.destination_id \
         WHERE d.team_id = t.team_id AND d.mode = t.mode AND d.operation_id = t.id AND d.pending_count > 0 \
             AND d.stop_reason IS NULL AND n.disabled_at IS NULL AND n.paused_at IS NULL AND n.breaker_opened_at IS NULL \
             AND NOT EXISTS (SELECT 1 FROM connection c WHERE c.team_id = d.team_id AND c.mode = d.mode \
                 AND c.destination_id = d.destination_id AND c.paused_at IS NOT NULL) \
             AND NOT EXISTS (SELECT 1 FROM pace p WHERE p.team_id = d.team_id AND p.mode = d.mode \
                 AND p.destination_id = d.destination_id AND p.at > {now} - 120000 AND p.reading LIKE '%\"state\":\"waiting\"%'))) \
     OR (t.status = 'RUNNING' AND t.kind = 'request_bulk_retry' AND t.pending_count > 0 \
         AND NOT EXISTS (SELECT 1 FROM bulk_destination d WHERE d.team_id = t.team_id AND d.mode = t.mode \
             AND d.operation_id = t.id AND d.stop_reason IS NOT NULL) \
         AND NOT EXISTS (SELECT 1 FROM destination n WHERE n.team_id = t.team_id AND n.mode = t.mode \
             AND (n.disabled_at IS NOT NULL OR n.paused_at IS NOT NULL OR n.breaker_opened_at IS NOT NULL)))))";

/// How long what was taken in while its destination was deleted may wait for the chore that cancels it, in milliseconds.
const CANCELLED_WITHIN: i64 = 3 * 60 * 1000;

const PENDING: &str = "SELECT p.event_id, p.destination_id, p.rank, p.due_at, e.status AS event_status, \
         e.destination_id AS event_destination, e.next_attempt_at AS event_due_at, \
         (l.destination_id IS NOT NULL OR (e.updated_at > {now} - {CANCELLED_WITHIN} AND NOT EXISTS ( \
             SELECT 1 FROM destination d \
             WHERE d.team_id = p.team_id AND d.mode = p.mode AND d.id = p.destination_id))) AS is_looked_after \
     FROM pending p \
     LEFT JOIN event e ON e.team_id = p.team_id AND e.mode = p.mode AND e.id = p.event_id \
     LEFT JOIN lane l ON l.team_id = p.team_id AND l.mode = p.mode AND l.destination_id = p.destination_id \
     WHERE p.team_id = $1 AND p.mode = $2 AND (p.destination_id, p.rank, p.due_at, p.event_id)";

const ITEMS: &str = "SELECT t.operation_id, t.target_id, t.status, t.new_event_id, t.new_request_id, \
         (SELECT COUNT(*) FROM event e WHERE e.team_id = t.team_id AND e.mode = t.mode AND e.id = t.new_event_id) AS events, \
         (SELECT COUNT(*) FROM request r \
         WHERE r.team_id = t.team_id AND r.mode = t.mode AND r.id = t.new_request_id) AS requests \
     FROM bulk_item t WHERE t.team_id = $1 AND t.mode = $2 AND (t.operation_id, t.target_id)";

/// Some of a table whose key, after team and mode, is one column.
macro_rules! some {
    ($whose:expr, $which:expr, $select:expr, $key:literal) => {
        some!($whose, $which, $select, $key, SOME)
    };
    ($whose:expr, $which:expr, $select:expr, $key:literal, $most:expr) => {{
        let Whose { db, team, mode } = $whose;
        let (after, upto) = match $which {
            Which::After(after, upto) => (after, upto),
            Which::One(one) => (one, one),
        };
        let sign = if matches!($which, Which::One(_)) { ">=" } else { ">" };
        let sql = format!(
            "{} WHERE t.team_id = $1 AND t.mode = $2 AND t.{key} {sign} $3 AND t.{key} <= $4 ORDER BY t.{key} LIMIT $5",
            $select,
            key = $key
        );
        Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
            .bind(team).bind(mode).bind(after).bind(upto).bind($most).fetch_all(pool).await)?)
    }};
}

impl Whose<'_> {
    pub(super) async fn requests(self, which: Which<'_>) -> Result<Vec<RequestRow>> {
        some!(self, which, REQUESTS, "id")
    }

    pub(super) async fn events(self, which: Which<'_>) -> Result<Vec<EventRow>> {
        some!(self, which, EVENTS, "id")
    }

    pub(super) async fn attempts(self, which: Which<'_>) -> Result<Vec<AttemptRow>> {
        some!(self, which, ATTEMPTS, "id")
    }

    pub(super) async fn transforming(self, which: Which<'_>) -> Result<Vec<TransformingRow>> {
        some!(self, which, TRANSFORMING, "event_id")
    }

    pub(super) async fn lanes(self, which: Which<'_>) -> Result<Vec<LaneRow>> {
        some!(self, which, LANES, "destination_id")
    }

    pub(super) async fn operations(self, which: Which<'_>) -> Result<Vec<OperationRow>> {
        let items = |condition: &str| {
            format!(
                "(SELECT COUNT(*) FROM bulk_item i WHERE i.team_id = t.team_id AND i.mode = t.mode \
                 AND i.operation_id = t.id{condition})"
            )
        };
        let stuck = STUCK.replace("{now}", self.db.dialect().now()).replace("{STILL}", &STILL.to_string());
        let mut sql = OPERATIONS.replace("{total}", &items("")).replace("{stuck}", &stuck);
        for status in BulkItemStatus::ALL {
            sql = sql.replace(&format!("{{{status}}}"), &items(&format!(" AND i.status = '{status}'")));
        }
        some!(self, which, sql, "id", OPERATIONS_AT_ONCE)
    }

    /// Some of the queue after this key, which is a destination, a rank, a time and an event; or just that row.
    pub(super) async fn pending(self, key: &(String, i64, i64, String), one: bool) -> Result<Vec<PendingRow>> {
        let Whose { db, team, mode } = self;
        let sign = if one { "=" } else { ">" };
        let select =
            PENDING.replace("{now}", db.dialect().now()).replace("{CANCELLED_WITHIN}", &CANCELLED_WITHIN.to_string());
        let sql = format!(
            "{select} {sign} ($3, $4, $5, $6) ORDER BY p.destination_id, p.rank, p.due_at, p.event_id LIMIT $7"
        );
        Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
            .bind(team).bind(mode).bind(&key.0).bind(key.1).bind(key.2).bind(&key.3).bind(SOME).fetch_all(pool).await)?)
    }

    /// Some items of bulk operations after this key, which is an operation and its target; or just that item.
    pub(super) async fn items(self, key: &(String, String), one: bool) -> Result<Vec<ItemRow>> {
        let Whose { db, team, mode } = self;
        let sign = if one { "=" } else { ">" };
        let sql = format!("{ITEMS} {sign} ($3, $4) ORDER BY t.operation_id, t.target_id LIMIT $5");
        Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
            .bind(team).bind(mode).bind(&key.0).bind(&key.1).bind(SOME).fetch_all(pool).await)?)
    }

    /// The first and the last key of a table, which is one column; none: it is empty.
    pub(super) async fn ends(self, table: &str, key: &str) -> Result<Option<(String, String)>> {
        let Whose { db, team, mode } = self;
        let mut ends = [None, None];
        for (end, order) in ends.iter_mut().zip(["ASC", "DESC"]) {
            let sql =
                format!("SELECT {key} FROM {table} WHERE team_id = $1 AND mode = $2 ORDER BY {key} {order} LIMIT 1");
            *end = on!(db, read, pool => sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(team).bind(mode).fetch_optional(pool).await)?;
        }
        let [first, last] = ends;
        Ok(first.zip(last))
    }

    /// The ids of the lists of connections.
    pub(super) async fn rosters(self) -> Result<Vec<String>> {
        const SQL: &str = "SELECT id FROM roster WHERE team_id = $1 AND mode = $2";
        let Whose { db, team, mode } = self;
        Ok(on!(db, read, pool => sqlx::query_scalar(SQL).bind(team).bind(mode).fetch_all(pool).await)?)
    }
}

/// All teams.
pub(super) async fn teams(db: &Db) -> Result<Vec<TeamId>> {
    const SQL: &str = "SELECT id FROM team ORDER BY id";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL).fetch_all(pool).await)?)
}
