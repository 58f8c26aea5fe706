//! All tries of one event, one after the other, and what comes next.

use hookyard_model::{Attempt, AttemptId, Event, EventId, EventStatus};
use leptos::prelude::*;

use super::{
    query::trigger_word,
    server::{event_attempts, event_state},
};
use crate::{
    again::{EventAct, doings},
    event::HeldBecause,
    live::watch,
    ui::{Countdown, HttpStatus, Skeleton, Time, attempt_badge, event_badge, here, milliseconds},
};

/// The event's tries, the first on top; a click shows another one in place.
#[component]
pub(super) fn Ladder(event: EventId, chosen: RwSignal<Option<AttemptId>>) -> impl IntoView {
    let doings = doings();
    let changed = watch(|change| change.destination.is_some());
    let asked = move || (changed.get(), doings.count());
    let state = Resource::new(asked, move |_| event_state(event));
    let tries = Resource::new(move || changed.get(), move |_| event_attempts(event));
    let steps = move || {
        let mut tries = tries.get().and_then(Result::ok).map(|page| page.models).unwrap_or_default();
        tries.reverse();
        let before = std::iter::once(None).chain(tries.iter().map(|attempt| Some(attempt.id)).collect::<Vec<_>>());
        tries
            .clone()
            .into_iter()
            .zip(before)
            .map(|(attempt, before)| view! { <Step attempt before chosen/> })
            .collect_view()
    };
    view! {
        <section class="ladder" aria-label="Attempts of this event" data-testid="ladder">
            <Transition fallback=|| view! { <Skeleton rows=1/> }>
                <ol>{steps}</ol>
                {move || state.get().and_then(Result::ok).flatten().map(|event| view! { <Next event/> })}
            </Transition>
        </section>
    }
}

/// One try; `before` is the one before it.
#[component]
fn Step(attempt: Attempt, before: Option<AttemptId>, chosen: RwSignal<Option<AttemptId>>) -> impl IntoView {
    let here = here();
    let id = attempt.id;
    let is_chosen = move || chosen.get() == Some(id);
    // With the one that is shown, or, from that one itself, with the one before.
    let other = move || chosen.get().filter(|chosen| *chosen != id).or(before);
    let compare = move || {
        other().map(|other| {
            let (one, two) = if other < id { (other, id) } else { (id, other) };
            let to = here.with(&[("compare", Some(&format!("{one},{two}")))]);
            let words = if is_chosen() { "Compare with the one before" } else { "Compare with the one shown" };
            view! { <a class="compare-link" href=to>{words}</a> }
        })
    };
    let show = move |event: web_sys::MouseEvent| {
        if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
            event.prevent_default();
            chosen.set(Some(id));
        }
    };
    view! {
        <li class:chosen=is_chosen data-status=attempt.status.as_str()>
            <a
                class="step"
                href=move || here.with(&[("attempt", Some(&id.to_string()))])
                aria-current=move || is_chosen().then_some("true")
                on:click=show
            >
                <b>"#"{attempt.attempt_number}</b>
                <span><Time at=attempt.delivered_at/></span>
                <span>{attempt_badge(attempt.status)}</span>
                <HttpStatus status=attempt.response_status error=attempt.error_code/>
                <span class="nothing">{milliseconds(attempt.delivery_latency)}</span>
                <span class="nothing">{trigger_word(attempt.trigger)}</span>
            </a>
            {compare}
        </li>
    }
}

/// What becomes of the event, and what can be done about it.
#[component]
fn Next(event: Event) -> impl IntoView {
    let (id, status) = (event.id, event.status);
    let is_pending = status.is_pending();
    let due = event.next_attempt_at.filter(|_| is_pending);
    let words = match event.status {
        EventStatus::Scheduled => "Next attempt ",
        EventStatus::Queued => "It is being sent, or is next",
        EventStatus::Hold => "",
        EventStatus::Successful => "It was delivered",
        EventStatus::Failed => "No attempt is left",
        EventStatus::Cancelled => "It was cancelled",
    };
    view! {
        <div class="next">
            <p data-testid="next">
                {event_badge(event.status)}" "{words}
                {due.filter(|_| status == EventStatus::Scheduled).map(|at| view! { <Countdown at/> })}
                <HeldBecause event/>
            </p>
            <EventAct id status/>
        </div>
    }
}
