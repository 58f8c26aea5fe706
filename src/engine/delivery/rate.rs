//! At most so many attempts in a period.

use std::{collections::VecDeque, time::Duration};

use hookyard_model::{AttemptId, Timestamp};
use sqlx::AssertSqlSafe;

use super::lane::Lane;
use crate::{Engine, db::on, error::Result};

/// By how much the time between two that may not be within one period is longer than the period: what is sent may take
/// longer to the receiver now than later.
const SLACK: Duration = Duration::from_millis(50);
/// In how many parts of a period what was sent is remembered, so that a high limit takes no more memory than a low one.
const PARTS: u32 = 1000;
/// The longest that an attempt takes, after which it belongs to no period before.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(61);
/// Up to which limit all of a period's attempts are read.
const MOST_READ: u32 = 50_000;

/// Lets through `limit` in any stretch of time of one period: what went out is remembered until the period has passed
/// since. Also spreads them evenly, by a bucket that refills all the time and holds a tenth of the limit, at least one.
/// Plain memory, true for all nodes since one of them holds the lane; who takes the lane reads what was sent before.
#[derive(Debug)]
pub(super) struct Rate {
    limit: u32,
    period: Duration,
    tokens: f64,
    counted_at: Timestamp,
    /// What went out: the first and the last instant of some that are remembered together, and how many.
    out: VecDeque<(Timestamp, Timestamp, u32)>,
    /// The sum of those.
    count: u32,
    /// Tries that began, and did not go out yet.
    starting: u32,
}

/// What was sent before the lane was taken.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// When, and how many, in the order of time.
    sent: Vec<(Timestamp, u32)>,
    /// Whoever held the lane before did not give it back: it may have sent what nobody recorded.
    then_more: Option<Timestamp>,
}

impl Past {
    /// What is under way now may have been sent, and nobody recorded it yet.
    pub(super) fn and_more(self, now: Timestamp) -> Self {
        Self { then_more: Some(now), ..self }
    }
}

impl Rate {
    /// Takes over a limit that holds from now on, none: no limit. `past` is what was sent, when it was asked for; nobody
    /// recorded more than could be under way `at_once`.
    pub(super) fn adopt(
        rate: &mut Option<Self>,
        wanted: Option<(u32, Duration)>,
        past: Option<Past>,
        at_once: usize,
        now: Timestamp,
    ) {
        match (wanted, rate, past) {
            (None, rate, _) => *rate = None,
            (Some((limit, _)), Some(rate), None) => rate.set_limit(limit),
            (Some((limit, period)), before, Some(past)) => {
                let starting = before.take().map_or(0, |rate| rate.starting());
                *before = Some(Self::new(limit, period, now).after(past, at_once, starting));
            }
            // Nothing is to be sent now.
            (Some(_), None, None) => {}
        }
    }

    pub(super) fn new(limit: u32, period: Duration, now: Timestamp) -> Self {
        let mut rate =
            Self { limit, period, tokens: 0.0, counted_at: now, out: VecDeque::new(), count: 0, starting: 0 };
        rate.tokens = rate.capacity();
        rate
    }

    /// The same when this was sent before; nobody records more than what could be under way `at_once`.
    pub(super) fn after(mut self, past: Past, at_once: usize, starting: u32) -> Self {
        for (at, count) in past.sent {
            self.remember(at, count);
        }
        if let Some(at) = past.then_more {
            self.remember(at, self.limit.min(u32::try_from(at_once).unwrap_or(u32::MAX)));
        }
        self.starting = starting;
        self
    }

    pub(super) const fn period(&self) -> Duration {
        self.period
    }

    pub(super) const fn starting(&self) -> u32 {
        self.starting
    }

