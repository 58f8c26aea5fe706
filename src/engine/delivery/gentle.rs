//! The gentle pace of recovery: how fast what failed before is sent again.
//!
//! It starts slowly and doubles until the receiver shows that it has enough. It shows that by its answers (429, 503 and
//! such, or none in time), and before that by taking longer than it does when it has little to do. What was too much is
//! remembered: the pace grows back to just below, stays there, and tries more only after a long while.
//!
//! Plain state, fed with what came of every try: nothing here waits, or asks for the time.

mod expected;
mod meter;
mod reading;
mod steer;

use std::{collections::VecDeque, time::Duration};

use hookyard_model::{ErrorCode, Timestamp};

use super::verdict::Outcome;
pub(crate) use expected::expected;
use meter::Meter;

/// How many a second it starts with, and how few it comes down to.
const START: f64 = 5.0;
const LEAST: f64 = 1.0;
/// After so long without anything to send, it starts slowly again.
const IDLE: Duration = Duration::from_secs(10);
/// For how long after the last was sent what comes back tells of recovery.
const ACTIVE: Duration = Duration::from_secs(3);
/// How many of the last tries are judged, and how many of them must have failed for it to stop. When many are sent, those
/// of the last two seconds are, up to a number.
const JUDGED: usize = 20;
const ENOUGH: usize = 10;
const JUDGED_MOST: usize = 100;
const JUDGED_FOR: Duration = Duration::from_secs(2);
/// How long to wait for orders after nobody was found who gives some, and before they are asked for again.
const ORDERED_IN: Duration = Duration::from_secs(5);
const LET_GO_IN: Duration = Duration::from_mins(1);

/// What came of a try.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    /// Whether it was one of recovery.
    pub(super) is_gentle: bool,
    /// Whether it was one of a bulk operation.
    pub(super) is_bulk: bool,
    pub(super) outcome: Outcome,
    pub(super) sent_at: Timestamp,
    pub(super) at: Timestamp,
    /// How long the receiver took; none when it did not answer.
    pub(super) latency: Option<Duration>,
}

/// The pace of recovery to one destination.
#[derive(Debug)]
pub(super) struct Gentle {
    /// How many a second may be sent.
    rate: f64,
    /// It doubles: nothing is known of what is too much.
    is_starting: bool,
    /// Since when the answers take longer than usual.
    slow_since: Option<Timestamp>,
    too_much: Option<TooMuch>,
    /// How many may be sent now, as of then.
    credit: f64,
    credited_at: Timestamp,
    /// Nothing is sent before; tries that began before say nothing new.
    rests_until: Timestamp,
    /// The last answer that asked for less, how many a second were sent then, and how often in a row less was of no use.
    refused: Option<(Outcome, f64, Timestamp)>,
    in_vain: u32,
    /// When it took one last.
    taken_at: Option<Timestamp>,
    /// Since when nothing was refused whatever was sent, how many it took since, and when that last ended.
    run: (Timestamp, u32),
    ran_out_at: Option<Timestamp>,
    /// When it last came down since the answers took long, and how often in a row.
    eased_at: Timestamp,
    eased: u32,
    /// Since when less is sent to see what is usual.
    looks_since: Option<Timestamp>,
    /// How long the receiver takes when it has little to do, in milliseconds, and when that was last seen.
    usual: Option<(f64, Timestamp)>,
    steered_at: Timestamp,
    last_sent: Option<Timestamp>,
    meter: Meter,
    tries: VecDeque<Try>,
    stopped: Option<Stopped>,
    /// How many tries may be under way at the most, and whether that is what holds it up.
    most: usize,
    is_crowded: bool,
    /// How many a second an operator allows.
    limit: Option<f64>,
}

