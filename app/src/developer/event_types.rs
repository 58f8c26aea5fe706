//! The way to the event catalogue, and what an empty one can be begun with.

use leptos::prelude::*;

use super::server::AddReadyMadeEventTypes;
use crate::ui::{Icon, Shape};

/// Where the event types are.
#[component]
pub(super) fn EventTypes() -> impl IntoView {
    view! {
        <section class="part" aria-labelledby="event-types">
            <header>
                <h2 id="event-types">"Event types"</h2>
                <a class="button" href="/event-types"><Icon shape=Shape::Event/>"Event catalogue"</a>
            </header>
            <p class="aside">"What your events are called and what they carry, with schemas and examples, stands in the catalogue."</p>
        </section>
    }
}

#[component]
pub(super) fn AddReadyMade(add: ServerAction<AddReadyMadeEventTypes>) -> impl IntoView {
    view! {
        <button type="button" class="button" disabled=add.pending() on:click=move |_| drop(add.dispatch(AddReadyMadeEventTypes {}))>
            <Icon shape=Shape::Plus/>"Add the ready-made event types"
        </button>
    }
}
