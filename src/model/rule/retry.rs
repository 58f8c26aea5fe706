//! When failures are tried again by a rule.

use std::{ops::RangeInclusive, time::Duration};

use super::{RetryRule, RetryStrategy, mistakes::RETRIES};

/// The longest wait that doubling leads to when a rule has no `max_interval`.
const LONGEST: Duration = Duration::from_hours(24);

/// A retry rule that was read once, to be asked often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    waits: Vec<Duration>,
    /// The answers that are tried again; all failures when absent.
    codes: Option<Vec<RangeInclusive<u16>>>,
}

impl Retries {
    /// Reads a rule that has passed its checks; what is wrong with it nevertheless is left out.
    pub fn new(rule: &RetryRule) -> Self {
        let count = rule.count.unwrap_or(RETRIES).min(RETRIES) as usize;
        let interval = Duration::from_millis(rule.interval.unwrap_or_default());
        let most = rule.max_interval.map(Duration::from_millis);
        let waits: Vec<Duration> = match rule.strategy {
            RetryStrategy::Linear => vec![interval; count],
            RetryStrategy::Exponential => {
                let doubled = |wait: &Duration| Some(wait.saturating_mul(2).min(LONGEST.max(interval)));
                std::iter::successors(Some(interval), doubled).take(count).collect()
            }
            RetryStrategy::Custom => {
                rule.intervals.iter().flatten().copied().map(Duration::from_millis).take(count).collect()
            }
        };
        let capped = |wait: Duration| most.map_or(wait, |most| wait.min(most));
        let codes = rule.response_status_codes.as_ref();
        Self {
            waits: waits.into_iter().map(capped).collect(),
            codes: codes.map(|list| list.iter().filter_map(|code| codes_of(code)).collect()),
        }
    }

    /// How long to wait after the attempt `number`, which counts from 1; `None` when it was the last.
    pub fn wait(&self, number: u32) -> Option<Duration> {
        self.waits.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }

    /// Whether this answer, a failure, is tried again.
    pub fn wants(&self, status: u16) -> bool {
        self.codes.as_ref().is_none_or(|codes| codes.iter().any(|range| range.contains(&status)))
    }
}

fn codes_of(text: &str) -> Option<RangeInclusive<u16>> {
    codes(text).ok()
}

/// Reads `429` or `500-599`.
pub(super) fn codes(text: &str) -> Result<RangeInclusive<u16>, String> {
    let code = |text: &str| {
        let text = text.trim();
        let three = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|code| three && (100..=599).contains(code))
    };
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    match (code(from), code(to)) {
        (Some(from), Some(to)) if from <= to => Ok(from..=to),
        _ => Err(format!("`{text}` is no status code such as 429, nor a range such as 500-599")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(strategy: RetryStrategy) -> RetryRule {
        let (count, interval, intervals, max_interval) = (Some(4), Some(1000), None, None);
        RetryRule { strategy, count, interval, intervals, max_interval, response_status_codes: None }
    }

    fn waits(rule: &RetryRule) -> Vec<u64> {
        let retries = Retries::new(rule);
        let wait = |number| retries.wait(number).map(|wait| u64::try_from(wait.as_millis()).unwrap());
        assert_eq!(wait(0), None);
        (1..).map_while(wait).collect()
    }

    #[test]
    fn waits_follow_the_strategy() {
        assert_eq!(waits(&rule(RetryStrategy::Linear)), [1000; 4]);
        let doubling = rule(RetryStrategy::Exponential);
        assert_eq!(waits(&doubling), [1000, 2000, 4000, 8000]);
        assert_eq!(waits(&RetryRule { max_interval: Some(3000), ..doubling.clone() }), [1000, 2000, 3000, 3000]);
        let long = waits(&RetryRule { count: Some(50), ..doubling });
        assert_eq!((long.len(), long[49]), (50, 86_400_000), "not for ever");
        let list = RetryRule { intervals: Some(vec![5000, 1000, 9000]), count: None, ..rule(RetryStrategy::Custom) };
        assert_eq!(waits(&list), [5000, 1000, 9000]);
        assert_eq!(waits(&RetryRule { count: Some(2), max_interval: Some(2000), ..list }), [2000, 1000]);
    }

    #[test]
    fn codes_say_which_answers_are_tried_again() {
        let retries = |codes: &[&str]| {
            let response_status_codes = Some(codes.iter().map(|code| (*code).to_owned()).collect());
            Retries::new(&RetryRule { response_status_codes, ..rule(RetryStrategy::Linear) })
        };
        let some = retries(&["429", "500-599"]);
        for (status, wanted) in [(429, true), (500, true), (599, true), (400, false), (301, false), (430, false)] {
            assert_eq!(some.wants(status), wanted, "{status}");
        }
        assert!(Retries::new(&rule(RetryStrategy::Linear)).wants(400));
        for wrong in ["", "5xx", "99", "600", "599-500", "500-", "4290", "+29", "!404"] {
            assert!(codes(wrong).is_err(), "{wrong}");
        }
    }
}