/// What was too much.
#[derive(Debug, Clone, PartialEq)]
struct TooMuch {
    /// How many a second it stays at.
    stays_at: f64,
    at: Timestamp,
    /// How long it stays there, and by how much more of itself it then grows, a second, with each second.
    stays: (Duration, f64),
    why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Why {
    Refused(Outcome),
    /// How long the answers took and usually take, in milliseconds.
    Slow(f64, f64),
}

/// A try of recovery.
#[derive(Debug, Clone, Copy)]
struct Try {
    at: Timestamp,
    outcome: Outcome,
    is_bulk: bool,
    /// Told nothing new: it was under way when the pace had come down already, or was to see whether it takes some again.
    is_echo: bool,
}

/// Too much failed: no bulk operation goes on before somebody says so.
#[derive(Debug, Clone)]
struct Stopped {
    reason: String,
    at: Timestamp,
    told_at: Option<Timestamp>,
    /// It stands in the orders.
    is_ordered: bool,
}

impl Gentle {
    pub(super) fn new() -> Self {
        let long_ago = Timestamp::from_millis(0);
        Self {
            rate: START,
            is_starting: true,
            slow_since: None,
            too_much: None,
            credit: 1.0,
            credited_at: long_ago,
            rests_until: long_ago,
            refused: None,
            in_vain: 0,
            taken_at: None,
            run: (long_ago, 0),
            ran_out_at: None,
            eased_at: long_ago,
            eased: 0,
            looks_since: None,
            usual: None,
            steered_at: long_ago,
            last_sent: None,
            meter: Meter::default(),
            tries: VecDeque::new(),
            stopped: None,
            most: 1,
            is_crowded: false,
            limit: None,
        }
    }

    /// Starts slowly, as if nothing were known but how long the receiver usually takes.
    pub(super) fn restart(&mut self) {
        let before = std::mem::replace(self, Self::new());
        let Self { usual, meter, most, limit, stopped, .. } = before;
        (self.usual, self.meter, self.most, self.limit, self.stopped) = (usual, meter, most, limit, stopped);
    }

    /// How many tries of recovery may be under way at the most, whatever the pace, and how many of bulk operations an
    /// operator allows in a time.
    pub(super) fn bound(&mut self, most: usize, limit: Option<(u32, Duration)>) {
        self.most = most;
        self.limit = limit.map(|(count, period)| f64::from(count) / period.as_secs_f64());
    }

    /// How many tries may be under way at this pace, so that they do not queue up at the receiver.
    fn at_once(&self) -> usize {
        let millis = self.usual.map_or(0.0, |(millis, _)| millis);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and not negative")]
        let wanted = (self.rate * millis / 1000.0).mul_add(2.0, 2.0).ceil() as usize;
        wanted.min(self.most).max(1)
    }

    /// Whether one may be sent now when so many are under way, or when to ask again: when one of them ended, at the latest.
    /// What an operator allows is said of bulk operations alone.
    pub(super) fn ready(&mut self, is_bulk: bool, under_way: usize, now: Timestamp) -> Result<(), Timestamp> {
        self.steer(now);
        if self.rests_until > now {
            return Err(self.rests_until);
        }
        if self.last_sent.is_some_and(|last| now.since(last) > IDLE) {
            self.is_starting = true;
            self.rate = (self.rate / 4.0).max(START).min(self.rate);
            self.last_sent = None;
        }
        let rate = if is_bulk { self.allowed() } else { self.unlimited() };
        // What came together while nobody asked is sent by two at the most; the clock has whole milliseconds.
        let most = (rate * 0.005).max(2.0);
        self.credit = now.since(self.credited_at).as_secs_f64().mul_add(rate, self.credit).min(most);
        self.credited_at = self.credited_at.max(now);
        if self.credit < 1.0 {
            let wait = Duration::from_secs_f64((1.0 - self.credit) / rate);
            return Err(now.plus(wait.max(Duration::from_millis(1))));
        }
        self.is_crowded = under_way >= self.at_once();
        if self.is_crowded { Err(Timestamp::NEVER) } else { Ok(()) }
    }

    /// One is sent.
    pub(super) fn take(&mut self, now: Timestamp) {
        self.credit -= 1.0;
        self.last_sent = Some(now);
        self.meter.sent(now);
    }

    /// How many a second of bulk operations may be sent.
    fn allowed(&self) -> f64 {
        self.limit.map_or(self.unlimited(), |limit| limit.min(self.unlimited()))
    }

