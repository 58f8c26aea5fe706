//! What a receiver check sends, and when. Written down with the check, so that its report can be made at any time.

use std::time::Duration;

use hookyard_model::{DestinationConfig, EventId, Scenario, Timestamp};
use serde::{Deserialize, Serialize};

/// A receiver check as it was planned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) answers_within_ms: u32,
    /// Whether it goes to the built-in receiver, which accepts everything.
    pub(super) is_built_in: bool,
    /// What is not there by then is not waited for.
    pub(super) ends_at: Timestamp,
    pub(super) scenarios: Vec<Planned>,
}

/// A scenario's events, in the order in which they are due.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Planned {
    pub(super) scenario: Scenario,
    pub(super) events: Vec<EventId>,
    /// Why there are none.
    pub(super) not_applicable: Option<String>,
}

/// The scenarios of a check in the order of the report: all when none is named, and always the anchor.
pub(super) fn chosen(named: &[Scenario]) -> Vec<Scenario> {
    let is_chosen = |scenario: &Scenario| named.is_empty() || *scenario == Scenario::Valid || named.contains(scenario);
    Scenario::ALL.iter().copied().filter(is_chosen).collect()
}

/// How long after the start a scenario begins. What takes much of the receiver comes when the rest is through.
pub(super) const fn begins_after(scenario: Scenario) -> Duration {
    match scenario {
        Scenario::LargePayload => Duration::from_secs(2),
        Scenario::Burst => Duration::from_secs(3),
        _ => Duration::ZERO,
    }
}

/// Until when answers to so many deliveries are waited for: each may take up its time, as many at once as the
/// destination takes, at its rate.
pub(super) fn ends_at(now: Timestamp, deliveries: usize, config: &DestinationConfig) -> Timestamp {
    const SLACK: Duration = Duration::from_secs(30);
    const LONGEST: Duration = Duration::from_mins(15);
    let deliveries = u32::try_from(deliveries).unwrap_or(u32::MAX);
    let rounds = deliveries.div_ceil(config.max_concurrency.unwrap_or(32).clamp(1, 32)) + 1;
    let timeout = Duration::from_millis(u64::from(config.timeout_ms));
    let paced = config.rate_limit.map_or(Duration::ZERO, |limit| {
        let period = Duration::from_secs(u64::from(config.rate_limit_period.seconds()));
        period * deliveries.div_ceil(limit.max(1))
    });
    now.plus((SLACK + timeout * rounds + paced).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anchor_is_always_there_and_first() {
        assert_eq!(chosen(&[]), Scenario::ALL);
        assert_eq!(
            chosen(&[Scenario::Burst, Scenario::Duplicate]),
            [Scenario::Valid, Scenario::Duplicate, Scenario::Burst]
        );
    }

    #[test]
    fn a_slow_destination_is_waited_for_longer_but_not_for_ever() {
        let now = Timestamp::from_millis(0);
        let quick = DestinationConfig { timeout_ms: 1000, ..DestinationConfig::default() };
        let one_by_one = DestinationConfig { max_concurrency: Some(1), ..quick.clone() };
        assert_eq!(ends_at(now, 32, &quick), now.plus(Duration::from_secs(32)));
        assert_eq!(ends_at(now, 32, &one_by_one), now.plus(Duration::from_secs(63)));
        let paced = DestinationConfig { rate_limit: Some(1), ..quick };
        assert!(ends_at(now, 62, &paced) > now.plus(Duration::from_secs(62)));
        assert_eq!(
            ends_at(now, 62, &DestinationConfig { timeout_ms: 60_000, ..one_by_one }),
            now.plus(Duration::from_mins(15))
        );
    }
}
