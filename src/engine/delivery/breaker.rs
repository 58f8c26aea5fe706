//! The circuit breaker of a lane's destination: opens when it keeps failing, holds what is for it, lets a probe through
//! now and then, and closes when one is delivered.
//!
//! That it is open stands in the destination's row, so it outlives the lane. Only the lane's holder opens it, probes and
//! closes it, each in the commit of the attempt that decided it; people may say that a probe is to go out at once, or that it
//! is closed. What it held is let go a little at a time, when the lane has little left of what it let go before: what
//! fails again is still held then.
//!
//! Where nothing is held that can be the probe, one of a bulk operation is: those are not held, and wait for it to close.
//! What is simulated is the probe where there is nothing else.

mod store;

use std::{sync::Arc, time::Duration};

use hookyard_model::{CircuitBreaker, ErrorCode, EventId, Timestamp};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

pub(crate) use store::record;

use super::{
    attempt, hold,
    hold::Held,
    lane::{Lane, PendingRow, Step, learn},
    memory::BULK,
    store::load,
    verdict::{Outcome, Verdict},
};
use crate::{Engine, error::Result, routing::Target};

/// How long what arrives is gathered before it is held: many in one commit.
const GATHER: Duration = Duration::from_millis(50);
/// What is under way may wait again before the rest is held, so it is looked at once more.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What a lane knows of its destination's breaker beside what the row says.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// Since when it is open.
    opened_at: Option<Timestamp>,
    /// The attempt that is recorded with a change of it.
    changing: Option<EventId>,
    probe: Option<EventId>,
    /// A single event that somebody sends again goes out beside the probe.
    manual: Option<EventId>,
    looked_at: Option<Instant>,
}

/// How an attempt changes its destination's breaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BreakerUpdate {
    Open {
        at: Timestamp,
        reason: String,
        probe_at: Timestamp,
    },
    /// A probe failed.
    Failed {
        probe_at: Timestamp,
    },
    Close {
        at: Timestamp,
    },
}

/// An attempt that ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) event: EventId,
    pub(super) outcome: Outcome,
    pub(super) sent_at: Timestamp,
    pub(super) at: Timestamp,
    /// What the receiver asked for in `Retry-After`.
    pub(super) asked: Option<Duration>,
}

/// Takes over what the row says, before anything is sent; returns whether to wait for a change that is being recorded.
pub(super) fn adopt(lane: &Lane, target: &Target) -> bool {
    let changing = lane.breaker.lock().changing;
    if changing.is_some_and(|event| lane.memory.lock().is_under_way(event)) {
        return true;
    }
    let mut breaker = lane.breaker.lock();
    if breaker.changing == changing {
        breaker.changing = None;
    }
    // When it is tried again, it need not be a probe.
    let under_way = |event: &EventId| lane.memory.lock().is_under_way(*event);
    breaker.probe = breaker.probe.filter(under_way);
    breaker.manual = breaker.manual.filter(under_way);
    let was_open = breaker.opened_at.is_some();
    breaker.opened_at = target.breaker.opened_at;
    let closed = was_open && breaker.opened_at.is_none();
    drop(breaker);
    if closed {
        lane.pace.lock().start_anew();
        lane.memory.lock().look_again();
    }
    false
}

/// Whether the event goes out although the breaker is open.
pub(super) fn is_probe(lane: &Lane, event: EventId) -> bool {
    let breaker = lane.breaker.lock();
    // By hand one goes out also while the receiver asks to be left alone, which is no probe.
    breaker.probe == Some(event) || (breaker.manual == Some(event) && breaker.opened_at.is_some())
}

/// Whether the event is the probe that was due, and so says how the destination does also where it is simulated.
pub(super) fn is_the_probe(lane: &Lane, event: EventId) -> bool {
    lane.breaker.lock().probe == Some(event)
}

