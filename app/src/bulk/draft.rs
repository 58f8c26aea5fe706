//! What is typed to start a bulk operation, and what it means.

use hookyard_model::{BulkLimit, Problem, RatePeriod};

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
}
