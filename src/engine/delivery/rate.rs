//! At most so many attempts in a period.

use std::time::Duration;

use hookyard_model::Timestamp;

/// Lets through `limit` in a period, spread evenly: a bucket that refills all the time and holds a tenth of the limit,
/// at least one. Plain memory, true for all nodes since one of them holds the lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    limit: u32,
    period: Duration,
    tokens: f64,
    counted_at: Timestamp,
}

impl Rate {
    pub(super) fn new(limit: u32, period: Duration, now: Timestamp) -> Self {
        let mut rate = Self { limit, period, tokens: 0.0, counted_at: now };
        rate.tokens = rate.capacity();
        rate
    }

    /// Whether this is the limit that is set now.
    pub(super) fn is(&self, limit: u32, period: Duration) -> bool {
        (self.limit, self.period) == (limit, period)
    }

    fn capacity(&self) -> f64 {
        (f64::from(self.limit) / 10.0).max(1.0)
    }

    fn per_second(&self) -> f64 {
        f64::from(self.limit) / self.period.as_secs_f64()
    }

    /// Takes one, or says when there will be one.
    pub(super) fn take(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        let refill = now.since(self.counted_at).as_secs_f64() * self.per_second();
        self.tokens = (self.tokens + refill).min(self.capacity());
        self.counted_at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            Ok(())
        } else {
            let wait = Duration::from_secs_f64((1.0 - self.tokens) / self.per_second());
            Err(now.plus(wait.max(Duration::from_millis(1))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_limit_pass_in_a_period() {
        for (limit, period) in [(5, 1), (100, 1), (30, 60)] {
            let mut now = Timestamp::from_millis(0);
            let mut rate = Rate::new(limit, Duration::from_secs(period), now);
            let mut passed = 0;
            while now.millis() < i64::try_from(period).unwrap() * 1000 {
                match rate.take(now) {
                    Ok(()) => passed += 1,
                    Err(later) => now = later,
                }
            }
            let most = limit + (limit / 10).max(1);
            assert!((limit..=most).contains(&passed), "{limit} in {period} s: {passed}");
        }
    }
}
