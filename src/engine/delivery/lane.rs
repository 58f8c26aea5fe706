//! A lane that this node holds: sends what is due, within its limits, until it is lost or has nothing to do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hookyard_model::Timestamp;
use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    LaneKey, PendingKey, attempt,
    breaker::{self, Breaker},
    hold::{self, Held},
    memory::{GENTLE, Memory},
    pace::Pace,
    rate::{self, Past},
    reading::{self, Noted},
    recall,
    store::{self, Renewed, Taken},
};
use crate::{Engine, budget::Budget, bulk, error::Result, routing::Target};

/// How many may be sent but not recorded: more only when the database is slow or gone, and then memory must not grow.
const UNSETTLED: usize = 1024;
/// How long a lane is kept with nothing to do, so that the next event finds it held.
const IDLE: Duration = Duration::from_secs(30);
/// How long to wait after the database failed.
pub(super) const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// A lane that this node holds.
pub(crate) struct Lane {
    pub(super) key: LaneKey,
    pub(super) epoch: i64,
    /// The lane was taken then from a holder that did not give it back: what was due may have been sent.
    pub(super) recovers: Option<Timestamp>,
    pub(super) memory: Mutex<Memory>,
    pub(super) pace: Mutex<Pace>,
    pub(super) breaker: Mutex<Breaker>,
    /// What the pace of recovery did when that was last written.
    pub(super) noted: Mutex<Noted>,
    pub(super) wake: Notify,
    /// Somebody waits to hear that it sends no more of what was cancelled.
    is_recalled: AtomicBool,
    lease: Mutex<Lease>,
}

/// Until when the lane is ours, and what of it is known.
struct Lease {
    /// By this machine's monotonic clock; none: no one else can take it.
    until: Option<Instant>,
    lost: bool,
    nudges: i64,
    recalls: i64,
}

/// What a look at the lane came to.
pub(super) enum Step {
    Again,
    /// Nothing to do before then, unless something changes.
    Wait(Timestamp),
    /// Nothing to do before then, and nothing in memory.
    Rest(Timestamp),
    /// The destination is gone or takes nothing.
    Done,
}

impl Lane {
    pub(super) fn new(taken: &Taken, now: Timestamp, lease: Option<Duration>, budget: Budget) -> Self {
        Self {
            key: taken.key,
            epoch: taken.epoch,
            recovers: taken.was_held.then_some(now),
            memory: Mutex::new(Memory::new(budget)),
            pace: Mutex::new(Pace::new(taken.slow_until)),
            breaker: Mutex::default(),
            noted: Mutex::default(),
            wake: Notify::new(),
            is_recalled: AtomicBool::new(false),
            lease: Mutex::new(Lease {
                until: lease.map(|lease| Instant::now() + lease),
                lost: false,
                nudges: taken.nudges,
                recalls: taken.recalls,
            }),
        }
    }

    /// The lease was renewed at `at`; looks again when others put something in since.
    pub(super) fn renewed(&self, at: Instant, lease: Duration, renewed: &Renewed) {
        let is_recalled = self.lease.lock().recalls != renewed.recalls;
        if is_recalled {
            // Before it sends again, should it have stopped.
            self.recall();
        }
        let mut known = self.lease.lock();
        let had_run_out = known.has_run_out();
        let news = known.nudges != renewed.nudges;
        known.until = Some(at + lease);
        (known.nudges, known.recalls) = (renewed.nudges, renewed.recalls);
        drop(known);
        if news {
            self.look_again();
        } else if had_run_out {
            self.wake.notify_one();
        }
    }

    /// The lane is another's.
    pub(super) fn lose(&self) {
        self.lease.lock().lost = true;
        self.wake.notify_one();
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lease.lock().lost
    }

    /// Whether another may have the lane: nothing is sent until it shows.
    fn has_run_out(&self) -> bool {
        self.lease.lock().has_run_out()
    }

    pub(super) fn nudges(&self) -> i64 {
        self.lease.lock().nudges
    }

    pub(super) fn nudged(&self, nudges: i64) {
        self.lease.lock().nudges = nudges;
    }

    /// The table says what is to be sent: what waits in memory is read anew.
    pub(super) fn recheck(&self) {
        self.memory.lock().drop_all();
        self.look_again();
    }

    /// Something that waits here may have been cancelled, and somebody waits to hear that it is not sent.
    pub(super) fn recall(&self) {
        self.is_recalled.store(true, Ordering::SeqCst);
        self.recheck();
    }

