//! One event: where it goes, how it does, and each try.

use hookyard_model::{Event, EventId, EventStatus};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    again::{Runs, SentAgain},
    held::HeldBecause,
    server::{event_runs, read_event},
};
use crate::{
    again::{EventAct, doings},
    attempt::{AttemptList, event_attempts},
    layout::Lost,
    live::watch,
    ui::{
        BodyViewer, CopyText, Empty, Notice, Place, Shape, Skeleton, Time, Tone, Trouble, Visible, as_long_as,
        event_badge, sentence,
    },
};

/// The event that the path names.
#[component]
pub(crate) fn EventPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<EventId>().ok()));
    move || match id.get() {
        Some(id) => view! { <Detail id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn Detail(id: EventId) -> impl IntoView {
    let changed = watch(|_| true);
    let doings = doings();
    let shown = Resource::new(move || (changed.get(), doings.count()), move |_| read_event(id));
    let attempts = Resource::new(move || changed.get(), move |_| event_attempts(id));
    let runs = Resource::new(move || changed.get(), move |_| event_runs(id));
    // The same button as long as it does the same, so that it keeps the focus while the event is read anew.
    let status = move || shown.get().and_then(Result::ok).map(|event| event.status);
    let empty = move || {
        let is_over = shown.get().and_then(Result::ok).is_some_and(|event| !event.status.is_pending());
        view! { <Empty shape=Shape::Clock title=if is_over { "No attempt was made" } else { "No attempt yet" }/> }
    };
    view! {
        <Place title="Event" up=("/events", "Events")>
            <Transition><Doing id status=Signal::derive(status)/></Transition>
        </Place>
        <Transition fallback=|| view! { <Skeleton rows=4/> }>
            {move || shown.get().map(|shown| match shown {
                Ok(event) => view! { <Facts event/> }.into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
        <section class="part" aria-labelledby="attempts">
            <header><h2 id="attempts">"Attempts"</h2></header>
            <AttemptList page=attempts empty/>
        </section>
        <Runs runs/>
        <section class="part" aria-labelledby="payload">
            <header><h2 id="payload">"Payload"</h2></header>
            <Transition fallback=|| view! { <Skeleton rows=8/> }>
                {move || shown.get().and_then(Result::ok).and_then(|event| Some((event.transformed, event.data?)))
                    .map(|(transformed, data)| view! {
                        {transformed.then(|| view! { <p class="aside">"As the transformations above made it; the request keeps what came."</p> })}
                        <BodyViewer body=data.raw what="event body"/>
                    })}
            </Transition>
        </section>
    }
}

/// What can be done about it, once it is known how it is.
#[component]
fn Doing(id: EventId, status: Signal<Option<EventStatus>>) -> impl IntoView {
    let button = move || {
        let status = Memo::new(move |_| status.get().unwrap_or(EventStatus::Queued));
        view! { <EventAct id status/> }
    };
    as_long_as(move || status.get().is_some(), button)
}

#[component]
fn Facts(event: Event) -> impl IntoView {
    let waits = (event.status == EventStatus::Hold).then(|| event.clone());
    let next = event.next_attempt_at.filter(|_| event.status.is_pending());
    let is_bad = event.failure_message.is_some() && event.successful_at.is_none();
    view! {
        <div class="summary">
            <p class="url">
                {event_badge(event.status)}
                {(event.status == EventStatus::Failed).then(|| view! {
                    <a class="button small" href=format!("/destinations/{}/recovery", event.destination_id)>"Recover the destination"</a>
                })}
                <span class="route">
                    <Visible text=event.source_name/>
                    <span class="to" aria-label="to">"→"</span>
                    <Visible text=event.destination_name/>
                </span>
                {event.simulated.then(|| view! { <span class="tag">"simulated"</span> })}
            </p>
            {event.failure_message.filter(|_| is_bad).map(|message| view! {
                <Notice tone=Tone::Bad shape=Shape::Cross>
                    <p>{event.error_code.map(|code| view! { <code class="error-code">{code.as_str()}</code> " " })}<Visible text=sentence(&message)/></p>
                </Notice>
            })}
            <dl class="facts">
                {event.event_type.map(|kind| view! { <div><dt>"Event type"</dt><dd><code><Visible text=kind/></code></dd></div> })}
                <div><dt>"Created"</dt><dd><Time at=event.created_at/></dd></div>
                {next.map(|next| view! { <div><dt>"Next attempt"</dt><dd><Time at=next/></dd></div> })}
                {waits.map(|event| view! { <div class="wide"><dt>"Waits"</dt><dd><span data-testid="held"><HeldBecause event/></span></dd></div> })}
                {event.successful_at.map(|at| view! { <div><dt>"Delivered"</dt><dd><Time at/></dd></div> })}
                {event.held_at.map(|at| view! { <div><dt>"Held"</dt><dd><Time at/></dd></div> })}
                {event.released_at.filter(|at| event.held_at.is_none_or(|held| held <= *at)).map(|at| view! { <div><dt>"Let go"</dt><dd><Time at/></dd></div> })}
                {event.ignored_cause.map(|cause| view! { <div><dt>"Given up because"</dt><dd><code>{cause.as_str()}</code></dd></div> })}
                <div><dt>"Trace of its request"</dt><dd><a href=format!("/requests/{}", event.request_id)><code>{event.request_id.to_string()}</code></a></dd></div>
                <div><dt>"Event id"</dt><dd><CopyText text=event.id.to_string() what="event id"/></dd></div>
                <div><dt>"webhook-id"</dt><dd><CopyText text=event.webhook_id what="webhook-id"/></dd></div>
                {event.retry_parent_event_id.map(|parent| view! {
                    <div><dt>"Retry of"</dt><dd><a href=format!("/events/{parent}")><code>{parent.to_string()}</code></a></dd></div>
                })}
                <SentAgain id=event.id request=event.request_id/>
            </dl>
        </div>
    }
}
