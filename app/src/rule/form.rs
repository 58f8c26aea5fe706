//! Conditions of a filter as a form: field, operator, value.

use leptos::prelude::*;
use serde_json::Value;

use super::{
    conditions::{Condition, OPERATORS, pattern_of, rows_of},
    typed::pretty,
};
use crate::ui::{Icon, Shape};

/// A row that is typed into.
#[derive(Clone, Copy)]
struct Row {
    key: u32,
    field: RwSignal<String>,
    operator: RwSignal<String>,
    value: RwSignal<String>,
}

impl Row {
    fn new(key: u32, condition: Condition) -> Self {
        Self {
            key,
            field: RwSignal::new(condition.field),
            operator: RwSignal::new(condition.operator),
            value: RwSignal::new(condition.value),
        }
    }
}

fn blank() -> Condition {
    Condition { operator: "$eq".to_owned(), ..Condition::default() }
}

/// Writes `text` as the rows say.
#[component]
pub(super) fn ConditionsForm(
    text: RwSignal<String>,
    /// The fields to choose from.
    names: Signal<Vec<String>>,
    /// Whether conditions are about the whole, which has no fields.
    is_whole: bool,
) -> impl IntoView {
    let pattern = text.with_untracked(|text| serde_json::from_str::<Value>(text).ok()).unwrap_or_default();
    let conditions = rows_of(&pattern).filter(|rows| !rows.is_empty()).unwrap_or_else(|| vec![blank()]);
    let rows: Vec<_> = (0_u32..).zip(conditions).map(|(key, condition)| Row::new(key, condition)).collect();
    let next = StoredValue::new(u32::try_from(rows.len()).unwrap_or(u32::MAX / 2));
    let rows = RwSignal::new(rows);
    let write = move || {
        let of_row = |row: &Row| Condition {
            field: row.field.get_untracked(),
            operator: row.operator.get_untracked(),
            value: row.value.get_untracked(),
        };
        let rows: Vec<_> = rows.with_untracked(|rows| rows.iter().map(of_row).collect());
        // A whole that says nothing yet is not a condition on the empty path.
        let rows: Vec<_> = rows.into_iter().filter(|row| !is_whole || !row.value.trim().is_empty()).collect();
        text.set(pattern_of(&rows, is_whole).map_or_else(|| "{}".to_owned(), |pattern| pretty(&pattern)));
    };
    let add = move |_| {
        let key = next.get_value();
        next.set_value(key + 1);
        rows.update(|rows| rows.push(Row::new(key, blank())));
    };
    let remove = move |key: u32| {
        rows.update(|rows| rows.retain(|row| row.key != key));
        write();
    };
    view! {
        <datalist id="filter-fields">{move || names.get().into_iter().map(|name| view! { <option value=name></option> }).collect_view()}</datalist>
        <ul class="conditions">
            <For each=move || rows.get() key=|row| row.key let:row>
                <ConditionRow row is_whole write=Callback::new(move |()| write()) remove=Callback::new(remove)/>
            </For>
        </ul>
        <button type="button" class="button small" on:click=add><Icon shape=Shape::Plus/>"Add condition"</button>
    }
}

#[component]
fn ConditionRow(row: Row, is_whole: bool, write: Callback<()>, remove: Callback<u32>) -> impl IntoView {
    let is_there = Memo::new(move |_| row.operator.with(|operator| operator == "$exist"));
    let set = move |signal: RwSignal<String>, value: String| {
        signal.set(value);
        write.run(());
    };
    let option = move |(operator, word): (&'static str, &'static str)| {
        view! { <option value=operator selected=row.operator.get_untracked() == operator>{word}</option> }
    };
    let hint = move || match row.operator.get().as_str() {
        "$in" | "$nin" => "a, b, c",
        _ => "value",
    };
    let choose = move |operator: String| {
        if operator == "$exist" && !matches!(row.value.get_untracked().as_str(), "yes" | "no") {
            row.value.set("yes".to_owned());
        }
        set(row.operator, operator);
    };
    view! {
        <li class="condition">
            {(!is_whole).then(|| view! {
                <input type="text" aria-label="Field" placeholder="customer.country" list="filter-fields" autocomplete="off" autocapitalize="off"
                    spellcheck="false" value=row.field.get_untracked() prop:value=row.field
                    on:input:target=move |event| set(row.field, event.target().value())/>
            })}
            <select aria-label="Operator" on:change:target=move |event| choose(event.target().value())>
                {OPERATORS.map(option).collect_view()}
            </select>
            {move || if is_there.get() {
                view! {
                    <select aria-label="Value" prop:value=row.value on:change:target=move |event| set(row.value, event.target().value())>
                        <option value="yes" selected=row.value.get_untracked() != "no">"yes"</option>
                        <option value="no" selected=row.value.get_untracked() == "no">"no"</option>
                    </select>
                }
                .into_any()
            } else {
                view! {
                    <input type="text" aria-label="Value" placeholder=hint autocomplete="off" autocapitalize="off" spellcheck="false"
                        value=row.value.get_untracked() prop:value=row.value
                        on:input:target=move |event| set(row.value, event.target().value())/>
                }
                .into_any()
            }}
            <button type="button" class="button quiet icon-only" aria-label="Remove condition" on:click=move |_| remove.run(row.key)>
                <Icon shape=Shape::Bin/>
            </button>
        </li>
    }
}
