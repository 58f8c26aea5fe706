//! Feeding: a small window of an operation's items is in the queue at a time, so that it can be paused, cancelled and
//! slowed down, and so that a million of them take no memory.
//!
//! One node feeds an operation. What it puts into the queue and where the items are then is one commit, under a lock on the
//! operation's row that also shows whether it is still this node's to feed: whatever dies, nothing is repeated or skipped.

mod after;

use std::time::Duration;

use hookyard_model::{BulkItemStatus, BulkKind, BulkStatus, DestinationId};
use tokio::time::Instant;

use super::{
    Step, change, events,
    lease::Lease,
    obstacle::{Obstacle, Obstacles},
    outcome::{Outcomes, outcomes},
    plan, requests,
    store::{self, Part, Row},
    ways::ways,
    window::{Windows, is_limited},
};
use crate::{
    Engine,
    db::Tx,
    delivery::LaneKey,
    error::Result,
    writer::{insert_events, nudge},
};

/// How often to look what came of what is in the queue.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often to look when nothing may be sent.
const IDLE: Duration = Duration::from_millis(500);
/// How often an operation that waits keeps its lease.
const RENEW_EVERY: Duration = Duration::from_secs(3);
/// How often those are looked at that go on by their own retries.
const RETRYING_EVERY: Duration = Duration::from_secs(2);
/// How many items are looked at in one go, and how many are put into the queue with one commit.
const OUTCOMES: usize = 1000;
const FEED: i64 = 400;
/// How many destinations are fed in one go.
const PARTS: usize = 50;
/// Pages are told of news no more often.
const TELL_EVERY: Duration = Duration::from_millis(400);

/// What the feeder of an operation has in mind between two steps.
pub(super) struct Feeding {
    pub(super) lease: Lease,
    windows: Windows,
    /// Where to look on among what is in the queue, and among what goes on by its own retries.
    queued_after: String,
    retrying_after: String,
    retrying_at: Option<Instant>,
    renewed_at: Instant,
    told_at: Option<Instant>,
    /// Which of many destinations comes first.
    turn: usize,
    passed: events::Passed,
    /// Whether most of what was looked at last was skipped: then more is looked at in one go.
    skips: bool,
    /// Whether this node took back what a cancelled operation had in the queue.
    has_taken_back: bool,
}

/// What of an operation one destination is fed.
struct Share<'p> {
    part: &'p Part,
    /// How many more it takes, and of which; none: it is gone.
    room: Option<(i64, events::Place)>,
}

impl Feeding {
    pub(super) fn new(lease: Lease) -> Self {
        Self {
            lease,
            windows: Windows::default(),
            queued_after: String::new(),
            retrying_after: String::new(),
            retrying_at: None,
            renewed_at: Instant::now(),
            told_at: None,
            turn: 0,
            passed: events::Passed::default(),
            skips: false,
            has_taken_back: false,
        }
    }

    pub(super) async fn step(&mut self, engine: &Engine) -> Result<Step> {
        let Some(row) = store::find(engine.db(), &self.lease.key).await? else { return Ok(Step::Leave) };
        if row.epoch != self.lease.epoch || row.holder.as_deref() != Some(self.lease.node.as_str()) {
            return Ok(Step::Leave);
        }
        match row.status {
            BulkStatus::Planned => plan::step(engine, &self.lease, &row).await,
            BulkStatus::Running => self.go_on(engine, &row).await,
            BulkStatus::Paused => self.wind_down(engine, &row).await,
            BulkStatus::Completed | BulkStatus::Failed | BulkStatus::Cancelled => self.follow_up(engine, &row).await,
        }
    }

