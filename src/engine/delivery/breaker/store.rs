//! The SQL of circuit breakers.

use hookyard_model::{ConnectionId, EventId, Timestamp, Trigger};
use sqlx::AssertSqlSafe;

use super::BreakerUpdate;
use crate::{
    Engine,
    db::{
        Db, Tx,
        bulk::{
            Bulk,
            Kind::{Int, Text},
        },
        on, within,
    },
    delivery::{LaneKey, PendingKey, lane::PendingRow},
    error::Result,
    writer::Settlement,
};

/// How many events are let go in one commit.
const SOME: i64 = 500;

/// Rows of the queue of connections that are not paused.
const GOES_ON: &str = "connection_id NOT IN
    (SELECT id FROM connection WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND paused_at IS NOT NULL)";

#[derive(sqlx::FromRow)]
struct Row {
    rank: i64,
    due_at: Timestamp,
    event_id: EventId,
    connection_id: ConnectionId,
    attempts: i64,
    probes: i64,
    cause: Trigger,
    size: i64,
}

impl From<Row> for PendingRow {
    fn from(row: Row) -> Self {
        Self {
            key: PendingKey { rank: u8::try_from(row.rank).unwrap_or(2), due_at: row.due_at, event: row.event_id },
            connection: row.connection_id,
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            probes: u32::try_from(row.probes).unwrap_or(0),
            cause: row.cause,
            size: usize::try_from(row.size).unwrap_or(0),
        }
    }
}

/// An event that somebody sends again by itself and that is not under way.
pub(super) async fn manual(
    db: &Db,
    key: &LaneKey,
    under_way: &[EventId],
    now: Timestamp,
) -> Result<Option<PendingRow>> {
    let most = under_way.len() + 1;
    let sql = format!(
        "SELECT rank, due_at, event_id, connection_id, attempts, probes, cause, size FROM pending
        WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rank = 1 AND due_at <= $4
            AND cause = 'MANUAL' AND attempts = 0 AND {GOES_ON}
        ORDER BY due_at, event_id LIMIT {most}"
    );
    let rows: Vec<Row> = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql.as_str()))
        .bind(key.team).bind(key.mode).bind(key.destination).bind(now).fetch_all(pool).await)?;
    Ok(rows.into_iter().find(|row| !under_way.contains(&row.event_id)).map(PendingRow::from))
}

/// The event to probe with: of those that are held, the oldest that was never tried, else the one that was tried least among
/// the oldest. What is to wait first still does. Where there is none, one of a bulk operation, held or not; and what is
/// simulated where there is nothing else.
pub(super) async fn probe(db: &Db, key: &LaneKey, now: Timestamp) -> Result<Option<PendingRow>> {
    if let Some(row) = held(db, key, now, false).await? {
        return Ok(Some(row));
    }
    for due in ["due_at <= $4", "due_at = $5"] {
        let sql = format!(
            "SELECT rank, due_at, event_id, connection_id, attempts, probes, cause, size FROM pending
            WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rank = 3 AND {due} AND {GOES_ON}
            ORDER BY due_at, event_id LIMIT 1"
        );
        let row: Option<Row> = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql.as_str()))
            .bind(key.team).bind(key.mode).bind(key.destination).bind(now).bind(Timestamp::NEVER)
            .fetch_optional(pool).await)?;
        if let Some(row) = row {
            return Ok(Some(row.into()));
        }
    }
    held(db, key, now, true).await
}

/// The one to probe with of those that are held, simulated or not.
async fn held(db: &Db, key: &LaneKey, now: Timestamp, simulated: bool) -> Result<Option<PendingRow>> {
    const AMONG: i64 = 50;
    for rank in 0..=2 {
        let sql = format!(
            "SELECT rank, due_at, event_id, connection_id, attempts, probes, cause, size FROM pending
            WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rank = {rank} AND due_at = $4
                AND (attempts > 0 OR COALESCE(due_before, 0) <= $5) AND {GOES_ON}
                AND EXISTS (SELECT 1 FROM event WHERE event.team_id = pending.team_id AND event.mode = pending.mode
                    AND event.id = pending.event_id AND event.simulated = $6)
            ORDER BY event_id LIMIT {AMONG}"
        );
        let rows: Vec<Row> = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql.as_str()))
            .bind(key.team).bind(key.mode).bind(key.destination).bind(Timestamp::NEVER).bind(now).bind(simulated)
            .fetch_all(pool).await)?;
        if let Some(row) = rows.into_iter().min_by_key(|row| (row.attempts, row.event_id)) {
            return Ok(Some(row.into()));
        }
    }
    Ok(None)
}

