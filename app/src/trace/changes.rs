//! What a run of a transformation made of a payload.

use hookyard_model::{ConsoleLine, TransformationRun, TransformationRunId};
use leptos::prelude::*;

use super::server::read_run;
use crate::{
    attempt::{BodyDifference, HeaderDifferences},
    ui::{Notice, Shape, Skeleton, Tone, Trouble, Visible, milliseconds, sentence},
};

/// Loads a run and shows what it was given, what it made of it, and what its script said. Within what is opened by hand.
#[component]
pub(crate) fn RunDetail(id: TransformationRunId) -> impl IntoView {
    let run = crate::live::asked_later(move || read_run(id));
    move || match run.get() {
        None => view! { <Skeleton rows=4/> }.into_any(),
        Some(Ok(run)) => view! { <Shown run/> }.into_any(),
        Some(Err(failure)) => view! { <Trouble failure/> }.into_any(),
    }
}

#[component]
fn Shown(run: TransformationRun) -> impl IntoView {
    let TransformationRun { error, before, after, console, console_truncated, duration_ms, .. } = run;
    let place = |error: &hookyard_model::RunError| error.line.map(|line| format!(" (line {line})"));
    let changes = before.zip(after).map(|(before, after)| {
        let line = |payload: &hookyard_model::Payload| {
            let mark = if payload.query.is_empty() { "" } else { "?" };
            format!("{} {}{mark}{}", payload.method, payload.path, payload.query)
        };
        let (was, is) = (line(&before), line(&after));
        view! {
            {(was != is).then(|| view! {
                <p class="line"><del><Visible text=was/></del>" → "<ins><Visible text=is/></ins></p>
            })}
            <h3>"Headers"</h3>
            <HeaderDifferences left=before.headers right=after.headers/>
            <h3>"Body, before and after"</h3>
            <BodyDifference left=Some(before.raw) right=Some(after.raw)/>
        }
    });
    view! {
        <div class="trace-run" data-testid="run">
            {error.map(|error| view! {
                <Notice tone=Tone::Bad shape=Shape::Cross>
                    <p><code class="error-code">{error.code.as_str()}</code>" "<Visible text=sentence(&error.message)/>{place(&error)}</p>
                </Notice>
            })}
            {changes}
            <Console lines=console is_cut=console_truncated/>
            <p class="aside">"It took "{milliseconds(duration_ms)}"."</p>
        </div>
    }
}

#[component]
fn Console(lines: Vec<ConsoleLine>, is_cut: bool) -> impl IntoView {
    let line = |line: ConsoleLine| {
        view! { <li data-level=line.level.as_str()><b>{line.level.as_str()}</b>" "<Visible text=line.text/></li> }
    };
    (!lines.is_empty()).then(|| {
        view! {
            <h3>"What the script wrote"</h3>
            <ol class="console code">{lines.into_iter().map(line).collect_view()}</ol>
            {is_cut.then(|| view! { <p class="aside">"It wrote more than is kept."</p> })}
        }
    })
}
