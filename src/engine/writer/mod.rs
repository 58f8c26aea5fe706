//! The writer: what many ask for at once becomes one commit.
//!
//! Whatever waits while the commit before is under way is written with multi-row statements and committed together, so
//! one sync of the disk serves many. Nothing is answered before its commit. `SQLite` has one writer, PostgreSQL a few.
//!
//! When the database cannot be used, captures are refused at once (their senders come again), and what came of
//! attempts is kept and written as soon as it can be.

mod batch;
mod claim;
mod rows;
mod settle;

pub(crate) use batch::{insert_events, nudge, take_in_within};
pub(crate) use claim::Decided;
pub(crate) use rows::{Claim, HealthUpdate, Kept, NewAttempt, NewEvent, NewRequest, Next, Settlement};

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use hookyard_model::EventId;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Engine,
    budget::Budget,
    db::{
        Db,
        statistics::{self, Statistics},
    },
    delivery::Waiting,
    error::{is_collision, is_outage},
    rollup,
    transform::{Entering, Fate, Transformed},
};

/// How many bytes of payload may wait to be committed before captures are refused.
const QUEUE_BYTES: usize = 256 << 20;
/// How many operations may wait before those who ask must.
const QUEUE: usize = 8192;
/// How many go into one commit at most, and about how many bytes of payload.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 8 << 20;
/// The first and the longest wait before a failed commit is tried again.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Something to be committed.
pub(crate) enum Op {
    Capture(Box<Admission>),
    Settle(Box<Settlement>),
    Transform(Box<Transformed>),
}

/// Requests to take in with their events, usually one, or events alone of a request that is there.
pub(crate) struct Admission {
    pub(crate) requests: Vec<NewRequest>,
    pub(crate) events: Vec<NewEvent>,
    /// The same events for the lanes.
    pub(crate) waiting: Vec<Waiting>,
    /// Those of them that are to be transformed first.
    pub(crate) entering: Vec<Entering>,
    /// Told when it is committed, and which events are not to be, since there was the same before; dropped when it is not.
    pub(crate) done: Option<oneshot::Sender<Vec<EventId>>>,
}

impl Admission {
    fn bytes(&self) -> usize {
        self.requests.iter().map(|request| request.body.len()).sum()
    }
}

impl Op {
    fn bytes(&self) -> usize {
        match self {
            Self::Capture(admission) => admission.bytes(),
            Self::Settle(settlement) => settlement.attempt.response_body.as_ref().map_or(0, Bytes::len),
            Self::Transform(done) => done.bytes(),
        }
    }
}

/// What was to be committed is not: the database cannot be used just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotCommitted;

/// The queue to the writer.
pub(crate) struct Writer {
    ops: mpsc::Sender<Op>,
    /// Taken by [`run`].
    waiting: Arc<Mutex<Option<mpsc::Receiver<Op>>>>,
    writers: usize,
    statistics: Statistics,
    budget: Budget,
}

impl Writer {
    pub(crate) fn new(db: &Db) -> Self {
        let (ops, waiting) = mpsc::channel(QUEUE);
        let writers = match db {
            Db::Sqlite(_) => 1,
            Db::Postgres(_) => 2,
        };
        Self {
            ops,
            waiting: Arc::new(Mutex::new(Some(waiting))),
            writers,
            statistics: Statistics::default(),
            budget: Budget::new(QUEUE_BYTES),
        }
    }

    /// Returns when the admission is durable, with the events that are not to be, since there was the same before.
    pub(crate) async fn admit(&self, mut admission: Admission) -> Result<Vec<EventId>, NotCommitted> {
        let bytes = admission.bytes();
        if !self.budget.has_room(bytes) {
            return Err(NotCommitted);
        }
        let (done, committed) = oneshot::channel();
        admission.done = Some(done);
        self.ops.try_send(Op::Capture(Box::new(admission))).map_err(|_| NotCommitted)?;
        // Whoever asked may be gone before the answer; the bytes are given back all the same.
        let _taken = self.budget.hold(bytes);
        committed.await.map_err(|_| NotCommitted)
    }

    /// Leaves what came of an attempt to the writer, which tells the lane when it is durable.
    pub(crate) async fn settle(&self, settlement: Settlement) {
        // The receiver lives as long as the process delivers.
        let _ = self.ops.send(Op::Settle(Box::new(settlement))).await;
    }

