//! How long an operation is expected to take, and what that rests on.

use std::time::Duration;

use hookyard_model::{BulkLimit, DurationBasis, PaceReading, PaceState, Timestamp};

use crate::{
    delivery::{expected, gentle_room, is_fresh},
    routing::Target,
};

/// About as many a second as one operation puts into the queue at the most.
const FED: f64 = 4000.0;

/// What is known of a destination before anything is sent there again.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) pace: Option<PaceReading>,
    /// How long its receiver takes to answer, by its last answers.
    pub(super) latency: Option<Duration>,
    /// How many tries may be under way at once.
    pub(super) room: usize,
    /// At most so many in so many seconds, by its settings.
    pub(super) own: Option<(u32, u32)>,
}

impl Known {
    pub(super) fn of(target: &Target, pace: Option<PaceReading>, latency: Option<Duration>) -> Self {
        let period = target.config.rate_limit_period.seconds();
        Self { pace, latency, room: gentle_room(target), own: target.config.rate_limit.map(|limit| (limit, period)) }
    }
}

/// How long it takes, how many a second that is in the end, and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) takes: Duration,
    pub(super) rate: f64,
    pub(super) basis: DurationBasis,
}

/// How many a second a limit allows.
pub(super) fn a_second(limit: BulkLimit) -> f64 {
    f64::from(limit.rate_limit) / f64::from(limit.rate_limit_period.seconds())
}

/// What is to be expected at one destination.
pub(super) fn at_one(count: u64, known: &Known, limit: Option<BulkLimit>, now: Timestamp) -> Estimate {
    let Known { pace, latency, room, own } = known;
    let usual = pace.as_ref().map(|pace| pace.base_latency_ms).filter(|millis| *millis > 0.0);
    let usual = usual.map(|millis| Duration::from_secs_f64(millis.min(1e9) / 1000.0)).or(*latency);
    // As many as may be under way at once, one after another.
    let carried = usual.map_or(FED, |usual| count_of(*room) / usual.as_secs_f64().max(1e-3)).min(FED);
    let borne = pace.as_ref().and_then(|pace| pace.bears).filter(|rate| *rate > 0.0);
    let (mut rate, mut basis) =
        borne.map_or((carried, DurationBasis::Guess), |borne| (borne.min(carried), DurationBasis::MeasuredPace));
    if let Some(limit) = limit.map(a_second).filter(|limit| *limit < rate) {
        (rate, basis) = (limit, DurationBasis::HardLimit);
    }
    // Where something is sent again just now, it goes on at that pace.
    let is_going = |pace: &&PaceReading| is_fresh(pace, now) && pace.state != PaceState::Stopped && pace.sent > 0.0;
    let start = pace.as_ref().filter(is_going).map(|pace| pace.allowed);
    let takes = expected(count, rate, start, usual.unwrap_or_default());
    let slowest = Estimate { takes, rate, basis };
    own.map_or(slowest, |own| slowest.or_slower(by_own_limit(count, own)))
}

/// What a destination's rate limit makes of it: a tenth of that is left to what is live, and half of a tenth may go out at once.
fn by_own_limit(count: u64, (limit, seconds): (u32, u32)) -> Estimate {
    let rate = f64::from(limit - limit / 10) / f64::from(seconds);
    let left = count.saturating_sub(u64::from(limit / 20).max(1));
    Estimate { takes: lasting(left, rate), rate, basis: DurationBasis::RateLimit }
}

/// What the operation's limit makes of all of it together.
pub(super) fn by_limit(count: u64, limit: BulkLimit) -> Estimate {
    let rate = a_second(limit);
    Estimate { takes: lasting(count, rate), rate, basis: DurationBasis::HardLimit }
}

impl Estimate {
    /// What takes longer decides; no more a second than either allows.
    pub(super) fn or_slower(self, other: Self) -> Self {
        let slower = if other.takes > self.takes { other } else { self };
        Self { rate: self.rate.min(other.rate), ..slower }
    }

