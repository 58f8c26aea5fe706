//! When a retry rule tries again.

use hookyard_model::{Retries, RetryRule};

/// The waits between the tries, in milliseconds.
pub(crate) fn waits(rule: &RetryRule) -> Vec<u64> {
    let retries = Retries::new(rule);
    let waits = (1..).map_while(|number| retries.wait(number));
    waits.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)).collect()
}

/// When each try is, from the first on, which is at 0.
pub(crate) fn instants(waits: &[u64]) -> Vec<u64> {
    let mut at = 0_u64;
    let later = waits.iter().map(|wait| {
        at = at.saturating_add(*wait);
        at
    });
    std::iter::once(0).chain(later.collect::<Vec<_>>()).collect()
}

/// Where an instant stands between 0 and 1: what is early has more room, since tries crowd there.
#[expect(clippy::cast_precision_loss, reason = "a pixel is coarser")]
pub(crate) fn place(at: u64, first: u64, last: u64) -> f64 {
    if last == 0 {
        return 0.0;
    }
    let unit = first.max(1) as f64;
    (at as f64 / unit).ln_1p() / (last as f64 / unit).ln_1p()
}

#[cfg(test)]
mod tests {
    use hookyard_model::RetryStrategy;

    use super::*;

    fn rule(strategy: RetryStrategy, count: u32, interval: u64, max: Option<u64>) -> RetryRule {
        RetryRule {
            strategy,
            count: Some(count),
            interval: Some(interval),
            intervals: None,
            max_interval: max,
            response_status_codes: None,
        }
    }

    #[test]
    fn waits_grow_as_the_strategy_says() {
        assert_eq!(waits(&rule(RetryStrategy::Linear, 3, 60, None)), [60, 60, 60]);
        assert_eq!(waits(&rule(RetryStrategy::Exponential, 4, 60, Some(200))), [60, 120, 200, 200]);
        let custom = RetryRule { intervals: Some(vec![5, 50]), ..rule(RetryStrategy::Custom, 9, 1, None) };
        assert_eq!(waits(&custom), [5, 50]);
        assert_eq!(waits(&rule(RetryStrategy::Exponential, 50, 1000, None)).len(), 50);
        assert_eq!(instants(&[60, 120]), [0, 60, 180]);
    }

    #[test]
    fn tries_keep_their_order_on_the_line() {
        let at = instants(&waits(&rule(RetryStrategy::Exponential, 10, 1000, None)));
        let places: Vec<_> = at.iter().map(|instant| place(*instant, 1000, at[at.len() - 1])).collect();
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
        assert!(places[0].abs() < 1e-9 && (places[10] - 1.0).abs() < 1e-9);
        assert!(place(0, 0, 0).abs() < 1e-9);
    }
}