    pub(super) fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
        self.tokens = self.tokens.min(self.capacity());
    }

    fn capacity(&self) -> f64 {
        (f64::from(self.limit) / 10.0).max(1.0)
    }

    fn per_second(&self) -> f64 {
        f64::from(self.limit) / self.period.as_secs_f64()
    }

    /// Takes the right to send one, or says when there may be one, at the latest when another was [`Self::sent`].
    pub(super) fn take(&mut self, now: Timestamp) -> std::result::Result<(), Timestamp> {
        self.ready(0, now)?;
        self.tokens -= 1.0;
        self.starting += 1;
        Ok(())
    }

    /// How many to leave to what is live: a tenth, where there is one.
    pub(super) const fn tenth(&self) -> u32 {
        self.limit / 10
    }

    /// Whether one may be sent, and then `left` more at once, or when to ask again.
    pub(super) fn ready(&mut self, left: u32, now: Timestamp) -> std::result::Result<(), Timestamp> {
        let over = |last: Timestamp, rate: &Self| last.plus(rate.period + SLACK);
        while let Some((_, last, count)) = self.out.front().copied()
            && over(last, self) <= now
        {
            self.count -= count;
            self.out.pop_front();
        }
        if self.count.saturating_add(self.starting).saturating_add(left) >= self.limit {
            return Err(self.out.front().map_or(Timestamp::NEVER, |(_, last, _)| over(*last, self)));
        }
        let refill = now.since(self.counted_at).as_secs_f64() * self.per_second();
        self.tokens = (self.tokens + refill).min(self.capacity());
        self.counted_at = now;
        let least = 1.0 + f64::from(left.min(self.limit / 20));
        if self.tokens < least {
            let wait = Duration::from_secs_f64((least - self.tokens) / self.per_second());
            return Err(now.plus(wait.max(Duration::from_millis(1))));
        }
        Ok(())
    }

    /// What was taken the right for went out.
    pub(super) fn sent(&mut self, now: Timestamp) {
        self.starting = self.starting.saturating_sub(1);
        self.remember(now, 1);
    }

    fn remember(&mut self, at: Timestamp, more: u32) {
        self.count = self.count.saturating_add(more);
        match self.out.back_mut() {
            Some((first, last, count)) if at <= first.plus(self.period / PARTS) => {
                *last = at.max(*last);
                *count = count.saturating_add(more);
            }
            _ => self.out.push_back((at, at, more)),
        }
    }
}

/// Attempts of bulk operations' events, their retries too.
const OF_BULK: &str = "AND (cause = 'BULK_RETRY' OR cause IN ('AUTOMATIC', 'UNPAUSE', 'RECOVERY') AND EXISTS
    (SELECT 1 FROM event WHERE event.team_id = attempt.team_id AND event.mode = attempt.mode
    AND event.id = attempt.event_id AND event.bulk_id IS NOT NULL))";

