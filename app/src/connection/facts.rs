//! What a connection is and how it does.

use hookyard_model::{Connection, ConnectionCard, ConnectionId, Event};
use leptos::prelude::*;

use super::server::read_traffic;
use crate::{
    again::EventAct,
    failure::Failure,
    live::{asked_later, watch},
    ui::{Badge, EnabledBadge, Icon, Shape, Time, Tone, Visible, event_badge},
};

/// What is asked for once the browser has taken over.
type Asked = RwSignal<Option<Result<(Option<ConnectionCard>, Vec<Event>), Failure>>>;

/// How much went through a connection, and its last events.
pub(super) fn traffic_of(id: ConnectionId) -> Asked {
    let changed = watch(|_| true);
    asked_later(move || {
        changed.track();
        read_traffic(id)
    })
}

#[component]
pub(super) fn Facts(connection: Connection, traffic: Asked) -> impl IntoView {
    let card = move || {
        traffic.with(|traffic| {
            traffic.as_ref().and_then(|traffic| traffic.as_ref().ok()).and_then(|traffic| traffic.0.clone())
        })
    };
    let is_enabled = connection.disabled_at.is_none();
    view! {
        <section class="summary" aria-label="About this connection">
            <p class="big-route">
                <a href=format!("/sources/{}", connection.source_id)><Visible text=connection.source.name/></a>
                <svg class="big-wire" class:off=!is_enabled class:paused=connection.paused_at.is_some() viewBox="0 0 100 12" width="100" height="12" aria-hidden="true" focusable="false">
                    <path d="M0 6H92M86 1l7 5-7 5"/>
                </svg>
                <span class="hidden">" to "</span>
                <a href=format!("/destinations/{}", connection.destination_id)><Visible text=connection.destination.name/></a>
                <EnabledBadge is_enabled/>
                {connection.paused_at.map(|_| view! { <Badge tone=Tone::Warning shape=Shape::Hold word="Paused"/> })}
            </p>
            <dl class="facts">
                {move || numbers(card().as_ref()).into_iter().map(|(word, value)| view! { <div><dt>{word}</dt><dd>{value}</dd></div> }).collect_view()}
                {connection.paused_at.map(|at| view! { <div><dt>"Paused since"</dt><dd><Time at/></dd></div> })}
                {connection.disabled_at.map(|at| view! { <div><dt>"Disabled since"</dt><dd><Time at/></dd></div> })}
            </dl>
        </section>
    }
}

/// Its last events. At the page's end: they come later than the rest, and would move it.
#[component]
pub(super) fn LastEvents(id: ConnectionId, traffic: Asked) -> impl IntoView {
    let events = move || {
        traffic
            .with(|traffic| traffic.as_ref().and_then(|traffic| traffic.as_ref().ok()).map(|traffic| traffic.1.clone()))
    };
    view! {
        <section class="part" aria-labelledby="last-events">
            <header>
                <h2 id="last-events">"Last events"</h2>
                <a href=format!("/events?connection={id}")>"All events"</a>
            </header>
            <div class="last-events">
                {move || events().map(|events| if events.is_empty() {
                    view! { <p class="nothing">"No event yet."</p> }.into_any()
                } else {
                    view! { <ul>{events.into_iter().map(|event| view! { <Last event/> }).collect_view()}</ul> }.into_any()
                })}
            </div>
        </section>
    }
}

/// The numbers of the last 24 hours; dashes until they are there, in the same room.
fn numbers(card: Option<&ConnectionCard>) -> Vec<(&'static str, String)> {
    let of = |number: fn(&ConnectionCard) -> u64| card.map_or_else(|| "–".to_owned(), |card| number(card).to_string());
    vec![
        ("Events in 24 h", of(|card| card.events_24h_count)),
        ("Successful", of(|card| card.events_24h_successful_count)),
        ("Failed", of(|card| card.events_24h_failed_count)),
        ("Not taken", of(|card| card.events_24h_ignored_count)),
        ("Waiting now", of(|card| card.backlog.count)),
        ("Held now", of(|card| card.backlog.held)),
    ]
}

#[component]
fn Last(event: Event) -> impl IntoView {
    view! {
        <li data-testid="last-event" data-row="">
            {event_badge(event.status)}
            <a data-open="" href=format!("/events/{}", event.id)><Visible text=event.event_type.unwrap_or_else(|| "Event".to_owned())/></a>
            {event.failure_message.map(|words| view! { <span class="aside cut"><Icon shape=Shape::Alert/><Visible text=words/></span> })}
            <Time at=event.created_at/>
            <EventAct id=event.id status=event.status of_row=true/>
        </li>
    }
}