/// What an attempt does to the breaker. `counted` is how many failed in a row, and since when.
pub(super) fn judge(
    lane: &Lane,
    target: &Target,
    ended: Ended,
    counted: Option<(u32, Option<Timestamp>)>,
    error: Option<&(ErrorCode, String)>,
) -> Option<BreakerUpdate> {
    let is_probe = is_probe(lane, ended.event);
    let mut breaker = lane.breaker.lock();
    let update = match (breaker.opened_at, counted) {
        // One that went out before it opened says little about now.
        (Some(opened_at), _) if ended.outcome.is_success() => {
            (ended.sent_at >= opened_at).then_some(BreakerUpdate::Close { at: ended.at })
        }
        (Some(_), _) => is_probe.then(|| {
            let wait = CircuitBreaker::wait(target.breaker.probes() + 1).max(ended.asked.unwrap_or_default());
            BreakerUpdate::Failed { probe_at: ended.at.plus(wait) }
        }),
        (None, Some((failures, since))) if !ended.outcome.is_success() && breaker.changing.is_none() => {
            let closed = target.breaker.closed();
            let is_enough = |rule: &CircuitBreaker| rule.is_enough(failures, since, closed, ended.at);
            target.config.circuit_breaker.filter(is_enough).map(|_| {
                let wait = CircuitBreaker::wait(0).max(ended.asked.unwrap_or_default());
                let last = error.map(|(code, message)| format!("; the last: {code}: {message}")).unwrap_or_default();
                let count =
                    if failures == 1 { "an attempt".to_owned() } else { format!("{failures} attempts in a row") };
                let reason = format!("{count} failed{last}");
                BreakerUpdate::Open { at: ended.at, reason, probe_at: ended.at.plus(wait) }
            })
        }
        (None, _) => None,
    };
    if update.is_some() {
        breaker.changing = Some(ended.event);
    }
    update
}

/// What becomes of an event that was a probe: it is not given up for want of retries, but where its receiver is gone.
pub(super) fn spared(verdict: Verdict, outcome: Outcome, now: Timestamp) -> Verdict {
    match verdict {
        Verdict::GivenUp if outcome != Outcome::Answered(410) => Verdict::RetryAt(now.plus(CircuitBreaker::wait(0))),
        verdict => verdict,
    }
}

/// Holds what is for the destination of an open breaker, and sends a probe when one is due.
pub(super) async fn rest(engine: &Engine, lane: &Arc<Lane>, target: &Arc<Target>, tries: &TaskTracker) -> Result<Step> {
    let looked_at = lane.breaker.lock().looked_at;
    let rest = looked_at.and_then(|at| GATHER.checked_sub(at.elapsed())).filter(|rest| !rest.is_zero());
    if let Some(rest) = rest {
        tokio::time::sleep(rest).await;
        return Ok(Step::Again);
    }
    lane.breaker.lock().looked_at = Some(Instant::now());
    let (said, is_alone) = {
        let mut memory = lane.memory.lock();
        memory.drop_all();
        memory.look_again();
        (memory.said(), memory.under_way().is_empty())
    };
    if !target.paused.is_empty() && !hold::hold_all(engine, lane, Held::Connections(&target.paused)).await? {
        return Ok(learn(engine, lane));
    }
    if !hold::hold_all(engine, lane, Held::Breaker).await? {
        return Ok(learn(engine, lane));
    }
    let (mut until, mut is_kept) = (Timestamp::NEVER, false);
    for kind in [Kind::Manual, Kind::Probe] {
        if kind.is_under_way(lane) {
            continue;
        }
        let now = engine.now();
        let probe_at = target.breaker.probe_at.unwrap_or(now);
        if kind == Kind::Probe && probe_at > now {
            until = until.min(probe_at);
            continue;
        }
        let Some(row) = kind.find(engine, lane, now).await? else {
            if kind == Kind::Probe {
                until = until.min(store::next_to_probe(engine.db(), &lane.key, now).await?);
            }
            continue;
        };
        // What the settings say now, which may have changed while the lane waited for the database.
        let Some(target) = engine.target(&lane.key).await? else { return Ok(Step::Again) };
        let stopped = target.disabled || target.is_paused || target.paused.contains(&row.connection);
        if stopped || target.breaker.opened_at.is_none() {
            return Ok(Step::Again);
        }
        let (rank, is_bulk) = (row.key.rank, row.key.rank >= BULK);
        let taken = {
            let mut pace = lane.pace.lock();
            if is_bulk { pace.take_gently(rank, 0, now) } else { pace.take(now) }
        };
        if let Err(later) = taken {
            until = until.min(later);
            // It waits in the queue as it is: nobody would wake a lane that was given back.
            is_kept |= is_bulk;
            continue;
        }
        let is_held = row.key.due_at == Timestamp::NEVER;
        if is_held && !store::let_through(engine, &lane.key, &row, now).await? {
            lane.pace.lock().sent_as(rank, now);
            return Ok(learn(engine, lane));
        }
        if !send(engine, lane, &target, tries, kind, row, now).await? {
            lane.pace.lock().sent_as(rank, now);
            return Ok(Step::Again);
        }
    }
    let mut memory = lane.memory.lock();
    if !memory.settle_down(said) {
        return Ok(Step::Again);
    }
    if !is_alone {
        until = until.min(engine.now().plus(LOOK_AGAIN));
    }
    Ok(if memory.is_idle() && !is_kept { Step::Rest(until) } else { Step::Wait(until) })
}

