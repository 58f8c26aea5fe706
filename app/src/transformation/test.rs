//! The bench: a script that is not saved yet, on a request that came or that is typed. Nothing is stored or sent.

use hookyard_model::{Payload, Request, RunError, RunInput, RunRequest, RunResult, TransformationId};
use leptos::prelude::*;

use super::{
    env::EnvDraft,
    server::{RunScript, last_requests},
};
use crate::{
    live::asked_later,
    rule::{Changes, Console},
    ui::{
        Badge, BodyViewer, FailureNotice, HeaderTable, Icon, JsonEditor, Shape, Tone, Visible, json_mistake,
        milliseconds,
    },
};

/// What a request that is typed begins with.
const TYPED: &str = "{\n  \"method\": \"POST\",\n  \"path\": \"/orders\",\n  \"headers\": { \"content-type\": \"application/json\" },\n  \"body\": { \"id\": 1001, \"customer_id\": \"c-7\", \"total\": 48.5 }\n}";

#[component]
pub(super) fn Bench(
    id: Option<TransformationId>,
    code: RwSignal<String>,
    env: EnvDraft,
    /// Where it is told what went wrong, for the editor to mark.
    ran_wrong: RwSignal<Option<RunError>>,
) -> impl IntoView {
    let run = ServerAction::<RunScript>::new();
    let requests = asked_later(move || last_requests(id));
    // The id of a request, or empty for the one that is typed.
    let chosen = RwSignal::new(String::new());
    let typed = RwSignal::new(TYPED.to_owned());
    let mistake = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        let first = requests.with(|requests| {
            requests
                .as_ref()
                .and_then(|requests| requests.as_ref().ok())
                .and_then(|all| all.first().map(|first| first.id.to_string()))
        });
        if let Some(first) = first {
            chosen.set(first);
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(result)) = run.value().get() {
            ran_wrong.set(result.error);
        }
    });
    let test = move |_| {
        mistake.set(None);
        let mut input = RunInput {
            code: Some(code.get_untracked()),
            transformation_id: id,
            env: Some(untrack(move || env.get())),
            ..RunInput::default()
        };
        match chosen.get_untracked().parse() {
            Ok(request) => input.request_id = Some(request),
            Err(_) => match typed.with_untracked(|typed| serde_json::from_str::<RunRequest>(typed)) {
                Ok(request) => input.request = Some(request),
                Err(error) => return mistake.set(Some(error.to_string())),
            },
        }
        run.dispatch(RunScript { input });
    };
    let failure = move || run.value().get().and_then(Result::err);
    let option = move |request: Request| {
        let id = request.id.to_string();
        let is_it = chosen.get_untracked() == id;
        let what = request.event_type.unwrap_or_else(|| format!("{} {}", request.method, request.path));
        let at = request.created_at.to_string().replace('T', " ").chars().take(19).collect::<String>();
        view! { <option value=id selected=is_it>{format!("{} · {} · {at}", request.source_name, what.trim())}</option> }
    };
    let is_typed = Memo::new(move |_| chosen.with(String::is_empty));
    let cannot_run =
        move || run.pending().get() || (is_typed.get() && typed.with(|typed| json_mistake(typed).is_some()));
    view! {
        <section class="bench" aria-labelledby="bench" data-testid="bench">
            <header>
                <h2 id="bench">"Test run"</h2>
                <button type="button" class="button" disabled=cannot_run on:click=test><Icon shape=Shape::Bolt/>"Run"</button>
            </header>
            <p class="aside">"Runs the script as it is typed. Nothing is sent, and nothing is stored."</p>
            <div class="field">
                <label for="bench-request">"On the request"</label>
                <select id="bench-request" on:change:target=move |event| chosen.set(event.target().value())>
                    {move || requests.get().and_then(Result::ok).unwrap_or_default().into_iter().map(option).collect_view()}
                    <option value="" selected=move || is_typed.get()>"One that I type"</option>
                </select>
            </div>
            <Show when=move || is_typed.get()>
                <JsonEditor name="bench-typed" label="Request" value=typed/>
                {move || mistake.get().map(|mistake| view! { <p class="mistake" role="alert">{mistake}</p> })}
            </Show>
            <FailureNotice failure=Signal::derive(failure)/>
            <div aria-live="polite">
                {move || run.value().get().and_then(Result::ok).map(|result| view! { <Outcome result/> })}
            </div>
        </section>
    }
}

#[component]
fn Outcome(result: RunResult) -> impl IntoView {
    let (tone, shape, word) = match &result.error {
        None => (Tone::Good, Shape::Check, "Ran"),
        Some(_) => (Tone::Bad, Shape::Cross, "Failed"),
    };
    view! {
        <div class="run-result" data-testid="run-result">
            <p class="row"><Badge tone shape word/><span class="aside">{milliseconds(result.duration_ms)}</span></p>
            {result.error.map(|error| view! { <Wrong error/> })}
            {result.warnings.into_iter().map(|warning| view! { <p class="unsaved"><Icon shape=Shape::Alert/><Visible text=warning/></p> }).collect_view()}
            {result.request.is_some().then(|| view! { <h3>"What it changed"</h3><Changes changes=result.diff/> })}
            <h3>"Console"</h3>
            <Console lines=result.console truncated=result.console_truncated/>
            {result.request.map(|payload| view! { <h3>"What would be sent"</h3><Envelope payload what="result"/> })}
        </div>
    }
}

/// Why a run failed.
#[component]
pub(super) fn Wrong(error: RunError) -> impl IntoView {
    let line = error.line.map(|line| format!("Line {line}: ")).unwrap_or_default();
    view! { <p class="mistake" data-testid="run-error"><span class="http bad">{error.code.as_str()}</span>" "{line}<Visible text=error.message/></p> }
}

/// A payload: what it is sent to and with, and its body.
#[component]
pub(super) fn Envelope(payload: Payload, what: &'static str) -> impl IntoView {
    let query = if payload.query.is_empty() { String::new() } else { format!("?{}", payload.query) };
    let path = format!("{}{query}", payload.path);
    let count = payload.headers.0.len();
    view! {
        <p><span class="method">{payload.method}</span>" "<code><Visible text=if path.is_empty() { "/".to_owned() } else { path }/></code></p>
        <details><summary>{count}" headers"</summary><HeaderTable headers=payload.headers what="headers"/></details>
        <BodyViewer body=payload.raw what/>
    }
}