    /// How many a second the receiver bears.
    fn unlimited(&self) -> f64 {
        if self.looks_since.is_some() { (self.rate / 2.0).max(self.least()) } else { self.rate }
    }

    /// Something came of a try to this destination.
    pub(super) fn heard(&mut self, heard: Heard) {
        let Heard { is_gentle, is_bulk, outcome, sent_at, at, latency } = heard;
        let is_overload = is_overload(outcome);
        let is_echo = is_overload && sent_at < self.rests_until;
        if is_gentle {
            // That more come too early is known, and in between it takes its share.
            let is_known = is_overload && self.in_vain > 0 && self.took_lately(at);
            self.meter.ended(is_overload, at);
            if !is_overload {
                self.was_taken(at);
            }
            self.tries.push_back(Try { at, outcome, is_bulk, is_echo: is_echo || is_known });
        }
        // Who refuses does so at once: that says nothing of how busy it is.
        if let Some(latency) = latency.filter(|_| !is_overload) {
            self.meter.took(latency, sent_at, at);
        }
        if is_overload && !is_echo && self.is_active(at) {
            self.was_refused(outcome, at);
        }
        if is_gentle {
            self.judge(at);
        }
        self.steer(at);
    }

    /// Whether recovery sent anything of late.
    pub(super) fn is_active(&self, now: Timestamp) -> bool {
        self.last_sent.is_some_and(|last| now.since(last) < ACTIVE)
    }

    /// Stops when too many of the last tries of bulk operations failed.
    fn judge(&mut self, now: Timestamp) {
        while self.tries.len() > JUDGED_MOST
            || self.tries.len() > JUDGED && self.tries.front().is_some_and(|one| now.since(one.at) > JUDGED_FOR)
        {
            self.tries.pop_front();
        }
        let judged = || self.tries.iter().filter(|one| one.is_bulk && !one.is_echo);
        let failed = judged().filter(|one| !one.outcome.is_success()).count();
        let all = judged().count();
        let in_a_row = judged().rev().take_while(|one| !one.outcome.is_success()).count();
        let is_enough = failed >= ENOUGH && failed * 2 >= all || in_a_row >= JUDGED;
        if !is_enough || self.stopped.is_some() {
            return;
        }
        let last = judged().rev().find(|one| !one.outcome.is_success()).map(|one| reading::said(one.outcome));
        let reason = format!("{failed} of the last {all} tries failed, the last with {}", last.unwrap_or_default());
        self.stopped = Some(Stopped { reason, at: now, told_at: None, is_ordered: false });
        self.rate = LEAST;
        self.is_starting = true;
    }

    /// Whether nothing of a bulk operation may be sent, since too much failed.
    pub(super) const fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// Takes over what operators say: whether there are bulk operations, and whether all of them are to stand still. Once
    /// they did, they go on when they are told to, slowly. Returns why it stopped, when that is to be told.
    pub(super) fn order(&mut self, stands_still: Option<bool>, now: Timestamp) -> Option<String> {
        let stopped = self.stopped.as_mut()?;
        let goes_on = match stands_still {
            Some(true) => {
                stopped.is_ordered = true;
                false
            }
            Some(false) => stopped.is_ordered,
            // What is left has nobody to say that it goes on.
            None => now.since(stopped.at) > LET_GO_IN,
        };
        if goes_on {
            self.stopped = None;
            self.restart();
            return None;
        }
        let is_due = stopped.told_at.is_none_or(|told| now.since(told) > ORDERED_IN);
        let tells = stands_still == Some(false) && is_due;
        tells.then(|| {
            stopped.told_at = Some(now);
            stopped.reason.clone()
        })
    }
}

/// Whether the receiver cannot take as much, rather than that it does not want this.
const fn is_overload(outcome: Outcome) -> bool {
    use ErrorCode::{ConnectTimeout, ConnectionRefused, ConnectionReset, Timeout};
    matches!(
        outcome,
        Outcome::Answered(429 | 502..=504)
            | Outcome::Failed(Timeout | ConnectTimeout | ConnectionRefused | ConnectionReset)
    )
}

#[cfg(test)]
mod tests;
