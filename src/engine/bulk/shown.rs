//! Operations as their team sees them.

use std::collections::HashMap;

use hookyard_model::{
    Actor, BulkDestination, BulkKind, BulkOperation, BulkOperationId, BulkStatus, DestinationId, EventStatus,
    PaceReading, Timestamp,
};

use super::{
    obstacle::{self, Obstacle},
    store::{self, Part, Row},
    window,
};
use crate::{
    Engine,
    delivery::{LaneKey, is_fresh, pace_reading},
    error::Result,
    request::payload::narrow,
};

fn count(number: i64) -> u64 {
    number.max(0).unsigned_abs()
}

impl Engine {
    pub(super) async fn shown_bulk(&self, who: &Actor, row: Row) -> Result<BulkOperation> {
        let id = row.id;
        let shown = self.shown_all(who, vec![row], true).await?.pop();
        shown.ok_or_else(|| hookyard_model::Problem::not_found("bulk operation", id).into())
    }

    /// As a list has them: what became of replayed requests is counted for one operation alone, as it is much to read.
    pub(super) async fn shown_bulks(&self, who: &Actor, rows: Vec<Row>) -> Result<Vec<BulkOperation>> {
        self.shown_all(who, rows, false).await
    }

    async fn shown_all(&self, who: &Actor, rows: Vec<Row>, counts_replayed: bool) -> Result<Vec<BulkOperation>> {
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let mut parts: HashMap<BulkOperationId, Vec<Part>> = HashMap::new();
        for part in store::parts(self.db(), who, &ids).await? {
            parts.entry(part.operation_id).or_default().push(part);
        }
        let mut shown = Vec::with_capacity(rows.len());
        for row in rows {
            let parts = parts.remove(&row.id).unwrap_or_default();
            let destinations = self.shown_parts(who, &row, parts, counts_replayed).await?;
            shown.push(self.shown(row, destinations));
        }
        Ok(shown)
    }

    async fn shown_parts(
        &self,
        who: &Actor,
        row: &Row,
        parts: Vec<Part>,
        counts_replayed: bool,
    ) -> Result<Vec<BulkDestination>> {
        let mut replayed: HashMap<DestinationId, [i64; 3]> = HashMap::new();
        if counts_replayed && row.kind == BulkKind::RequestBulkRetry {
            for (destination, status, events) in store::replayed(self.db(), &row.key()).await? {
                let [total, done, failed] = replayed.entry(destination).or_default();
                *total += events;
                match status {
                    EventStatus::Successful => *done += events,
                    EventStatus::Failed => *failed += events,
                    EventStatus::Scheduled | EventStatus::Queued | EventStatus::Hold | EventStatus::Cancelled => {}
                }
            }
        }
        let mut shown = Vec::with_capacity(parts.len());
        for part in parts {
            let destination = part.destination_id;
            let (mut pace, mut obstacle): (Option<PaceReading>, Option<Obstacle>) = (None, None);
            if row.status.is_ongoing() {
                let key = LaneKey { team: who.team, mode: who.mode, destination };
                obstacle = obstacle::at(self.target(&key).await?.as_deref());
                obstacle = obstacle.or_else(|| part.stop_reason.clone().map(Obstacle::Stopped));
                pace = pace_reading(self.db(), who, destination).await?.filter(|pace| is_fresh(pace, self.now()));
            }
            let events = replayed.get(&destination);
            let number = |index: usize, own: i64| count(events.map_or(own, |events| events[index]));
            shown.push(BulkDestination {
                destination_id: destination,
                total_count: number(0, part.total_count),
                queued_count: number(0, part.queued_count),
                done_count: number(1, part.done_count),
                failed_count: number(2, part.failed_count),
                destination_name: part.destination_name,
                pace,
                obstacle: obstacle.map(|obstacle| obstacle.to_string()),
            });
        }
        Ok(shown)
    }

    fn shown(&self, row: Row, destinations: Vec<BulkDestination>) -> BulkOperation {
        BulkOperation {
            ends_at: ends_at(&row, &destinations, self.now()),
            id: row.id,
            team_id: row.team_id,
            mode: row.mode,
            kind: row.kind,
            status: row.status,
            filter: serde_json::from_str(&row.filter).unwrap_or_default(),
            requested_by: row.requested_by,
            requested_by_name: row.requested_by_name,
            rate_limit: row.rate_limit.map(narrow),
            rate_limit_period: row.rate_limit_period,
            pause_reason: row.pause_reason,
            failure: row.failure,
            unproven: row.unproven,
            total_count: count(row.total_count),
            queued_count: count(row.queued_count),
            done_count: count(row.done_count),
            failed_count: count(row.failed_count),
            retrying_count: count(row.retrying_count),
            skipped_count: count(row.skipped_count),
            cancelled_count: count(row.cancelled_count),
            bytes: count(row.bytes),
            destinations,
            cancelable: row.status.is_ongoing(),
            created_at: row.created_at,
            started_at: row.started_at,
            paused_at: row.paused_at,
            finished_at: row.finished_at,
        }
    }
}

/// When an operation ends at the pace of now; none when nobody can know.
fn ends_at(row: &Row, destinations: &[BulkDestination], now: Timestamp) -> Option<Timestamp> {
    if row.status != BulkStatus::Running {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "it is about a time")]
    let left = (row.pending_count + row.open_count).max(0) as f64;
    let mut seconds: f64 = window::rate(row).map_or(0.0, |rate| left / rate);
    match row.kind {
        BulkKind::EventBulkRetry => {
            for part in destinations {
                let ended = part.done_count + part.failed_count;
                #[expect(clippy::cast_precision_loss, reason = "it is about a time")]
                let left = part.total_count.saturating_sub(ended) as f64;
                if left > 0.0 {
                    seconds = seconds.max(left / sent(part)?);
                }
            }
        }
        BulkKind::RequestBulkRetry => {
            let slowest = destinations.iter().filter_map(sent).reduce(f64::min)?;
            seconds = seconds.max(left / slowest);
        }
    }
    Some(now.plus(std::time::Duration::from_secs_f64(seconds.min(1e8))))
}

/// How many a second are sent to a destination.
fn sent(part: &BulkDestination) -> Option<f64> {
    part.pace.as_ref().map(|pace| pace.sent).filter(|sent| *sent > 0.0)
}