    pub(super) fn look_again(&self) {
        self.memory.lock().look_again();
        self.wake.notify_one();
    }
}

impl Lease {
    fn has_run_out(&self) -> bool {
        self.until.is_some_and(|until| until <= Instant::now())
    }
}

/// Sends what is due in the lane until `stop`, until the lane is lost or until it has rested long enough; waits for the
/// tries under way. Returns whether nothing was left under way.
pub(super) async fn run(engine: Engine, lane: Arc<Lane>, stop: CancellationToken) {
    let tries = TaskTracker::new();
    let mut resting_since = None;
    while !stop.is_cancelled() && !lane.is_lost() {
        // Ask to be woken before looking, so that nothing put in between is missed.
        let mut woken = std::pin::pin!(lane.wake.notified());
        woken.as_mut().enable();
        if lane.is_recalled.swap(false, Ordering::SeqCst) {
            tries.spawn(recall::answer(engine.clone(), Arc::clone(&lane)));
        }
        let step = if lane.has_run_out() {
            // The next renewal tells whether the lane is still ours.
            Step::Wait(Timestamp::NEVER)
        } else {
            step(&engine, &lane, &tries).await
        };
        let until = match step {
            Step::Again => continue,
            Step::Wait(until) => {
                resting_since = None;
                until
            }
            Step::Rest(next_due) => {
                let since = *resting_since.get_or_insert_with(|| engine.now());
                let enough = since.plus(IDLE);
                if engine.now() >= enough && engine.0.lanes.release(&engine, &lane, next_due).await {
                    return;
                }
                next_due.min(if engine.now() >= enough { engine.now().plus(AFTER_FAILURE) } else { enough })
            }
            Step::Done => {
                if engine.0.lanes.release(&engine, &lane, Timestamp::NEVER).await {
                    break;
                }
                engine.now().plus(AFTER_FAILURE)
            }
        };
        let until = until.min(reading::note(&engine, &lane, &tries));
        tokio::select! {
            () = woken => {}
            () = engine.0.clock.sleep_until(until) => {}
            () = stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_mins(1)) => {}
        }
    }
    tries.close();
    tries.wait().await;
}

async fn step(engine: &Engine, lane: &Arc<Lane>, tries: &TaskTracker) -> Step {
    match look(engine, lane, tries).await {
        Ok(step) => step,
        Err(error) => {
            tracing::error!(destination_id = %lane.key.destination, error = &error as &dyn std::error::Error, "a lane cannot go on");
            Step::Wait(engine.now().plus(AFTER_FAILURE))
        }
    }
}

async fn look(engine: &Engine, lane: &Arc<Lane>, tries: &TaskTracker) -> Result<Step> {
    let seen = engine.0.routing.forgotten();
    let Some(target) = engine.target(&lane.key).await? else {
        lane.memory.lock().drop_all();
        return Ok(if lane.memory.lock().under_way().is_empty() { Step::Done } else { Step::Wait(Timestamp::NEVER) });
    };
    if target.disabled || target.is_paused {
        lane.pace.lock().adopt(&target, engine.now(), (None, None));
        lane.memory.lock().drop_all();
        lane.memory.lock().look_again();
        return hold::rest(engine, lane, &target).await;
    }
    let past = known_past(engine, lane, &target).await?;
    let now = engine.now();
    lane.pace.lock().adopt(&target, now, past);
    let orders = target.bulk.and_then(|orders| orders.stands_still);
    let stops = lane.pace.lock().gentle.order(orders, now);
    if let Some(reason) = stops {
        bulk::stop(engine, &lane.key, &reason).await;
        return Ok(Step::Again);
    }
    if breaker::adopt(lane, &target) {
        return Ok(Step::Wait(Timestamp::NEVER));
    }
    if target.breaker.opened_at.is_some() {
        return breaker::rest(engine, lane, &target, tries).await;
    }
    if target.breaker.is_draining {
        breaker::drain(engine, lane).await?;
    }
    if !target.paused.is_empty() && lane.memory.lock().drop_of(&target.paused) {
        // What was dropped is in the table alone, also when it cannot be held.
        lane.memory.lock().look_again();
        if !hold::hold_all(engine, lane, Held::Connections(&target.paused)).await? {
            return Ok(learn(engine, lane));
        }
    }
    let wanted = lane.memory.lock().wants(now);
    if let Some((rank, rows)) = wanted {
        read(engine, lane, &target, rank, rows).await?;
        return Ok(Step::Again);
    }
    let by_hand = breaker::send_by_hand(engine, lane, &target, tries).await?;
    Ok(send(engine, lane, (&target, seen), tries, (now, by_hand)))
}

