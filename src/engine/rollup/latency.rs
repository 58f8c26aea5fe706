//! How long attempts took, in buckets that grow with what they hold: each is a quarter of an octave wide, so that the
//! middle of one is within 10 % of all that it holds.

use std::collections::BTreeMap;

use hookyard_model::Latency;

/// The shortest time that is told from none, in milliseconds.
const LEAST: f64 = 0.125;
/// How many buckets double a time.
const PARTS: f64 = 4.0;
/// Beyond some minutes all are one.
const LAST: u8 = 90;

/// The bucket of a time.
pub(super) fn bucket(millis: f64) -> u8 {
    let parts = ((millis / LEAST).log2() * PARTS).floor();
    if parts.is_nan() || parts < 0.0 {
        return 0;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 0 to LAST")]
    let bucket = (parts + 1.0).min(f64::from(LAST)) as u8;
    bucket
}

/// The middle of a bucket.
fn middle(bucket: u8) -> f64 {
    match bucket {
        0 => LEAST,
        bucket => LEAST * 2_f64.powf((f64::from(bucket) - 0.5) / PARTS),
    }
}

/// How many attempts there were in each bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Buckets(BTreeMap<u8, u64>);

impl Buckets {
    pub(crate) fn add(&mut self, bucket: i64, attempts: i64) {
        *self.0.entry(u8::try_from(bucket).unwrap_or(LAST)).or_default() += attempts.unsigned_abs();
    }

    /// The time that so large a share, 0 to 1, of attempts took at most; nothing when there was none.
    fn quantile(&self, share: f64) -> Option<f64> {
        let all: u64 = self.0.values().sum();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "one of many more attempts than can be told apart does not matter"
        )]
        let wanted = ((all as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        let found = self.0.iter().find(|(_, attempts)| {
            seen += **attempts;
            seen >= wanted
        });
        found.map(|(bucket, _)| readable(middle(*bucket)))
    }

    pub(crate) fn latency(&self) -> Latency {
        Latency { p50: self.quantile(0.5), p95: self.quantile(0.95), p99: self.quantile(0.99) }
    }
}

/// No more digits than there is truth in.
fn readable(millis: f64) -> f64 {
    let digits = if millis >= 100.0 {
        1.0
    } else if millis >= 10.0 {
        10.0
    } else {
        100.0
    };
    (millis * digits).round() / digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_within_a_tenth_of_what_was() {
        let mut millis = 0.2;
        while millis < 100_000.0 {
            let said = middle(bucket(millis));
            assert!((said / millis - 1.0).abs() < 0.1, "{millis} is said to be {said}");
            millis *= 1.01;
        }
        assert_eq!((bucket(0.0), bucket(-1.0), bucket(f64::NAN), bucket(f64::INFINITY)), (0, 0, 0, LAST));
    }

    #[test]
    fn a_quantile_is_what_so_many_took_at_most() {
        let mut buckets = Buckets::default();
        assert_eq!(buckets.latency(), Latency::default());
        for millis in 1..=1000 {
            buckets.add(i64::from(bucket(f64::from(millis))), 1);
        }
        let Latency { p50: Some(p50), p95: Some(p95), p99: Some(p99) } = buckets.latency() else {
            unreachable!("there are attempts")
        };
        for (said, true_one) in [(p50, 500.0), (p95, 950.0), (p99, 990.0)] {
            assert!((said / true_one - 1.0_f64).abs() < 0.1, "{said} for {true_one}");
        }
    }
}
