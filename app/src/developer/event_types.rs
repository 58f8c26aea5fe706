//! The catalogue of event types: shown, added to, and chosen from.

use std::collections::BTreeSet;

use hookyard_model::EventType;
use leptos::{form::ActionForm, prelude::*};

use super::server::{AddReadyMadeEventTypes, CreateEventType, DeleteEventType, event_types};
use crate::ui::{Confirm, Empty, FailureNotice, Icon, Shape, Skeleton, TextField, Trouble, mistake_of};

/// The catalogue, with what can be added to it.
#[component]
pub(crate) fn EventTypes() -> impl IntoView {
    let add = ServerAction::<AddReadyMadeEventTypes>::new();
    let create = ServerAction::<CreateEventType>::new();
    let delete = ServerAction::<DeleteEventType>::new();
    let catalogue =
        Resource::new(move || (add.version().get(), create.version().get(), delete.version().get()), |_| event_types());
    let doomed = RwSignal::new(None::<EventType>);
    let is_deleting = RwSignal::new(false);
    Effect::new(move |_| is_deleting.set(doomed.with(Option::is_some)));
    let failure =
        move || add.value().get().and_then(Result::err).or_else(|| delete.value().get().and_then(Result::err));
    let do_delete = move |()| {
        if let Some(kind) = doomed.get_untracked() {
            delete.dispatch(DeleteEventType { id: kind.id });
        }
    };
    let row = move |kind: EventType| {
        let label = format!("Delete {}", kind.name);
        let kept = StoredValue::new(kind.clone());
        view! {
            <li>
                <span class="name"><strong>{kind.label}</strong><code>{kind.name}</code></span>
                <span class="description">{kind.description}</span>
                <button
                    type="button"
                    class="button quiet icon-only"
                    title=label.clone()
                    aria-label=label
                    on:click=move |_| doomed.set(Some(kept.get_value()))
                ><Icon shape=Shape::Bin/></button>
            </li>
        }
    };
    view! {
        <section class="part" aria-labelledby="event-types">
            <header><h2 id="event-types">"Event types"</h2></header>
            <FailureNotice failure=Signal::derive(failure)/>
            <Transition fallback=|| view! { <Skeleton rows=3/> }>
                {move || catalogue.get().map(|catalogue| match catalogue {
                    Ok(types) if types.is_empty() => view! {
                        <Empty shape=Shape::Event title="The catalogue is empty"><AddReadyMade add/></Empty>
                    }
                    .into_any(),
                    Ok(types) => view! { <ul class="event-types">{types.into_iter().map(row).collect_view()}</ul> }.into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
            <NewEventType create/>
            <Confirm
                open=is_deleting
                title="Delete this event type?"
                text=Signal::derive(move || {
                    let name = doomed.get().map(|kind| kind.name).unwrap_or_default();
                    format!("{name} leaves the catalogue. Webhooks that chose it keep it.")
                })
                verb="Delete"
                on_yes=Callback::new(do_delete)
            />
        </section>
    }
}

#[component]
fn AddReadyMade(add: ServerAction<AddReadyMadeEventTypes>) -> impl IntoView {
    view! {
        <button type="button" class="button" disabled=add.pending() on:click=move |_| drop(add.dispatch(AddReadyMadeEventTypes {}))>
            <Icon shape=Shape::Plus/>"Add the ready-made event types"
        </button>
    }
}

#[component]
fn NewEventType(create: ServerAction<CreateEventType>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let answer = create.value();
    Effect::new(move |_| {
        if let Some(Ok(_)) = answer.get() {
            name.set(String::new());
        }
    });
    let elsewhere = move || answer.get()?.err().filter(|failure| failure.about("/name").is_none());
    view! {
        <div class="inline-form">
            <ActionForm action=create>
                <TextField name="name" label="New event type" bound=name placeholder="invoice.paid"
                    mistake=mistake_of(move || answer.get(), "/name")/>
                <button class="button" disabled=create.pending()>"Add event type"</button>
            </ActionForm>
            <FailureNotice failure=Signal::derive(elsewhere)/>
        </div>
    }
}

/// A choice of event types within a form. While `chosen` is none, those are ticked that are so by default.
#[component]
pub(crate) fn EventTypeChoice(
    chosen: RwSignal<Option<BTreeSet<String>>>,
    #[prop(into)] mistake: Signal<Option<String>>,
) -> impl IntoView {
    let add = ServerAction::<AddReadyMadeEventTypes>::new();
    let custom = RwSignal::new(String::new());
    let added = RwSignal::new(chosen.get_untracked().unwrap_or_default());
    let catalogue = Resource::new(
        move || add.version().get(),
        move |_| async move {
            let types = event_types().await;
            if let Ok(types) = &types
                && chosen.with_untracked(Option::is_none)
                && !types.is_empty()
            {
                let ticked = types.iter().filter(|kind| kind.default_enabled);
                chosen.set(Some(ticked.map(|kind| kind.name.clone()).collect()));
            }
            types
        },
    );
    let option = move |name: String, label: String, description: Option<String>| {
        let is_chosen = {
            let name = name.clone();
            move || chosen.with(|chosen| chosen.as_ref().is_some_and(|chosen| chosen.contains(&name)))
        };
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=is_chosen
                    on:change:target={
                        let name = name.clone();
                        move |event| chosen.update(|chosen| {
                            let chosen = chosen.get_or_insert_default();
                            if event.target().checked() { chosen.insert(name.clone()); } else { chosen.remove(&name); }
                        })
                    }
                />
                <span><strong>{label}</strong>" "<code>{name}</code>{description.map(|text| view! { <small>{text}</small> })}</span>
            </label>
        }
    };
    let add_custom = move |_| {
        let name = custom.get_untracked().trim().to_owned();
        if !name.is_empty() {
            added.update(|added| {
                added.insert(name.clone());
            });
            chosen.update(|chosen| {
                chosen.get_or_insert_default().insert(name);
            });
            custom.set(String::new());
        }
    };
    view! {
        <fieldset class="choice" class:wrong=move || mistake.with(Option::is_some)>
            <legend>"Event types"</legend>
            {move || mistake.get().map(|mistake| view! { <p class="mistake" role="alert">{mistake}</p> })}
            <Transition fallback=|| view! { <Skeleton rows=4/> }>
                {move || catalogue.get().map(|catalogue| match catalogue {
                    Ok(types) => {
                        let known: BTreeSet<_> = types.iter().map(|kind| kind.name.clone()).collect();
                        let is_empty = types.is_empty();
                        view! {
                            {is_empty.then(|| view! { <AddReadyMade add/> })}
                            {types.into_iter().map(|kind| option(kind.name, kind.label, kind.description)).collect_view()}
                            {move || added.get().into_iter().filter(|name| !known.contains(name))
                                .map(|name| option(name, "Custom".to_owned(), None)).collect_view()}
                        }
                        .into_any()
                    }
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
            <div class="inline-form">
                <TextField name="custom_type" label="Another type, by its name" bound=custom placeholder="invoice.paid"/>
                <button type="button" class="button" on:click=add_custom>"Add"</button>
            </div>
        </fieldset>
    }
}