/// What was sent before, where that must be known to keep to a rate.
async fn known_past(engine: &Engine, lane: &Lane, target: &Target) -> Result<(Option<Past>, Option<Past>)> {
    let (all, bulk) = {
        let pace = lane.pace.lock();
        (pace.wanted_past(target), pace.wanted_bulk_past(target))
    };
    let all = match all {
        Some(wanted) => Some(rate::past(engine, lane, wanted, false).await?),
        None => None,
    };
    let bulk = match bulk {
        Some(wanted) => {
            let past = rate::past(engine, lane, wanted, true).await?;
            let is_alone = lane.memory.lock().under_way().is_empty();
            Some(if is_alone { past } else { past.and_more(engine.now()) })
        }
        None => None,
    };
    Ok((all, bulk))
}

/// What is known of the settings is out of date, before anyone said so.
pub(super) fn learn(engine: &Engine, lane: &Lane) -> Step {
    engine.forget_settings(lane.key.team);
    lane.memory.lock().look_again();
    Step::Again
}

/// Reads a page of pending rows into memory.
async fn read(engine: &Engine, lane: &Arc<Lane>, target: &Target, rank: u8, rows: usize) -> Result<()> {
    let now = engine.now();
    lane.memory.lock().begin_read(rank, now);
    let page = store::page(engine.db(), &lane.key, rank, now, rows).await;
    let loaded = match page {
        Ok(page) => {
            let (new, cut) = {
                let memory = lane.memory.lock();
                memory.choose(page.rows.into_iter().filter(|row| memory.is_new(row.key.event)).collect())
            };
            let paused = new.iter().any(|row| target.paused.contains(&row.connection));
            let new: Vec<_> = new.into_iter().filter(|row| !target.paused.contains(&row.connection)).collect();
            let found = store::load(engine.db(), &lane.key, new, lane.recovers).await;
            found.map(|found| (found, page.more || cut, page.next_due, paused))
        }
        Err(error) => Err(error),
    };
    match loaded {
        Ok((found, more, next_due, paused)) => {
            lane.memory.lock().end_read(rank, found, more, next_due);
            if paused {
                lane.memory.lock().look_again();
                if !hold::hold_all(engine, lane, Held::Connections(&target.paused)).await? {
                    engine.forget_settings(lane.key.team);
                }
            }
            Ok(())
        }
        Err(error) => {
            lane.memory.lock().fail_read(rank);
            Err(error)
        }
    }
}

/// Starts as many tries as the limits allow, and says when to look again. What `target` says must still be so: what came
/// while the lane waited for the database may be of a connection that is paused since.
fn send(
    engine: &Engine,
    lane: &Arc<Lane>,
    (target, seen): (&Arc<Target>, u64),
    tries: &TaskTracker,
    (now, by_hand): (Timestamp, Timestamp),
) -> Step {
    let mut memory = lane.memory.lock();
    if engine.0.routing.forgotten() != seen || memory.has_of(&target.paused) {
        return Step::Again;
    }
    let mut pace = lane.pace.lock();
    // What is due already and not read waits for room, and whoever leaves wakes the lane.
    let mut until = Some(memory.next_due()).filter(|due| *due > now).unwrap_or(Timestamp::NEVER);
    if pace.slow_until > now {
        // Nothing goes out, but what falls due meanwhile can wait as well.
        return Step::Wait(pace.slow_until.min(by_hand));
    }
    while memory.sending() < pace.concurrency()
        && memory.settling() < UNSETTLED
        && let Some(rank) = memory.next_rank()
    {
        if memory.must_make_room(pace.concurrency()) {
            break;
        }
        let under_way = memory.recovering().0;
        let taken = if rank < GENTLE { pace.take(now) } else { pace.take_gently(rank, under_way, now) };
        if let Err(later) = taken {
            until = until.min(later);
            break;
        }
        let Some(waiting) = memory.take() else { break };
        tries.spawn(attempt::make(engine.clone(), Arc::clone(lane), Arc::clone(target), waiting));
    }
    if memory.is_idle() { Step::Rest(until) } else { Step::Wait(until) }
}

/// The pending row of an event that is not being sent.
pub(super) struct PendingRow {
    pub(super) key: PendingKey,
    pub(super) connection: hookyard_model::ConnectionId,
    pub(super) attempts: u32,
    pub(super) probes: u32,
    pub(super) cause: hookyard_model::Trigger,
    pub(super) size: usize,
}
