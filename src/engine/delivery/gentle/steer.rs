//! What makes the pace of recovery faster and slower.

use std::time::Duration;

use hookyard_model::Timestamp;

use super::{Gentle, LEAST, TooMuch, Why, meter::Middle};
use crate::delivery::verdict::Outcome;

/// As fast as it ever gets: beyond that the concurrency decides.
const MOST: f64 = 50_000.0;
/// How often what came back is looked at.
const EPOCH: Duration = Duration::from_millis(250);
/// How many seconds the first growth takes to double the pace, at the least.
pub(super) const DOUBLES_IN: f64 = 1.0;
/// How long nothing is sent after an answer that says that it was too much: twice and four times that when it is of no use, and
/// more after so many times, where it took some not long ago. It may count how many come in a minute.
const REST: Duration = Duration::from_secs(1);
const DOUBLES: u32 = 2;
const DOUBLES_ON_AFTER: u32 = 4;
const DOUBLES_MOST: u32 = 4;
/// For how long whoever took some is believed to take more later.
const LATELY: Duration = Duration::from_mins(2);
/// How few a second are enough for a receiver that counts how many come in a long time.
const FEWEST: f64 = 0.01;
/// At how much of what was borne it stays, and with how much of it it goes on at first. A receiver that is slow is full, and what
/// is live would wait there.
const BELOW: f64 = 0.95;
const BELOW_SLOWNESS: f64 = 0.9;
const AFTER_REFUSAL: f64 = 0.7;
const AFTER_SLOWNESS: f64 = 0.9;
/// How long what was sent before still shows.
const SHOWS_IN: Duration = Duration::from_millis(400);
/// How long it stays there before it tries more, when the receiver refused, when it only was slow, and when it refused
/// all for a while; and by how much more of itself it then grows, a second, with each second.
const STAYS: (Duration, f64) = (Duration::from_mins(1), 0.002);
const STAYS_AFTER_SLOWNESS: (Duration, f64) = (Duration::from_secs(4), 0.008);
const STAYS_AFTER_ALL: (Duration, f64) = (Duration::from_mins(15), 0.0002);
/// Whoever refuses all for a while, and again within this time, counts how many come in a while.
const RUNS_OUT_WITHIN: Duration = Duration::from_mins(3);
/// From how much longer than usual on the pace grows no more, and from how much it comes down; also when it stays so for a
/// while, since a queue of the receiver's that never empties is what those wait in who are live.
const LONGER: Longer = Longer { share: 0.15, millis: 5.0, spreads: 0.3, errors: 2.5 };
const TOO_LONG: Longer = Longer { share: 0.5, millis: 15.0, spreads: 0.6, errors: 4.0 };
const LONGER_FOR: Duration = Duration::from_secs(2);
const HARDLY: Longer = Longer { share: 0.1, millis: 2.0, spreads: 0.1, errors: 1.0 };
/// Of how many answers the pace goes by how long they took, and of how many it learns what is usual.
const FEW: usize = 8;
const MORE: usize = 20;
/// After how long what is usual is looked at anew, by sending half as much for a moment; also after so many times in a
/// row that less did not help.
const LOOKS_EVERY: Duration = Duration::from_secs(30);
const LOOKS_FOR: Duration = Duration::from_millis(1500);
const LOOKS_AFTER: u32 = 4;

/// By how much an answer takes longer than usual: the most of these.
#[derive(Debug, Clone, Copy)]
struct Longer {
    /// A share of the usual.
    share: f64,
    /// As much as a quick receiver's answers differ for no reason.
    millis: f64,
    /// Times how much they differ from each other.
    spreads: f64,
    /// Times how much the median of so few may be wrong.
    errors: f64,
}

impl Gentle {
    /// The receiver said that it was too much.
    pub(super) fn was_refused(&mut self, outcome: Outcome, now: Timestamp) {
        // A pace that doubles was another a second ago.
        let (within, since) = if self.is_starting { (400, 1.2) } else { (1000, 1.0) };
        let last = self.meter.rates(Duration::from_millis(within), now);
        self.refused = Some((outcome, self.allowed(), now));
        let taken = last.taken * since;
        if taken < self.rate / 2.0 || last.refused > last.taken {
            // It takes little at whatever pace: once it does, it starts slowly again.
            self.is_starting = true;
            self.rate = (self.rate / 2.0).max(self.least());
            self.in_vain += 1;
        } else {
            // What it bore counts, since what was sent grew meanwhile.
            let bore = taken.min(self.rate).max(self.least());
            self.is_starting = false;
            self.in_vain = 0;
            self.too_much = Some(TooMuch { stays_at: bore * BELOW, at: now, stays: STAYS, why: Why::Refused(outcome) });
            self.rate = (bore * AFTER_REFUSAL).max(self.least());
        }
        self.looks_since = None;
        self.credit = 0.0;
        self.rests_until = now.plus(REST * 2_u32.pow(self.doubled(now)));
        self.credited_at = self.rests_until;
    }

