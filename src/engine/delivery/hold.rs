//! Holding events and letting them go: a held event keeps its pending row, due never.
//!
//! An event is held while its connection is paused, while its destination is paused or disabled, or while the
//! destination's circuit breaker is open. What ends one of
//! these lets go only what none of the others holds. Whoever holds or lets go has the row of the connection or of the
//! destination locked; a connection that goes on locks its destination too (`connection::check_ends`), so that of two
//! that go on at once the later one sees the other.

use std::fmt::Write as _;

use hookyard_model::{ConnectionId, DestinationId, EventId, Mode, TeamId, Timestamp};
use sqlx::AssertSqlSafe;

use super::{
    LaneKey,
    lane::{AFTER_FAILURE, Lane, Step, learn},
};
use crate::{
    Engine,
    db::{
        Tx,
        bulk::{
            Bulk,
            Kind::{Int, Text},
        },
        on, within,
    },
    error::Result,
    rollup::Tally,
    routing::Target,
};

/// How many events are held in one commit.
const SOME: i64 = 500;

#[derive(sqlx::FromRow)]
struct Row {
    rank: i64,
    due_at: Timestamp,
    event_id: EventId,
}

/// What is to be held.
#[derive(Debug, Clone, Copy)]
pub(super) enum Held<'a> {
    /// All events, since the destination is paused or disabled.
    All,
    /// Since the destination's circuit breaker is open: all but bulk operations', which wait as they are, and single events
    /// that somebody sends again.
    Breaker,
    /// Those of these connections, which are paused.
    Connections(&'a [ConnectionId]),
}

/// Nothing is sent to a destination that is paused or disabled: its events are held, and go on when it does.
pub(super) async fn rest(engine: &Engine, lane: &Lane, target: &Target) -> Result<Step> {
    // What is under way now may wait again before the rest is held, so it is looked at once more when it has ended.
    let (said, left_alone) = {
        let memory = lane.memory.lock();
        (memory.said(), !memory.under_way().is_empty())
    };
    if !hold_all(engine, lane, Held::All).await? {
        return Ok(learn(engine, lane));
    }
    if left_alone {
        return Ok(Step::Wait(engine.now().plus(AFTER_FAILURE)));
    }
    let mut memory = lane.memory.lock();
    if !memory.settle_down(said) {
        return Ok(Step::Again);
    }
    Ok(match (target.disabled, memory.is_idle()) {
        (true, _) => Step::Done,
        // More comes in all the time: the lane is kept for a while.
        (false, true) => Step::Rest(Timestamp::NEVER),
        (false, false) => Step::Wait(Timestamp::NEVER),
    })
}

/// Holds those events of the lane; those under way are left alone. Returns false when that is not so any more: nothing may be held then, since
/// whoever changed it has let go already what was held.
pub(super) async fn hold_all(engine: &Engine, lane: &Lane, held: Held<'_>) -> Result<bool> {
    let under_way = lane.memory.lock().under_way();
    loop {
        let rows: Vec<Row> = waiting(engine, &lane.key, held, &under_way).await?;
        if rows.is_empty() {
            return Ok(true);
        }
        {
            // Their place in the queue changes: what was captured just now, or read, is read anew when it goes on.
            let mut memory = lane.memory.lock();
            for row in &rows {
                memory.forget_waiting(row.event_id);
            }
        }
        let mut tx = engine.db().begin().await?;
        if !is_still_so(&mut tx, &lane.key, held).await? {
            return Ok(false);
        }
        hold(&mut tx, &lane.key, &rows, engine.now()).await?;
        tx.commit().await?;
        engine.tell(lane.key.team, lane.key.mode, Some(lane.key.destination));
    }
}

