//! What is in the way of sending to a destination just now, and what that means for the steps.

use hookyard_model::{Destination, DestinationId, Status};
use leptos::{form::ActionForm, prelude::*};

use super::acts::Acts;
use crate::ui::{FailureNotice, Icon, Notice, Shape, Time, Tone, Visible, sentence};

/// What a destination is like that steps depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    disabled: Option<hookyard_model::Timestamp>,
    disabled_reason: Option<String>,
    paused: Option<hookyard_model::Timestamp>,
    breaker: Option<hookyard_model::Breaker>,
}

/// Whether an event can be sent there at all.
pub(super) fn is_reachable(destination: &Destination) -> bool {
    destination.disabled_at.is_none() && destination.paused_at.is_none()
}

#[component]
pub(super) fn Standings(id: DestinationId, destination: Memo<Destination>, acts: Acts) -> impl IntoView {
    let standing = Memo::new(move |_| {
        destination.with(|one| Standing {
            disabled: one.disabled_at,
            disabled_reason: one.disabled_reason.clone(),
            paused: one.paused_at,
            breaker: one.breaker.is_open().then(|| one.breaker.clone()),
        })
    });
    view! {
        <FailureNotice failure=Signal::derive(move || acts.failure())/>
        {move || {
            let standing = standing.get();
            view! {
                {standing.disabled.map(|at| view! { <Disabled id at reason=standing.disabled_reason acts/> })}
                {standing.paused.map(|at| view! { <Paused id at acts/> })}
                {standing.breaker.filter(|_| standing.disabled.is_none() && standing.paused.is_none())
                    .map(|breaker| view! { <Open id breaker acts/> })}
            }
        }}
    }
}

#[component]
fn Disabled(id: DestinationId, at: hookyard_model::Timestamp, reason: Option<String>, acts: Acts) -> impl IntoView {
    view! {
        <Notice tone=Tone::Bad shape=Shape::Cross>
            <p>
                <b>"Disabled"</b>" since "<Time at/>". "{reason.map(|reason| view! { <Visible text=sentence(&reason)/>" " })}
                "Nothing is sent, and new requests make no events here. Mend it first, then enable it: retry one and the replay wait for that."
            </p>
            <ActionForm action=acts.status>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="status" value=Status::Enabled.to_string()/>
                <button class="button" disabled=acts.status.pending()><Icon shape=Shape::Power/>"Enable it"</button>
            </ActionForm>
        </Notice>
    }
}

#[component]
fn Paused(id: DestinationId, at: hookyard_model::Timestamp, acts: Acts) -> impl IntoView {
    view! {
        <Notice tone=Tone::Warning shape=Shape::Hold>
            <p>
                <b>"Paused"</b>" since "<Time at/>". New events are made and held. Retry one and the replay wait until it goes on."
            </p>
            <ActionForm action=acts.paused>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="paused" value="false"/>
                <button class="button" disabled=acts.paused.pending()><Icon shape=Shape::Arrow/>"Resume it"</button>
            </ActionForm>
        </Notice>
    }
}

#[component]
fn Open(id: DestinationId, breaker: hookyard_model::Breaker, acts: Acts) -> impl IntoView {
    view! {
        <Notice tone=Tone::Warning shape=Shape::Alert>
            <p>
                <b>"The circuit breaker is open"</b>{breaker.since.map(|at| view! { ", since "<Time at/> })}". "
                {breaker.reason.map(|reason| view! { <Visible text=sentence(&reason)/>" " })}
                "Events are held and lose no retries. A retried event waits too, until a probe gets through"
                {breaker.next_probe_at.map(|at| view! { ": the next one at "<Time at/> })}
                ". Then what is held goes out by itself, gently."
            </p>
            <ActionForm action=acts.probe>
                <input type="hidden" name="id" value=id.to_string()/>
                <button class="button" disabled=acts.probe.pending()><Icon shape=Shape::Bolt/>"Send a probe now"</button>
            </ActionForm>
        </Notice>
    }
}