    /// Looks what came of what is in the queue, and puts more into it.
    async fn go_on(&mut self, engine: &Engine, row: &Row) -> Result<Step> {
        let parts = store::parts(engine.db(), &row.actor(), &[row.id]).await?;
        let ways = ways(engine.db(), row).await?;
        let obstacles = Obstacles::find(engine, row, parts.iter().chain(&ways)).await?;
        let mut changes = self.look(engine, row, &obstacles).await?;
        let mut shares = Vec::new();
        let (mut replays, mut why_not) = (None, None);
        match row.kind {
            BulkKind::EventBulkRetry => shares = self.shares(engine, row, &parts, (&obstacles, &changes)).await?,
            BulkKind::RequestBulkRetry => {
                let open = row.open_count - leaving(&changes, None);
                let limit = self.windows.of_all(engine, row, &ways, &obstacles).await? - open;
                let limit = self.windows.allow(row, limit.min(FEED));
                if limit > 0 && row.pending_count > 0 {
                    let next = requests::next(engine, row, limit).await?;
                    why_not.clone_from(&next.why_not);
                    replays = Some(next).filter(|replays| !replays.is_empty());
                }
            }
        }
        let feeds = !shares.is_empty() || replays.is_some();
        let has_nothing_left = row.pending_count == 0 && row.open_count == 0;
        if changes.is_empty() && !feeds && !has_nothing_left {
            let reason = why_not.or_else(|| obstacles.why_pause(row, &parts, &ways));
            return self.rest(engine, row, reason).await;
        }
        let now = engine.now();
        let mut tx = engine.db().begin().await?;
        if self.lease.fence(&mut tx).await? != Some(BulkStatus::Running) {
            return Ok(Step::Again);
        }
        self.renewed_at = Instant::now();
        if feeds {
            // Another operation may be about to send the same.
            store::take_turn(&mut tx, row.team_id, row.mode).await?;
        }
        let mut fed = events::Fed::default();
        for share in &shares {
            self.feed_part(engine, &mut tx, row, share, &mut fed).await?;
        }
        changes.append(&mut fed.changes);
        if let Some(replays) = &mut replays {
            replays.look_again(engine, &mut tx, row).await?;
            changes.append(&mut replays.changes);
        }
        let left = change::apply(&mut tx, &self.lease.key, &changes).await?;
        let lanes: std::collections::BTreeSet<_> = fed
            .events
            .iter()
            .map(|event| LaneKey { team: event.team, mode: event.mode, destination: event.destination })
            .collect();
        // The lanes before what is tallied, as the writer does.
        nudge(&mut tx, &lanes.iter().copied().collect::<Vec<_>>(), now).await?;
        insert_events(&mut tx, &fed.events).await?;
        if let Some(replays) = &replays {
            replays.write(engine, &mut tx, row).await?;
        }
        let is_done = left.pending_count == 0 && left.open_count == 0;
        if is_done {
            store::set_status(&mut tx, &self.lease.key, BulkStatus::Completed, None, now).await?;
        }
        tx.commit().await?;
        self.windows.fed(&changes);
        let passed = self.passed.keep(&mut fed);
        if fed.events.iter().any(|event| event.transform.is_some()) {
            engine.stage_has_work();
        }
        for lane in &lanes {
            engine.lane_has_work(lane.team, lane.mode, lane.destination);
        }
        if let Some(replays) = replays {
            replays.told(engine, row);
        }
        self.tell(engine, is_done);
        if is_done {
            forget(engine, row, &parts);
        }
        let skipped = changes.iter().filter(|change| change.to == BulkItemStatus::Skipped).count();
        self.skips = (skipped + passed) * 2 > changes.len() + passed;
        Ok(if is_done || self.skips { Step::Again } else { Step::Wait(LOOK_EVERY) })
    }

