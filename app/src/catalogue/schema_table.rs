//! What an event type carries, as a table and as it was written.

use hookyard_model::EventType;
use leptos::prelude::*;
use serde_json::Value;

use super::schema::{Property, properties};
use crate::ui::{Visible, coloured};

/// The properties of a schema.
#[component]
pub(super) fn SchemaTable(schema: Value) -> impl IntoView {
    let found = properties(&schema);
    if found.is_empty() {
        return view! { <p class="nothing">"The schema names no properties."</p> }.into_any();
    }
    view! {
        <table class="table schema">
            <thead>
                <tr><th scope="col">"Property"</th><th scope="col">"Type"</th><th scope="col">"Description"</th></tr>
            </thead>
            <tbody>{found.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn row(property: Property) -> impl IntoView {
    let notes = property.notes.into_iter().map(|note| view! { <span class="note"><Visible text=note/></span> });
    view! {
        <tr>
            <td>
                <span class=format!("property depth-{}", property.depth)>
                    <code><Visible text=property.name/></code>
                    {property.is_required.then(|| view! { <span class="tag required">"required"</span> })}
                    {property.is_deprecated.then(|| view! { <span class="tag">"deprecated"</span> })}
                </span>
            </td>
            <td data-label="Type"><Visible text=property.kind/></td>
            <td class="about"><Visible text=property.description/>{notes.collect_view()}</td>
        </tr>
    }
}

/// A JSON value as it was written.
#[component]
pub(super) fn Raw(value: Value, what: &'static str) -> impl IntoView {
    let json = serde_json::to_string_pretty(&value).unwrap_or_default();
    view! { <pre class="code" tabindex="0" role="group" aria-label=what>{coloured(&json, true)}</pre> }
}

/// The marks of an event type: by default, deprecated.
pub(super) fn marks(kind: &EventType) -> impl IntoView + use<> {
    view! {
        {kind.deprecated_at.is_some().then(|| view! { <span class="tag">"deprecated"</span> })}
        {kind.default_enabled.then(|| view! { <span class="tag on">"on by default"</span> })}
    }
}
