//! Requests in words.

use hookyard_model::{EventStatus, EventSummary, RejectionCause, Request};
use leptos::prelude::*;

use crate::ui::{Icon, Shape, event_shape, event_word};

/// Whether the sender is who they should be.
pub(crate) fn sender_words(request: &Request) -> &'static str {
    match request.rejection_cause {
        _ if request.verified => "Verified",
        Some(RejectionCause::SourceAuthFailed) => "Not proven",
        _ => "Not checked",
    }
}

/// Why a request was not let in, in a few words.
pub(crate) const fn cause_words(cause: RejectionCause) -> &'static str {
    match cause {
        RejectionCause::SourceDisabled => "source disabled",
        RejectionCause::SourceMethodNotAllowed => "method not allowed",
        RejectionCause::PayloadTooLarge => "too large",
        RejectionCause::SourceAuthFailed => "sender not proven",
        RejectionCause::TooManyHops => "goes in a circle",
    }
}

/// How a request's branches do: a mark for each state that there is, with how many are in it.
#[component]
pub(crate) fn Outcomes(
    summary: EventSummary,
    /// How many branches were not taken.
    ignored: u32,
) -> impl IntoView {
    let state = |status: &EventStatus| {
        let count = summary.of(*status);
        let (tone, shape) = event_shape(*status);
        (count > 0).then(|| view! { <Outcome class=tone.class() shape count word=event_word(*status)/> })
    };
    let is_nothing = ignored == 0 && EventStatus::ALL.iter().all(|status| summary.of(*status) == 0);
    view! {
        <span class="outcomes">
            {EventStatus::ALL.iter().filter_map(state).collect_view()}
            {(ignored > 0).then(|| view! { <Outcome class="badge off" shape=Shape::Slash count=ignored word="Ignored"/> })}
            {is_nothing.then(|| view! { <span class="nothing">"–"</span> })}
        </span>
    }
}

#[component]
fn Outcome(class: &'static str, shape: Shape, count: u32, word: &'static str) -> impl IntoView {
    view! {
        <span class=class title=format!("{word}: {count}")>
            <Icon shape/>
            <span><span class="hidden">{word}" "</span>{count}</span>
        </span>
    }
}