    /// The destinations that are fed now.
    async fn shares<'p>(
        &mut self,
        engine: &Engine,
        row: &Row,
        parts: &'p [Part],
        (obstacles, changes): (&Obstacles, &[change::Change]),
    ) -> Result<Vec<Share<'p>>> {
        let mut shares = Vec::new();
        for part in self.turns(parts) {
            let destination = part.destination_id;
            match obstacles.of(destination) {
                Some(Obstacle::Gone) => shares.push(Share { part, room: None }),
                Some(_) => {}
                None => {
                    let paused = obstacles.paused(destination);
                    let Some(place) = self.passed.place(destination, paused) else { continue };
                    let held =
                        if paused.is_empty() { 0 } else { events::held(engine.db(), &row.key(), destination).await? };
                    let open = part.open_count - held - leaving(changes, Some(destination));
                    let room = self.windows.of(engine, row, destination, obstacles).await? - open;
                    if self.windows.allow(row, room) > 0 {
                        shares.push(Share { part, room: Some((room, place)) });
                    }
                }
            }
        }
        Ok(shares)
    }

    /// Finds more of what goes to one destination, to be put into the queue.
    async fn feed_part(
        &mut self,
        engine: &Engine,
        tx: &mut Tx,
        row: &Row,
        share: &Share<'_>,
        fed: &mut events::Fed,
    ) -> Result<()> {
        let (key, destination) = (&self.lease.key, share.part.destination_id);
        let left = FEED - i64::try_from(fed.changes.len()).unwrap_or(FEED);
        let Some((room, place)) = &share.room else {
            if left > 0 {
                fed.changes.extend(events::orphans(tx, key, destination, left).await?);
            }
            return Ok(());
        };
        let limit = self.windows.allow(row, left.min(*room));
        if limit > 0 {
            let reach = if self.skips { left } else { 0 };
            let more = events::next(engine, tx, row, destination, place, (limit, reach)).await?;
            self.windows.count(more.events.len());
            fed.append(more);
        }
        Ok(())
    }

    /// Some of the parts that have something to send, others each time where they are many.
    fn turns<'p>(&mut self, parts: &'p [Part]) -> Vec<&'p Part> {
        let with_work: Vec<_> = parts.iter().filter(|part| part.pending_count > 0).collect();
        self.turn = self.turn.wrapping_add(1);
        let many = with_work.len();
        // Whoever is first may use up what a limit allows.
        (0..many.min(PARTS)).map(|index| with_work[(self.turn + index) % many]).collect()
    }

    /// What came of what is in the queue, and now and then of what goes on by its own retries.
    async fn look(&mut self, engine: &Engine, row: &Row, obstacles: &Obstacles) -> Result<Vec<change::Change>> {
        let mut changes = Vec::new();
        if row.open_count > 0 {
            changes = self.outcomes(engine, row, BulkItemStatus::Queued, obstacles).await?;
        }
        if row.retrying_count > 0 && self.retrying_at.is_none_or(|at| at.elapsed() >= RETRYING_EVERY) {
            self.retrying_at = Some(Instant::now());
            changes.extend(self.outcomes(engine, row, BulkItemStatus::Retrying, obstacles).await?);
        }
        Ok(changes)
    }

    async fn outcomes(
        &mut self,
        engine: &Engine,
        row: &Row,
        from: BulkItemStatus,
        obstacles: &Obstacles,
    ) -> Result<Vec<change::Change>> {
        let place = match from {
            BulkItemStatus::Retrying => &mut self.retrying_after,
            _ => &mut self.queued_after,
        };
        let key = &self.lease.key;
        let is_blocked = |destination: DestinationId| obstacles.of(destination).is_some();
        let Outcomes { mut changes, after } =
            outcomes(engine, key, (row.kind, from), (place, OUTCOMES), is_blocked).await?;
        *place = after;
        if from == BulkItemStatus::Retrying {
            // What waits for its first try again was tried before, or counts as such.
            changes.retain(|change| change.to != BulkItemStatus::Queued);
        }
        Ok(changes)
    }

    /// Nothing changed. An operation of which nothing can be sent before somebody does something is paused, for this reason.
    async fn rest(&mut self, engine: &Engine, row: &Row, reason: Option<String>) -> Result<Step> {
        if let Some(reason) = reason {
            let mut tx = engine.db().begin().await?;
            if self.lease.fence(&mut tx).await? == Some(BulkStatus::Running) {
                let paused = BulkStatus::Paused;
                store::set_status(&mut tx, &self.lease.key, paused, Some(&reason), engine.now()).await?;
                tx.commit().await?;
                self.tell(engine, true);
            }
            return Ok(Step::Again);
        }
        self.renew(engine).await?;
        let is_waiting = row.open_count > 0 || is_limited(row);
        Ok(Step::Wait(if is_waiting { LOOK_EVERY } else { IDLE }))
    }

    pub(super) async fn renew(&mut self, engine: &Engine) -> Result<()> {
        if self.renewed_at.elapsed() >= RENEW_EVERY {
            let mut tx = engine.db().begin().await?;
            self.lease.fence(&mut tx).await?;
            tx.commit().await?;
            self.renewed_at = Instant::now();
        }
        Ok(())
    }

    fn tell(&mut self, engine: &Engine, at_once: bool) {
        if at_once || self.told_at.is_none_or(|at| at.elapsed() >= TELL_EVERY) {
            self.told_at = Some(Instant::now());
            engine.tell(self.lease.key.team, self.lease.key.mode, None);
        }
    }
}

/// What the lanes know of the operation is out of date.
fn forget(engine: &Engine, row: &Row, parts: &[Part]) {
    for part in parts {
        let lane = LaneKey { team: row.team_id, mode: row.mode, destination: part.destination_id };
        engine.0.routing.forget_target(&lane);
        engine.lane_has_work(lane.team, lane.mode, lane.destination);
    }
}

/// How many of what is in the queue leave it by these changes.
fn leaving(changes: &[change::Change], destination: Option<DestinationId>) -> i64 {
    let leaves = |change: &&change::Change| {
        change.from == BulkItemStatus::Queued && (destination.is_none() || change.destination == destination)
    };
    i64::try_from(changes.iter().filter(leaves).count()).unwrap_or(i64::MAX)
}
