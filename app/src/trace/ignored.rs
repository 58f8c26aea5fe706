//! The branches that a request did not take, and why: folded where they are many, and searched.

use std::collections::BTreeMap;

use hookyard_model::{IgnoredCause, IgnoredEvent, TracedConnection};
use leptos::prelude::*;

use crate::ui::{Icon, Shape, Visible};

/// Up to so many are shown at once.
const FEW: usize = 5;

/// Why in words, as it is known from the cause alone.
const fn words(cause: IgnoredCause) -> &'static str {
    match cause {
        IgnoredCause::Filtered => "Filtered",
        IgnoredCause::Deduplicated => "The same came shortly before",
        IgnoredCause::NoConnection => "The source has no connection",
        IgnoredCause::ConnectionDisabled => "The connection is disabled",
        IgnoredCause::DestinationDisabled => "The destination is disabled",
        IgnoredCause::TransformFailed => "The transformation failed",
        IgnoredCause::Handshake => "The provider's check of the URL, which was answered",
    }
}

/// How many there are of each cause, in a few words.
fn summary(ignored: &[IgnoredEvent]) -> String {
    let mut counts: BTreeMap<IgnoredCause, usize> = BTreeMap::new();
    for event in ignored {
        *counts.entry(event.cause).or_default() += 1;
    }
    let words = |(cause, count): (IgnoredCause, usize)| match cause {
        IgnoredCause::Filtered => format!("{count} filtered"),
        IgnoredCause::Deduplicated if count == 1 => "1 duplicate".to_owned(),
        IgnoredCause::Deduplicated => format!("{count} duplicates"),
        IgnoredCause::NoConnection => "no connection".to_owned(),
        IgnoredCause::ConnectionDisabled | IgnoredCause::DestinationDisabled => format!("{count} disabled"),
        IgnoredCause::TransformFailed => format!("{count} not transformed"),
        IgnoredCause::Handshake => "a handshake".to_owned(),
    };
    counts.into_iter().map(words).collect::<Vec<_>>().join(" · ")
}

/// One of them: the text that is searched, and what is shown.
#[derive(Clone, PartialEq)]
struct Line {
    ignored: IgnoredEvent,
    name: Option<String>,
    why: String,
}

fn line(ignored: IgnoredEvent, connections: &[TracedConnection]) -> Line {
    let reason = ignored.mismatch.as_ref().map(|mismatch| mismatch.sentence.clone()).or_else(|| ignored.reason.clone());
    let why = match reason {
        // The link beside it says which.
        Some(_) if ignored.same_as.is_some() => format!("{}:", words(ignored.cause)),
        Some(reason) => format!("{}: {reason}", words(ignored.cause)),
        None => words(ignored.cause).to_owned(),
    };
    let name = connections
        .iter()
        .find(|one| Some(one.id) == ignored.connection_id)
        .map(|one| format!("{} → {}", one.name, one.destination_name))
        .or_else(|| ignored.connection_id.map(|id| id.to_string()));
    Line { ignored, name, why }
}

/// The branches that were not taken.
#[component]
pub(super) fn Ignored(ignored: Vec<IgnoredEvent>, connections: Vec<TracedConnection>) -> impl IntoView {
    let is_many = ignored.len() > FEW;
    let summary = summary(&ignored);
    let sought = RwSignal::new(String::new());
    let lines: Vec<_> = ignored.into_iter().map(|one| line(one, &connections)).collect();
    let lines = StoredValue::new(lines);
    let shown = move || {
        let sought = sought.get().trim().to_lowercase();
        let fits = |line: &&Line| {
            let name = line.name.as_deref().unwrap_or_default().to_lowercase();
            sought.is_empty() || name.contains(&sought) || line.why.to_lowercase().contains(&sought)
        };
        lines.with_value(|lines| lines.iter().filter(fits).cloned().collect::<Vec<_>>())
    };
    view! {
        <details class="ignored-branches" data-testid="ignored" open=!is_many>
            <summary><Icon shape=Shape::Chevron/><b>"Branches not taken"</b><span class="nothing">{summary}</span></summary>
            {is_many.then(|| view! {
                <label class="filter search">
                    <span>"Find among them"</span>
                    <input
                        type="search"
                        autocomplete="off"
                        placeholder="Connection, destination or reason"
                        on:input:target=move |event| sought.set(event.target().value())
                    />
                </label>
            })}
            <ul class="ignored" tabindex="0" aria-label="Branches not taken" data-testid="ignored-events">
                <For each=shown key=|line| line.ignored.id.clone() let:line><Row line/></For>
            </ul>
            {move || shown().is_empty().then(|| view! { <p class="nothing" role="status">"None has that in its name or reason."</p> })}
        </details>
    }
}

#[component]
fn Row(line: Line) -> impl IntoView {
    let Line { ignored, name, why } = line;
    view! {
        <li>
            <Icon shape=Shape::Slash/>
            {name.map(|text| view! { <b><Visible text/></b> })}
            <span class="why-not"><Visible text=why/></span>
            {ignored.same_as.map(|id| view! { <a href=format!("/requests/{id}")><code>{id.to_string()}</code></a> })}
            <code>{ignored.cause.as_str()}</code>
            {ignored.event_id.map(|id| view! { <a href=format!("/events/{id}")>"Its event"</a> })}
        </li>
    }
}
