//! Recording what came of attempts.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use hookyard_model::{AttemptId, EventId, EventStatus, SourceId, Timestamp};

use super::{HealthUpdate, Settlement};
use crate::{
    db::{
        Tx,
        bulk::{
            Bulk, Kind,
            Kind::{Bool, Bytes, Int, Text},
        },
        within,
    },
    delivery::{LaneKey, record_breaker},
    rollup::{Ended, Tally},
};

/// What is believed of attempts that are to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// None is there yet.
    None,
    /// Some may be, and are asked for.
    Some,
}

/// Records what came of attempts. A node that lost its lane while it sent must not overwrite what its successor did, so
/// only where the lane's epoch is still the one it was sent under does anything but the attempt's row and the counts
/// change.
///
/// Returns false when more attempts were there already than was `known`: which of them are to be counted is not clear
/// then, and the transaction must be rolled back.
pub(super) async fn settle(
    tx: &mut Tx,
    settlements: &[&Settlement],
    known: Known,
    tally: &mut Tally,
) -> sqlx::Result<bool> {
    let there = match known {
        Known::None => HashSet::new(),
        Known::Some => recorded(tx, settlements).await?,
    };
    let new = attempts(settlements).run(tx, ATTEMPT).await?;
    if new + there.len() as u64 != settlements.len() as u64 {
        return Ok(false);
    }
    let mut events = Bulk::new(OUTCOME_COLUMNS);
    let mut done = Bulk::new(DONE_COLUMNS);
    let mut next = Bulk::new(RETRY_COLUMNS);
    let mut health = BTreeMap::new();
    for settlement in settlements {
        outcome_row(&mut events, settlement);
        let (lane, pending) = (&settlement.lane, &settlement.pending);
        done.row()
            .text(lane.team)
            .text(lane.mode)
            .text(lane.destination)
            .int(pending.rank)
            .int(pending.due_at.millis())
            .text(settlement.event)
            .int(settlement.epoch);
        if let Some(retry) = &settlement.next {
            next.row()
                .text(lane.team)
                .text(lane.mode)
                .text(lane.destination)
                .int(retry.rank)
                .int(retry.due_at.millis())
                .text(settlement.event)
                .text(settlement.connection)
                .int(settlement.attempt.number)
                .text(retry.cause)
                .int(i64::try_from(settlement.size).unwrap_or(i64::MAX))
                .int(retry.probes);
        }
        if let Some(update) = &settlement.health {
            // By epoch too: which of them is the lane's, the row says.
            let (last, _) = health
                .entry((settlement.lane, settlement.epoch))
                .or_insert_with(|| (update.clone(), settlement.attempt.sent_at));
            let disable = last.disable.take().or_else(|| update.disable.clone());
            let newest = if update.order > last.order { update.clone() } else { last.clone() };
            *last = HealthUpdate { disable, ..newest };
        }
    }
    let by_event: HashMap<EventId, &Settlement> =
        settlements.iter().map(|settlement| (settlement.event, *settlement)).collect();
    for outcome in events.returning::<Outcome>(tx, OUTCOME).await? {
        // What was cancelled while it was tried is counted as that already.
        if let (Some(settlement), true) = (by_event.get(&outcome.id), outcome.status != EventStatus::Cancelled) {
            tally.ended(&outcome.of(settlement));
        }
    }
    done.run(tx, DONE).await?;
    next.run(tx, RETRY).await?;
    for ((key, epoch), (update, at)) in health {
        record_health(tx, &key, epoch, &update, at).await?;
    }
    for settlement in settlements {
        record_breaker(tx, settlement).await?;
    }
    for settlement in settlements.iter().filter(|settlement| !there.contains(&settlement.attempt.id)) {
        tally.attempt(settlement);
    }
    Ok(true)
}

/// Which of these attempts are there already. One by one: it is asked only after a commit went wrong.
async fn recorded(tx: &mut Tx, settlements: &[&Settlement]) -> sqlx::Result<HashSet<AttemptId>> {
    const SQL: &str = "SELECT id FROM attempt WHERE team_id = $1 AND mode = $2 AND id = $3";
    let mut there = HashSet::new();
    for settlement in settlements {
        let found: Option<AttemptId> = within!(tx, conn => sqlx::query_scalar(SQL)
            .bind(settlement.lane.team)
            .bind(settlement.lane.mode)
            .bind(settlement.attempt.id)
            .fetch_optional(conn)
            .await)?;
        there.extend(found);
    }
    Ok(there)
}

