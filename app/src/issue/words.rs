//! Issues in words, and where they lead.

use hookyard_model::{Issue, IssueCause, IssueResolution, IssueState, Timestamp};
use leptos::prelude::*;

use crate::ui::{Badge, Shape, Tone, grouped};

/// A state in a word.
pub(super) const fn state_word(state: IssueState) -> &'static str {
    match state {
        IssueState::Open => "Open",
        IssueState::Acknowledged => "Acknowledged",
        IssueState::Resolved => "Resolved",
    }
}

pub(super) fn state_badge(state: IssueState) -> AnyView {
    let (tone, shape) = match state {
        IssueState::Open => (Tone::Bad, Shape::Alert),
        IssueState::Acknowledged => (Tone::Waiting, Shape::Eye),
        IssueState::Resolved => (Tone::Good, Shape::Check),
    };
    view! { <Badge tone shape word=state_word(state)/> }.into_any()
}

/// How it came to be resolved.
pub(super) const fn resolution_words(resolution: IssueResolution) -> &'static str {
    match resolution {
        IssueResolution::Itself => "by itself: it delivers again",
        IssueResolution::Person => "by hand",
        IssueResolution::Deleted => "since its destination was deleted",
    }
}

/// How much failed.
pub(super) fn attempts_words(issue: &Issue) -> String {
    let what = if issue.cause.is_of_transformation() { "run" } else { "attempt" };
    things(issue.attempts, what)
}

pub(super) fn things(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{} {what}s", grouped(count)) }
}

/// The page of the destination.
pub(super) fn destination_href(issue: &Issue) -> String {
    if issue.is_webhook {
        format!("/webhooks/{}", issue.destination_id)
    } else {
        format!("/destinations/{}", issue.destination_id)
    }
}

/// The list of what failed so, within a time where it is given.
pub(super) fn failures_href(issue: &Issue, within: Option<(Timestamp, Timestamp)>) -> String {
    let of = match issue.cause {
        IssueCause::Status(status) => format!("/attempts?status=FAILED&code={status}"),
        IssueCause::Error(code) if issue.cause.is_of_transformation() => format!("/events?status=FAILED&error={code}"),
        IssueCause::Error(code) => format!("/attempts?status=FAILED&error={code}"),
    };
    let time = within.map(|(from, to)| format!("&from={from}&to={to}")).unwrap_or_default();
    format!("{of}&destination={}{time}", issue.destination_id)
}

/// The list of the destination's events that failed for good.
pub(super) fn events_href(issue: &Issue) -> String {
    match issue.cause {
        IssueCause::Error(code) => {
            format!("/events?status=FAILED&error={code}&destination={}", issue.destination_id)
        }
        IssueCause::Status(_) => {
            format!("/events?status=FAILED&error=BAD_STATUS&destination={}", issue.destination_id)
        }
    }
}
