//! What rules would make of requests, one by one.

use hookyard_model::{TrialOutcome, TrialStep, TriedRequest};
use leptos::prelude::*;

use super::{
    changes::{Changes, Console},
    span::words,
};
use crate::ui::{Badge, Icon, Shape, Time, Tone, Visible, milliseconds, sentence};

#[component]
pub(super) fn TriedList(requests: Vec<TriedRequest>) -> impl IntoView {
    let one = |request: TriedRequest| view! { <One request/> };
    view! { <ul class="tried">{requests.into_iter().map(one).collect_view()}</ul> }
}

fn badge(outcome: TrialOutcome) -> AnyView {
    let (tone, shape, word) = match outcome {
        TrialOutcome::Sent => (Tone::Good, Shape::Check, "Would be sent"),
        TrialOutcome::Filtered => (Tone::Off, Shape::Slash, "Filtered"),
        TrialOutcome::Deduplicated => (Tone::Waiting, Shape::Copy, "Duplicate"),
        TrialOutcome::TransformFailed => (Tone::Bad, Shape::Cross, "Script failed"),
    };
    view! { <Badge tone shape word/> }.into_any()
}

#[component]
fn One(request: TriedRequest) -> impl IntoView {
    let id = request.request_id;
    let took: f64 = request.steps.iter().map(|step| step.duration_ms).sum();
    let reason = request.reason.clone().or_else(|| request.mismatch.as_ref().map(|mismatch| mismatch.sentence.clone()));
    let path = if request.path.is_empty() { "/".to_owned() } else { request.path.clone() };
    let has_scripts = request.steps.iter().any(|step| step.kind == "transform");
    let is_sent = request.outcome == TrialOutcome::Sent;
    view! {
        <li data-testid="tried" data-outcome=request.outcome.as_str()>
            <details>
                <summary>
                    <Icon shape=Shape::Chevron/>
                    {badge(request.outcome)}
                    <span class="which"><span class="method">{request.method}</span>" "<Visible text=path/></span>
                    <span class="why">
                        {reason.map(|reason| view! { <Visible text=sentence(&reason)/> })}
                        {is_sent.then(|| would(request.delay_ms, has_scripts.then_some(request.changes.len())))}
                    </span>
                    <Time at=request.created_at/>
                </summary>
                <div class="tried-more">
                    <p class="aside">
                        <a href=format!("/requests/{id}")>"The request"</a>
                        {request.duplicate_of.map(|first| view! { " · the same as "<a href=format!("/requests/{first}")>"this one"</a> })}
                        {(!request.steps.is_empty()).then(|| format!(" · the rules took {}", milliseconds(took)))}
                    </p>
                    {request.mismatch.map(|mismatch| view! {
                        <p class="condition-failed"><code><Visible text=mismatch.pointer/></code>" asks for "<code><Visible text=format!("{} {}", mismatch.operator, mismatch.wanted)/></code>", "
                            {match mismatch.found {
                                Some(found) => view! { "found "<code><Visible text=found.to_string()/></code> }.into_any(),
                                None => "found nothing".into_any(),
                            }}
                        </p>
                    })}
                    {has_scripts.then(|| view! { <Changes changes=request.changes/> })}
                    {request.steps.into_iter().filter(|step| step.kind == "transform").map(|step| view! { <Step step/> }).collect_view()}
                </div>
            </details>
        </li>
    }
}

#[component]
fn Step(step: TrialStep) -> impl IntoView {
    view! {
        {step.error.map(|error| {
            let line = error.line.map(|line| format!("Line {line}: ")).unwrap_or_default();
            view! { <p class="mistake">{line}<Visible text=error.message/></p> }
        })}
        {step.warnings.into_iter().map(|warning| view! { <p class="unsaved"><Icon shape=Shape::Alert/>{warning}</p> }).collect_view()}
        <Console lines=step.console truncated=step.console_truncated/>
    }
}

/// When it would be sent, and how much of it scripts changed.
fn would(delay: Option<u64>, changes: Option<usize>) -> String {
    let after = delay.map(|delay| format!("after {}", words(delay)));
    let changed = changes.map(|count| format!("{} changed", places(count)));
    after.into_iter().chain(changed).collect::<Vec<_>>().join(" · ")
}

fn places(count: usize) -> String {
    match count {
        0 => "nothing".to_owned(),
        1 => "1 place".to_owned(),
        count => format!("{count} places"),
    }
}
