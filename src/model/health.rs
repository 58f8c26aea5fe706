//! How a destination is doing.

use std::time::Duration;

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
    /// How near it is to being disabled by itself, 0 to 1.
    pub disable_progress: f64,
    pub last_error: Option<String>,
}

impl Health {
    /// Health from what is recorded: the failures in a row, since when, and the rule that would disable it.
    ///
    /// Both bounds must be reached to disable, so the progress is the smaller of the two shares.
    pub fn assess(
        disabled: bool,
        consecutive_failures: u32,
        failing_since: Option<Timestamp>,
        last_error: Option<String>,
        rule: Option<AutoDisable>,
        now: Timestamp,
    ) -> Self {
        let share = |done: f64, wanted: f64| if wanted <= 0.0 { 1.0 } else { (done / wanted).min(1.0) };
        let disable_progress = match (rule, failing_since) {
            (Some(rule), Some(since)) if consecutive_failures > 0 => {
                let failing = now.since(since);
                share(f64::from(consecutive_failures), f64::from(rule.consecutive_failures))
                    .min(share(failing.as_secs_f64(), Duration::from_secs(rule.failing_for_seconds).as_secs_f64()))
            }
            _ => 0.0,
        };
        let state = match () {
            () if disabled => HealthState::Disabled,
            () if consecutive_failures == 0 => HealthState::Healthy,
            () if disable_progress >= 0.5 => HealthState::Warning,
            () => HealthState::Failing,
        };
        Self { state, consecutive_failures, failing_since, disable_progress, last_error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_must_be_reached() {
        let rule = AutoDisable { consecutive_failures: 20, failing_for_seconds: 100 };
        let at = Timestamp::from_millis;
        for (case, failures, now, state, progress) in [
            ("nothing failed", 0, 0, HealthState::Healthy, 0.0),
            ("few failures, long ago", 2, 100_000, HealthState::Failing, 0.1),
            ("many failures, just now", 40, 10_000, HealthState::Failing, 0.1),
            ("half of both", 10, 50_000, HealthState::Warning, 0.5),
            ("both", 20, 100_000, HealthState::Warning, 1.0),
        ] {
            let since = (failures > 0).then_some(at(0));
            let health = Health::assess(false, failures, since, None, Some(rule), at(now));
            assert_eq!((health.state, health.disable_progress), (state, progress), "{case}");
        }
    }
}