    /// The same beside another destination's: they are sent to at once.
    pub(super) fn beside(self, other: Self) -> Self {
        let slower = if other.takes > self.takes { other } else { self };
        Self { rate: self.rate + other.rate, ..slower }
    }
}

fn lasting(count: u64, rate: f64) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "it is about a time")]
    let seconds = count as f64 / rate;
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

fn count_of(room: usize) -> f64 {
    f64::from(u32::try_from(room).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use hookyard_model::RatePeriod;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

    fn pace(bears: Option<f64>, allowed: f64, sent: f64, age_s: u64) -> PaceReading {
        PaceReading {
            state: PaceState::Steady,
            reason: None,
            allowed,
            sent,
            latency_ms: 10.0,
            base_latency_ms: 10.0,
            error_rate: 0.0,
            bears,
            at: NOW.minus(Duration::from_secs(age_s)),
        }
    }

    #[test]
    fn the_tightest_bound_decides_and_is_named() {
        use DurationBasis::{Guess, HardLimit, MeasuredPace, RateLimit};
        let known = |pace: Option<PaceReading>, latency: Option<u64>, own| Known {
            pace,
            latency: latency.map(Duration::from_millis),
            room: 16,
            own,
        };
        let limit = |rate_limit| Some(BulkLimit { rate_limit, rate_limit_period: RatePeriod::Second });
        for (case, known, limit, count, basis, from, to) in [
            ("nothing known", known(None, None, None), None, 10_000, Guess, 10.0, 13.0),
            ("a quick receiver", known(None, Some(5), None), None, 100_000, Guess, 38.0, 42.0),
            ("a slow receiver", known(None, Some(1000), None), None, 1600, Guess, 100.0, 110.0),
            (
                "it bore so many",
                known(Some(pace(Some(200.0), 5.0, 0.0, 900)), None, None),
                None,
                100_000,
                MeasuredPace,
                500.0,
                510.0,
            ),
            (
                "it goes on",
                known(Some(pace(Some(200.0), 200.0, 190.0, 1)), None, None),
                None,
                1000,
                MeasuredPace,
                5.0,
                5.2,
            ),
            ("it began", known(Some(pace(None, 12.0, 0.0, 900)), None, None), None, 100_000, Guess, 60.0, 75.0),
            ("its own limit", known(None, Some(5), Some((100, 1))), None, 9000, RateLimit, 99.0, 101.0),
            (
                "within what its limit lets out at once",
                known(None, Some(5), Some((1000, 3600))),
                None,
                20,
                Guess,
                1.0,
                5.0,
            ),
            ("a hard limit", known(None, Some(5), None), limit(10), 1000, HardLimit, 100.0, 102.0),
            (
                "a limit that is none",
                known(Some(pace(Some(20.0), 5.0, 0.0, 900)), None, None),
                limit(100),
                1000,
                MeasuredPace,
                50.0,
                53.0,
            ),
        ] {
            let found = at_one(count, &known, limit, NOW);
            assert_eq!(found.basis, basis, "{case}: {found:?}");
            let took = found.takes.as_secs_f64();
            assert!((from..=to).contains(&took), "{case}: {found:?}");
        }
    }

    #[test]
    fn destinations_are_sent_to_at_once_and_the_slowest_decides() {
        let one = |seconds, rate, basis| Estimate { takes: Duration::from_secs(seconds), rate, basis };
        let (slow, quick) = (one(90, 10.0, DurationBasis::RateLimit), one(9, 100.0, DurationBasis::Guess));
        assert_eq!(slow.beside(quick), one(90, 110.0, DurationBasis::RateLimit));
        assert_eq!(quick.beside(slow), slow.beside(quick));
        let limit = by_limit(6000, BulkLimit { rate_limit: 3000, rate_limit_period: RatePeriod::Minute });
        assert_eq!(slow.beside(quick).or_slower(limit), one(120, 50.0, DurationBasis::HardLimit));
    }
}