/// While the receiver asks to be left alone, a single event that somebody sends again goes out all the same: it shows
/// whether that is still so. Returns when to look again.
pub(super) async fn send_by_hand(
    engine: &Engine,
    lane: &Arc<Lane>,
    target: &Arc<Target>,
    tries: &TaskTracker,
) -> Result<Timestamp> {
    let now = engine.now();
    let slow_until = lane.pace.lock().slow_until;
    if slow_until <= now || Kind::Manual.is_under_way(lane) {
        return Ok(Timestamp::NEVER);
    }
    let looked_at = lane.breaker.lock().looked_at.replace(Instant::now());
    if let Some(rest) = looked_at.and_then(|at| GATHER.checked_sub(at.elapsed())) {
        // Whatever arrives makes the lane look.
        tokio::time::sleep(rest).await;
    }
    let Some(row) = Kind::Manual.find(engine, lane, now).await? else { return Ok(Timestamp::NEVER) };
    let rank = row.key.rank;
    if target.paused.contains(&row.connection) {
        return Ok(Timestamp::NEVER);
    }
    if let Err(later) = lane.pace.lock().take(now) {
        return Ok(later);
    }
    if !send(engine, lane, target, tries, Kind::Manual, row, now).await? {
        lane.pace.lock().sent_as(rank, now);
        return Ok(now.plus(LOOK_AGAIN));
    }
    Ok(Timestamp::NEVER)
}

/// What goes out although the breaker is open, one of each at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Manual,
    Probe,
}

impl Kind {
    fn is_under_way(self, lane: &Lane) -> bool {
        let event = {
            let breaker = lane.breaker.lock();
            match self {
                Self::Manual => breaker.manual,
                Self::Probe => breaker.probe,
            }
        };
        event.is_some_and(|event| lane.memory.lock().is_under_way(event))
    }

    async fn find(self, engine: &Engine, lane: &Lane, now: Timestamp) -> Result<Option<PendingRow>> {
        match self {
            Self::Manual => {
                let under_way = lane.memory.lock().under_way();
                store::manual(engine.db(), &lane.key, &under_way, now).await
            }
            Self::Probe => store::probe(engine.db(), &lane.key, now).await,
        }
    }
}

/// Sends the event of a row; returns false when it is gone.
async fn send(
    engine: &Engine,
    lane: &Arc<Lane>,
    target: &Arc<Target>,
    tries: &TaskTracker,
    kind: Kind,
    mut row: PendingRow,
    now: Timestamp,
) -> Result<bool> {
    if row.key.due_at == Timestamp::NEVER {
        row.key.due_at = now;
    }
    let dropped = lane.memory.lock().dropped();
    let Some(waiting) = load(engine.db(), &lane.key, vec![row], None).await?.pop() else { return Ok(false) };
    let mut breaker = lane.breaker.lock();
    let mut memory = lane.memory.lock();
    if memory.dropped() != dropped {
        // It may have been cancelled since.
        return Ok(false);
    }
    match kind {
        Kind::Manual => breaker.manual = Some(waiting.key.event),
        Kind::Probe => breaker.probe = Some(waiting.key.event),
    }
    memory.send_alone(&waiting);
    drop(memory);
    drop(breaker);
    tries.spawn(attempt::make(engine.clone(), Arc::clone(lane), Arc::clone(target), waiting));
    Ok(true)
}

/// Lets go some of what a breaker held that is closed again, when little is left of what was let go before.
pub(super) async fn drain(engine: &Engine, lane: &Lane) -> Result<()> {
    if !lane.memory.lock().wants_backlog() {
        return Ok(());
    }
    let more = store::release_some(engine, &lane.key, engine.now()).await?;
    lane.memory.lock().expect_backlog();
    if !more {
        engine.0.routing.forget_target(&lane.key);
    }
    engine.tell(lane.key.team, lane.key.mode, Some(lane.key.destination));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_not_given_up_for_want_of_retries() {
        let now = Timestamp::from_millis(1000);
        let later = Verdict::RetryAt(Timestamp::from_millis(6000));
        assert_eq!(spared(Verdict::GivenUp, Outcome::Answered(500), now), later);
        assert_eq!(spared(Verdict::GivenUp, Outcome::Failed(ErrorCode::Dns), now), later);
        assert_eq!(spared(Verdict::GivenUp, Outcome::Answered(410), now), Verdict::GivenUp);
        assert_eq!(spared(Verdict::Delivered, Outcome::Answered(200), now), Verdict::Delivered);
        assert_eq!(spared(later, Outcome::Answered(500), now), later);
    }
}
