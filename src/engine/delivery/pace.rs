//! How fast a lane sends: what the destination's settings allow, and what its answers ask for.

use std::time::Duration;

use hookyard_model::Timestamp;

use super::{
    rate::{Past, Rate},
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
    /// How many tries may be under way now: fewer than the limit while they time out.
    concurrency: usize,
    limit: usize,
    rate: Option<Rate>,
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
    pub(super) const fn new(slow_until: Timestamp) -> Self {
        Self {
            slow_until,
            slowdowns: 0,
            concurrency: CONCURRENCY,
            limit: CONCURRENCY,
            rate: None,
            failures: 0,
            failing_since: None,
            is_well: false,
            news: 0,
            settings: None,
        }
    }

    /// How many tries may be under way now.
    pub(super) const fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Over which period, and of how many, what was sent must be known before the destination's rate can be kept to; none: it is known, or
    /// there is no rate.
    pub(super) fn wanted_past(&self, target: &Target) -> Option<(Duration, u32)> {
        let (limit, period) = (target.config.rate_limit?, period(target));
        self.rate.as_ref().is_none_or(|rate| rate.period() != period).then_some((period, limit))
    }

    /// Takes over what the destination's settings say. `past` is what was sent to it in the [`Self::wanted_past`].
    pub(super) fn adopt(&mut self, target: &Target, now: Timestamp, past: Option<Past>) {
        self.limit = target.config.max_concurrency.map_or(CONCURRENCY, |limit| limit as usize).max(1);
        self.concurrency = self.concurrency.min(self.limit);
        match (target.config.rate_limit, &mut self.rate, past) {
            (None, _, _) => self.rate = None,
            (Some(limit), Some(rate), None) => rate.set_limit(limit),
            (Some(limit), before, Some(past)) => {
                let starting = before.take().map_or(0, |rate| rate.starting());
                self.rate = Some(Rate::new(limit, period(target), now).after(past, self.limit, starting));
            }
            // Nothing is to be sent now.
            (Some(_), None, None) => {}
        }
        // Somebody changed the destination: what the row says counts, such as no failures after it was enabled.
        if self.settings != Some(target.updated_at) {
            // What was under way meanwhile may yet write what it counted before: only a lane just taken knows the row.
            self.is_well = self.settings.is_none() && target.consecutive_failures == 0;
            if self.settings.is_some() {
                self.concurrency = self.limit;
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

    /// What was taken the right for went out; returns whether somebody may wait for that.
    pub(super) fn sent(&mut self, now: Timestamp) -> bool {
        if let Some(rate) = &mut self.rate {
            rate.sent(now);
        }
        self.rate.is_some()
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

    /// Slows down or speeds up after an outcome. A receiver that hangs is tried with fewer and fewer at once, so that
    /// many of them cannot use up the process; one that answers is soon back at its limit.
    pub(super) fn adjust(&mut self, outcome: Outcome, asked: Option<Duration>, now: Timestamp) {
        self.concurrency = if outcome.is_timeout() {
            (self.concurrency / 2).max(2.min(self.limit))
        } else {
            (self.concurrency * 2).clamp(1, self.limit)
        };
        match verdict::slow_down(outcome, asked, self.slowdowns + 1) {
            Some(wait) => {
                self.slowdowns += 1;
                self.slow_until = self.slow_until.max(now.plus(wait));
            }
            None if outcome.is_success() => self.slowdowns = 0,
            None => {}
        }
    }
}

fn period(target: &Target) -> Duration {
    Duration::from_secs(u64::from(target.config.rate_limit_period.seconds()))
}
