//! A connection's rules as a pipeline: each can be switched on, written, tried and saved.

use hookyard_model::Connection;
use leptos::prelude::*;
use serde_json::json;

use super::{
    deduplicate::DeduplicateEditor,
    draft::Draft,
    fields::Fields,
    filter::FilterEditor,
    parts::{SpanField, mistake_at},
    retry::RetryEditor,
    server::{SaveConnection, read_latest_input, script_names},
    transform::TransformEditor,
    trial::TrialPanel,
    typed::Mistake,
};
use crate::{
    live::asked_later,
    ui::{FailureNotice, Icon, Notice, Shape, TextField, Tone, mistake_of, mistake_within},
};

/// The kinds in their order, what they do, and what it means that there is none.
const STAGES: [(&str, &str, &str, &str); 5] = [
    (
        "deduplicate",
        "Deduplicate",
        "Of requests that are the same, the first alone goes on.",
        "Every request goes on, also when it comes twice.",
    ),
    ("transform", "Transform", "A script changes what is sent.", "What came is sent as it came."),
    ("filter", "Filter", "What fits goes on; what does not is ignored, and says why.", "Everything goes on."),
    ("delay", "Delay", "The first attempt waits.", "The first attempt is at once."),
    ("retry", "Retry", "What fails is tried again like this.", "What fails is tried again by the default schedule."),
];

#[component]
pub(crate) fn Pipeline(connection: Connection, #[prop(into)] saved: Callback<Connection>) -> impl IntoView {
    let id = connection.id;
    let draft = Draft::new(&connection.rules);
    let name = RwSignal::new(connection.name.clone());
    let types = RwSignal::new(connection.event_types.clone().unwrap_or_default().join(", "));
    let stored = RwSignal::new((connection.name.clone(), connection.event_types.clone(), connection.rules.clone()));
    let save = ServerAction::<SaveConnection>::new();
    let answer = move || save.value().get();
    let local = RwSignal::new(Vec::<Mistake>::new());
    let input = asked_later(move || read_latest_input(id));
    let names = asked_later(script_names);
    let fields = Signal::derive(move || {
        input
            .with(|input| {
                input
                    .as_ref()
                    .and_then(|input| input.as_ref().ok())
                    .and_then(|input| input.latest_input.as_ref().map(Fields::of))
            })
            .unwrap_or_default()
    });
    let scripts = Signal::derive(move || names.get().and_then(Result::ok).unwrap_or_default());
    let live = Memo::new(move |_| draft.live_mistakes());
    let mistakes = Signal::derive(move || {
        let mut mistakes = local.get();
        for mistake in live.get() {
            if !mistakes.contains(&mistake) {
                mistakes.push(mistake);
            }
        }
        mistakes
    });
    let typed_types = move || {
        let types: Vec<_> = types
            .with(|types| types.split([',', ' ', '\n']).filter(|one| !one.is_empty()).map(str::to_owned).collect());
        Some(types).filter(|types: &Vec<String>| !types.is_empty())
    };
    let is_changed = Memo::new(move |_| {
        let (rules, mistakes) = draft.typed().rules();
        let now = (name.get().trim().to_owned(), typed_types(), rules);
        !mistakes.is_empty() || stored.with(|stored| *stored != now)
    });
    // Once something is typed, what was wrong with it may not be any more.
    Effect::new(move |_| {
        draft.typed();
        local.set(Vec::new());
    });
    Effect::new(move |_| {
        if let Some(Err(failure)) = answer() {
            local.set(draft.refused(&failure.errors));
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(connection)) = answer() {
            local.set(Vec::new());
            stored.set((connection.name.clone(), connection.event_types.clone(), connection.rules.clone()));
            saved.run(connection);
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (rules, mistakes) = untrack(move || draft.typed().rules());
        if !mistakes.is_empty() {
            local.set(mistakes);
            return;
        }
        draft.remember_sent(&rules);
        let patch = json!({ "name": name.get_untracked().trim(), "event_types": untrack(typed_types), "rules": rules });
        save.dispatch(SaveConnection { id, patch });
    };
    let elsewhere = move || {
        let is_known =
            |pointer: &str| pointer == "/name" || pointer.starts_with("/event_types") || pointer.starts_with("/rules/");
        answer()?.err().filter(|failure| !failure.errors.iter().any(|error| is_known(&error.pointer)))
    };
    let is_saved = move || !is_changed.get() && matches!(answer(), Some(Ok(_)));
    let editor = move |kind: &'static str| {
        match kind {
        "deduplicate" => view! { <DeduplicateEditor draft mistakes fields/> }.into_any(),
        "transform" => view! { <TransformEditor draft mistakes scripts/> }.into_any(),
        "filter" => view! { <FilterEditor draft mistakes fields/> }.into_any(),
        "delay" => view! { <SpanField name="delay" label="Delay" span=draft.delay mistake=mistake_at(mistakes, "delay", "/delay")/> }.into_any(),
        _ => view! { <RetryEditor draft mistakes/> }.into_any(),
    }
    };
    let stage = move |(kind, title, does, absent): (&'static str, &'static str, &'static str, &'static str)| {
        let is_on = draft.has(kind);
        let is_wrong = move || mistakes.with(|mistakes| mistakes.iter().any(|mistake| mistake.kind == kind));
        view! {
            <li class="stage" class:on=move || is_on.get() class:wrong=is_wrong data-testid=format!("rule-{kind}")>
                <header>
                    <h3>{title}</h3>
                    <p class="aside">{move || if is_on.get() { does } else { absent }}</p>
                    <label class="switch-on">
                        <input type="checkbox" role="switch" checked=is_on.get_untracked() prop:checked=is_on
                            aria-label=title on:change:target=move |event| is_on.set(event.target().checked())/>
                        <span aria-hidden="true">{move || if is_on.get() { "On" } else { "Off" }}</span>
                    </label>
                </header>
                <Show when=move || is_on.get()><div class="stage-body">{editor(kind)}</div></Show>
            </li>
        }
    };
    view! {
        <form class="pipeline" on:submit=submit novalidate>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            <div class="row-of-fields">
                <TextField name="connection_name" label="Name" bound=name mistake=mistake_of(answer, "/name")/>
                <TextField name="connection_types" label="Event types" bound=types
                    hint="Separated by commas; all of them when empty." mistake=mistake_within(answer, "/event_types")/>
            </div>
            <ol class="stages" aria-label="Rules in their order">{STAGES.map(stage).collect_view()}</ol>
            <footer class="save-bar" class:changed=is_changed>
                <button class="button primary" disabled=move || save.pending().get() || !is_changed.get()>"Save"</button>
                <span role="status">
                    {move || if is_changed.get() {
                        view! { <span class="unsaved"><Icon shape=Shape::Pencil/>"Not saved yet"</span> }.into_any()
                    } else if is_saved() {
                        view! { <span class="sent"><Icon shape=Shape::Check/>"Saved"</span> }.into_any()
                    } else {
                        ().into_any()
                    }}
                </span>
                <Show when=move || mistakes.with(|mistakes| !mistakes.is_empty())>
                    <Notice tone=Tone::Bad shape=Shape::Cross><p>"Some rules cannot be saved like this: what is wrong stands beside them."</p></Notice>
                </Show>
            </footer>
        </form>
        <TrialPanel id draft types=Signal::derive(typed_types) local is_changed/>
    }
}
