//! When a failed event is tried again.

use std::time::Duration;

use hookyard_model::Timestamp;
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

/// How long to wait after the attempt `number`, which counts from 1; `None` when it was the last.
///
/// `jitter` is from 0 up to 1: 0 is a tenth less than the schedule, 1 a tenth more.
pub(super) fn wait(number: u32, jitter: f64) -> Option<Duration> {
    let wait = WAITS.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
    Some(wait.mul_f64(1.0 + JITTER * (2.0 * jitter - 1.0)))
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
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        assert_eq!(wait(1, 0.5), Some(Duration::from_secs(5)));
        assert_eq!(wait(1, 0.0), Some(Duration::from_millis(4_500)));
        assert_eq!(wait(9, 0.5), Some(Duration::from_hours(24)));
        assert_eq!((wait(10, 0.5), wait(0, 0.5)), (None, None));
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