    /// Leaves what came of an event's transformations to the writer.
    pub(crate) async fn transformed(&self, done: Transformed) {
        let _ = self.ops.send(Op::Transform(Box::new(done))).await;
    }
}

/// Commits what is asked for until `stop` and until what was asked for before is done.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    let Some(waiting) = engine.0.writer.waiting.lock().take() else { return };
    let waiting = Arc::new(tokio::sync::Mutex::new(waiting));
    let writers = TaskTracker::new();
    for _ in 0..engine.0.writer.writers {
        writers.spawn(write(engine.clone(), Arc::clone(&waiting), writers.clone(), stop.clone()));
    }
    writers.close();
    let written = CancellationToken::new();
    let writing = async {
        writers.wait().await;
        written.cancel();
    };
    tokio::join!(writing, rollup::keep(&engine, &written));
}

async fn write(
    engine: Engine,
    waiting: Arc<tokio::sync::Mutex<mpsc::Receiver<Op>>>,
    aside: TaskTracker,
    stop: CancellationToken,
) {
    let number = number(&engine);
    // What came of attempts but could not be written yet.
    let mut kept: Vec<Op> = Vec::new();
    let mut wait = FIRST_WAIT;
    loop {
        let mut ops = std::mem::take(&mut kept);
        if !gather(&waiting, &mut ops, &stop).await {
            return;
        }
        for op in &mut ops {
            match op {
                Op::Capture(admission) => engine.0.lanes.announce(&mut admission.waiting),
                Op::Transform(done) => engine.0.lanes.announce(&mut done.waiting),
                Op::Settle(_) => {}
            }
        }
        match commit(&engine, &ops, number).await {
            Ok(written) => {
                wait = FIRST_WAIT;
                if engine.0.writer.statistics.written(ops.len() as u64) {
                    aside.spawn(statistics::refresh(engine.db().clone()));
                }
                finish(&engine, ops, &written);
            }
            Err(error) => {
                let outage = is_outage(&error);
                tracing::error!(%error, operations = ops.len(), outage, "a commit failed");
                let refused = if outage || ops.len() == 1 {
                    refuse(&engine, ops, outage)
                } else {
                    one_by_one(&engine, ops, number).await
                };
                kept = refused.kept;
                if refused.waits {
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
            }
        }
    }
}

/// A number that it is unlikely that another writer of the same database has: what they count goes into different rows.
fn number(engine: &Engine) -> u16 {
    match engine.db() {
        Db::Sqlite(_) => 0,
        Db::Postgres(_) => u16::from_be_bytes(engine.ids().bytes()),
    }
}

/// Commits, again where two transactions got in each other's way and the database chose ours to give in.
async fn commit(engine: &Engine, ops: &[Op], number: u16) -> sqlx::Result<batch::Written> {
    for _ in 0..3 {
        match batch::commit(engine.db(), ops, &engine.0.lanes, number).await {
            Err(error) if is_collision(&error) => tracing::debug!(%error, "a commit is made again"),
            done => return done,
        }
    }
    batch::commit(engine.db(), ops, &engine.0.lanes, number).await
}

/// Adds what waits to `ops`; false when it is time to end.
async fn gather(waiting: &tokio::sync::Mutex<mpsc::Receiver<Op>>, ops: &mut Vec<Op>, stop: &CancellationToken) -> bool {
    let mut waiting = if ops.is_empty() {
        waiting.lock().await
    } else {
        // Another writer that has nothing to do waits for the next one: what is here already must not wait with it.
        match waiting.try_lock() {
            Ok(waiting) => waiting,
            Err(_) => return true,
        }
    };
    if ops.is_empty() {
        // `stop` comes after everyone who asks has ended, so what is in the queue then is the rest.
        let first = tokio::select! {
            biased;
            op = waiting.recv() => op,
            () = stop.cancelled() => None,
        };
        match first {
            Some(op) => ops.push(op),
            None => return false,
        }
    }
    let mut bytes: usize = ops.iter().map(Op::bytes).sum();
    while ops.len() < BATCH && bytes < BATCH_BYTES {
        match waiting.try_recv() {
            Ok(op) => {
                bytes += op.bytes();
                ops.push(op);
            }
            Err(_) => break,
        }
    }
    true
}

/// Tells everyone what is now durable.
fn finish(engine: &Engine, ops: Vec<Op>, written: &batch::Written) {
    let mut told = std::collections::HashSet::new();
    let live = engine.0.live.has_listeners() || engine.0.routing.wake.reaches_others();
    for op in ops {
        match op {
            Op::Capture(admission) => {
                let admission = *admission;
                if live {
                    told.extend(admission.requests.iter().map(|request| (request.team, request.mode, None)));
                    told.extend(admission.events.iter().map(|event| (event.team, event.mode, Some(event.destination))));
                }
                for request in &admission.requests {
                    engine.0.aside.request(request, written.decided.ignored(request));
                }
                let dropped = written.decided.dropped_of(&admission);
                let (waiting, gone): (Vec<_>, Vec<_>) =
                    admission.waiting.into_iter().partition(|waiting| written.decided.keeps(waiting.key.event));
                engine.0.lanes.dropped(&gone);
                engine.0.lanes.expect(admission.events.iter().filter(|event| written.decided.keeps(event.id)));
                engine.0.lanes.arrived(waiting, &written.nudged, &engine.0.routing.wake);
                engine.enter(admission.entering, |event| written.decided.keeps(event));
                if let Some(done) = admission.done {
                    // Whoever asked may have gone; what is committed is committed.
                    let _ = done.send(dropped);
                }
            }
            Op::Settle(settlement) => {
                if settlement.health.is_some() || settlement.failed_at.is_some() {
                    engine.0.notices.look();
                }
                if live {
                    let key = settlement.lane;
                    told.insert((key.team, key.mode, Some(key.destination)));
                }
                if settlement.health.as_ref().is_some_and(|health| health.disable.is_some()) {
                    engine.forget_settings(settlement.lane.team);
                    engine.0.routing.wake.settings(settlement.lane.team);
                }
                if settlement.breaker.is_some() {
                    engine.0.routing.forget_target(&settlement.lane);
                }
                engine.0.aside.attempt(&settlement);
                engine.0.lanes.settled(&settlement);
            }
            Op::Transform(done) => {
                if matches!(done.fate, Fate::Failed(_)) {
                    engine.0.notices.look();
                }
                if live {
                    told.insert((done.raw.team, done.raw.mode, Some(done.raw.destination)));
                }
                engine.leave(*done, &written.nudged, &written.transformed);
            }
        }
    }
    for (team, mode, destination) in told {
        engine.tell(team, mode, destination);
    }
}

/// What is left of what could not be committed.
#[derive(Default)]
struct Refused {
    /// What must be tried again.
    kept: Vec<Op>,
    /// Whether the writer rests first: the database is gone, or what is given up comes again. What is wrong by itself is no
    /// reason that others wait.
    waits: bool,
}

/// Refuses captures and returns what must be tried again. A single settlement that no database will take is given up.
fn refuse(engine: &Engine, ops: Vec<Op>, outage: bool) -> Refused {
    let (mut kept, mut waits) = (Vec::new(), outage);
    for op in ops {
        match op {
            Op::Capture(admission) => {
                engine.0.lanes.lost(&admission.waiting);
                if !admission.entering.is_empty() {
                    drop(admission);
                    engine.0.stage.lost();
                }
            }
            Op::Transform(_) if outage => kept.push(op),
            Op::Transform(done) => {
                tracing::error!(event_id = %done.raw.event, "what came of a transformation cannot be stored");
                engine.0.lanes.lost(&done.waiting);
                match done.without_result() {
                    Some(done) => kept.push(Op::Transform(Box::new(done))),
                    // It is transformed again.
                    None => engine.0.stage.lost_for_now(),
                }
            }
            Op::Settle(_) if outage => kept.push(op),
            Op::Settle(settlement) => {
                tracing::error!(event_id = %settlement.event, "what came of an attempt cannot be stored; it will be sent again");
                engine.0.lanes.unsettled(&settlement);
                waits = true;
            }
        }
    }
    Refused { kept, waits }
}

/// One of many cannot be written: commits each by itself, so that it alone is refused.
async fn one_by_one(engine: &Engine, ops: Vec<Op>, number: u16) -> Refused {
    let mut refused = Refused::default();
    for op in ops {
        let alone = vec![op];
        match batch::commit(engine.db(), &alone, &engine.0.lanes, number).await {
            Ok(written) => finish(engine, alone, &written),
            Err(error) => {
                tracing::error!(%error, "an operation cannot be committed");
                let Refused { kept, waits } = refuse(engine, alone, is_outage(&error));
                refused.kept.extend(kept);
                refused.waits |= waits;
            }
        }
    }
    refused
}