/// When there may be something to probe with where nothing is now: a first attempt that is to wait, or a bulk operation's
/// event that is due again.
pub(super) async fn next_to_probe(db: &Db, key: &LaneKey, now: Timestamp) -> Result<Timestamp> {
    const SQL: &str = "
        SELECT MIN(due_at) FROM (
            SELECT MIN(due_before) AS due_at FROM pending
            WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rank IN (0, 1, 2) AND due_at = $5
                AND attempts = 0 AND due_before > $4
            UNION ALL
            SELECT MIN(due_at) FROM pending
            WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rank = 3 AND due_at > $4
        ) AS next";
    let next: Option<Timestamp> = on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(key.team).bind(key.mode).bind(key.destination).bind(now).bind(Timestamp::NEVER).fetch_one(pool).await)?;
    Ok(next.unwrap_or(Timestamp::NEVER))
}

/// Makes a held event due, so that it can be sent as a probe. False when that is not so any more: the breaker is closed,
/// the destination stopped, or the event not held.
pub(super) async fn let_through(engine: &Engine, key: &LaneKey, row: &PendingRow, now: Timestamp) -> Result<bool> {
    const STILL: &str = "
        UPDATE destination SET updated_at = updated_at
        WHERE team_id = $1 AND mode = $2 AND id = $3
            AND breaker_opened_at IS NOT NULL AND paused_at IS NULL AND disabled_at IS NULL";
    const EVENT: &str = "
        UPDATE event SET status = 'QUEUED', next_attempt_at = $5, released_at = $5
        WHERE team_id = $1 AND mode = $2 AND id = $3 AND status = 'HOLD' AND next_attempt_at = $4";
    const PENDING: &str = "
        UPDATE pending SET due_at = $7, due_before = NULL
        WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rank = $4 AND due_at = $5 AND event_id = $6";
    let mut tx = engine.db().begin().await?;
    let still = within!(&mut tx, conn => sqlx::query(STILL)
        .bind(key.team).bind(key.mode).bind(key.destination).execute(conn).await.map(|done| done.rows_affected()))?;
    let event = row.key.event;
    let held = within!(&mut tx, conn => sqlx::query(EVENT)
        .bind(key.team).bind(key.mode).bind(event).bind(row.key.due_at).bind(now)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    if still == 0 || held == 0 {
        return Ok(false);
    }
    within!(&mut tx, conn => sqlx::query(PENDING)
        .bind(key.team).bind(key.mode).bind(key.destination).bind(i64::from(row.key.rank))
        .bind(row.key.due_at).bind(event).bind(now)
        .execute(conn).await.map(|_| ()))?;
    tx.commit().await?;
    Ok(true)
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    rank: i64,
    event_id: EventId,
    attempts: i64,
    cause: Trigger,
    due_before: Option<Timestamp>,
    closed_at: Timestamp,
}

/// Lets go some of what a breaker held that is closed, the oldest first, to go out after all that is live. When none is
/// left, the destination's row says so. Returns whether there may be more.
pub(super) async fn release_some(engine: &Engine, key: &LaneKey, now: Timestamp) -> Result<bool> {
    // Whoever lets go or stops the destination meanwhile waits.
    const STILL: &str = "
        UPDATE destination SET updated_at = updated_at
        WHERE team_id = $1 AND mode = $2 AND id = $3 AND breaker_draining
            AND breaker_opened_at IS NULL AND paused_at IS NULL AND disabled_at IS NULL";
    const DONE: &str = "UPDATE destination SET breaker_draining = FALSE WHERE team_id = $1 AND mode = $2 AND id = $3";
    const EVENT: &str = "
        UPDATE event SET status = CASE WHEN u.due_at > u.now THEN 'SCHEDULED' ELSE 'QUEUED' END,
            next_attempt_at = u.due_at, released_at = u.now FROM u
        WHERE event.team_id = u.team_id AND event.mode = u.mode AND event.id = u.event_id AND event.status = 'HOLD'
            AND event.next_attempt_at = u.never";
    const PENDING: &str = "
        UPDATE pending SET rank = u.next_rank, due_at = u.due_at, cause = u.cause, due_before = NULL FROM u
        WHERE pending.team_id = u.team_id AND pending.mode = u.mode AND pending.destination_id = u.destination_id
            AND pending.rank = u.rank AND pending.due_at = u.never AND pending.event_id = u.event_id";
    let mut tx = engine.db().begin().await?;
    let still = within!(&mut tx, conn => sqlx::query(STILL)
        .bind(key.team).bind(key.mode).bind(key.destination).execute(conn).await.map(|done| done.rows_affected()))?;
    if still == 0 {
        return Ok(false);
    }
    let mut rows: Vec<HeldRow> = Vec::new();
    // Those that were tried first. With one rank named, the rows come in the order of the index.
    for rank in [2, 1, 0, 3] {
        let room = SOME - i64::try_from(rows.len()).unwrap_or(SOME);
        let sql = format!(
            "SELECT rank, event_id, attempts, cause, due_before, COALESCE((SELECT breaker_closed_at FROM destination
                WHERE team_id = $1 AND mode = $2 AND id = $3), $5) AS closed_at
            FROM pending
            WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rank = {rank} AND due_at = $4 AND {GOES_ON}
            ORDER BY event_id LIMIT {room}"
        );
        let more: Vec<HeldRow> = within!(&mut tx, conn => sqlx::query_as(AssertSqlSafe(sql))
            .bind(key.team).bind(key.mode).bind(key.destination).bind(Timestamp::NEVER).bind(now).fetch_all(conn).await)?;
        rows.extend(more);
    }
    released(key, &rows, now).run(&mut tx, EVENT).await?;
    released(key, &rows, now).run(&mut tx, PENDING).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|count| count >= SOME);
    if !more {
        within!(&mut tx, conn => sqlx::query(DONE)
            .bind(key.team).bind(key.mode).bind(key.destination).execute(conn).await.map(|_| ()))?;
    }
    tx.commit().await?;
    Ok(more)
}

