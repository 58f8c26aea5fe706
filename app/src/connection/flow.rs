//! What goes through connections: numbers that change while one looks.

use std::{collections::HashMap, time::Duration};

use hookyard_model::ConnectionId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What goes through a connection.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Flow {
    /// Events a minute, of late.
    pub(crate) per_minute: f64,
    /// Events that failed in the last 24 hours.
    pub(crate) failed: u64,
    /// Events that wait to be sent, held ones among them.
    pub(crate) waiting: u64,
}

/// What goes through each connection through which anything goes.
pub(crate) type Flows = HashMap<ConnectionId, Flow>;

impl Flow {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            per_minute: self.per_minute + other.per_minute,
            failed: self.failed + other.failed,
            waiting: self.waiting + other.waiting,
        }
    }

    /// Of these connections together.
    pub(super) fn of(flows: &Flows, ids: &[ConnectionId]) -> Self {
        ids.iter().filter_map(|id| flows.get(id)).fold(Self::default(), |sum, flow| sum.and(*flow))
    }

    /// How thick its line is drawn, 0 (nothing flows) to 4.
    pub(super) fn weight(self) -> usize {
        [0.0, 5.0, 60.0, 600.0].iter().filter(|least| self.per_minute > **least).count()
    }

    /// The rate for people: `12/min`, `0.4/min`, `30/s`.
    pub(super) fn rate(self) -> String {
        match self.per_minute {
            rate if rate <= 0.0 => "0/min".to_owned(),
            rate if rate < 0.095 => "<0.1/min".to_owned(),
            rate if rate < 9.95 => format!("{rate:.1}/min").replace(".0/", "/"),
            rate if rate < 1000.0 => format!("{rate:.0}/min"),
            rate => format!("{:.0}/s", rate / 60.0),
        }
    }
}

/// `changed`, but at most every `rest`: for what is dear to ask or hard to read when it changes all the time.
pub(super) fn at_most_every(rest: Duration, changed: Signal<u32>) -> Signal<u32> {
    let paced = RwSignal::new(0);
    let is_resting = StoredValue::new(false);
    Effect::new(move |ran_before: Option<()>| {
        changed.track();
        if ran_before.is_none() || is_resting.get_value() {
            return;
        }
        is_resting.set_value(true);
        let rested = move || {
            // The page may be gone by then.
            if is_resting.try_set_value(false).is_none() {
                paced.try_update(|count| *count += 1);
            }
        };
        set_timeout(rested, rest);
    });
    paced.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_short_and_has_a_weight() {
        for (per_minute, text, weight) in [
            (0.0, "0/min", 0),
            (0.01, "<0.1/min", 1),
            (0.4, "0.4/min", 1),
            (3.0, "3/min", 1),
            (12.4, "12/min", 2),
            (61.0, "61/min", 3),
            (60_000.0, "1000/s", 4),
        ] {
            let flow = Flow { per_minute, ..Flow::default() };
            assert_eq!((flow.rate().as_str(), flow.weight()), (text, weight));
        }
    }
}
