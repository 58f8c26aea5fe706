//! Operations as their team sees them.

use std::collections::HashMap;

use hookyard_model::{
    Actor, BulkDestination, BulkKind, BulkObstacle, BulkOperation, BulkOperationId, BulkStatus, DestinationId,
    EventStatus, PaceReading, Timestamp,
};

use super::{
    events,
    obstacle::{self, Obstacle},
    store::{self, Part, Row},
    ways::ways,
    window,
};
use crate::{
    Engine,
    chores::kept_since,
    delivery::{LaneKey, is_fresh, pace_reading},
    error::Result,
    request::payload::narrow,
};

fn count(number: i64) -> u64 {
    number.max(0).unsigned_abs()
}

/// What became of the events that an operation of requests made, where that is not that they were delivered.
#[derive(Debug, Clone, Copy, Default)]
struct Undelivered {
    failed: i64,
    others: i64,
}

type Replayed = HashMap<(BulkOperationId, DestinationId), Undelivered>;
type Delivered = HashMap<(BulkOperationId, DestinationId), i64>;

impl Engine {
    pub(super) async fn shown_bulk(&self, who: &Actor, row: Row) -> Result<BulkOperation> {
        let id = row.id;
        let shown = self.shown_bulks(who, vec![row]).await?.pop();
        shown.ok_or_else(|| hookyard_model::Problem::not_found("bulk operation", id).into())
    }

    pub(super) async fn shown_bulks(&self, who: &Actor, rows: Vec<Row>) -> Result<Vec<BulkOperation>> {
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let mut parts: HashMap<BulkOperationId, Vec<Part>> = HashMap::new();
        for part in store::parts(self.db(), who, &ids).await? {
            parts.entry(part.operation_id).or_default().push(part);
        }
        let of_requests = rows.iter().filter(|row| row.kind == BulkKind::RequestBulkRetry).map(|row| row.id);
        let replayed = self.replayed(who, &of_requests.collect::<Vec<_>>()).await?;
        let since = kept_since(self.db()).await?;
        let is_old = |row: &&Row| row.kind == BulkKind::RequestBulkRetry && row.created_at < since;
        let old: Vec<_> = rows.iter().filter(is_old).map(|row| row.id).collect();
        let delivered = store::delivered(self.db(), who, &old).await?;
        let mut shown = Vec::with_capacity(rows.len());
        for row in rows {
            let mut parts = parts.remove(&row.id).unwrap_or_default();
            if row.status.is_ongoing() {
                // What holds it up may be where nothing of it went yet.
                for way in self.blocked_ways(&row).await? {
                    if parts.iter().all(|part| part.destination_id != way.destination_id) {
                        parts.push(way);
                    }
                }
            }
            let left: Vec<_> = parts.iter().map(|part| part.pending_count + part.open_count).collect();
            let delivered = old.contains(&row.id).then_some(&delivered);
            let destinations = self.shown_parts(who, &row, parts, (&replayed, delivered)).await?;
            shown.push(self.shown(row, destinations, &left));
        }
        Ok(shown)
    }

    async fn blocked_ways(&self, row: &Row) -> Result<Vec<Part>> {
        let mut blocked = Vec::new();
        for way in ways(self.db(), row).await? {
            let key = LaneKey { team: row.team_id, mode: row.mode, destination: way.destination_id };
            if obstacle::at(self.target(&key).await?.as_deref()).is_some() {
                blocked.push(way);
            }
        }
        Ok(blocked)
    }

    async fn replayed(&self, who: &Actor, ids: &[BulkOperationId]) -> Result<Replayed> {
        let mut replayed = Replayed::new();
        for (operation, destination, status, events) in store::undelivered(self.db(), who, ids).await? {
            let one = replayed.entry((operation, destination)).or_default();
            match status {
                EventStatus::Failed => one.failed += events,
                _ => one.others += events,
            }
        }
        Ok(replayed)
    }

    async fn shown_parts(
        &self,
        who: &Actor,
        row: &Row,
        parts: Vec<Part>,
        (replayed, delivered): (&Replayed, Option<&Delivered>),
    ) -> Result<Vec<BulkDestination>> {
        let mut shown = Vec::with_capacity(parts.len());
        for part in parts {
            let destination = part.destination_id;
            let (mut pace, mut obstacle): (Option<PaceReading>, Option<Obstacle>) = (None, None);
            if row.status.is_ongoing() {
                let key = LaneKey { team: who.team, mode: who.mode, destination };
                let target = self.target(&key).await?;
                obstacle = obstacle::at(target.as_deref());
                obstacle = obstacle.or_else(|| part.stop_reason.clone().map(Obstacle::Stopped));
                if obstacle.is_none() && target.is_some_and(|target| !target.paused.is_empty()) {
                    obstacle = events::waits_for(self.db(), &row.key(), destination).await?.map(Obstacle::Connection);
                }
                pace = pace_reading(self.db(), who, destination).await?.filter(|pace| is_fresh(pace, self.now()));
            }
            let (done, failed) = match row.kind {
                BulkKind::EventBulkRetry => (part.done_count, part.failed_count),
                BulkKind::RequestBulkRetry => {
                    let Undelivered { failed, others } =
                        replayed.get(&(row.id, destination)).copied().unwrap_or_default();
                    // Where some may have been deleted by their age, those that are there are counted.
                    let done = delivered.map_or(part.total_count - failed - others, |delivered| {
                        delivered.get(&(row.id, destination)).copied().unwrap_or_default()
                    });
                    (done, failed)
                }
            };
            shown.push(BulkDestination {
                destination_id: destination,
                total_count: count(part.total_count),
                queued_count: count(part.queued_count),
                done_count: count(done),
                failed_count: count(failed),
                destination_name: part.destination_name,
                pace,
                obstacle: obstacle.map(BulkObstacle::from),
            });
        }
        Ok(shown)
    }

    /// `left` is how many items each destination has to go.
    fn shown(&self, row: Row, destinations: Vec<BulkDestination>, left: &[i64]) -> BulkOperation {
        BulkOperation {
            ends_at: ends_at(&row, &destinations, left, self.now()),
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
            done_count: count(row.done_count + row.elsewhere_count),
            failed_count: count(row.failed_count + row.skipped_count - row.elsewhere_count),
            retrying_count: count(row.retrying_count),
            skipped_count: count(row.skipped_count),
            elsewhere_count: count(row.elsewhere_count),
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
fn ends_at(row: &Row, destinations: &[BulkDestination], left_at: &[i64], now: Timestamp) -> Option<Timestamp> {
    if row.status != BulkStatus::Running {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "it is about a time")]
    let left = (row.pending_count + row.open_count).max(0) as f64;
    let mut seconds: f64 = window::rate(row).map_or(0.0, |rate| left / rate);
    match row.kind {
        BulkKind::EventBulkRetry => {
            for (part, left) in destinations.iter().zip(left_at).filter(|(_, left)| **left > 0) {
                #[expect(clippy::cast_precision_loss, reason = "it is about a time")]
                let left = *left as f64;
                seconds = seconds.max(left / sent(part)?);
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
