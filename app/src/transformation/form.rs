//! Where a script is written: the editor, its environment, and beside it the bench to test it on.

use std::time::Duration;

use hookyard_model::{Capabilities, RunError, Transformation, TransformationInput};
use leptos::{html, prelude::*, server_fn::ServerFn};

use super::{
    code::CodeEditor,
    env::{EnvDraft, EnvEditor},
    server::{ChangeTransformation, CreateTransformation, SaveTransformation, read_capabilities, validate},
    templates::TEMPLATES,
    test::Bench,
};
use crate::{
    live::asked_later,
    typed::Typed,
    ui::{FailureNotice, Icon, Shape, TextField, lead_to_mistake, mistake_of},
};

/// How long after the last key a script is read by the server.
const PAUSE: Duration = Duration::from_millis(500);

#[component]
pub(super) fn Workshop(
    #[prop(optional)] script: Option<Transformation>,
    /// What was typed before and refused.
    typed: Typed,
    #[prop(into)] saved: Callback<Transformation>,
) -> impl IntoView {
    let id = script.as_ref().map(|script| script.id);
    let before = |name: &str| typed.get(name).cloned();
    let stored_name = || script.as_ref().map(|script| script.name.clone());
    let name = RwSignal::new(before("script_name").or_else(stored_name).unwrap_or_default());
    let stored_code = || script.as_ref().map(|script| script.code.clone());
    let code = RwSignal::new(before("code").or_else(stored_code).unwrap_or_else(|| TEMPLATES[0].1.to_owned()));
    let env = EnvDraft::new(&script.as_ref().map(|script| script.env.clone()).unwrap_or_default());
    let stored =
        RwSignal::new(script.as_ref().map(|script| (script.name.clone(), script.code.clone(), script.env.clone())));
    let create = ServerAction::<CreateTransformation>::new();
    let change = ServerAction::<ChangeTransformation>::new();
    // What the form itself posted, before there are scripts.
    let plain = ServerAction::<SaveTransformation>::new();
    let answer = move || change.value().get().or_else(|| create.value().get()).or_else(|| plain.value().get());
    let form = NodeRef::<html::Form>::new();
    lead_to_mistake(form, answer);
    Effect::new(move |_| {
        if let Some(Ok(script)) = answer() {
            stored.set(Some((script.name.clone(), script.code.clone(), script.env.clone())));
            saved.run(script);
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = TransformationInput {
            name: name.get_untracked().trim().to_owned(),
            code: code.get_untracked(),
            env: untrack(move || env.get()),
        };
        match id {
            None => drop(create.dispatch(CreateTransformation { input })),
            Some(id) => drop(change.dispatch(ChangeTransformation { id, input })),
        }
    };
    let is_changed = Memo::new(move |_| {
        let now = (name.get().trim().to_owned(), code.get(), env.get());
        stored.with(|stored| stored.as_ref() != Some(&now))
    });
    // Without scripts nobody sees what was changed.
    let has_scripts = RwSignal::new(false);
    Effect::new(move |_| has_scripts.set(true));
    let ran_wrong = RwSignal::new(None::<RunError>);
    let mistakes = code_mistakes(
        code,
        ran_wrong,
        Signal::derive(move || {
            answer().and_then(Result::err).map(|failure| failure.errors.clone()).unwrap_or_default()
        }),
    );
    let elsewhere = move || {
        let is_known =
            |pointer: &str| pointer == "/name" || pointer.starts_with("/code") || pointer.starts_with("/env");
        answer()?.err().filter(|failure| !failure.errors.iter().any(|error| is_known(&error.pointer)))
    };
    let env_mistakes = Signal::derive(move || {
        answer().and_then(Result::err).map(|failure| failure.errors.clone()).unwrap_or_default()
    });
    let is_pending = move || create.pending().get() || change.pending().get();
    view! {
        <div class="workshop">
            <form class="script-form" method="post" action=SaveTransformation::url() node_ref=form on:submit=submit novalidate>
                <FailureNotice failure=Signal::derive(elsewhere)/>
                {id.map(|id| view! { <input type="hidden" name="id" value=id.to_string()/> })}
                <TextField name="script_name" label="Name" bound=name placeholder="rename-customer" mistake=mistake_of(answer, "/name")/>
                <Templates code/>
                <CodeEditor name="code" label="Script" value=code mistakes/>
                <EnvEditor env mistakes=env_mistakes/>
                <footer class="save-bar" class:changed=is_changed>
                    <button class="button primary" disabled=move || is_pending() || has_scripts.get() && !is_changed.get()>{if id.is_some() { "Save" } else { "Create" }}</button>
                    <span role="status">
                        {move || if is_changed.get() {
                            view! { <span class="unsaved"><Icon shape=Shape::Pencil/>"Not saved yet"</span> }.into_any()
                        } else if matches!(answer(), Some(Ok(_))) {
                            view! { <span class="sent"><Icon shape=Shape::Check/>"Saved"</span> }.into_any()
                        } else {
                            ().into_any()
                        }}
                    </span>
                </footer>
            </form>
            <Bench id code env ran_wrong/>
        </div>
        <Limits/>
    }
}

/// What is wrong with the script, by its line: as the server reads it, as it ran, and as it was refused.
fn code_mistakes(
    code: RwSignal<String>,
    ran_wrong: RwSignal<Option<RunError>>,
    refused: Signal<Vec<hookyard_model::FieldError>>,
) -> Signal<Vec<(usize, String)>> {
    let reading = Action::new(|code: &String| {
        let code = code.clone();
        async move { validate(code).await }
    });
    let asked = StoredValue::new(0_u32);
    Effect::new(move |ran_before: Option<()>| {
        let text = code.get();
        ran_wrong.set(None);
        let this = asked.get_value().wrapping_add(1);
        asked.set_value(this);
        if ran_before.is_some() {
            let ask = move || {
                if asked.try_get_value() == Some(this) {
                    reading.dispatch(text);
                }
            };
            set_timeout(ask, PAUSE);
        }
    });
    let told = |error: &RunError| {
        (error.line.map_or(0, |line| usize::try_from(line).unwrap_or_default()), error.message.clone())
    };
    Signal::derive(move || {
        let errors = reading.value().get().and_then(Result::ok).map(|validation| validation.errors).unwrap_or_default();
        let mut mistakes: Vec<_> = errors.iter().map(told).collect();
        mistakes.extend(ran_wrong.with(|error| error.as_ref().map(told)));
        if mistakes.is_empty() {
            mistakes.extend(
                refused
                    .get()
                    .into_iter()
                    .filter(|error| error.pointer.starts_with("/code"))
                    .map(|error| (0, error.detail)),
            );
        }
        mistakes.dedup();
        mistakes
    })
}

/// Scripts to begin with; what was typed is kept unless somebody chooses one.
#[component]
fn Templates(code: RwSignal<String>) -> impl IntoView {
    let option = |(at, (word, _)): (usize, &(&'static str, &'static str))| view! { <option value=at>{*word}</option> };
    let choose = move |event: web_sys::Event| {
        let select = event_target::<web_sys::HtmlSelectElement>(&event);
        if let Some((_, script)) = select.value().parse::<usize>().ok().and_then(|at| TEMPLATES.get(at)) {
            code.set((*script).to_owned());
        }
        select.set_value("");
    };
    view! {
        <div class="field">
            <label for="template">"Begin with"</label>
            <select id="template" on:change=choose>
                <option value="">"Choose an example: it replaces the script below"</option>
                {TEMPLATES.iter().enumerate().map(option).collect_view()}
            </select>
        </div>
    }
}

/// What a script may do, and how much of it.
#[component]
fn Limits() -> impl IntoView {
    let found = asked_later(read_capabilities);
    view! {
        <details class="limits">
            <summary>"What a script can do, and its limits"</summary>
            <p>"It gets the request as "<code>"{ method, path, query, headers, body }"</code>", with the body parsed where it is JSON, and returns all of it. It has no network, no files and no clock but its own; what it writes to the "<code>"console"</code>" is kept with the run."</p>
            {move || found.get().and_then(Result::ok).map(|found| view! { <Numbers found/> })}
        </details>
    }
}

#[component]
fn Numbers(found: Capabilities) -> impl IntoView {
    let limits = found.limits;
    let size = |bytes: u64| match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    };
    let facts = [
        ("Time", format!("{} ms", limits.time_ms)),
        ("Memory", size(limits.memory_bytes)),
        ("Script", size(limits.code_bytes)),
        ("Input", size(limits.input_bytes)),
        ("Output", size(limits.output_bytes)),
        ("Console", format!("{} lines", limits.console_lines)),
        ("Environment", format!("{} values", limits.env_values)),
    ];
    view! {
        <dl class="facts">{facts.map(|(word, value)| view! { <div><dt>{word}</dt><dd>{value}</dd></div> }).collect_view()}</dl>
        <p class="aside">{found.runtime}": "{found.globals.join(", ")}</p>
    }
}
