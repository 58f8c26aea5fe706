//! One event type: what it means and what it carries.

use hookyard_model::{EventType, EventTypeId};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};

use super::{
    schema_table::{Raw, SchemaTable, marks},
    server::{DeleteEventType, read_event_type},
};
use crate::{
    layout::Lost,
    live::watch,
    ui::{Confirm, CopyText, FailureNotice, Icon, Notice, Place, Shape, Skeleton, Time, Tone, Trouble, Visible},
};

/// The id that the path names.
pub(super) fn id_of_path() -> Memo<Option<EventTypeId>> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse().ok()))
}

/// The event type that the path names.
#[component]
pub(crate) fn EventTypePage() -> impl IntoView {
    let id = id_of_path();
    move || match id.get() {
        Some(id) => view! { <Detail id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn Detail(id: EventTypeId) -> impl IntoView {
    let delete = ServerAction::<DeleteEventType>::new();
    let is_deleting = RwSignal::new(false);
    let is_deleted = move || delete.value().with(|answer| matches!(answer, Some(Ok(()))));
    let changed = watch(|change| change.destination.is_none());
    // What we delete ourselves is not looked for again.
    let tick = Memo::new(move |before: Option<&u32>| match before {
        Some(before) if delete.pending().get() || is_deleted() => *before,
        _ => changed.get(),
    });
    let found = Resource::new(move || tick.get(), move |_| read_event_type(id));
    let navigate = use_navigate();
    Effect::new(move |_| {
        if is_deleted() {
            navigate("/event-types", leptos_router::NavigateOptions::default());
        }
    });
    view! {
        <Place title="Event type" up=("/event-types", "Event types")>
            <a class="button" href=format!("/event-types/{id}/edit")><Icon shape=Shape::Pencil/>"Edit"</a>
            <button type="button" class="button" on:click=move |_| is_deleting.set(true)>
                <Icon shape=Shape::Bin/>"Delete"
            </button>
        </Place>
        <FailureNotice failure=Signal::derive(move || delete.value().get().and_then(Result::err))/>
        <Transition fallback=|| view! { <Skeleton rows=4/> }>
            {move || found.get().map(|found| match found {
                Ok(kind) => view! { <Facts kind/> }.into_any(),
                // It went while we looked, by our own hand.
                Err(_) if is_deleted() || delete.pending().get() => ().into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
        <Confirm
            open=is_deleting
            title="Delete this event type?"
            text="It leaves the catalogue. Webhooks that chose it keep it, and events of this type are no longer checked."
            verb="Delete"
            on_yes=Callback::new(move |()| drop(delete.dispatch(DeleteEventType { id })))
        />
    }
}

#[component]
fn Facts(kind: EventType) -> impl IntoView {
    let marks = marks(&kind);
    let EventType { name, label, description, schema, example, deprecated_at, updated_at, .. } = kind;
    let shown = schema.clone();
    let schema = match schema {
        Some(raw) => view! {
            {shown.map(|schema| view! { <SchemaTable schema/> })}
            <details class="raw">
                <summary>"The schema as it is written"</summary>
                <Raw value=raw what="schema"/>
            </details>
        }
        .into_any(),
        None => {
            view! { <p class="nothing">"It has no schema: its events may carry anything, and are not checked."</p> }
                .into_any()
        }
    };
    let example = match example {
        Some(value) => view! { <Raw value what="example"/> }.into_any(),
        None => view! { <p class="nothing">"It has no example for the simulator to begin with."</p> }.into_any(),
    };
    view! {
        <div class="summary event-type">
            <h2><Visible text=label/></h2>
            <p class="names"><CopyText text=name what="name"/>{marks}</p>
            {description.map(|text| view! { <p class="description"><Visible text/></p> })}
            <p class="aside">"Changed "<Time at=updated_at/></p>
        </div>
        {deprecated_at.map(|at| view! {
            <Notice tone=Tone::Warning shape=Shape::Alert>
                <p>"Deprecated since "<Time at/>": new webhooks should not choose it. Those that did still receive it."</p>
            </Notice>
        })}
        <section class="part" aria-labelledby="schema-part">
            <header><h2 id="schema-part">"What its data holds"</h2></header>
            {schema}
        </section>
        <section class="part" aria-labelledby="example-part">
            <header><h2 id="example-part">"Example"</h2></header>
            {example}
        </section>
    }
}
