//! Step 2: what to check, by what the main group's last attempt says.

use hookyard_model::{AttemptId, Connection, Destination, Diagnosis, IssueCause, Recovery};
use leptos::prelude::*;

use super::server::Shown;
use crate::{
    attempt::read_attempt,
    destination::Sending,
    failure::Failure,
    live::asked_later,
    ui::{BodyViewer, HttpStatus, Icon, Shape, Skeleton, Trouble, Visible},
};

#[derive(Debug, Clone, PartialEq, Eq)]
struct Main {
    cause: IssueCause,
    diagnosis: Option<Diagnosis>,
    attempt: Option<AttemptId>,
}

#[component]
pub(super) fn WhatToCheck(recovery: Memo<Recovery>, shown: Memo<Shown>) -> impl IntoView {
    // Made anew only when something else is said: what was ticked stays.
    let main = Memo::new(move |_| {
        recovery.with(|recovery| {
            let group = recovery.groups.first()?;
            Some(Main { cause: group.cause, diagnosis: group.diagnosis.clone(), attempt: group.attempt_id })
        })
    });
    let diagnosis = Memo::new(move |_| main.with(|main| main.as_ref().and_then(|main| main.diagnosis.clone())));
    let attempt = Memo::new(move |_| main.with(|main| main.as_ref().and_then(|main| main.attempt)));
    let set = Memo::new(move |before: Option<&Destination>| {
        let now = shown.with(|shown| shown.destination.clone());
        // Its health changes all the time, and is not shown here.
        before.filter(|before| before.config == now.config).cloned().unwrap_or(now)
    });
    let connections = Memo::new(move |_| shown.with(|shown| shown.connections.clone()));
    view! {
        {move || diagnosis.get().map(|diagnosis| view! { <Advice diagnosis/> })}
        <LastAnswer attempt/>
        <div class="recovery-columns">
            {move || view! { <Sending destination=set.get()/> }}
            <section class="part" aria-labelledby="rules-of">
                <h2 id="rules-of">"Rules on the way"</h2>
                <ul class="rules-of">{move || connections.get().into_iter().map(|one| view! { <RulesOf connection=one/> }).collect_view()}</ul>
            </section>
        </div>
    }
}

#[component]
fn Advice(diagnosis: Diagnosis) -> impl IntoView {
    let Diagnosis { title, explanation, evidence, next_steps } = diagnosis;
    let seen = |text: String| view! { <li><Visible text/></li> };
    let step = |text: String| {
        view! { <li><label class="check"><input type="checkbox"/><span><Visible text/></span></label></li> }
    };
    view! {
        <div class="advice" data-testid="advice">
            <h3><Visible text=title/></h3>
            <p><Visible text=explanation/></p>
            {(!evidence.is_empty()).then(|| view! {
                <h4>"What was seen"</h4>
                <ul class="seen">{evidence.into_iter().map(seen).collect_view()}</ul>
            })}
            {(!next_steps.is_empty()).then(|| view! {
                <h4>"What to check"</h4>
                <ul class="check-list">{next_steps.into_iter().map(step).collect_view()}</ul>
            })}
        </div>
    }
}

/// What the receiver answered to the last attempt, once the browser has taken over. It stays open while the attempt changes.
#[component]
fn LastAnswer(attempt: Memo<Option<AttemptId>>) -> impl IntoView {
    let is_open = RwSignal::new(false);
    view! {
        <details
            class="last-answer"
            hidden=move || attempt.get().is_none()
            on:toggle:target=move |event| is_open.set(event.target().open())
        >
            <summary>"The last answer, whole"</summary>
            <Show when=move || is_open.get()>{move || attempt.get().map(|id| view! { <Answer id/> })}</Show>
        </details>
    }
}

#[component]
fn Answer(id: AttemptId) -> impl IntoView {
    let found = asked_later(move || read_attempt(id));
    move || match found.get() {
        None => view! { <Skeleton rows=2/> }.into_any(),
        Some(Err(failure)) => view! { <Trouble failure=Failure::clone(&failure)/> }.into_any(),
        Some(Ok(attempt)) => {
            let (body, truncated, event) =
                (attempt.response_bytes(), attempt.response_body_truncated, attempt.event_id);
            view! {
                <p class="row"><HttpStatus status=attempt.response_status error=attempt.error_code/>
                    <a href=format!("/events/{event}")>"Its event"<Icon shape=Shape::Chevron/></a></p>
                {body.map(|body| view! { <BodyViewer body what="response body" truncated/> })}
            }
            .into_any()
        }
    }
}

#[component]
fn RulesOf(connection: Connection) -> impl IntoView {
    let kinds: Vec<_> = connection.rules.iter().map(hookyard_model::Rule::kind).collect();
    let words = if kinds.is_empty() { "no rules".to_owned() } else { kinds.join(" → ") };
    view! {
        <li>
            <a href=format!("/connections/{}", connection.id)><Visible text=connection.name/></a>
            <span class="aside">"from "<Visible text=connection.source.name/>": "{words}</span>
        </li>
    }
}
