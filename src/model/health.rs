//! How a destination is doing.

use serde::{Deserialize, Serialize};

use crate::{AutoDisable, Timestamp};

/// The word for how a destination is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum HealthState {
    #[default]
    Healthy,
    /// The last attempt failed.
    Failing,
    /// At least half way to being disabled by itself.
    Warning,
    Disabled,
}

words! { HealthState: Healthy = "healthy", Failing = "failing", Warning = "warning", Disabled = "disabled" }

/// How a destination is doing, from its last attempts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Health {
    pub state: HealthState,
    pub consecutive_failures: u32,
    pub failing_since: Option<Timestamp>,
    /// How near it is to being disabled by itself, 0 to 1. It is 1 when it is disabled; at 0.5 people are warned.
    pub disable_progress: f64,
    pub last_error: Option<String>,
    /// From when on a failure disables it, once there are enough of them. None: nothing fails, that never happens, or
    /// it has failed for long enough and the number of failures is all that is missing.
    pub disables_at: Option<Timestamp>,
    /// How many failures more it takes at least; none when no number of them disables it, or it is disabled.
    pub failures_left: Option<u32>,
}

impl Health {
    /// Health from what is recorded: the failures in a row, since when, and the rule that would disable it.
    ///
    /// Both bounds must be reached to disable, so the progress is the smaller of the two shares. What disables is a
    /// failed attempt, never time alone: a webhook that nothing was sent to since may have been mended. Until that
    /// attempt the progress stays below 1.
    pub fn assess(
        disabled: bool,
        consecutive_failures: u32,
        failing_since: Option<Timestamp>,
        last_error: Option<String>,
        rule: Option<AutoDisable>,
        now: Timestamp,
    ) -> Self {
        let since = failing_since.filter(|_| consecutive_failures > 0);
        let disable_progress = match (rule, since) {
            _ if disabled => 1.0,
            (Some(rule), Some(since)) => share(rule, consecutive_failures, since, now).min(ALMOST),
            _ => 0.0,
        };
        let state = match () {
            () if disabled => HealthState::Disabled,
            () if consecutive_failures == 0 => HealthState::Healthy,
            () if disable_progress >= 0.5 => HealthState::Warning,
            () => HealthState::Failing,
        };
        let rule = rule.filter(|_| !disabled);
        let long_enough = rule.zip(since).map(|(rule, since)| since.plus(rule.failing_for()));
        Self {
            state,
            consecutive_failures,
            failing_since,
            disable_progress,
            last_error,
            disables_at: long_enough.filter(|at| *at > now),
            // When there are enough already, it takes the one that comes after so long.
            failures_left: rule.map(|rule| rule.consecutive_failures.saturating_sub(consecutive_failures).max(1)),
        }
    }

    /// Whether an attempt that just failed, counted in `consecutive_failures`, disables what it was sent to.
    pub fn is_enough(
        consecutive_failures: u32,
        failing_since: Option<Timestamp>,
        rule: Option<AutoDisable>,
        now: Timestamp,
    ) -> bool {
        let Some((rule, since)) = rule.zip(failing_since) else { return false };
        consecutive_failures > 0 && share(rule, consecutive_failures, since, now) >= 1.0
    }
}

/// The most that the progress is before it is disabled.
const ALMOST: f64 = 0.99;

/// How much of both bounds is reached.
fn share(rule: AutoDisable, failures: u32, since: Timestamp, now: Timestamp) -> f64 {
    let share = |done: f64, wanted: f64| if wanted <= 0.0 { 1.0 } else { (done / wanted).min(1.0) };
    share(f64::from(failures), f64::from(rule.consecutive_failures))
        .min(share(now.since(since).as_secs_f64(), rule.failing_for().as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_must_be_reached() {
        let rule = AutoDisable { consecutive_failures: 20, failing_for_seconds: 100 };
        let at = Timestamp::from_millis;
        let then = Some(at(100_000));
        for (case, failures, now, state, progress, disables_at, left) in [
            ("nothing failed", 0, 0, HealthState::Healthy, 0.0, None, 20),
            ("few failures, long ago", 2, 100_000, HealthState::Failing, 0.1, None, 18),
            ("many failures, just now", 40, 10_000, HealthState::Failing, 0.1, then, 1),
            ("half of both", 10, 50_000, HealthState::Warning, 0.5, then, 10),
            ("both, and the next failure disables", 20, 100_000, HealthState::Warning, 0.99, None, 1),
        ] {
            let since = (failures > 0).then_some(at(0));
            let health = Health::assess(false, failures, since, None, Some(rule), at(now));
            assert_eq!((health.state, health.disable_progress), (state, progress), "{case}");
            assert_eq!((health.disables_at, health.failures_left), (disables_at, Some(left)), "{case}");
            assert_eq!(Health::is_enough(failures, since, Some(rule), at(now)), progress >= 0.99, "{case}");
        }
    }

    #[test]
    fn what_is_disabled_is_at_the_end_and_what_has_no_rule_never_comes_near() {
        let at = Timestamp::from_millis;
        let disabled = Health::assess(true, 1, Some(at(0)), None, None, at(1));
        assert_eq!((disabled.state, disabled.disable_progress), (HealthState::Disabled, 1.0));
        let never = Health::assess(false, 1000, Some(at(0)), None, None, at(i64::from(u32::MAX)));
        assert_eq!((never.state, never.disable_progress), (HealthState::Failing, 0.0));
        assert_eq!((never.disables_at, never.failures_left), (None, None));
        assert!(!Health::is_enough(1000, Some(at(0)), None, at(i64::from(u32::MAX))));
    }
}