/// Repeated after a commit of which nobody knows whether it happened, so a row that is there already is fine.
const ATTEMPT: &str = "
    INSERT INTO attempt (team_id, mode, id, event_id, destination_id, attempt_number, cause, status, error_code, error_message,
        method, url, request_headers, response_status, response_headers, response_body, response_truncated, timings, sent_at,
        responded_at)
    SELECT team_id, mode, id, event_id, destination_id, attempt_number, cause, status, error_code, error_message,
        method, url, request_headers, response_status, response_headers, response_body, response_truncated, timings, sent_at,
        responded_at FROM u WHERE true
    ON CONFLICT DO NOTHING";

fn attempts(settlements: &[&Settlement]) -> Bulk {
    let mut rows = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("id", Text),
        ("event_id", Text),
        ("destination_id", Text),
        ("attempt_number", Int),
        ("cause", Text),
        ("status", Text),
        ("error_code", Text),
        ("error_message", Text),
        ("method", Text),
        ("url", Text),
        ("request_headers", Text),
        ("response_status", Int),
        ("response_headers", Text),
        ("response_body", Bytes),
        ("response_truncated", Bool),
        ("timings", Text),
        ("sent_at", Int),
        ("responded_at", Int),
    ]);
    for settlement in settlements {
        let attempt = &settlement.attempt;
        rows.row()
            .text(settlement.lane.team)
            .text(settlement.lane.mode)
            .text(attempt.id)
            .text(settlement.event)
            .text(settlement.lane.destination)
            .int(attempt.number)
            .text(attempt.cause)
            .text(attempt.status)
            .opt_text(attempt.error.as_ref().map(|(code, _)| code))
            .opt_text(attempt.error.as_ref().map(|(_, message)| message))
            .text(attempt.method)
            .opt_text(attempt.url.as_ref())
            .text(&attempt.request_headers)
            .opt_int(attempt.response_status)
            .opt_text(attempt.response_headers.as_ref())
            .opt_bytes(attempt.response_body.as_deref())
            .bool(attempt.response_truncated)
            .text(&attempt.timings)
            .int(attempt.sent_at.millis())
            .opt_int(attempt.responded_at.map(Timestamp::millis));
    }
    rows
}

const OUTCOME_COLUMNS: &[(&str, Kind)] = &[
    ("team_id", Text),
    ("mode", Text),
    ("destination_id", Text),
    ("epoch", Int),
    ("id", Text),
    ("number", Int),
    ("status", Text),
    ("response_status", Int),
    ("error_code", Text),
    ("failure_message", Text),
    ("sent_at", Int),
    ("next_attempt_at", Int),
    ("successful_at", Int),
];

/// An event whose outcome was recorded: what its settlement does not tell. Each column costs something at each attempt.
#[derive(sqlx::FromRow)]
struct Outcome {
    id: EventId,
    source_id: SourceId,
    status: EventStatus,
}

impl Outcome {
    fn of(&self, settlement: &Settlement) -> Ended {
        Ended {
            team_id: settlement.lane.team,
            mode: settlement.lane.mode,
            id: self.id,
            source_id: self.source_id,
            connection_id: settlement.connection,
            destination_id: settlement.lane.destination,
            status: self.status,
            ignored_cause: None,
        }
    }
}

/// An event that was cancelled while it was tried stays cancelled; one that went on meanwhile is left alone.
const OUTCOME: &str = "
    UPDATE event SET
        attempts = u.number,
        status = CASE WHEN event.status = 'CANCELLED' THEN event.status ELSE u.status END,
        next_attempt_at = CASE WHEN event.status = 'CANCELLED' THEN NULL ELSE u.next_attempt_at END,
        response_status = u.response_status,
        error_code = u.error_code,
        failure_message = u.failure_message,
        last_attempt_at = u.sent_at,
        successful_at = u.successful_at,
        updated_at = u.sent_at
    FROM u JOIN lane ON lane.team_id = u.team_id AND lane.mode = u.mode AND lane.destination_id = u.destination_id
        AND lane.epoch = u.epoch
    WHERE event.team_id = u.team_id AND event.mode = u.mode AND event.id = u.id AND event.attempts = u.number - 1
    RETURNING event.id, event.source_id, event.status";

