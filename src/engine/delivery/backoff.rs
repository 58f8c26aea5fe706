//! When a failed event is tried again.

use std::time::Duration;

use hookyard_model::{Retries, Timestamp};

/// The waits after the first attempt, the second, and so on: ten attempts over three days (Standard Webhooks).
const WAITS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// How far a wait of the default schedule may be moved either way, so that what failed together does not all come back together.
const JITTER: f64 = 0.1;

/// The longest wait that a receiver may ask for.
const LONGEST_ASKED: Duration = Duration::from_hours(24);

/// Whatever a rule says, no wait is shorter.
const SHORTEST: Duration = Duration::from_secs(1);

/// How long to wait after the attempt `number`, which counts from 1, by a rule or by the default schedule; `None` when
/// it was the last.
///
/// `jitter` is from 0 up to 1: 0 is a tenth less than the default schedule, 1 a tenth more. A rule's waits are as it says.
pub(super) fn wait(rule: Option<&Retries>, number: u32, jitter: f64) -> Option<Duration> {
    if let Some(rule) = rule {
        return rule.wait(number).map(|wait| wait.max(SHORTEST));
    }
    let wait = WAITS.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
    Some(wait.mul_f64(1.0 + JITTER * (2.0 * jitter - 1.0)))
}

/// What a `Retry-After` header asks for (RFC 9110, 10.2.3): seconds or a date; never more than a day.
pub(super) fn asked(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    let wait = if let Ok(seconds) = header.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        Timestamp::from_http_date(header)?.since(now)
    };
    Some(wait.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use hookyard_model::{RetryRule, RetryStrategy};

    use super::*;

    #[test]
    fn waits_grow_and_end() {
        assert_eq!(wait(None, 1, 0.5), Some(Duration::from_secs(5)));
        assert_eq!(wait(None, 1, 0.0), Some(Duration::from_millis(4_500)));
        assert_eq!(wait(None, 9, 0.5), Some(Duration::from_hours(24)));
        assert_eq!((wait(None, 10, 0.5), wait(None, 0, 0.5)), (None, None));
    }

    #[test]
    fn a_rule_waits_as_long_as_it_says() {
        let rule = Retries::new(&RetryRule {
            strategy: RetryStrategy::Exponential,
            count: Some(3),
            interval: Some(60_000),
            intervals: None,
            max_interval: None,
            response_status_codes: None,
        });
        for jitter in [0.0, 0.5, 1.0] {
            let waits = [1, 2, 3, 4].map(|number| wait(Some(&rule), number, jitter).map(|wait| wait.as_secs()));
            assert_eq!(waits, [Some(60), Some(120), Some(240), None]);
        }
    }

    #[test]
    fn a_receiver_may_ask_in_seconds_or_by_date() {
        let now = Timestamp::from_millis(1_445_412_480_000);
        for (header, expected) in [
            ("120", Some(Duration::from_mins(2))),
            ("Wed, 21 Oct 2015 07:28:30 GMT", Some(Duration::from_secs(30))),
            ("Wed, 21 Oct 2015 07:00:00 GMT", Some(Duration::ZERO)),
            ("99999999", Some(LONGEST_ASKED)),
            ("soon", None),
            ("-5", None),
        ] {
            assert_eq!(asked(header, now), expected, "{header}");
        }
    }
}
