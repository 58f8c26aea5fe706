//! How many items of an operation are in the queue at a time: about what is sent within half a second.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use hookyard_model::{BulkItemStatus, DestinationId, PaceReading};

use super::{
    change::Change,
    obstacle::Obstacles,
    store::{Part, Row},
};
use crate::{
    Engine,
    delivery::{is_fresh, pace_reading},
    error::Result,
};

/// The least and the most for one destination, and what is put into the queue before anything is known of its pace.
const LEAST: i64 = 4;
const MOST: i64 = 1000;
const FIRST: i64 = 8;
/// How much of what is sent is put into the queue.
const AHEAD: Duration = Duration::from_millis(500);
/// How long a reading of the pace is believed.
const FRESH: Duration = Duration::from_secs(1);

/// The windows of an operation, and what its limit leaves.
#[derive(Default)]
pub(super) struct Windows {
    paces: HashMap<DestinationId, (Instant, Option<PaceReading>)>,
    /// What may be put into the queue at once by the limit, as of an instant.
    allowance: Option<(Instant, f64)>,
}

/// The window of a destination with this pace, one of so many shares.
fn window(pace: Option<&PaceReading>, shares: u32) -> i64 {
    let Some(pace) = pace else { return FIRST };
    // What takes long to be answered is in the queue for as long.
    let ahead = AHEAD.as_secs_f64() + pace.latency_ms.clamp(0.0, 30_000.0) / 1000.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is rounded, and bounded")]
    let window = (pace.allowed.max(0.0) * ahead / f64::from(shares)).ceil().min(1e6) as i64;
    window.clamp(LEAST, MOST)
}

impl Windows {
    /// How many may be in the queue for a destination.
    pub(super) async fn of(
        &mut self,
        engine: &Engine,
        row: &Row,
        destination: DestinationId,
        obstacles: &Obstacles,
    ) -> Result<i64> {
        let known = self.paces.get(&destination).filter(|(at, _)| at.elapsed() < FRESH);
        let pace = if let Some((_, pace)) = known {
            pace.clone()
        } else {
            let pace = pace_reading(engine.db(), &row.actor(), destination).await?;
            let pace = pace.filter(|pace| is_fresh(pace, engine.now()));
            self.paces.insert(destination, (Instant::now(), pace.clone()));
            pace
        };
        Ok(window(pace.as_ref(), obstacles.shares(destination)))
    }

    /// How many may be in the queue of an operation that goes wherever it is routed.
    pub(super) async fn of_all(
        &mut self,
        engine: &Engine,
        row: &Row,
        ways: &[Part],
        obstacles: &Obstacles,
    ) -> Result<i64> {
        // As many as the slowest destination takes that takes any.
        let mut least: Option<i64> = None;
        for way in ways.iter().filter(|way| obstacles.of(way.destination_id).is_none()) {
            let window = self.of(engine, row, way.destination_id, obstacles).await?;
            least = Some(least.map_or(window, |least| least.min(window)));
        }
        // What goes nowhere is skipped; where nothing may be sent, nothing more is fed.
        Ok(if ways.is_empty() { FIRST } else { least.unwrap_or(0) })
    }

    /// How many of `wanted` the operation's limit allows now.
    pub(super) fn allow(&mut self, row: &Row, wanted: i64) -> i64 {
        let Some(rate) = rate(row) else { return wanted };
        let now = Instant::now();
        let left = match self.allowance {
            Some((at, left)) => left + now.duration_since(at).as_secs_f64() * rate,
            None => 1.0,
        };
        // What was not used is not made up for.
        let left = left.min((rate * AHEAD.as_secs_f64()).max(1.0));
        self.allowance = Some((now, left));
        #[expect(clippy::cast_possible_truncation, reason = "it is bounded by the largest limit")]
        let whole = left.floor() as i64;
        wanted.min(whole)
    }

    /// So many more were taken from what the limit leaves, before the commit that puts them into the queue.
    pub(super) fn count(&mut self, taken: usize) {
        if let Some((_, left)) = &mut self.allowance {
            #[expect(clippy::cast_precision_loss, reason = "they are few")]
            let taken = taken as f64;
            *left -= taken;
        }
    }

    /// These were put into the queue; requests count only then.
    pub(super) fn fed(&mut self, changes: &[Change]) {
        let is_new = |change: &&Change| change.request.is_some() && change.to == BulkItemStatus::Queued;
        self.count(changes.iter().filter(is_new).count());
    }
}

/// Whether an operation's limit says when it goes on.
pub(super) fn is_limited(row: &Row) -> bool {
    row.rate_limit.is_some() && row.pending_count > 0
}

/// How many a second an operation's limit allows.
pub(super) fn rate(row: &Row) -> Option<f64> {
    let limit = u32::try_from(row.rate_limit?).ok()?;
    Some(f64::from(limit) / f64::from(row.rate_limit_period.seconds()))
}
