//! The catalogue as a list.

use hookyard_model::EventType;
use leptos::prelude::*;

use super::{
    schema_table::marks,
    server::{Catalogue, read_catalogue},
};
use crate::{
    developer::AddReadyMadeEventTypes,
    live::watch,
    ui::{Empty, FailureNotice, Filters, Icon, Place, SearchFilter, Shape, Skeleton, Trouble, Visible, query_param},
};

#[component]
pub(crate) fn CataloguePage() -> impl IntoView {
    let add = ServerAction::<AddReadyMadeEventTypes>::new();
    let changed = watch(|change| change.destination.is_none());
    let found = Resource::new(move || (changed.get(), add.version().get()), |_| read_catalogue());
    let sought = query_param("q");
    view! {
        <Place title="Event types">
            <a class="button" href="/event-types/import"><Icon shape=Shape::Source/>"Import"</a>
            <a class="button primary" href="/event-types/new"><Icon shape=Shape::Plus/>"Create Event Type"</a>
        </Place>
        <p class="aside">
            "What your events are called and what they carry. Webhooks choose from them, the simulator fills in their examples, \
             and what you publish is checked against their schemas."
        </p>
        <FailureNotice failure=Signal::derive(move || add.value().get().and_then(Result::err))/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || found.get().map(|found| match found {
                Ok(found) if found.types.is_empty() => view! { <Nothing add/> }.into_any(),
                Ok(found) => view! { <Found found sought/> }.into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
    }
}

#[component]
fn Nothing(add: ServerAction<AddReadyMadeEventTypes>) -> impl IntoView {
    view! {
        <Empty shape=Shape::Event title="The catalogue is empty">
            <p>"Create your own types, import those of an OpenAPI document, or begin with a set that is ready made."</p>
            <button
                type="button"
                class="button"
                disabled=add.pending()
                on:click=move |_| drop(add.dispatch(AddReadyMadeEventTypes {}))
            >
                <Icon shape=Shape::Plus/>"Add the ready-made event types"
            </button>
        </Empty>
    }
}

#[component]
fn Found(found: Catalogue, sought: Memo<Option<String>>) -> impl IntoView {
    let count = found.types.len();
    let found = StoredValue::new(found);
    let shown = Memo::new(move |_| {
        let sought = sought.get().unwrap_or_default().to_lowercase();
        found.with_value(|found| found.types.iter().filter(|kind| is_about(kind, &sought)).cloned().collect::<Vec<_>>())
    });
    let rows = move || {
        let row = |kind: EventType| {
            let chosen = found.with_value(|found| found.chosen.get(&kind.name).copied().unwrap_or_default());
            view! { <Row kind chosen/> }
        };
        shown.get().into_iter().map(row).collect_view()
    };
    view! {
        <div class="toolbar"><Filters action="/event-types"><SearchFilter placeholder="Name, label or description"/></Filters></div>
        <p class="hidden" role="status">{move || shown.with(|shown| format!("{} of {count} event types", shown.len()))}</p>
        <Show
            when=move || shown.with(|shown| !shown.is_empty())
            fallback=|| view! {
                <Empty shape=Shape::Question title="No event type has that in its name, label or description">
                    <a class="button" href="/event-types">"Show all"</a>
                </Empty>
            }
        >
            <table class="table catalogue" aria-label="Event types">
                <thead>
                    <tr>
                        <th scope="col">"Event type"</th>
                        <th scope="col">"Description"</th>
                        <th scope="col">"Schema"</th>
                        <th scope="col">"Webhooks"</th>
                    </tr>
                </thead>
                <tbody data-testid="event-types">{rows}</tbody>
            </table>
        </Show>
    }
}

fn is_about(kind: &EventType, sought: &str) -> bool {
    [Some(&kind.name), Some(&kind.label), kind.description.as_ref()]
        .into_iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(sought.trim()))
}

#[component]
fn Row(kind: EventType, chosen: usize) -> impl IntoView {
    let marks = marks(&kind);
    let has_schema = kind.schema.is_some();
    view! {
        <tr class="linked" class:deprecated=kind.deprecated_at.is_some()>
            <td>
                <a class="row-link" href=format!("/event-types/{}", kind.id)><Visible text=kind.label/></a>
                <span class="names"><code><Visible text=kind.name/></code>{marks}</span>
            </td>
            <td class="grow"><span class="few-lines"><Visible text=kind.description.unwrap_or_default()/></span></td>
            <td data-label="Schema">
                {if has_schema { "Yes".into_any() } else { view! { <span class="nothing">"None"</span> }.into_any() }}
            </td>
            <td data-label="Webhooks" class="number">{chosen}</td>
        </tr>
    }
}
