//! Names and values of headers, one a row.

use leptos::prelude::*;

use super::{
    draft::text,
    fields::Answer,
    header_rows::{HeaderRows, field},
};
use crate::ui::{Icon, Shape};

#[component]
pub(super) fn HeaderFields(
    rows: HeaderRows,
    answer: Answer,
    pointer: &'static str,
    /// What the fields' names begin with.
    name: &'static str,
    label: &'static str,
) -> impl IntoView {
    let mistakes = move || {
        let found = answer.get().and_then(Result::err);
        let of_headers = |failure: crate::failure::Failure| -> Vec<String> {
            failure.errors.iter().filter(|error| error.pointer.starts_with(pointer)).map(|e| e.detail.clone()).collect()
        };
        found.map(of_headers).unwrap_or_default()
    };
    let add = move |_| {
        rows.update(|rows| {
            let number = rows.iter().map(|(number, ..)| number + 1).max().unwrap_or_default();
            rows.push((number, text(""), text("")));
        });
    };
    let input = move |signal: RwSignal<String>, what: &'static str, number: usize| {
        view! {
            <input
                type="text" name=field(name, what, number) aria-label=format!("{what} of header {}", number + 1)
                placeholder=what autocomplete="off" spellcheck="false" value=signal.get_untracked()
                prop:value=move || signal.get()
                on:input:target=move |event| signal.set(event.target().value())
            />
        }
    };
    view! {
        <fieldset class="choice header-fields">
            <legend>{label}</legend>
            <For each=move || rows.get() key=|(number, ..)| *number let((number, header, value))>
                <div class="header-row">
                    {input(header, "Name", number)}
                    {input(value, "Value", number)}
                    <button
                        type="button" class="button quiet icon-only with-scripts" aria-label=format!("Remove header {}", number + 1)
                        on:click=move |_| rows.update(|rows| rows.retain(|(known, ..)| *known != number))
                    ><Icon shape=Shape::Bin/></button>
                </div>
            </For>
            {move || mistakes().into_iter().map(|text| view! { <p class="mistake" role="alert">{text}</p> }).collect_view()}
            <button type="button" class="button small with-scripts" on:click=add><Icon shape=Shape::Plus/>"Add header"</button>
        </fieldset>
    }
}