/// Whether the connections are paused, or the destination stopped or its breaker open, and keeps them so until the commit: an update locks
/// the row on both databases.
async fn is_still_so(tx: &mut Tx, key: &LaneKey, held: Held<'_>) -> Result<bool> {
    const STOPPED: &str = "
        UPDATE destination SET updated_at = updated_at
        WHERE team_id = $1 AND mode = $2 AND id = $3 AND (disabled_at IS NOT NULL OR paused_at IS NOT NULL)";
    const OPEN: &str = "
        UPDATE destination SET updated_at = updated_at
        WHERE team_id = $1 AND mode = $2 AND id = $3 AND breaker_opened_at IS NOT NULL";
    const PAUSED: &str = "
        UPDATE connection SET updated_at = updated_at
        WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND id = $4 AND paused_at IS NOT NULL";
    let (whole, connections) = match held {
        Held::All => (Some(STOPPED), &[][..]),
        Held::Breaker => (Some(OPEN), &[][..]),
        Held::Connections(connections) => (None, connections),
    };
    if let Some(sql) = whole {
        return Ok(within!(tx, conn => sqlx::query(sql)
            .bind(key.team).bind(key.mode).bind(key.destination).execute(conn).await.map(|done| done.rows_affected()))?
            > 0);
    }
    for connection in connections {
        let paused = within!(&mut *tx, conn => sqlx::query(PAUSED)
            .bind(key.team)
            .bind(key.mode)
            .bind(key.destination)
            .bind(connection)
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        if paused == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn waiting(engine: &Engine, key: &LaneKey, held: Held<'_>, under_way: &[EventId]) -> Result<Vec<Row>> {
    let among =
        |from: usize, count: usize| (from..from + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let (which, connections) = match held {
        Held::All => ("rank IN (0, 1, 2, 3)", &[][..]),
        Held::Breaker => ("rank IN (0, 1, 2) AND NOT (rank = 1 AND cause = 'MANUAL' AND attempts = 0)", &[][..]),
        Held::Connections(connections) => ("rank IN (0, 1, 2, 3)", connections),
    };
    // With the ranks named, what is held already is not read.
    let mut sql = format!(
        "SELECT rank, due_at, event_id FROM pending
        WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND {which} AND due_at < $4"
    );
    if !connections.is_empty() {
        let _ = write!(sql, " AND connection_id IN ({})", among(5, connections.len()));
    }
    if !under_way.is_empty() {
        let _ = write!(sql, " AND event_id NOT IN ({})", among(5 + connections.len(), under_way.len()));
    }
    let _ = write!(sql, " LIMIT {SOME}");
    Ok(on!(engine.db(), read, pool => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql.as_str()))
            .bind(key.team)
            .bind(key.mode)
            .bind(key.destination)
            .bind(Timestamp::NEVER);
        for connection in connections {
            query = query.bind(connection);
        }
        for event in under_way {
            query = query.bind(event);
        }
        query.fetch_all(pool).await
    })?)
}

async fn hold(tx: &mut Tx, key: &LaneKey, rows: &[Row], now: Timestamp) -> Result<()> {
    const PENDING: &str = "
        UPDATE pending SET due_before = pending.due_at, due_at = u.never FROM u
        WHERE pending.team_id = u.team_id AND pending.mode = u.mode AND pending.destination_id = u.destination_id
            AND pending.rank = u.rank AND pending.due_at = u.due_at AND pending.event_id = u.event_id";
    const EVENT: &str = "
        UPDATE event SET status = 'HOLD', next_attempt_at = u.never, held_at = u.now, released_at = NULL FROM u
        WHERE event.team_id = u.team_id AND event.mode = u.mode AND event.id = u.event_id
            AND event.next_attempt_at = u.due_at AND event.status IN ('QUEUED', 'SCHEDULED')";
    held(key, rows, now).run(tx, EVENT).await?;
    held(key, rows, now).run(tx, PENDING).await?;
    Ok(())
}

fn held(key: &LaneKey, rows: &[Row], now: Timestamp) -> Bulk {
    let mut held = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("destination_id", Text),
        ("rank", Int),
        ("due_at", Int),
        ("event_id", Text),
        ("never", Int),
        ("now", Int),
    ]);
    for row in rows {
        held.row()
            .text(key.team)
            .text(key.mode)
            .text(key.destination)
            .int(row.rank)
            .int(row.due_at.millis())
            .text(row.event_id)
            .int(Timestamp::NEVER.millis())
            .int(now.millis());
    }
    held
}

