//! Why an event is held.

use hookyard_model::{BreakerState, Connection, Destination, Event, EventStatus, Status};
use leptos::prelude::*;

use super::server::holders_of;
use crate::{
    live::asked_later,
    ui::{Countdown, Time, Visible},
};

/// What an event that is held waits for; nothing for others.
#[component]
pub(crate) fn HeldBecause(event: Event) -> impl IntoView {
    let (destination, connection) = (event.destination_id, event.connection_id);
    (event.status == EventStatus::Hold).then(|| {
        let found = asked_later(move || holders_of(destination, connection));
        move || match found.get() {
            Some(Ok((destination, connection))) => words(destination, connection.as_ref()),
            _ => view! { "It waits" }.into_any(),
        }
    })
}

fn words(destination: Destination, connection: Option<&Connection>) -> AnyView {
    let href = format!("/destinations/{}", destination.id);
    let breaker = destination.breaker;
    let name = view! { <a href=href><Visible text=destination.name/></a> };
    let next = match (breaker.state, breaker.next_probe_at) {
        (BreakerState::Open, Some(at)) => Some(view! { "; the next probe goes out "<Countdown at/> }.into_any()),
        (BreakerState::Probing, _) => Some("; a probe is going out".into_any()),
        _ => None,
    };
    let breaker_since = breaker.since;
    if destination.status == Status::Disabled {
        view! { "Held: "{name}" is disabled" }.into_any()
    } else if let Some(at) = destination.paused_at {
        view! { "Held: "{name}" is paused since "<Time at/> }.into_any()
    } else if let Some(at) = connection.and_then(|connection| connection.paused_at) {
        view! { "Held: its connection is paused since "<Time at/> }.into_any()
    } else if breaker.is_open() {
        view! { "Held: the circuit breaker of "{name}" is open"{breaker_since.map(|at| view! { " since "<Time at/> })}{next} }.into_any()
    } else if breaker.is_draining {
        view! { "Held: the circuit breaker of "{name}" is closed again, and what it held goes out gently, in turn" }
            .into_any()
    } else {
        view! { "Held: it is about to be let go" }.into_any()
    }
}
