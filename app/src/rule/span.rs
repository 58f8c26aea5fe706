//! Spans of time, as people write them: an amount and a unit.

/// The units, with their milliseconds, the smallest first.
pub(crate) const UNITS: [(&str, &str, u64); 5] = [
    ("ms", "milliseconds", 1),
    ("s", "seconds", 1000),
    ("min", "minutes", 60_000),
    ("h", "hours", 3_600_000),
    ("d", "days", 86_400_000),
];

/// The amount and the unit that say `ms` without a fraction.
pub(crate) fn split(ms: u64) -> (String, String) {
    let fits = |unit: &&(&str, &str, u64)| ms.is_multiple_of(unit.2) && ms > 0;
    let (unit, _, size) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[1]);
    ((ms / size).to_string(), (*unit).to_owned())
}

/// The milliseconds of an amount in a unit; parts of it count, such as `1.5` minutes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "amounts are small, and rounded"
)]
pub(crate) fn joined(amount: &str, unit: &str) -> Option<u64> {
    let size = UNITS.iter().find(|(known, ..)| *known == unit)?.2;
    let amount = amount.trim();
    if let Ok(whole) = amount.parse::<u64>() {
        return whole.checked_mul(size);
    }
    let amount: f64 = amount.replace(',', ".").parse().ok()?;
    let ms = (amount * size as f64).round();
    (0.0..1e15).contains(&ms).then_some(ms as u64)
}

/// For people: `90 s`, `1 min`, `2 h 30 min`.
pub(crate) fn words(ms: u64) -> String {
    if ms == 0 {
        return "0 s".to_owned();
    }
    let mut left = ms;
    let mut parts = Vec::new();
    for (unit, _, size) in UNITS.iter().rev() {
        let count = left / size;
        left %= size;
        if count > 0 {
            parts.push(format!("{count} {unit}"));
        }
    }
    // What is smaller than that does not matter beside it.
    parts.truncate(2);
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_comes_back_as_it_was() {
        for (ms, amount, unit, text) in [
            (0, "0", "s", "0 s"),
            (1500, "1500", "ms", "1 s 500 ms"),
            (90_000, "90", "s", "1 min 30 s"),
            (3_600_000, "1", "h", "1 h"),
            (15 * 86_400_000, "15", "d", "15 d"),
            (90_061_000, "90061", "s", "1 d 1 h"),
        ] {
            assert_eq!(split(ms), (amount.to_owned(), unit.to_owned()));
            assert_eq!(joined(amount, unit), Some(ms));
            assert_eq!(words(ms), text);
        }
        assert_eq!(joined("1.5", "min"), Some(90_000));
        assert_eq!(joined("2,5", "s"), Some(2500));
        for (amount, unit) in [("", "s"), ("-1", "s"), ("x", "s"), ("1", "weeks"), ("1e300", "d")] {
            assert_eq!(joined(amount, unit), None, "{amount} {unit}");
        }
    }
}
