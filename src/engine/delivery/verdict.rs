//! What an attempt's outcome means for the event, the destination and the pace. Pure.

use std::time::Duration;

use hookyard_model::{AutoDisable, ErrorCode, Health, Retries, Timestamp};

use super::backoff;

/// What came of an attempt, as far as the verdict goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A whole answer with this status.
    Answered(u16),
    /// No whole answer.
    Failed(ErrorCode),
}

impl Outcome {
    pub(super) const fn is_success(self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }

    /// Whether the receiver says that it does not want this, rather than that it cannot take it now.
    pub(super) const fn is_refusal(self) -> bool {
        matches!(self, Self::Answered(400..=428 | 430..=499))
    }

    /// Whether nobody was there, or they left.
    pub(super) const fn is_unreachable(self) -> bool {
        matches!(self, Self::Failed(ErrorCode::ConnectionRefused | ErrorCode::ConnectionReset))
    }

    /// Whether the receiver took up all the time it had.
    pub(super) const fn is_timeout(self) -> bool {
        matches!(self, Self::Failed(ErrorCode::Timeout | ErrorCode::ConnectTimeout))
    }
}

/// What happens to the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Delivered,
    RetryAt(Timestamp),
    GivenUp,
}

/// Judges the attempt `number` (from 1) of an event at `now`. `jitter` is from 0 up to 1; `asked` is what the receiver
/// asked for in `Retry-After`, and `retries` the rule that stands in for the default schedule.
pub(super) fn judge(
    outcome: Outcome,
    number: u32,
    now: Timestamp,
    (asked, retries): (Option<Duration>, Option<&Retries>),
    jitter: f64,
) -> Verdict {
    match outcome {
        outcome if outcome.is_success() => Verdict::Delivered,
        // The receiver is gone for good (Standard Webhooks).
        Outcome::Answered(410) => Verdict::GivenUp,
        Outcome::Answered(status) if retries.is_some_and(|rule| !rule.wants(status)) => Verdict::GivenUp,
        Outcome::Answered(_) | Outcome::Failed(_) => match backoff::wait(retries, number, jitter) {
            Some(wait) => Verdict::RetryAt(now.plus(wait.max(asked.unwrap_or_default()))),
            None => Verdict::GivenUp,
        },
    }
}

/// For how long the whole destination is to be left alone after this outcome, the `slowdowns`th of its kind in a row
/// (from 1); `None` when it may go on.
pub(super) fn slow_down(outcome: Outcome, asked: Option<Duration>, slowdowns: u32) -> Option<Duration> {
    const FIRST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_mins(1);
    let Outcome::Answered(status) = outcome else { return None };
    if outcome.is_success() {
        return None;
    }
    let is_overload = matches!(status, 429 | 502 | 503 | 504);
    let own = is_overload.then(|| (FIRST * 2_u32.pow(slowdowns.saturating_sub(1).min(6))).min(LONGEST));
    // The longer of both.
    asked.max(own)
}

/// Why the destination is to be disabled after this outcome, if it is.
pub(super) fn disable(
    outcome: Outcome,
    failures: u32,
    failing_since: Option<Timestamp>,
    rule: Option<AutoDisable>,
    now: Timestamp,
) -> Option<String> {
    if outcome == Outcome::Answered(410) {
        return Some("it answered 410 Gone".to_owned());
    }
    Health::is_enough(failures, failing_since, rule, now).then(|| format!("{failures} attempts in a row failed"))
}

#[cfg(test)]
mod tests {
    use hookyard_model::{RetryRule, RetryStrategy};

    use super::*;

