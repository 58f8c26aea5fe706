//! The choice of event types in a webhook's form.

use std::collections::BTreeSet;

use hookyard_model::{EventType, NoticeKind, is_operational};
use leptos::prelude::*;

use super::{
    event_types::AddReadyMade,
    server::{AddReadyMadeEventTypes, event_types},
};
use crate::ui::{Skeleton, TextField, Trouble, Visible, coloured};

/// What a webhook has chosen; none until the catalogue is there, whose defaults are then ticked.
type Chosen = RwSignal<Option<BTreeSet<String>>>;

/// A choice of event types within a form. While `chosen` is none, those are ticked that are so by default.
#[component]
pub(super) fn EventTypeChoice(chosen: Chosen, #[prop(into)] mistake: Signal<Option<String>>) -> impl IntoView {
    let add = ServerAction::<AddReadyMadeEventTypes>::new();
    // What is chosen although the catalogue does not have it stays in sight, also once it is no longer ticked.
    let custom = RwSignal::new(chosen.get_untracked().unwrap_or_default());
    let catalogue = Resource::new(
        move || add.version().get(),
        move |_| async move {
            let types = event_types().await;
            if let Ok(types) = &types
                && chosen.with_untracked(Option::is_none)
                && !types.is_empty()
            {
                let ticked = types.iter().filter(|kind| kind.default_enabled && kind.deprecated_at.is_none());
                chosen.set(Some(ticked.map(|kind| kind.name.clone()).collect()));
            }
            types
        },
    );
    let of_catalogue = move |types: Vec<EventType>| {
        let known: BTreeSet<_> = types.iter().map(|kind| kind.name.clone()).collect();
        let is_custom = move |name: &String| !known.contains(name) && !is_operational(name);
        view! {
            {types.is_empty().then(|| view! { <AddReadyMade add/> })}
            {types.into_iter().map(|kind| view! { <Known kind chosen/> }).collect_view()}
            {move || custom.get().into_iter().filter(&is_custom)
                .map(|name| view! { <TypeBox name label="Custom" chosen/> }).collect_view()}
        }
    };
    view! {
        <fieldset class="choice" class:wrong=move || mistake.with(Option::is_some)>
            <legend>"Event types"</legend>
            {move || mistake.get().map(|mistake| view! { <p class="mistake" role="alert">{mistake}</p> })}
            <Transition fallback=|| view! { <Skeleton rows=4/> }>
                {move || catalogue.get().map(|catalogue| match catalogue {
                    Ok(types) => of_catalogue(types).into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
            <Another custom chosen/>
        </fieldset>
        <fieldset class="choice">
            <legend>"About your webhooks"</legend>
            <p class="aside">"Hookyard's own events: how your webhooks and destinations are doing, for the program that looks after them."</p>
            {NoticeKind::ALL.iter().map(|kind| view! {
                <TypeBox name=kind.event_type().to_owned() label=kind.label() description=kind.description().to_owned() chosen/>
            }).collect_view()}
        </fieldset>
    }
}

/// A type of the catalogue, with what it carries.
#[component]
fn Known(kind: EventType, chosen: Chosen) -> impl IntoView {
    let is_deprecated = kind.deprecated_at.is_some();
    let name = kind.name.clone();
    let shown = [("Schema", kind.schema), ("Example", kind.example)];
    let parts: Vec<_> = shown
        .into_iter()
        .filter_map(|(what, value)| Some((what, serde_json::to_string_pretty(&value?).ok()?)))
        .collect();
    let open = RwSignal::new(false);
    let summary = format!("Schema and example of {name}");
    view! {
        <div class="known-type">
            <TypeBox name label=kind.label description=kind.description.unwrap_or_default() is_deprecated chosen/>
            {(!parts.is_empty()).then(|| view! {
                <details on:toggle=move |_| open.set(true)>
                    <summary aria-label=summary>"Schema and example"</summary>
                    <div class="known-parts">
                        {move || open.get().then(|| parts.iter().map(|(what, json)| view! {
                            <section aria-label=*what>
                                <h3>{*what}</h3>
                                <pre class="code" tabindex="0" role="group" aria-label=*what>{coloured(json, true)}</pre>
                            </section>
                        }).collect_view())}
                    </div>
                </details>
            })}
        </div>
    }
}

/// One box to tick.
#[component]
fn TypeBox(
    name: String,
    #[prop(into)] label: String,
    #[prop(optional)] description: String,
    #[prop(optional)] is_deprecated: bool,
    chosen: Chosen,
) -> impl IntoView {
    let kept = StoredValue::new(name.clone());
    let is_chosen = move || {
        chosen.with(|chosen| chosen.as_ref().is_some_and(|chosen| kept.with_value(|name| chosen.contains(name))))
    };
    let tick = move |is_ticked: bool| {
        chosen.update(|chosen| {
            let chosen = chosen.get_or_insert_default();
            let name = kept.get_value();
            if is_ticked {
                chosen.insert(name);
            } else {
                chosen.remove(&name);
            }
        });
    };
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=is_chosen on:change:target=move |event| tick(event.target().checked())/>
            <span>
                <strong>{label}</strong>" "<code><Visible text=name/></code>
                {is_deprecated.then(|| view! { <span class="tag">"deprecated"</span> })}
                {(!description.is_empty()).then(|| view! { <small>{description}</small> })}
            </span>
        </label>
    }
}

/// A type that the catalogue does not have.
#[component]
fn Another(custom: RwSignal<BTreeSet<String>>, chosen: Chosen) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let add = move |_| {
        let name = typed.get_untracked().trim().to_owned();
        if !name.is_empty() {
            custom.update(|custom| {
                custom.insert(name.clone());
            });
            chosen.update(|chosen| {
                chosen.get_or_insert_default().insert(name);
            });
            typed.set(String::new());
        }
    };
    view! {
        <div class="inline-form">
            <TextField name="custom_type" label="Another type, by its name" bound=typed placeholder="invoice.paid"/>
            <button type="button" class="button" on:click=add>"Add"</button>
        </div>
    }
}
