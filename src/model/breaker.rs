//! The circuit breaker of a destination: while it fails, what is for it is held, and a probe now and then shows when it
//! is well again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{FieldError, Timestamp};

/// When a destination's circuit breaker opens: both bounds must be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CircuitBreaker {
    /// So many attempts in a row failed: 1 to 1000.
    pub consecutive_failures: u32,
    /// The first of them was at least so many seconds ago: 0 to 86400.
    pub failing_for_seconds: u64,
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        Self { consecutive_failures: 10, failing_for_seconds: 30 }
    }
}

/// A breaker that somebody closed by hand: what failed before does not count any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerClosed {
    pub at: Timestamp,
    /// How many attempts in a row had failed then.
    pub failures: u32,
}

impl CircuitBreaker {
    /// How long after it opened the first probe goes out, and the longest wait between two.
    const FIRST_PROBE: Duration = Duration::from_secs(5);
    const LONGEST_WAIT: Duration = Duration::from_mins(1);

    /// How long to wait for the next probe when so many failed: 5 seconds, doubling up to a minute.
    pub fn wait(probes: u32) -> Duration {
        (Self::FIRST_PROBE * 2_u32.pow(probes.min(4))).min(Self::LONGEST_WAIT)
    }

    /// Whether an attempt that just failed, counted in `failures`, opens it.
    pub fn is_enough(
        self,
        failures: u32,
        failing_since: Option<Timestamp>,
        closed: Option<BreakerClosed>,
        now: Timestamp,
    ) -> bool {
        let Some(since) = failing_since else { return false };
        let (failures, since) = match closed {
            // They all came before it was closed, or some did.
            Some(closed) if since <= closed.at => (failures.saturating_sub(closed.failures), closed.at),
            Some(_) | None => (failures, since),
        };
        failures >= self.consecutive_failures.max(1)
            && now.since(since) >= Duration::from_secs(self.failing_for_seconds)
    }

    pub(crate) fn mistakes(self) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        if !(1..=1000).contains(&self.consecutive_failures) {
            let detail = "must be 1 to 1000; give null in place of the rule to have no circuit breaker";
            mistakes.push(FieldError::new("/config/circuit_breaker/consecutive_failures", detail));
        }
        if self.failing_for_seconds > 86_400 {
            let detail = "must be at most 86400 seconds, a day";
            mistakes.push(FieldError::new("/config/circuit_breaker/failing_for_seconds", detail));
        }
        mistakes
    }
}

/// What a circuit breaker does just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum BreakerState {
    /// Events go out.
    #[default]
    Closed,
    /// Events are held until the next probe.
    Open,
    /// A probe is due or under way: a single event that decides.
    Probing,
}

words! { BreakerState: Closed = "closed", Open = "open", Probing = "probing" }

/// How a destination's circuit breaker stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Breaker {
    pub state: BreakerState,
    /// Since when it is open, or when it closed last; none: it was never open.
    pub since: Option<Timestamp>,
    /// Why it opened last.
    pub reason: Option<String>,
    /// How many events of the destination are held, for whatever reason. Counted while the breaker is open or draining, for
    /// a single destination; lists say 0.
    pub held: u64,
    /// Whether there are more than that.
    pub held_is_more: bool,
    pub next_probe_at: Option<Timestamp>,
    /// How many probes failed since it opened.
    pub probes: u32,
    /// It is closed, and what it held goes out gently.
    pub is_draining: bool,
}

impl Breaker {
    /// Whether it keeps events back.
    pub fn is_open(&self) -> bool {
        self.state != BreakerState::Closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn it_opens_when_both_bounds_are_reached() {
        let rule = CircuitBreaker { consecutive_failures: 10, failing_for_seconds: 30 };
        let closed = |seconds, failures| Some(BreakerClosed { at: at(seconds), failures });
        for (case, failures, since, closed, now, expected) in [
            ("nothing failed", 0, None, None, 1000, false),
            ("many, just now", 50, Some(0), None, 29, false),
            ("few, for long", 9, Some(0), None, 1000, false),
            ("both", 10, Some(0), None, 30, true),
            ("closed by hand just now", 50, Some(0), closed(40, 49), 41, false),
            ("closed by hand, as many since, too soon", 59, Some(0), closed(40, 49), 69, false),
            ("closed by hand, as many since, for long enough", 59, Some(0), closed(40, 49), 70, true),
            ("it did well after it was closed by hand", 10, Some(50), closed(40, 49), 80, true),
        ] {
            assert_eq!(rule.is_enough(failures, since.map(at), closed, at(now)), expected, "{case}");
        }
        let at_once = CircuitBreaker { consecutive_failures: 1, failing_for_seconds: 0 };
        assert!(at_once.is_enough(1, Some(at(5)), None, at(5)));
    }

    #[test]
    fn probes_come_less_and_less_often() {
        let waits: Vec<u64> = (0..7).map(|probes| CircuitBreaker::wait(probes).as_secs()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 60, 60, 60]);
    }

    #[test]
    fn a_rule_that_cannot_be_is_refused() {
        let of =
            |consecutive_failures, failing_for_seconds| CircuitBreaker { consecutive_failures, failing_for_seconds };
        assert_eq!(CircuitBreaker::default().mistakes(), []);
        assert_eq!(of(1, 0).mistakes(), []);
        let pointers: Vec<_> = of(0, 86_401).mistakes().into_iter().map(|mistake| mistake.pointer).collect();
        assert_eq!(
            pointers,
            ["/config/circuit_breaker/consecutive_failures", "/config/circuit_breaker/failing_for_seconds"]
        );
    }
}
