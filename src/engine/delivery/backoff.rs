//! When a failed event is tried again.

use std::time::Duration;

use hookyard_model::{Retries, Timestamp};
use time::{OffsetDateTime, PrimitiveDateTime, macros::format_description};

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

/// How far a wait may be moved either way, so that what failed together does not all come back together.
const JITTER: f64 = 0.1;

/// The longest wait that a receiver may ask for.
const LONGEST_ASKED: Duration = Duration::from_hours(24);

/// A rule's waits are never moved below this, nor beyond the longest that it allows.
const SHORTEST: Duration = Duration::from_secs(1);

/// How long to wait after the attempt `number`, which counts from 1, by a rule or by the default schedule; `None` when
/// it was the last.
///
/// `jitter` is from 0 up to 1: 0 is a tenth less than the schedule, 1 a tenth more.
pub(super) fn wait(rule: Option<&Retries>, number: u32, jitter: f64) -> Option<Duration> {
    let moved = |wait: Duration| wait.mul_f64(1.0 + JITTER * (2.0 * jitter - 1.0));
    match rule {
        Some(rule) => rule.wait(number).map(|wait| moved(wait).min(rule.longest()).max(SHORTEST)),
        None => WAITS.get(usize::try_from(number).ok()?.checked_sub(1)?).copied().map(moved),
    }
}

/// What a `Retry-After` header asks for (RFC 9110, 10.2.3): seconds or a date; never more than a day.
pub(super) fn asked(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    let wait = if let Ok(seconds) = header.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let format =
            format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
        let date: OffsetDateTime = PrimitiveDateTime::parse(header, format).ok()?.assume_utc();
        Timestamp::from_millis(date.unix_timestamp().checked_mul(1000)?).since(now)
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
    fn a_rule_is_moved_within_its_limits() {
        let rule = |interval, max_interval| {
            Retries::new(&RetryRule {
                strategy: RetryStrategy::Exponential,
                count: Some(3),
                interval: Some(interval),
                intervals: None,
                max_interval,
                response_status_codes: None,
            })
        };
        let millis = |rule: &Retries, number, jitter| wait(Some(rule), number, jitter).map(|wait| wait.as_millis());
        let plain = rule(10_000, None);
        assert_eq!((millis(&plain, 1, 0.0), millis(&plain, 2, 1.0)), (Some(9_000), Some(22_000)));
        assert_eq!(millis(&plain, 4, 0.5), None);
        assert_eq!(millis(&rule(1_000, None), 1, 0.0), Some(1_000));
        assert_eq!(millis(&rule(10_000, Some(15_000)), 2, 1.0), Some(15_000));
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