    /// As slow as it gets by itself: what it has learnt of the receiver may be less.
    pub(super) const fn least(&self) -> f64 {
        LEAST.min(self.rate)
    }

    /// How often the rest is doubled.
    fn doubled(&self, now: Timestamp) -> u32 {
        let more = if self.took_lately(now) { self.in_vain.saturating_sub(DOUBLES_ON_AFTER) } else { 0 };
        (self.in_vain.min(DOUBLES) + more).min(DOUBLES_MOST)
    }

    /// Whether it took one not long ago.
    pub(super) fn took_lately(&self, now: Timestamp) -> bool {
        self.taken_at.is_some_and(|at| now.since(at) < LATELY)
    }

    /// The receiver took one. When it had refused all for a while, and again, it counts how many come in a long time: what
    /// that allows is how many it took from one such while to the end of the next.
    pub(super) fn was_taken(&mut self, now: Timestamp) {
        self.taken_at = Some(now);
        self.run.1 += 1;
        if std::mem::take(&mut self.in_vain) == 0 {
            return;
        }
        let (since, taken) = std::mem::replace(&mut self.run, (now, 1));
        let before = self.ran_out_at.replace(now);
        if before.is_some_and(|before| now.since(before) < RUNS_OUT_WITHIN) {
            let bore = f64::from(taken) / now.since(since).as_secs_f64().max(1.0);
            let why = self.refused.map_or(Why::Refused(Outcome::Answered(429)), |(outcome, ..)| Why::Refused(outcome));
            let stays_at = (bore * BELOW).max(FEWEST);
            self.too_much = Some(TooMuch { stays_at, at: now, stays: STAYS_AFTER_ALL, why });
        }
    }

    /// Looks at what came back since the last time, and goes faster or slower.
    pub(super) fn steer(&mut self, now: Timestamp) {
        let passed = now.since(self.steered_at);
        if passed < EPOCH {
            return;
        }
        self.steered_at = now;
        let passed = passed.as_secs_f64().min(1.0);
        if let Some(since) = self.looks_since {
            self.look(since, now);
            return;
        }
        if let Some(latency) = self.meter.latency(Timestamp::from_millis(0), MORE, now) {
            self.learn(latency, now);
        }
        if !self.is_active(now) || self.rests_until > now {
            return;
        }
        // What was changed shows when what was sent since has come back.
        let latency = self.meter.latency(self.eased_at.plus(SHOWS_IN), FEW, now);
        match (latency, self.usual) {
            (Some(latency), Some((usual, _))) if latency.is_beyond(usual, LONGER) => {
                let since = *self.slow_since.get_or_insert(now);
                let is_too_long = latency.is_beyond(usual, TOO_LONG)
                    || now.since(since) > LONGER_FOR.max(Duration::from_secs_f64(usual * 12.0 / 1000.0));
                self.ease((latency, is_too_long), usual, now);
            }
            _ => {
                self.slow_since = None;
                self.eased = 0;
                self.grow(latency, passed, now);
            }
        }
        let is_unsure = !self.is_starting && self.usual.is_some_and(|(_, seen)| now.since(seen) > LOOKS_EVERY);
        if self.eased >= LOOKS_AFTER || is_unsure {
            self.looks_since = Some(now);
        }
    }

    /// Learns how long the receiver usually takes: the least that is seen while recovery adds to what it has to do.
    fn learn(&mut self, latency: Middle, now: Timestamp) {
        match self.usual {
            Some((usual, _)) if self.is_active(now) => {
                if latency.millis + latency.error < usual {
                    self.usual = Some((latency.millis + latency.error, now));
                } else if !latency.is_beyond(usual, HARDLY) {
                    self.usual = Some((usual, now));
                }
            }
            _ => self.usual = Some((latency.millis, now)),
        }
        // It was cold, or busy with something else: what was too much then says nothing now.
        if let Some(TooMuch { why: Why::Slow(_, usual), .. }) = self.too_much
            && (latency.millis + latency.error) * 1.4 + LONGER.millis < usual
        {
            self.too_much = None;
            self.is_starting = true;
        }
    }

