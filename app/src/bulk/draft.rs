//! What is typed to start a bulk operation, and what it means.

use hookyard_model::{BulkLimit, BulkPreview, Problem, RatePeriod};

/// What has to be typed to start without proof that a retry succeeds.
pub(super) const SURE: &str = "start without proof";

/// Whether the words were typed; their case does not matter.
pub(super) fn is_sure(typed: &str) -> bool {
    typed.trim().eq_ignore_ascii_case(SURE)
}

/// A limit as it was typed; none where nothing was.
pub(super) fn limit(number: &str, period: &str) -> Result<Option<BulkLimit>, Problem> {
    let number = number.trim();
    if number.is_empty() {
        return Ok(None);
    }
    let wrong = || Problem::field("/rate_limit", "expected a whole number from 1 to 10,000, or nothing for no limit");
    let rate_limit = number.parse().ok().filter(|rate| (1..=10_000).contains(rate)).ok_or_else(wrong)?;
    let rate_limit_period = period.trim().parse().unwrap_or(RatePeriod::Second);
    Ok(Some(BulkLimit { rate_limit, rate_limit_period }))
}

/// How many a second a limit allows.
pub(super) fn rate_of(limit: BulkLimit) -> f64 {
    f64::from(limit.rate_limit) / f64::from(limit.rate_limit_period.seconds())
}

/// How many seconds an operation takes at the rate that is expected, under `limit`; none when nobody can know.
#[expect(clippy::cast_precision_loss, reason = "told roughly")]
pub(super) fn seconds(preview: &BulkPreview, limit: Option<BulkLimit>) -> Option<f64> {
    let expected = preview.duration_ms.filter(|_| preview.rate > 0.0).map(|ms| ms as f64 / 1000.0);
    let at_least = limit.map(|limit| preview.total_count as f64 / rate_of(limit));
    match (expected, at_least) {
        (Some(expected), Some(at_least)) => Some(expected.max(at_least)),
        (found, other) => found.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_in_its_range_or_nothing() {
        let of = |rate_limit, rate_limit_period| Some(BulkLimit { rate_limit, rate_limit_period });
        for (number, period, expected) in [
            ("", "second", None),
            (" 20 ", "second", of(20, RatePeriod::Second)),
            ("600", "minute", of(600, RatePeriod::Minute)),
            ("1", "", of(1, RatePeriod::Second)),
        ] {
            assert_eq!(limit(number, period).unwrap(), expected, "{number} {period}");
        }
        for wrong in ["0", "10001", "-1", "1.5", "many"] {
            assert!(limit(wrong, "second").unwrap_err().about("/rate_limit").is_some(), "{wrong}");
        }
    }

    #[test]
    fn a_limit_makes_it_take_longer() {
        let preview = |duration_ms, rate| BulkPreview {
            total_count: 1200,
            destinations: Vec::new(),
            oldest_at: None,
            newest_at: None,
            bytes: 0,
            duration_ms,
            rate,
            already_delivered: 0,
            still_waiting: 0,
            is_estimate: false,
            locked: None,
        };
        let limit = |rate_limit| Some(BulkLimit { rate_limit, rate_limit_period: RatePeriod::Minute });
        let known = preview(Some(60_000), 20.0);
        for (found, expected) in [
            (seconds(&known, None), Some(60.0)),
            (seconds(&known, limit(600)), Some(120.0)),
            (seconds(&known, limit(6000)), Some(60.0)),
            (seconds(&preview(None, 0.0), None), None),
            (seconds(&preview(None, 0.0), limit(1200)), Some(60.0)),
        ] {
            assert_eq!(found, expected);
        }
    }
}