fn released(key: &LaneKey, rows: &[HeldRow], now: Timestamp) -> Bulk {
    let mut released = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("destination_id", Text),
        ("rank", Int),
        ("event_id", Text),
        ("next_rank", Int),
        ("due_at", Int),
        ("cause", Text),
        ("never", Int),
        ("now", Int),
    ]);
    for row in rows {
        // A first attempt that was to wait still does. All others fell due when the breaker closed: the oldest go first.
        let waits = row.due_before.filter(|due_before| row.attempts == 0 && *due_before > now);
        let (due_at, cause) = waits.map_or((row.closed_at, Trigger::Unpause), |due_at| (due_at, row.cause));
        released
            .row()
            .text(key.team)
            .text(key.mode)
            .text(key.destination)
            .int(row.rank)
            .text(row.event_id)
            .int(row.rank.max(2))
            .int(due_at.millis())
            .text(cause)
            .int(Timestamp::NEVER.millis())
            .int(now.millis());
    }
    released
}

/// Records what an attempt does to its destination's breaker, unless its lane has another holder since.
pub(crate) async fn record(tx: &mut Tx, settlement: &Settlement) -> sqlx::Result<()> {
    const OPEN: &str = "
        UPDATE destination SET breaker_opened_at = $5, breaker_reason = $6, breaker_probe_at = $7, breaker_probes = 0,
            breaker_forgiven = 0, breaker_draining = FALSE
        WHERE team_id = $1 AND mode = $2 AND id = $3 AND breaker_opened_at IS NULL AND EXISTS
            (SELECT 1 FROM lane WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND epoch = $4)";
    const FAILED: &str = "
        UPDATE destination SET breaker_probe_at = $5, breaker_probes = breaker_probes + 1
        WHERE team_id = $1 AND mode = $2 AND id = $3 AND breaker_opened_at IS NOT NULL AND EXISTS
            (SELECT 1 FROM lane WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND epoch = $4)";
    const CLOSE: &str = "
        UPDATE destination SET breaker_opened_at = NULL, breaker_closed_at = $5, breaker_probe_at = NULL,
            breaker_forgiven = 0, breaker_draining = TRUE
        WHERE team_id = $1 AND mode = $2 AND id = $3 AND breaker_opened_at IS NOT NULL AND EXISTS
            (SELECT 1 FROM lane WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND epoch = $4)";
    let LaneKey { team, mode, destination } = settlement.lane;
    let epoch = settlement.epoch;
    match &settlement.breaker {
        None => Ok(()),
        Some(BreakerUpdate::Open { at, reason, probe_at }) => within!(tx, conn => sqlx::query(OPEN)
            .bind(team).bind(mode).bind(destination).bind(epoch).bind(*at).bind(reason).bind(*probe_at)
            .execute(conn).await.map(|_| ())),
        Some(BreakerUpdate::Failed { probe_at }) => within!(tx, conn => sqlx::query(FAILED)
            .bind(team).bind(mode).bind(destination).bind(epoch).bind(*probe_at)
            .execute(conn).await.map(|_| ())),
        Some(BreakerUpdate::Close { at }) => within!(tx, conn => sqlx::query(CLOSE)
            .bind(team).bind(mode).bind(destination).bind(epoch).bind(*at)
            .execute(conn).await.map(|_| ())),
    }
}
