//! How long an operation takes, roughly, and how anybody can know.

use hookyard_model::{BulkLimit, BulkPreview, DurationBasis};

use super::{
    draft::rate_of,
    words::{a_second, roughly},
};

/// How long an operation takes, and what that rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Takes {
    seconds: f64,
    basis: DurationBasis,
    rate: f64,
    /// Whether it goes to one destination.
    is_one: bool,
}

impl Takes {
    /// By the preview, under `limit`; none when nobody can know.
    #[expect(clippy::cast_precision_loss, reason = "told roughly")]
    pub(crate) fn of(preview: &BulkPreview, limit: Option<BulkLimit>) -> Option<Self> {
        let is_one = preview.destinations.len() == 1;
        let expected = preview.duration_ms.zip(preview.duration_basis).map(|(ms, basis)| Self {
            seconds: ms as f64 / 1000.0,
            basis,
            rate: preview.rate,
            is_one,
        });
        let limited = limit.map(|limit| Self {
            seconds: preview.total_count as f64 / rate_of(limit),
            basis: DurationBasis::HardLimit,
            rate: rate_of(limit),
            is_one,
        });
        match (expected, limited) {
            (Some(expected), Some(limited)) if limited.seconds <= expected.seconds => Some(expected),
            (expected, limited) => limited.or(expected),
        }
    }

    /// `about 3 min`, or the least that it may take where that is all that is known.
    pub(crate) fn words(self) -> String {
        let about = roughly(self.seconds);
        if self.basis == DurationBasis::Guess { format!("{about} or more") } else { about }
    }

    /// What it rests on, to follow a colon or a comma.
    pub(crate) fn basis(self) -> String {
        let rate = a_second(self.rate);
        match (self.basis, self.is_one) {
            (DurationBasis::MeasuredPace, true) => format!("by the {rate} that its receiver bore last"),
            (DurationBasis::MeasuredPace, false) => "by what the slowest receiver bore last".to_owned(),
            (DurationBasis::RateLimit, true) => format!("by its rate limit, which lets {rate} through"),
            (DurationBasis::RateLimit, false) => "by the rate limit of the slowest destination".to_owned(),
            (DurationBasis::HardLimit, _) => "by the hard limit".to_owned(),
            (DurationBasis::Guess, true) => "a guess, as nobody knows yet what its receiver bears".to_owned(),
            (DurationBasis::Guess, false) => "a guess, as nobody knows yet what the slowest receiver bears".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use hookyard_model::{BulkPreviewDestination, RatePeriod};

    use super::*;

    fn preview(duration_ms: Option<u64>, basis: DurationBasis) -> BulkPreview {
        BulkPreview {
            total_count: 1200,
            destinations: vec![BulkPreviewDestination {
                destination_id: "des_01HF7YAT000000000000000007".parse().unwrap(),
                destination_name: "a".to_owned(),
                count: 1200,
                obstacle: None,
            }],
            oldest_at: None,
            newest_at: None,
            bytes: 0,
            duration_ms,
            duration_basis: duration_ms.map(|_| basis),
            rate: 20.0,
            already_delivered: 0,
            still_waiting: 0,
            is_estimate: false,
            locked: None,
        }
    }

    #[test]
    fn it_is_told_in_units_of_people_with_what_it_rests_on() {
        let known = preview(Some(60_000), DurationBasis::MeasuredPace);
        let limit = |rate_limit| Some(BulkLimit { rate_limit, rate_limit_period: RatePeriod::Minute });
        for (preview, limit, words, basis) in [
            (&known, None, "about 1 min", "by the 20/s that its receiver bore last"),
            (&known, limit(600), "about 2 min", "by the hard limit"),
            (&known, limit(6000), "about 1 min", "by the 20/s that its receiver bore last"),
            (&preview(None, DurationBasis::Guess), limit(1200), "about 1 min", "by the hard limit"),
            (
                &preview(Some(2_000), DurationBasis::Guess),
                None,
                "a few seconds or more",
                "a guess, as nobody knows yet what its receiver bears",
            ),
            (
                &preview(Some(90_000), DurationBasis::RateLimit),
                None,
                "about 2 min",
                "by its rate limit, which lets 20/s through",
            ),
        ] {
            let takes = Takes::of(preview, limit).unwrap();
            assert_eq!((takes.words().as_str(), takes.basis().as_str()), (words, basis));
        }
        assert_eq!(Takes::of(&preview(None, DurationBasis::Guess), None), None);
    }
}
