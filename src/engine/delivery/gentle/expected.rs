//! How long recovery takes at its pace, told before any of it is sent.

use std::time::Duration;

use super::{START, steer::DOUBLES_IN};

/// How long it takes to send `count` again to a receiver that bears `ceiling` a second and takes `latency` to answer, when it
/// begins with `start` a second; none: as slowly as always.
///
/// The pace doubles until it comes to what the receiver bears, and then stays there. It is the least that it may take: a
/// receiver that bears less, or is busy with something else, makes it longer.
pub(crate) fn expected(count: u64, ceiling: f64, start: Option<f64>, latency: Duration) -> Duration {
    if count == 0 || ceiling <= 0.0 {
        return Duration::ZERO;
    }
    #[expect(clippy::cast_precision_loss, reason = "it is about a time")]
    let count = count as f64;
    let start = start.filter(|start| *start > 0.0).unwrap_or(START).min(ceiling);
    // As many a second more with each second as makes it double.
    let doubles_in = DOUBLES_IN.max(latency.as_secs_f64() * 2.0);
    let growth = std::f64::consts::LN_2 / doubles_in;
    let while_it_grows = (ceiling - start) / growth;
    let seconds = if count <= while_it_grows {
        (count * growth / start).ln_1p() / growth
    } else {
        (ceiling / start).ln() / growth + (count - while_it_grows) / ceiling
    };
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX).saturating_add(latency)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS_IN: Duration = Duration::from_millis(10);

    fn seconds(count: u64, ceiling: f64, start: Option<f64>) -> f64 {
        expected(count, ceiling, start, ANSWERS_IN).as_secs_f64()
    }

    #[test]
    fn the_slow_start_counts() {
        for (count, ceiling, start, from, to) in [
            // At once it would be a fraction of a second.
            (20, 200.0, None, 1.5, 3.0),
            // 5, 10, 20 … a second: after about 5 s it is at 200 a second.
            (200, 200.0, None, 4.0, 5.5),
            (100_000, 200.0, None, 500.0, 506.0),
            (100_000, 3_200.0, None, 38.0, 42.0),
            // It goes on where it is.
            (20, 200.0, Some(200.0), 0.1, 0.2),
            // No slower start than what it bears in the end.
            (100, 1.0, None, 100.0, 101.0),
            (0, 200.0, None, 0.0, 0.0),
        ] {
            let took = seconds(count, ceiling, start);
            assert!((from..=to).contains(&took), "{count} at {ceiling}: {took}");
        }
    }

    #[test]
    fn more_takes_longer_and_a_stronger_receiver_no_longer() {
        for count in [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] {
            for ceiling in [0.5, 5.0, 50.0, 500.0, 5_000.0] {
                let took = seconds(count, ceiling, None);
                assert!(took < seconds(count * 2, ceiling, None), "{count} at {ceiling}");
                assert!(took >= seconds(count, ceiling * 2.0, None), "{count} at {ceiling}");
                #[expect(clippy::cast_precision_loss, reason = "exact")]
                let at_once = count as f64 / ceiling;
                assert!(took >= at_once, "{count} at {ceiling}: {took}");
            }
        }
        assert!(expected(u64::MAX, 1e-300, None, ANSWERS_IN) > Duration::from_secs(u64::MAX / 2));
    }
}