/// What was sent through a lane in a `period` before now, of which so many may be sent; all of it, or by bulk operations alone.
pub(super) async fn past(
    engine: &Engine,
    lane: &Lane,
    (period, limit): (Duration, u32),
    only_bulk: bool,
) -> Result<Past> {
    let part_of = if only_bulk { OF_BULK } else { "" };
    let (key, now) = (lane.key, engine.now());
    // To read more than so many would hold up the lane for seconds; then the last minute must do.
    let period = if limit > MOST_READ { period.min(Duration::from_mins(1)) } else { period };
    let part = i64::try_from((period / PARTS).as_millis()).unwrap_or(1).max(1);
    // An answer comes after what it answers was sent, and it is sent after it began.
    let sql = format!(
        "SELECT MAX(COALESCE(responded_at, sent_at)), COUNT(*) FROM attempt
        WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND id >= $4 {part_of}
        GROUP BY COALESCE(responded_at, sent_at) / {part} ORDER BY 1"
    );
    let first = AttemptId::first_at(now.minus(period + SLACK + LONGEST_ATTEMPT));
    let rows: Vec<(Timestamp, i64)> = on!(engine.db(), read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(key.team).bind(key.mode).bind(key.destination).bind(first).fetch_all(pool).await)?;
    let since = now.minus(period + SLACK);
    let sent = rows.into_iter().map(|(at, count)| (at.min(now), u32::try_from(count).unwrap_or(u32::MAX)));
    Ok(Past { sent: sent.filter(|(at, _)| *at > since).collect(), then_more: lane.recovers })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When a receiver sees what passes from 0 on: `delays` are how long each takes to go out and to arrive.
    fn seen(rate: &mut Rate, until: Timestamp, delays: impl Fn(u64) -> (u64, u64)) -> Vec<i64> {
        let mut now = Timestamp::from_millis(0);
        let mut starting: Vec<(Timestamp, u64)> = Vec::new();
        let mut seen = Vec::new();
        let mut number = 0;
        while now < until {
            starting.sort_unstable();
            while let Some((at, arrives)) = starting.first().copied()
                && at <= now
            {
                rate.sent(at);
                seen.push(at.millis() + i64::try_from(arrives).unwrap());
                starting.remove(0);
            }
            match rate.take(now) {
                Ok(()) => {
                    let (goes, arrives) = delays(number);
                    starting.push((now.plus(Duration::from_millis(goes)), arrives));
                    number += 1;
                }
                Err(later) => {
                    let next = starting.iter().map(|(at, _)| *at).min().unwrap_or(later);
                    now = later.min(next).max(now.plus(Duration::from_millis(1)));
                }
            }
        }
        seen.sort_unstable();
        seen
    }

    #[track_caller]
    fn assert_kept(limit: usize, period: Duration, seen: &[i64]) {
        let period = i64::try_from(period.as_millis()).unwrap();
        for window in seen.windows(limit + 1) {
            assert!(window[limit] - window[0] >= period, "{} in {} ms", limit + 1, window[limit] - window[0]);
        }
    }

    #[test]
    fn no_more_than_the_limit_pass_in_any_period() {
        for (limit, seconds) in [(1, 1), (10, 1), (100, 1), (5000, 1), (30, 60), (7, 3600)] {
            let period = Duration::from_secs(seconds);
            let until = Timestamp::from_millis(0).plus(period * 3);
            let mut rate = Rate::new(limit, period, Timestamp::from_millis(0));
            // The first of all has to connect; some arrive late, others at once.
            let seen = seen(&mut rate, until, |number| (if number == 0 { 300 } else { 1 }, number * 7 % 50));
            assert_kept(limit as usize, period, &seen);
            let least = limit as usize * 3 * 8 / 10;
            assert!(seen.len() >= least, "{limit} in {seconds} s: {} of {least}", seen.len());
            assert!(rate.out.len() <= PARTS as usize + 1, "what is remembered is bounded");
        }
    }

    #[test]
    fn what_was_sent_before_counts() {
        let (period, now) = (Duration::from_secs(1), Timestamp::from_millis(10_000));
        let before = |millis, count| (Timestamp::from_millis(millis), count);
        let past = Past { sent: vec![before(9_200, 4), before(9_900, 5)], then_more: None };
        let mut rate = Rate::new(10, period, now).after(past, 32, 0);
        assert_eq!(rate.take(now), Ok(()));
        assert_eq!(rate.take(now), Err(Timestamp::from_millis(10_250)), "until the four are over");
        let lost = Past { sent: Vec::new(), then_more: Some(now) };
        let mut rate = Rate::new(10, period, now).after(lost, 32, 0);
        assert_eq!(rate.take(now), Err(Timestamp::from_millis(11_050)), "ten may be under way that nobody recorded");
    }

    #[test]
    fn what_has_not_gone_out_counts() {
        let now = Timestamp::from_millis(0);
        let mut rate = Rate::new(1, Duration::from_secs(1), now);
        assert_eq!(rate.take(now), Ok(()));
        let later = Timestamp::from_millis(5_000);
        assert_eq!(rate.take(later), Err(Timestamp::NEVER), "nobody knows when it goes out");
        rate.sent(later);
        assert_eq!(rate.take(later), Err(Timestamp::from_millis(6_050)));
    }
}
