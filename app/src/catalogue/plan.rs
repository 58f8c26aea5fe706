//! What an import would do, type by type.

use std::collections::BTreeSet;

use hookyard_model::{EventType, EventTypeInput, ImportAction, ImportedEventType};
use leptos::prelude::*;
use serde_json::Value;

use super::{import::is_change, schema_table::Raw};
use crate::ui::{Badge, Shape, Tone, Visible, sentence};

#[component]
pub(super) fn Plan(
    plan: Vec<ImportedEventType>,
    /// The catalogue as it is.
    before: Vec<EventType>,
    chosen: RwSignal<BTreeSet<String>>,
) -> impl IntoView {
    let changes: BTreeSet<String> =
        plan.iter().filter(|imported| is_change(imported)).map(|imported| imported.name.clone()).collect();
    let has_many = changes.len() > 1;
    let all = StoredValue::new(changes);
    let item = |imported: ImportedEventType| {
        let known = before.iter().find(|kind| kind.name == imported.name).cloned();
        view! { <Item imported known chosen/> }
    };
    view! {
        {has_many.then(|| view! {
            <p class="row choose-all">
                <button type="button" class="button quiet small" on:click=move |_| chosen.set(all.get_value())>"Choose all"</button>
                <button type="button" class="button quiet small" on:click=move |_| chosen.set(BTreeSet::new())>"Choose none"</button>
            </p>
        })}
        <ul class="plan" data-testid="plan">{plan.into_iter().map(item).collect_view()}</ul>
    }
}

#[component]
fn Item(imported: ImportedEventType, known: Option<EventType>, chosen: RwSignal<BTreeSet<String>>) -> impl IntoView {
    let is_change = is_change(&imported);
    let (tone, shape, word) = match imported.action {
        ImportAction::Create => (Tone::Good, Shape::Plus, "New"),
        ImportAction::Update => (Tone::Waiting, Shape::Pencil, "Changes"),
        ImportAction::Keep => (Tone::Off, Shape::Check, "As it is"),
        ImportAction::Refuse => (Tone::Bad, Shape::Cross, "Cannot be taken"),
    };
    let ImportedEventType { name, input, mistakes, .. } = imported;
    let kept = StoredValue::new(name.clone());
    let is_chosen = move || chosen.with(|chosen| kept.with_value(|name| chosen.contains(name)));
    let tick = move |is_ticked: bool| {
        chosen.update(|chosen| {
            if is_ticked {
                chosen.insert(kept.get_value())
            } else {
                chosen.remove(&kept.get_value())
            };
        });
    };
    let label = input.label.clone().unwrap_or_default();
    let head = view! {
        <span class="names"><strong><Visible text=label/></strong><code><Visible text=name/></code><Badge tone shape word/></span>
    };
    let mistake = |mistake: hookyard_model::FieldError| {
        view! { <li><code><Visible text=mistake.pointer/></code>" "<Visible text=sentence(&mistake.detail)/></li> }
    };
    view! {
        <li>
            {if is_change {
                view! {
                    <label class="check">
                        <input type="checkbox" prop:checked=is_chosen on:change:target=move |event| tick(event.target().checked())/>
                        {head}
                    </label>
                }
                .into_any()
            } else {
                view! { <div class="check"><span class="no-box"></span>{head}</div> }.into_any()
            }}
            {(!mistakes.is_empty()).then(|| view! { <ul class="mistakes">{mistakes.into_iter().map(mistake).collect_view()}</ul> })}
            {is_change.then(|| view! { <Differences known input/> })}
        </li>
    }
}

/// A field as it is and as it would be.
struct Difference {
    what: &'static str,
    before: Option<Value>,
    after: Option<Value>,
}

fn differences(known: Option<&EventType>, input: &EventTypeInput) -> Vec<Difference> {
    let text = |text: Option<&String>| text.map(|text| Value::String(text.clone()));
    let yes = |is: bool| Some(Value::Bool(is));
    let all = [
        ("Label", text(known.map(|kind| &kind.label)), text(input.label.as_ref())),
        ("Description", text(known.and_then(|kind| kind.description.as_ref())), text(input.description.as_ref())),
        ("Deprecated", yes(known.is_some_and(|kind| kind.deprecated_at.is_some())), yes(input.deprecated)),
        ("Schema", known.and_then(|kind| kind.schema.clone()), input.schema.clone()),
        ("Example", known.and_then(|kind| kind.example.clone()), input.example.clone()),
    ];
    let differs = |(what, before, after)| (before != after).then_some(Difference { what, before, after });
    all.into_iter().filter_map(differs).collect()
}

#[component]
fn Differences(known: Option<EventType>, input: EventTypeInput) -> impl IntoView {
    let is_new = known.is_none();
    let found = differences(known.as_ref(), &input);
    let names = found.iter().map(|difference| difference.what).collect::<Vec<_>>().join(", ");
    let open = RwSignal::new(false);
    let found = StoredValue::new(found);
    let one = move |difference: &Difference| {
        let side = |value: &Option<Value>, what| match value {
            Some(Value::String(text)) => view! { <p><Visible text=text.clone()/></p> }.into_any(),
            Some(Value::Bool(is)) => view! { <p>{if *is { "Yes" } else { "No" }}</p> }.into_any(),
            Some(value) => view! { <Raw value=value.clone() what/> }.into_any(),
            None => view! { <p class="nothing">"None"</p> }.into_any(),
        };
        view! {
            <section class="difference" class:new=is_new>
                <h3>{difference.what}</h3>
                {(!is_new).then(|| view! { <div><h4>"Now"</h4>{side(&difference.before, "as it is now")}</div> })}
                <div>{(!is_new).then(|| view! { <h4>"Then"</h4> })}{side(&difference.after, "as it would be")}</div>
            </section>
        }
    };
    view! {
        <details on:toggle=move |_| open.set(true)>
            <summary>{if is_new { "With: " } else { "Differs in: " }}{names.to_lowercase()}</summary>
            {move || open.get().then(|| found.with_value(|found| found.iter().map(one).collect_view()))}
        </details>
    }
}
