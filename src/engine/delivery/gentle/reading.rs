//! What the pace of recovery tells of itself.

use std::time::Duration;

use hookyard_model::{ErrorCode, PaceReading, PaceState, Timestamp};

use super::{Gentle, Outcome, TooMuch, Why};

/// Over how long what was sent is counted, and how long a change is told.
const COUNTED: Duration = Duration::from_secs(2);
const TOLD: Duration = Duration::from_secs(3);

impl Gentle {
    /// What it does now. `left_alone` is until when nothing at all is sent there, and whether the receiver asked for that.
    pub(in super::super) fn reading(&self, left_alone: (Timestamp, bool), now: Timestamp) -> PaceReading {
        let failed = self.tries.iter().filter(|one| !one.outcome.is_success()).count();
        let latency = self.meter.latency(Timestamp::from_millis(0), 1, now).map(|latency| latency.millis);
        let usual = self.usual.map(|(millis, _)| millis);
        let (state, reason) = self.state(left_alone, now);
        PaceReading {
            state,
            reason,
            allowed: if self.is_stopped() { 0.0 } else { tidy(self.allowed()) },
            sent: tidy(self.meter.rates(COUNTED, now).sent),
            latency_ms: tidy(latency.or(usual).unwrap_or_default()),
            base_latency_ms: tidy(usual.or(latency).unwrap_or_default()),
            error_rate: share(failed, self.tries.len()),
            bears: self.too_much.as_ref().map(|too_much| tidy(too_much.stays_at)),
            at: now,
        }
    }

    fn state(&self, (left_alone, was_asked): (Timestamp, bool), now: Timestamp) -> (PaceState, Option<String>) {
        let is_new = |at: Timestamp| now.since(at) < TOLD;
        let seconds = |wait: Duration| wait.as_millis().div_ceil(1000);
        if let Some(stopped) = &self.stopped {
            return (PaceState::Stopped, Some(stopped.reason.clone()));
        }
        if left_alone > now {
            let why = if was_asked { "as it asked" } else { "since it refused" };
            let reason = format!("it is left alone for {} s more, {why}", seconds(left_alone.since(now)));
            return (PaceState::Waiting, Some(reason));
        }
        if let Some((outcome, rate, at)) = self.refused
            && (self.rests_until > now || is_new(at))
        {
            let at_pace = if self.in_vain > 0 { "though little was sent".to_owned() } else { pace("at", rate) };
            return (PaceState::BackingOff, Some(format!("{} {at_pace}", what(outcome))));
        }
        if let Some(TooMuch { why: Why::Slow(took, usual), .. }) = self.too_much
            && (is_new(self.eased_at) || self.eased > 0)
        {
            let reason = format!("its answers took {took:.0} ms instead of {usual:.0} ms");
            return (PaceState::BackingOff, Some(reason));
        }
        if self.is_stopped_by_limit() {
            return (PaceState::Steady, Some("at the limit that was set".to_owned()));
        }
        if self.looks_since.is_some() {
            let reason = "less is sent for a moment, to see how long it takes when it has little to do";
            return (PaceState::Steady, Some(reason.to_owned()));
        }
        if self.slow_since.is_some() {
            return (PaceState::Steady, Some("its answers take longer than usual".to_owned()));
        }
        if self.is_crowded && self.meter.rates(COUNTED, now).sent < self.rate * 0.8 {
            return (PaceState::Steady, Some(format!("no more than {} may be under way", self.at_once())));
        }
        match &self.too_much {
            _ if self.is_starting => (PaceState::Starting, None),
            Some(too_much) if self.rate >= too_much.stays_at => {
                let ago = seconds(now.since(too_much.at));
                let reason = match too_much.why {
                    Why::Refused(outcome) => format!("just below where {} {ago} s ago", what(outcome)),
                    Why::Slow(..) => format!("just below where its answers took longer {ago} s ago"),
                };
                (PaceState::Steady, Some(reason))
            }
            _ => (PaceState::Growing, None),
        }
    }

    fn is_stopped_by_limit(&self) -> bool {
        self.limit.is_some_and(|limit| limit <= self.rate)
    }
}

/// What the receiver did.
fn what(outcome: Outcome) -> String {
    match outcome {
        Outcome::Answered(status) => format!("it answered {status}"),
        Outcome::Failed(ErrorCode::Timeout | ErrorCode::ConnectTimeout) => "it did not answer in time".to_owned(),
        Outcome::Failed(ErrorCode::ConnectionRefused) => "it refused the connection".to_owned(),
        Outcome::Failed(_) => "the connection broke".to_owned(),
    }
}

/// A status or the code of an error.
pub(super) fn said(outcome: Outcome) -> String {
    match outcome {
        Outcome::Answered(status) => status.to_string(),
        Outcome::Failed(code) => code.as_str().to_owned(),
    }
}

fn pace(word: &str, rate: f64) -> String {
    let digits = usize::from(rate < 10.0);
    format!("{word} {rate:.digits$} a second")
}

/// With one digit behind the point.
fn tidy(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn share(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { number(part) / number(whole) }
}
