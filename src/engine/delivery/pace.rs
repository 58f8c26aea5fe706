//! How fast a lane sends: what the destination's settings allow, and what its answers ask for.

use std::time::Duration;

use hookyard_model::{PaceReading, Timestamp};

use super::{
    gentle::{Gentle, Heard},
    memory::{BULK, GENTLE},
    rate::{Past, Rate},
    room::Room,
    verdict::{self, Outcome},
};
use crate::routing::Target;

/// How many tries may be under way to one destination when it sets no limit of its own.
const CONCURRENCY: usize = 32;

/// How fast to send.
#[derive(Debug)]
pub(super) struct Pace {
    pub(super) slow_until: Timestamp,
    slowdowns: u32,
    /// Whether the receiver asked for that.
    was_asked: bool,
    room: Room,
    rate: Option<Rate>,
    /// How fast recovery sends, what an operator allows bulk operations, and whether they are to stand still.
    pub(super) gentle: Gentle,
    bulk: Option<Rate>,
    bulk_stands_still: bool,
    failures: u32,
    failing_since: Option<Timestamp>,
    /// A success was counted since the last failure and since the settings changed: another is no news.
    is_well: bool,
    /// How many times there was news: commits need not come in this order.
    news: i64,
    /// The state of the destination's settings that the failures were counted under.
    settings: Option<Timestamp>,
}

impl Pace {
    pub(super) fn new(slow_until: Timestamp) -> Self {
        Self {
            slow_until,
            slowdowns: 0,
            was_asked: slow_until > Timestamp::from_millis(0),
            room: Room::new(CONCURRENCY),
            rate: None,
            gentle: Gentle::new(),
            bulk: None,
            bulk_stands_still: false,
            failures: 0,
            failing_since: None,
            is_well: false,
            news: 0,
            settings: None,
        }
    }

    /// How many tries may be under way now.
    pub(super) const fn concurrency(&self) -> usize {
        self.room.now
    }

    /// Over which period, and of how many, what was sent must be known before the destination's rate can be kept to; none: it is known, or
    /// there is no rate.
    pub(super) fn wanted_past(&self, target: &Target) -> Option<(Duration, u32)> {
        let (limit, period) = (target.config.rate_limit?, period(target));
        self.rate.as_ref().is_none_or(|rate| rate.period() != period).then_some((period, limit))
    }

    /// The same of what an operator allows bulk operations.
    pub(super) fn wanted_bulk_past(&self, target: &Target) -> Option<(Duration, u32)> {
        let (limit, period) = target.bulk?.limit?;
        self.bulk.as_ref().is_none_or(|rate| rate.period() != period).then_some((period, limit))
    }

    /// Takes over what the destination's settings say. `past` is what was sent to it in the [`Self::wanted_past`] and in the
    /// [`Self::wanted_bulk_past`].
    pub(super) fn adopt(&mut self, target: &Target, now: Timestamp, (past, bulk_past): (Option<Past>, Option<Past>)) {
        self.room.bound(concurrency(target));
        let wanted = target.config.rate_limit.map(|limit| (limit, period(target)));
        Rate::adopt(&mut self.rate, wanted, past, self.room.limit, now);
        // What is live always finds half of the room.
        let half = half(self.room.now);
        let allowed = target.bulk.and_then(|orders| orders.limit);
        Rate::adopt(&mut self.bulk, allowed, bulk_past, half, now);
        self.gentle.bound(half, allowed);
        self.bulk_stands_still = target.bulk.is_some_and(|orders| orders.stopped);
        // Somebody changed the destination: what the row says counts, such as no failures after it was enabled.
        if self.settings != Some(target.updated_at) {
            // What was under way meanwhile may yet write what it counted before: only a lane just taken knows the row.
            self.is_well = self.settings.is_none() && target.consecutive_failures == 0;
            if self.settings.is_some() {
                // What the receiver asked for may be of the past as well.
                (self.slow_until, self.slowdowns, self.was_asked) = (Timestamp::default(), 0, false);
                self.room = Room::new(self.room.limit);
            }
            self.settings = Some(target.updated_at);
            self.failures = target.consecutive_failures;
            self.failing_since = target.failing_since;
        }
    }

    /// Takes the right to send one, or says when there will be one, at the latest when it was [`Self::sent`].
    pub(super) fn take(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        self.rate.as_mut().map_or(Ok(()), |rate| rate.take(now))
    }

    /// The same for one of recovery, of which so many are under way: it goes out at its own pace, and leaves some of the
    /// destination's rate to what is live.
    pub(super) fn take_gently(&mut self, rank: u8, under_way: usize, now: Timestamp) -> Result<(), Timestamp> {
        let is_bulk = rank >= BULK;
        if is_bulk && (self.bulk_stands_still || self.gentle.is_stopped()) {
            return Err(Timestamp::NEVER);
        }
        if let Some(rate) = &mut self.rate {
            rate.ready(rate.tenth(), now)?;
        }
        if let Some(bulk) = self.bulk.as_mut().filter(|_| is_bulk) {
            bulk.ready(0, now)?;
        }
        self.gentle.ready(is_bulk, under_way, now)?;
        self.gentle.take(now);
        self.take_again(rank, now)
    }

