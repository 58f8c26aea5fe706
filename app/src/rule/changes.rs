//! What a script changed, and what it wrote.

use hookyard_model::{ConsoleLine, Difference, LogLevel};
use leptos::prelude::*;
use serde_json::Value;

use crate::ui::{Icon, Shape, Visible};

/// A value longer than this is cut.
const LONGEST: usize = 300;

/// Where two payloads differ.
#[component]
pub(crate) fn Changes(changes: Vec<Difference>) -> impl IntoView {
    if changes.is_empty() {
        return view! { <p class="nothing">"Nothing was changed."</p> }.into_any();
    }
    let row = |change: Difference| {
        view! {
            <tr>
                <th scope="row"><code><Visible text=change.pointer/></code></th>
                <td data-label="Before">{change.before.map(|value| view! { <del><Visible text=short(&value)/></del> })}</td>
                <td data-label="After">{change.after.map(|value| view! { <ins><Visible text=short(&value)/></ins> })}</td>
            </tr>
        }
    };
    view! {
        <table class="changes" aria-label="Changes">
            <thead><tr><th scope="col">"Place"</th><th scope="col">"Before"</th><th scope="col">"After"</th></tr></thead>
            <tbody>{changes.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("\"{text}\""),
        other => other.to_string(),
    };
    if text.len() <= LONGEST {
        return text;
    }
    format!("{}…", &text[..text.floor_char_boundary(LONGEST)])
}

/// What a script wrote to its console.
#[component]
pub(crate) fn Console(lines: Vec<ConsoleLine>, truncated: bool) -> impl IntoView {
    if lines.is_empty() {
        return view! { <p class="nothing">"Nothing was written to the console."</p> }.into_any();
    }
    let line = |line: ConsoleLine| {
        let (class, shape) = match line.level {
            LogLevel::Error => ("error", Some(Shape::Cross)),
            LogLevel::Warn => ("warn", Some(Shape::Alert)),
            LogLevel::Info | LogLevel::Debug => ("info", None),
        };
        view! {
            <li class=class>
                {shape.map(|shape| view! { <Icon shape/> })}
                <span class="level">{line.level.as_str()}</span>
                <span class="said"><Visible text=line.text/></span>
            </li>
        }
    };
    view! {
        <ol class="console code" tabindex="0" aria-label="Console">{lines.into_iter().map(line).collect_view()}</ol>
        {truncated.then(|| view! { <p class="aside">"It wrote more than is kept."</p> })}
    }
    .into_any()
}