fn outcome_row(rows: &mut Bulk, settlement: &Settlement) {
    let attempt = &settlement.attempt;
    let successful_at = (settlement.status == EventStatus::Successful).then_some(attempt.responded_at).flatten();
    rows.row()
        .text(settlement.lane.team)
        .text(settlement.lane.mode)
        .text(settlement.lane.destination)
        .int(settlement.epoch)
        .text(settlement.event)
        .int(attempt.number)
        .text(settlement.status)
        .opt_int(attempt.response_status)
        .opt_text(attempt.error.as_ref().map(|(code, _)| code))
        .opt_text(attempt.error.as_ref().map(|(_, message)| message))
        .int(attempt.sent_at.millis())
        .opt_int(settlement.next.as_ref().map(|next| next.due_at.millis()))
        .opt_int(successful_at.map(Timestamp::millis));
}

const DONE_COLUMNS: &[(&str, Kind)] = &[
    ("team_id", Text),
    ("mode", Text),
    ("destination_id", Text),
    ("rank", Int),
    ("due_at", Int),
    ("event_id", Text),
    ("epoch", Int),
];

/// The casts tell `SQLite` that the types are the columns' own; without, it looks at all of the lane's rows.
const DONE: &str = "
    DELETE FROM pending WHERE (team_id, mode, destination_id, rank, due_at, event_id) IN
        (SELECT CAST(u.team_id AS TEXT), CAST(u.mode AS TEXT), CAST(u.destination_id AS TEXT), CAST(u.rank AS BIGINT),
            CAST(u.due_at AS BIGINT), CAST(u.event_id AS TEXT)
        FROM u JOIN lane ON lane.team_id = u.team_id AND lane.mode = u.mode AND lane.destination_id = u.destination_id
            AND lane.epoch = u.epoch)";

const RETRY_COLUMNS: &[(&str, Kind)] = &[
    ("team_id", Text),
    ("mode", Text),
    ("destination_id", Text),
    ("rank", Int),
    ("due_at", Int),
    ("event_id", Text),
    ("connection_id", Text),
    ("attempts", Int),
    ("cause", Text),
    ("size", Int),
    ("probes", Int),
];

/// The next try's row, unless the event was cancelled or went on meanwhile.
const RETRY: &str = "
    INSERT INTO pending (team_id, mode, destination_id, rank, due_at, event_id, connection_id, attempts, cause, size, probes)
    SELECT u.team_id, u.mode, u.destination_id, u.rank, u.due_at, u.event_id, u.connection_id, u.attempts, u.cause, u.size,
        u.probes
    FROM u JOIN event ON event.team_id = u.team_id AND event.mode = u.mode AND event.id = u.event_id
    WHERE event.status = 'SCHEDULED' AND event.attempts = u.attempts AND event.next_attempt_at = u.due_at
    ON CONFLICT DO NOTHING";

async fn record_health(
    tx: &mut Tx,
    key: &LaneKey,
    epoch: i64,
    update: &HealthUpdate,
    at: Timestamp,
) -> sqlx::Result<()> {
    const SQL: &str = "
        UPDATE destination SET
            consecutive_failures = CASE WHEN health_order < $10 THEN $4 ELSE consecutive_failures END,
            failing_since = CASE WHEN health_order < $10 THEN $5 ELSE failing_since END,
            last_error = CASE WHEN health_order < $10 THEN $6 ELSE last_error END,
            health_order = CASE WHEN health_order < $10 THEN $10 ELSE health_order END,
            disabled_at = COALESCE(disabled_at, $7),
            disabled_reason = CASE WHEN disabled_at IS NULL THEN $8 ELSE disabled_reason END
        WHERE team_id = $1 AND mode = $2 AND id = $3 AND EXISTS (
            SELECT 1 FROM lane WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND epoch = $9)";
    within!(tx, conn => sqlx::query(SQL)
        .bind(key.team)
        .bind(key.mode)
        .bind(key.destination)
        .bind(i64::from(update.consecutive_failures))
        .bind(update.failing_since)
        .bind(&update.last_error)
        .bind(update.disable.as_ref().map(|_| at))
        .bind(&update.disable)
        .bind(epoch)
        .bind(update.order)
        .execute(conn)
        .await
        .map(|_| ()))
}