    /// Takes the right to send what was sent once more, or says when there will be one.
    pub(super) fn take_again(&mut self, rank: u8, now: Timestamp) -> Result<(), Timestamp> {
        match self.bulk.as_mut().filter(|_| rank >= BULK) {
            Some(bulk) => {
                bulk.ready(0, now)?;
                self.rate.as_mut().map_or(Ok(()), |rate| rate.take(now))?;
                bulk.take(now)
            }
            None => self.take(now),
        }
    }

    /// What was taken the right for with a rank went out; returns whether somebody may wait for that.
    pub(super) fn sent_as(&mut self, rank: u8, now: Timestamp) -> bool {
        match self.bulk.as_mut().filter(|_| rank >= BULK) {
            Some(bulk) => {
                bulk.sent(now);
                self.sent(now);
                true
            }
            None => self.sent(now),
        }
    }

    /// What was taken the right for went out; returns whether somebody may wait for that.
    pub(super) fn sent(&mut self, now: Timestamp) -> bool {
        if let Some(rate) = &mut self.rate {
            rate.sent(now);
        }
        self.rate.is_some()
    }

    /// A destination that was left alone is sent to again.
    pub(super) fn start_anew(&mut self) {
        (self.slow_until, self.slowdowns) = (Timestamp::default(), 0);
        self.gentle.restart();
        self.room = Room::new(self.room.limit);
    }

    /// Counts an outcome; returns the number of the news that it is, the failures in a row and since when, if it is any.
    pub(super) fn count(&mut self, success: bool, now: Timestamp) -> Option<(i64, u32, Option<Timestamp>)> {
        if success {
            (self.failures, self.failing_since) = (0, None);
            if std::mem::replace(&mut self.is_well, true) {
                return None;
            }
        } else {
            self.failures = self.failures.saturating_add(1);
            self.failing_since.get_or_insert(now);
            self.is_well = false;
        }
        self.news += 1;
        Some((self.news, self.failures, self.failing_since))
    }

    /// Slows down or speeds up after the outcome of a try that began at `sent_at`. A receiver that hangs or has too much to
    /// do is tried with fewer and fewer at once; one that answers is soon back at what was too much for it last, and
    /// only slowly beyond. What was under way when it refused tells nothing new.
    /// What recovery sent too fast slows down recovery alone, unless the receiver asks for more.
    pub(super) fn adjust(
        &mut self,
        outcome: Outcome,
        asked: Option<Duration>,
        rank: u8,
        (sent_at, now): (Timestamp, Timestamp),
    ) {
        let is_news = sent_at >= self.room.fell_at;
        // A time that is past asks for nothing.
        let asked = asked.filter(|asked| !asked.is_zero());
        match verdict::slow_down(outcome, asked, self.slowdowns + u32::from(is_news)) {
            Some(_) if rank >= GENTLE && asked.is_none() => {}
            Some(wait) => {
                if is_news {
                    self.slowdowns += 1;
                    self.room.refused(now);
                }
                let wait = asked.filter(|_| rank >= GENTLE).unwrap_or(wait);
                self.was_asked = asked == Some(wait);
                self.slow_until = self.slow_until.max(now.plus(wait));
            }
            None if outcome.is_timeout() => {
                if is_news {
                    self.room.timed_out();
                }
            }
            None if outcome.is_unreachable() => self.room.unreachable(now),
            None => {
                if outcome.is_success() {
                    self.slowdowns = 0;
                }
                self.room.answered(now);
            }
        }
    }
}

impl Pace {
    /// What came of a try tells how fast recovery may go on.
    pub(super) fn heard(&mut self, rank: u8, heard: Heard) {
        self.gentle.heard(Heard { is_gentle: rank >= GENTLE, is_bulk: rank >= BULK, ..heard });
    }

    /// What the pace of recovery does now.
    pub(super) fn reading(&self, now: Timestamp) -> PaceReading {
        self.gentle.reading((self.slow_until, self.was_asked), now)
    }
}

fn concurrency(target: &Target) -> usize {
    target.config.max_concurrency.map_or(CONCURRENCY, |limit| limit as usize).max(1)
}

fn half(room: usize) -> usize {
    (room / 2).max(1)
}

/// How many tries of recovery may be under way to a destination at the most.
pub(crate) fn gentle_room(target: &Target) -> usize {
    half(concurrency(target))
}

fn period(target: &Target) -> Duration {
    Duration::from_secs(u64::from(target.config.rate_limit_period.seconds()))
}