/// Lets go what is held for a destination, or for one of its connections, and marks the lane as due. What a paused
/// connection holds stays, and all of it while the destination is paused or disabled or its breaker open; what a breaker
/// held that is closed, the lane lets go. The oldest go first: they all fall
/// due now, and within a rank the order of their ids is that of their age.
pub(crate) async fn release(
    tx: &mut Tx,
    team: TeamId,
    mode: Mode,
    destination: DestinationId,
    connection: Option<ConnectionId>,
    now: Timestamp,
) -> Result<()> {
    const HELD: &str = "
        team_id = $1 AND mode = $2 AND destination_id = $3 AND rank IN (0, 1, 2, 3) AND due_at = $4
        AND (CAST($5 AS TEXT) IS NULL OR connection_id = $5)
        AND connection_id NOT IN
            (SELECT id FROM connection WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND paused_at IS NOT NULL)
        AND NOT EXISTS
            (SELECT 1 FROM destination WHERE team_id = $1 AND mode = $2 AND id = $3
            AND (paused_at IS NOT NULL OR disabled_at IS NOT NULL OR breaker_opened_at IS NOT NULL OR breaker_draining))";
    let event = format!(
        "UPDATE event SET status = 'QUEUED', next_attempt_at = $6, released_at = $6
        WHERE team_id = $1 AND mode = $2 AND status = 'HOLD' AND id IN (SELECT event_id FROM pending WHERE {HELD})"
    );
    // A first attempt that was to wait still does.
    let waits = "attempts = 0 AND COALESCE(due_before, 0) > $6";
    let pending = format!(
        "UPDATE pending SET due_at = CASE WHEN {waits} THEN due_before ELSE $6 END, \
            cause = CASE WHEN {waits} THEN cause ELSE 'UNPAUSE' END, due_before = NULL
        WHERE {HELD}"
    );
    let scheduled = "UPDATE event SET status = 'SCHEDULED', next_attempt_at = p.due_at FROM pending p
        WHERE p.team_id = $1 AND p.mode = $2 AND p.destination_id = $3 AND p.due_at > $6 AND p.due_at < $4
            AND (CAST($5 AS TEXT) IS NULL OR p.connection_id = $5) AND p.attempts = 0
            AND event.team_id = p.team_id AND event.mode = p.mode AND event.id = p.event_id
            AND event.status = 'QUEUED' AND event.next_attempt_at = $6"
        .to_owned();
    for sql in [event, pending, scheduled] {
        within!(&mut *tx, conn => sqlx::query(AssertSqlSafe(sql.as_str()))
            .bind(team)
            .bind(mode)
            .bind(destination)
            .bind(Timestamp::NEVER)
            .bind(connection)
            .bind(now)
            .execute(conn)
            .await
            .map(|_| ()))?;
    }
    crate::writer::nudge(tx, &[LaneKey { team, mode, destination }], now).await?;
    Ok(())
}

/// Cancels all events of a connection that wait, held ones too.
pub(crate) async fn cancel_all(
    tx: &mut Tx,
    team: TeamId,
    mode: Mode,
    destination: DestinationId,
    connection: ConnectionId,
    now: Timestamp,
) -> Result<()> {
    // Whoever settles an event has its row before the pending one; so do we.
    const WAITING: &str = "event.status IN ('QUEUED', 'SCHEDULED', 'HOLD') AND event.id IN
        (SELECT event_id FROM pending WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND connection_id = $4)";
    // What is committed meanwhile was not cancelled, and is sent, or cancelled by a chore.
    const PENDING: &str = "
        DELETE FROM pending WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND connection_id = $4
            AND NOT EXISTS (SELECT 1 FROM event WHERE event.team_id = pending.team_id AND event.mode = pending.mode
                AND event.id = pending.event_id AND event.status IN ('QUEUED', 'SCHEDULED', 'HOLD'))";
    let mut tally = Tally::default();
    crate::transform::cancel_all(tx, (team, mode), connection, now, &mut tally).await?;
    let values = [destination.to_string(), connection.to_string()];
    tally.cancel(tx, (team, mode), (WAITING, &values), now).await?;
    within!(&mut *tx, conn => sqlx::query(PENDING)
        .bind(team).bind(mode).bind(destination).bind(connection).execute(conn).await.map(|_| ()))?;
    // Last of all: others who cancel wait for what is counted.
    tally.write(tx, 0).await?;
    Ok(())
}
