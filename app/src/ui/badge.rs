//! Statuses: a colour, a shape and a word.

use hookyard_model::{AttemptStatus, ErrorCode, EventStatus, HealthState, RequestStatus};
use leptos::prelude::*;

use super::{Icon, Shape};

/// What a status means for the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Waiting,
    Warning,
    Off,
}

impl Tone {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "badge good",
            Self::Bad => "badge bad",
            Self::Waiting => "badge waiting",
            Self::Warning => "badge warning",
            Self::Off => "badge off",
        }
    }
}

/// A status as a small label.
#[component]
pub(crate) fn Badge(tone: Tone, shape: Shape, #[prop(into)] word: String) -> impl IntoView {
    view! { <span class=tone.class()><Icon shape/><span>{word}</span></span> }
}

pub(crate) fn attempt_badge(status: AttemptStatus) -> AnyView {
    let (tone, shape, word) = match status {
        AttemptStatus::Successful => (Tone::Good, Shape::Check, "Successful"),
        AttemptStatus::Failed => (Tone::Bad, Shape::Cross, "Failed"),
    };
    view! { <Badge tone shape word/> }.into_any()
}

/// What an event's state means for the reader, and its shape.
pub(crate) const fn event_shape(status: EventStatus) -> (Tone, Shape) {
    match status {
        EventStatus::Scheduled => (Tone::Waiting, Shape::Clock),
        EventStatus::Queued => (Tone::Waiting, Shape::Arrow),
        EventStatus::Hold => (Tone::Warning, Shape::Hold),
        EventStatus::Successful => (Tone::Good, Shape::Check),
        EventStatus::Failed => (Tone::Bad, Shape::Cross),
        EventStatus::Cancelled => (Tone::Off, Shape::Slash),
    }
}

/// An event's state in a word.
pub(crate) const fn event_word(status: EventStatus) -> &'static str {
    match status {
        EventStatus::Scheduled => "Scheduled",
        EventStatus::Queued => "Queued",
        EventStatus::Hold => "On hold",
        EventStatus::Successful => "Successful",
        EventStatus::Failed => "Failed",
        EventStatus::Cancelled => "Cancelled",
    }
}

pub(crate) fn event_badge(status: EventStatus) -> AnyView {
    let (tone, shape) = event_shape(status);
    view! { <Badge tone shape word=event_word(status)/> }.into_any()
}

pub(crate) fn request_badge(status: RequestStatus) -> AnyView {
    let (tone, shape, word) = match status {
        RequestStatus::Accepted => (Tone::Good, Shape::Check, "Accepted"),
        RequestStatus::Rejected => (Tone::Bad, Shape::Cross, "Rejected"),
    };
    view! { <Badge tone shape word/> }.into_any()
}

/// Whether something takes part.
#[component]
pub(crate) fn EnabledBadge(is_enabled: bool) -> impl IntoView {
    let (tone, shape, word) =
        if is_enabled { (Tone::Good, Shape::Check, "Enabled") } else { (Tone::Off, Shape::Slash, "Disabled") };
    view! { <Badge tone shape word/> }
}

/// How something that is sent to is doing: whether it was disabled by hand or by itself is told apart.
pub(crate) fn health_badge(state: HealthState, is_by_itself: bool) -> AnyView {
    let (tone, shape, word) = match state {
        HealthState::Healthy => (Tone::Good, Shape::Check, "Active"),
        HealthState::Failing => (Tone::Warning, Shape::Turn, "Failing"),
        HealthState::Warning => (Tone::Warning, Shape::Alert, "Warning"),
        HealthState::Disabled if is_by_itself => (Tone::Bad, Shape::Cross, "Disabled"),
        HealthState::Disabled => (Tone::Off, Shape::Slash, "Disabled"),
    };
    view! { <Badge tone shape word/> }.into_any()
}

/// The HTTP status that came back, or the error that came instead.
#[component]
pub(crate) fn HttpStatus(status: Option<u16>, #[prop(optional_no_strip)] error: Option<ErrorCode>) -> impl IntoView {
    let (class, text) = match (status, error) {
        (Some(status @ 200..300), _) => ("http good", status.to_string()),
        (Some(status), _) => ("http bad", status.to_string()),
        (None, Some(error)) => ("http bad", error_word(error).to_owned()),
        (None, None) => ("http", "–".to_owned()),
    };
    view! { <span class=class>{text}</span> }
}

/// An error in a few words.
pub(crate) const fn error_word(error: ErrorCode) -> &'static str {
    match error {
        ErrorCode::Dns => "name not found",
        ErrorCode::ConnectionRefused => "refused",
        ErrorCode::ConnectionReset => "reset",
        ErrorCode::ConnectTimeout => "no connection",
        ErrorCode::Tls => "TLS",
        ErrorCode::Timeout => "timeout",
        ErrorCode::EgressDenied => "not allowed",
        ErrorCode::Protocol => "not HTTP",
        ErrorCode::BadStatus => "bad status",
        ErrorCode::TransformFailed => "transformation failed",
    }
}
