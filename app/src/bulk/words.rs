//! Bulk operations in words.

use hookyard_model::{BulkItemStatus, BulkKind, BulkScope, BulkStatus, PaceState, RatePeriod};
use leptos::prelude::*;

use crate::ui::{Badge, Shape, Tone, grouped};

pub(super) const fn kind_word(kind: BulkKind) -> &'static str {
    match kind {
        BulkKind::EventBulkRetry => "Retry of events",
        BulkKind::RequestBulkRetry => "Replay of requests",
    }
}

/// Which of an operation's events or requests.
pub(crate) const fn scope_words(scope: BulkScope) -> &'static str {
    match scope {
        BulkScope::Targets => "What was sent again",
        BulkScope::Retries => "What was made of it",
        BulkScope::Related => "Both",
    }
}

/// So many of what operations of this kind send.
pub(super) fn things(kind: BulkKind, count: u64) -> String {
    let noun = match (kind, count) {
        (BulkKind::EventBulkRetry, 1) => "event",
        (BulkKind::EventBulkRetry, _) => "events",
        (BulkKind::RequestBulkRetry, 1) => "request",
        (BulkKind::RequestBulkRetry, _) => "requests",
    };
    format!("{} {noun}", grouped(count))
}

pub(super) const fn status_word(status: BulkStatus) -> &'static str {
    match status {
        BulkStatus::Planned => "Being prepared",
        BulkStatus::Running => "Running",
        BulkStatus::Paused => "Paused",
        BulkStatus::Completed => "Completed",
        BulkStatus::Failed => "Failed",
        BulkStatus::Cancelled => "Cancelled",
    }
}

pub(super) fn status_badge(status: BulkStatus) -> AnyView {
    let (tone, shape) = match status {
        BulkStatus::Planned => (Tone::Waiting, Shape::Clock),
        BulkStatus::Running => (Tone::Waiting, Shape::Arrow),
        BulkStatus::Paused => (Tone::Warning, Shape::Hold),
        BulkStatus::Completed => (Tone::Good, Shape::Check),
        BulkStatus::Failed => (Tone::Bad, Shape::Cross),
        BulkStatus::Cancelled => (Tone::Off, Shape::Slash),
    };
    view! { <Badge tone shape word=status_word(status)/> }.into_any()
}

pub(super) const fn item_word(status: BulkItemStatus) -> &'static str {
    match status {
        BulkItemStatus::Pending => "Waiting",
        BulkItemStatus::Queued => "In the queue",
        BulkItemStatus::Retrying => "Retrying",
        BulkItemStatus::Done => "Delivered",
        BulkItemStatus::Failed => "Failed",
        BulkItemStatus::Skipped => "Skipped",
        BulkItemStatus::Cancelled => "Not sent",
    }
}

/// What a limit counts over, in words.
pub(super) const fn period_words(period: RatePeriod) -> &'static str {
    match period {
        RatePeriod::Second => "a second",
        RatePeriod::Minute => "a minute",
        RatePeriod::Hour => "an hour",
    }
}

/// What each state of an item means, where the words alone do not say it.
pub(super) const fn item_hint(status: BulkItemStatus) -> &'static str {
    match status {
        BulkItemStatus::Pending => "Their turn has not come",
        BulkItemStatus::Queued => "Put into the queue, not tried yet",
        BulkItemStatus::Retrying => "Tried and failed; they go on by their own retries",
        BulkItemStatus::Done => "The receiver took them",
        BulkItemStatus::Failed => "Tried, and given up",
        BulkItemStatus::Skipped => "Could not, or need not, be sent again",
        BulkItemStatus::Cancelled => "Left out when the operation was cancelled",
    }
}

pub(super) fn item_badge(status: BulkItemStatus) -> AnyView {
    let (tone, shape) = match status {
        BulkItemStatus::Pending => (Tone::Off, Shape::Clock),
        BulkItemStatus::Queued => (Tone::Waiting, Shape::Arrow),
        BulkItemStatus::Retrying => (Tone::Warning, Shape::Turn),
        BulkItemStatus::Done => (Tone::Good, Shape::Check),
        BulkItemStatus::Failed => (Tone::Bad, Shape::Cross),
        BulkItemStatus::Skipped | BulkItemStatus::Cancelled => (Tone::Off, Shape::Slash),
    };
    view! { <Badge tone shape word=item_word(status)/> }.into_any()
}

pub(super) fn pace_badge(state: PaceState) -> AnyView {
    let (tone, shape, word) = match state {
        PaceState::Starting => (Tone::Waiting, Shape::Arrow, "Starting"),
        PaceState::Growing => (Tone::Good, Shape::Arrow, "Growing"),
        PaceState::Steady => (Tone::Good, Shape::Check, "Steady"),
        PaceState::BackingOff => (Tone::Warning, Shape::Alert, "Backing off"),
        PaceState::Waiting => (Tone::Warning, Shape::Clock, "Waiting"),
        PaceState::Stopped => (Tone::Bad, Shape::Hold, "Stopped"),
    };
    view! { <Badge tone shape word/> }.into_any()
}

/// What a state means where no reason was given.
pub(super) const fn pace_meaning(state: PaceState) -> &'static str {
    match state {
        PaceState::Starting => "grows quickly, since nothing is known of the receiver yet",
        PaceState::Growing => "grows slowly while the receiver keeps up",
        PaceState::Steady => "stays below what was too much of late",
        PaceState::BackingOff => "the receiver was slow or refused, so less is sent",
        PaceState::Waiting => "the receiver asked to be left alone for a while",
        PaceState::Stopped => "too much failed: nothing is sent until somebody goes on",
    }
}

/// So many a second, for people: `0.5/s`, `18.2/s`, `240/s`.
pub(super) fn a_second(rate: f64) -> String {
    let number = if rate < 100.0 { format!("{rate:.1}") } else { format!("{rate:.0}") };
    format!("{}/s", number.trim_end_matches(".0"))
}

/// How long something takes, roughly.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, and not below nothing")]
pub(super) fn roughly(seconds: f64) -> String {
    match seconds.max(0.0) {
        s if s < 10.0 => "a few seconds".to_owned(),
        s if s < 60.0 => "less than a minute".to_owned(),
        s if s < 5400.0 => format!("about {:.0} min", (s / 60.0).round()),
        s if s < 36.0 * 3600.0 => {
            let minutes = (s / 600.0).round() as u64 * 10;
            if minutes.is_multiple_of(60) {
                format!("about {} h", minutes / 60)
            } else {
                format!("about {} h {} min", minutes / 60, minutes % 60)
            }
        }
        s => format!("about {:.0} days", (s / 86_400.0).round()),
    }
}

/// A number of bytes for people.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(super) fn size(bytes: u64) -> String {
    let size = bytes as f64;
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} kB", size / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", size / 1e6),
        _ => format!("{:.1} GB", size / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_is_told_roughly() {
        for (seconds, words) in [
            (-1.0, "a few seconds"),
            (42.0, "less than a minute"),
            (89.0, "about 1 min"),
            (1800.0, "about 30 min"),
            (7200.0, "about 2 h"),
            (8_900.0, "about 2 h 30 min"),
            (200_000.0, "about 2 days"),
        ] {
            assert_eq!(roughly(seconds), words);
        }
    }

    #[test]
    fn rates_have_about_three_digits() {
        for (rate, words) in [(0.0, "0/s"), (0.52, "0.5/s"), (20.0, "20/s"), (240.4, "240/s")] {
            assert_eq!(a_second(rate), words);
        }
    }
}