    /// While half as much is sent: what the receiver takes then is usual.
    fn look(&mut self, since: Timestamp, now: Timestamp) {
        let usual = self.usual.map_or(0.0, |(millis, _)| millis);
        let whole = LOOKS_FOR.max(Duration::from_secs_f64(usual * 6.0 / 1000.0));
        if now.since(since) < whole {
            return;
        }
        self.looks_since = None;
        self.eased = 0;
        let seen = self.meter.latency(since.plus(whole / 3), FEW, now).map_or(usual, |latency| latency.millis);
        self.usual = Some((seen, now));
        // It takes as long when it gets less: it was not too much.
        if let Some(TooMuch { why: Why::Slow(millis, _), .. }) = self.too_much
            && millis < seen * (1.0 + LONGER.share)
        {
            self.too_much = None;
            self.is_starting = true;
        }
    }

    /// The answers take longer than usual: no more is sent, and less when it is a lot longer, or lasts.
    fn ease(&mut self, (latency, is_too_long): (Middle, bool), usual: f64, now: Timestamp) {
        let taken = self.meter.rates(Duration::from_secs(1), now).taken;
        let bears = taken.max(self.rate / 2.0).min(self.rate).max(self.least());
        let why = Why::Slow(latency.millis, usual);
        let slow = TooMuch { stays_at: bears * BELOW_SLOWNESS, at: now, stays: STAYS_AFTER_SLOWNESS, why };
        if self.is_starting {
            self.is_starting = false;
            self.too_much = Some(slow);
            self.rate = bears;
            // Whether it is slow for what it gets shows at once when it gets less.
            self.looks_since = Some(now);
        } else if is_too_long {
            match &mut self.too_much {
                Some(TooMuch { stays_at, why: Why::Refused(_), .. }) => *stays_at = stays_at.min(slow.stays_at),
                other => *other = Some(slow),
            }
            self.rate = (bears * AFTER_SLOWNESS).max(self.least());
            self.eased_at = now;
            self.eased += 1;
            self.slow_since = None;
        }
    }

    fn grow(&mut self, latency: Option<Middle>, passed: f64, now: Timestamp) {
        let last = self.meter.rates(Duration::from_secs(1), now);
        // A pace that nobody needs proves nothing, nor do refusals.
        let is_used = last.sent + 1.0 >= self.rate * 0.5;
        if !is_used || last.refused >= last.taken {
            return;
        }
        let stays_at = self.too_much.as_ref().map(|too_much| too_much.stays_at);
        if self.is_starting {
            let doubles_in = latency.map_or(DOUBLES_IN, |latency| DOUBLES_IN.max(latency.millis * 2.0 / 1000.0));
            self.rate = (self.rate * (passed / doubles_in).exp2()).min(MOST);
            if let Some(stays_at) = stays_at.filter(|stays_at| self.rate >= stays_at * 0.9) {
                self.rate = self.rate.min(stays_at);
                self.is_starting = false;
            }
            return;
        }
        let Some(too_much) = &self.too_much else {
            self.rate = (self.rate * (1.0 + 0.1 * passed)).min(MOST);
            return;
        };
        if self.rate < too_much.stays_at {
            let gap = too_much.stays_at - self.rate;
            self.rate = (self.rate + (gap * 0.5).max(too_much.stays_at * 0.01) * passed).min(too_much.stays_at);
            return;
        }
        let (stays, more) = too_much.stays;
        let since = now.since(too_much.at.plus(stays)).as_secs_f64();
        if since > 0.0 {
            // At first hardly more, then faster and faster: what was too much may be so no more.
            self.rate = (self.rate * (1.0 + since.mul_add(more, 0.01) * passed)).min(MOST);
        }
    }
}

impl Middle {
    /// Whether it is so much longer than usual.
    fn is_beyond(self, usual: f64, by: Longer) -> bool {
        let by = (usual * by.share).max(by.millis).max(self.spread * by.spreads).max(self.error * by.errors);
        self.millis > usual + by
    }
}
