//! What `verify` reads: each table once, row by row, with counts that their indexes answer.
//!
//! These are the only statements over all teams but for the chores'.

use futures_util::TryStreamExt as _;
use hookyard_model::{AttemptId, DestinationId, EventId, EventStatus, RequestId, RequestStatus, Timestamp};

use crate::{
    db::{Db, Tx, within},
    error::Result,
};

/// A request and how many events came of it when it was taken in.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct RequestRow {
    pub(super) id: RequestId,
    pub(super) status: RequestStatus,
    pub(super) events_count: i64,
    pub(super) ignored_count: i64,
    pub(super) ignored: Option<String>,
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
    /// Attempts of different numbers.
    pub(super) tried: i64,
    pub(super) succeeded: i64,
    /// Rows of the queue at its destination and due time.
    pub(super) queued: i64,
    /// Whether it is to be transformed first, and rows of that queue.
    pub(super) untransformed: bool,
    pub(super) transforming: i64,
    pub(super) requests: i64,
}

/// A row of the queue, its event and its lane.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct PendingRow {
    pub(super) event_id: EventId,
    pub(super) destination_id: DestinationId,
    pub(super) due_at: Timestamp,
    pub(super) event_status: Option<EventStatus>,
    pub(super) event_destination: Option<DestinationId>,
    pub(super) event_due_at: Option<Timestamp>,
    pub(super) has_lane: bool,
}

/// Begins to read everything as it is at one moment. It holds up nobody, on either database.
pub(super) async fn snapshot(db: &Db) -> Result<Tx> {
    Ok(match db {
        Db::Sqlite(pools) => Tx::Sqlite(pools.read.begin().await?),
        Db::Postgres(pools) => {
            Tx::Postgres(pools.read.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
        }
    })
}

pub(super) async fn requests(tx: &mut Tx, mut each: impl FnMut(&RequestRow)) -> Result<()> {
    const SQL: &str = "SELECT r.id, r.status, r.events_count, r.ignored_count, r.ignored, \
             (SELECT COUNT(*) FROM event e WHERE e.team_id = r.team_id AND e.mode = r.mode AND e.request_id = r.id \
             AND (e.retry_kind IS NULL OR r.status = 'rejected')) AS events \
         FROM request r";
    within!(tx, conn => {
        let mut rows = sqlx::query_as(SQL).fetch(conn);
        while let Some(row) = rows.try_next().await? {
            each(&row);
        }
    });
    Ok(())
}

pub(super) async fn events(tx: &mut Tx, mut each: impl FnMut(&EventRow)) -> Result<()> {
    const SQL: &str = "SELECT e.id, e.request_id, e.status, e.attempts, e.next_attempt_at, \
             (SELECT COUNT(DISTINCT a.attempt_number) FROM attempt a \
             WHERE a.team_id = e.team_id AND a.mode = e.mode AND a.event_id = e.id) AS tried, \
             CASE WHEN e.status = 'SUCCESSFUL' THEN (SELECT COUNT(*) FROM attempt a \
             WHERE a.team_id = e.team_id AND a.mode = e.mode AND a.event_id = e.id AND a.status = 'SUCCESSFUL') \
             ELSE CAST(0 AS BIGINT) END AS succeeded, \
             CASE WHEN e.next_attempt_at IS NOT NULL THEN (SELECT COUNT(*) FROM pending p \
             WHERE p.team_id = e.team_id AND p.mode = e.mode AND p.destination_id = e.destination_id \
             AND p.rank IN (0, 1, 2) AND p.due_at = e.next_attempt_at AND p.event_id = e.id) \
             ELSE CAST(0 AS BIGINT) END AS queued, e.untransformed, \
             (SELECT COUNT(*) FROM transforming t \
             WHERE t.team_id = e.team_id AND t.mode = e.mode AND t.event_id = e.id) AS transforming, \
             (SELECT COUNT(*) FROM request r \
             WHERE r.team_id = e.team_id AND r.mode = e.mode AND r.id = e.request_id) AS requests \
         FROM event e";
    within!(tx, conn => {
        let mut rows = sqlx::query_as(SQL).fetch(conn);
        while let Some(row) = rows.try_next().await? {
            each(&row);
        }
    });
    Ok(())
}

pub(super) async fn pending(tx: &mut Tx, mut each: impl FnMut(&PendingRow)) -> Result<()> {
    const SQL: &str = "SELECT p.event_id, p.destination_id, p.due_at, e.status AS event_status, \
             e.destination_id AS event_destination, e.next_attempt_at AS event_due_at, \
             (l.destination_id IS NOT NULL) AS has_lane \
         FROM pending p \
         LEFT JOIN event e ON e.team_id = p.team_id AND e.mode = p.mode AND e.id = p.event_id \
         LEFT JOIN lane l ON l.team_id = p.team_id AND l.mode = p.mode AND l.destination_id = p.destination_id";
    within!(tx, conn => {
        let mut rows = sqlx::query_as(SQL).fetch(conn);
        while let Some(row) = rows.try_next().await? {
            each(&row);
        }
    });
    Ok(())
}

pub(super) async fn count_attempts(tx: &mut Tx) -> Result<u64> {
    const SQL: &str = "SELECT COUNT(*) FROM attempt";
    let count: i64 = within!(tx, conn => sqlx::query_scalar(SQL).fetch_one(conn).await)?;
    Ok(count.unsigned_abs())
}

/// Attempts whose event is not there.
pub(super) async fn stray_attempts(tx: &mut Tx, mut each: impl FnMut(AttemptId, EventId)) -> Result<()> {
    const SQL: &str = "SELECT a.id, a.event_id FROM attempt a WHERE NOT EXISTS \
         (SELECT 1 FROM event e WHERE e.team_id = a.team_id AND e.mode = a.mode AND e.id = a.event_id)";
    within!(tx, conn => {
        let mut rows = sqlx::query_as(SQL).fetch(conn);
        while let Some((attempt, event)) = rows.try_next().await? {
            each(attempt, event);
        }
    });
    Ok(())
}