    #[test]
    fn an_attempt_is_judged_by_its_answer_and_its_number() {
        let at = |millis| Verdict::RetryAt(Timestamp::from_millis(millis));
        let long = Some(Duration::from_hours(1));
        for (case, outcome, number, asked, expected) in [
            ("any 2xx delivers", Outcome::Answered(204), 1, None, Verdict::Delivered),
            ("a redirect is not followed", Outcome::Answered(302), 1, None, at(6_000)),
            ("an error of theirs is retried", Outcome::Answered(500), 1, None, at(6_000)),
            ("no answer is retried", Outcome::Failed(ErrorCode::Timeout), 2, None, at(301_000)),
            ("they asked for more time", Outcome::Answered(429), 1, long, at(3_601_000)),
            (
                "they asked for less than the schedule",
                Outcome::Answered(503),
                2,
                Some(Duration::from_secs(1)),
                at(301_000),
            ),
            ("no wait is left", Outcome::Answered(500), 10, None, Verdict::GivenUp),
            ("gone is final at once", Outcome::Answered(410), 1, None, Verdict::GivenUp),
            ("the last attempt may deliver too", Outcome::Answered(200), 10, None, Verdict::Delivered),
        ] {
            let verdict = judge(outcome, number, Timestamp::from_millis(1_000), (asked, None), 0.5);
            assert_eq!(verdict, expected, "{case}");
        }
    }

    #[test]
    fn a_retry_rule_stands_in_for_the_schedule() {
        let rule = RetryRule {
            strategy: RetryStrategy::Linear,
            count: Some(2),
            interval: Some(60_000),
            intervals: None,
            max_interval: None,
            response_status_codes: Some(vec!["429".to_owned(), "500-599".to_owned()]),
        };
        let at = |millis| Verdict::RetryAt(Timestamp::from_millis(millis));
        for (case, outcome, number, asked, expected) in [
            ("its interval", Outcome::Answered(500), 1, None, at(61_000)),
            ("again", Outcome::Answered(429), 2, None, at(61_000)),
            ("its count is reached", Outcome::Answered(500), 3, None, Verdict::GivenUp),
            ("not one of its codes", Outcome::Answered(400), 1, None, Verdict::GivenUp),
            ("no answer is always tried again", Outcome::Failed(ErrorCode::Dns), 1, None, at(61_000)),
            ("they asked for more time", Outcome::Answered(503), 1, Some(Duration::from_hours(1)), at(3_601_000)),
            ("gone stays gone", Outcome::Answered(410), 1, None, Verdict::GivenUp),
            ("a success is one", Outcome::Answered(201), 1, None, Verdict::Delivered),
        ] {
            let retries = Retries::new(&rule);
            let verdict = judge(outcome, number, Timestamp::from_millis(1_000), (asked, Some(&retries)), 0.5);
            assert_eq!(verdict, expected, "{case}");
        }
    }

    #[test]
    fn overload_slows_the_whole_destination() {
        let seconds = Duration::from_secs;
        for (case, outcome, asked, slowdowns, expected) in [
            ("success goes on", Outcome::Answered(200), Some(seconds(9)), 1, None),
            ("an error is not overload", Outcome::Answered(500), None, 1, None),
            ("unless it says when", Outcome::Answered(500), Some(seconds(9)), 1, Some(seconds(9))),
            ("too many", Outcome::Answered(429), None, 1, Some(seconds(1))),
            ("a wait of nothing is none", Outcome::Answered(429), Some(seconds(0)), 3, Some(seconds(4))),
            ("they asked for more", Outcome::Answered(503), Some(seconds(9)), 3, Some(seconds(9))),
            ("again", Outcome::Answered(429), None, 3, Some(seconds(4))),
            ("never for ever", Outcome::Answered(503), None, 99, Some(seconds(60))),
            ("no answer", Outcome::Failed(ErrorCode::ConnectionRefused), None, 5, None),
        ] {
            assert_eq!(slow_down(outcome, asked, slowdowns), expected, "{case}");
        }
    }

    #[test]
    fn gone_disables_at_once_and_failures_when_the_rule_is_met() {
        let rule = Some(AutoDisable { consecutive_failures: 20, failing_for_seconds: 0 });
        let now = Timestamp::from_millis(5_000);
        assert!(disable(Outcome::Answered(410), 1, Some(now), None, now).is_some());
        assert!(disable(Outcome::Answered(500), 19, Some(now), rule, now).is_none());
        assert!(disable(Outcome::Answered(500), 20, Some(now), rule, now).is_some());
        assert!(disable(Outcome::Answered(500), 99, Some(now), None, now).is_none());
    }
}
