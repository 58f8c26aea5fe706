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
    ui::{
        Empty, FailureNotice, Filters, Icon, Place, SearchFilter, Shape, Skeleton, Visible, as_long_as, once_read,
        query_param,
    },
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
            {once_read(found, move |found| {
                let is_any = move || found.with(|found| !found.types.is_empty());
                view! {
                    {move || (!is_any()).then(|| view! { <Nothing add/> })}
                    {as_long_as(is_any, move || view! { <Found found sought/> })}
                }
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

/// What is typed into the search stays when the catalogue changes.
#[component]
fn Found(found: Memo<Catalogue>, sought: Memo<Option<String>>) -> impl IntoView {
    let count = move || found.with(|found| found.types.len());
    let shown = Memo::new(move |_| {
        let sought = sought.get().unwrap_or_default().to_lowercase();
        found.with(|found| found.types.iter().filter(|kind| is_about(kind, &sought)).cloned().collect::<Vec<_>>())
    });
    let rows = move || {
        let row = |kind: EventType| {
            let chosen = found.with(|found| found.chosen.get(&kind.name).copied().unwrap_or_default());
            view! { <Row kind chosen/> }
        };
        shown.get().into_iter().map(row).collect_view()
    };
    view! {
        <div class="toolbar"><Filters action="/event-types"><SearchFilter placeholder="Name, label or description"/></Filters></div>
        <p class="hidden" role="status">{move || format!("{} of {} event types", shown.with(Vec::len), count())}</p>
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
