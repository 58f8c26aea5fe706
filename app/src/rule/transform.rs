//! The editor of the transform rules: which scripts run, in which order.

use hookyard_model::TransformationId;
use leptos::prelude::*;

use super::{draft::Draft, typed::Mistake};
use crate::ui::{Icon, Shape, Visible};

#[component]
pub(super) fn TransformEditor(
    draft: Draft,
    mistakes: Signal<Vec<Mistake>>,
    /// The stored transformations.
    scripts: Signal<Vec<(TransformationId, String)>>,
) -> impl IntoView {
    let chosen = draft.transformations;
    let name = move |id: TransformationId| {
        let found =
            scripts.with(|scripts| scripts.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone()));
        found.unwrap_or_else(|| id.to_string())
    };
    let wrong = Signal::derive(move || {
        mistakes.with(|mistakes| {
            mistakes.iter().find(|mistake| mistake.kind == "transform").map(|mistake| mistake.detail.clone())
        })
    });
    let others = move || {
        let is_free = |(id, _): &(TransformationId, String)| chosen.with(|chosen| !chosen.contains(id));
        scripts.get().into_iter().filter(is_free).collect::<Vec<_>>()
    };
    let add = move |event: web_sys::Event| {
        let select = event_target::<web_sys::HtmlSelectElement>(&event);
        if let Ok(id) = select.value().parse() {
            chosen.update(|chosen| chosen.push(id));
        }
        select.set_value("");
    };
    let row = move |(at, id): (usize, TransformationId)| {
        let to_move = move |by: isize| {
            chosen.update(|chosen| {
                if let Some(to) = at.checked_add_signed(by).filter(|to| *to < chosen.len()) {
                    chosen.swap(at, to);
                }
            });
        };
        let is_last = move || chosen.with(|chosen| at + 1 == chosen.len());
        view! {
            <li>
                <span class="at">{at + 1}</span>
                <a href=format!("/transformations/{id}")>{move || view! { <Visible text=name(id)/> }}</a>
                <span class="acts">
                    <button type="button" class="button quiet icon-only up" disabled=at == 0 aria-label=move || format!("Move {} up", name(id))
                        on:click=move |_| to_move(-1)><Icon shape=Shape::Chevron/></button>
                    <button type="button" class="button quiet icon-only down" disabled=is_last aria-label=move || format!("Move {} down", name(id))
                        on:click=move |_| to_move(1)><Icon shape=Shape::Chevron/></button>
                    <button type="button" class="button quiet icon-only" aria-label=move || format!("Remove {}", name(id))
                        on:click=move |_| chosen.update(|chosen| { chosen.remove(at); })><Icon shape=Shape::Bin/></button>
                </span>
            </li>
        }
    };
    view! {
        <ol class="scripts" hidden=move || chosen.with(Vec::is_empty)>
            {move || chosen.get().into_iter().enumerate().map(row).collect_view()}
        </ol>
        <div class="field" class:wrong=move || wrong.with(Option::is_some)>
            <label for="add-script">"Add a transformation"</label>
            <select id="add-script" aria-describedby="add-script-hint" on:change=add>
                <option value="">{move || if others().is_empty() { "None left to add" } else { "Choose" }}</option>
                {move || others().into_iter().map(|(id, name)| view! { <option value=id.to_string()>{name}</option> }).collect_view()}
            </select>
            <div class="field-hint" id="add-script-hint">
                {move || wrong.get().map(|wrong| view! { <p class="mistake" role="alert">{wrong}</p> })}
                <p>"They run in this order, each on what the one before made. "<a href="/transformations/new">"Write a new one"</a></p>
            </div>
        </div>
    }
}
