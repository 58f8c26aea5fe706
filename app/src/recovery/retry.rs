//! Step 5: one event is sent again, and its attempt is read.

use hookyard_model::{AttemptStatus, DestinationId, EventId, EventStatus, FailureExample, Recovery, RecoveryWindow};
use leptos::{form::ActionForm, prelude::*};

use super::{acts::Acts, server::Retried};
use crate::{
    attempt::WhyFailed,
    failure::Failure,
    ui::{BodyViewer, FailureNotice, HttpStatus, Icon, Notice, Shape, Time, Tone, event_badge, milliseconds},
};

/// What became of the retry that is followed.
pub(super) type Followed = Memo<Option<Result<Retried, Failure>>>;

#[component]
pub(super) fn RetryStep(
    id: DestinationId,
    recovery: Memo<Recovery>,
    window: Memo<RecoveryWindow>,
    followed: Followed,
    is_open: Memo<bool>,
    acts: Acts,
) -> impl IntoView {
    let examples = Memo::new(move |_| {
        let all = |found: &Recovery| {
            found
                .groups
                .iter()
                .flat_map(|group| {
                    let title = group.title.clone();
                    group.examples.iter().map(move |example| (title.clone(), example.clone()))
                })
                .collect::<Vec<_>>()
        };
        recovery.with(all)
    });
    let failure = move || acts.retry.value().get().and_then(Result::err);
    let bound = move |name: &'static str| {
        let value = move || {
            let window = window.get();
            let bound = if name == "window[from]" { window.from } else { window.to };
            bound.map(|bound| bound.to_string())
        };
        move || value().map(|value| view! { <input type="hidden" name=name value=value/> })
    };
    let is_any = Memo::new(move |_| examples.with(|examples| !examples.is_empty()));
    let proof = Memo::new(move |_| recovery.with(|found| found.proof));
    let is_retrying = Memo::new(move |_| recovery.with(|found| found.retrying > 0));
    view! {
        <p>"It goes out under its own "<code>"webhook-id"</code>", as it was. The failed event stays as it is."</p>
        <Show
            when=move || is_any.get()
            fallback=move || {
                let words = if is_retrying.get() {
                    "Nothing was given up: what failed is tried again by itself."
                } else {
                    "Nothing that was given up is left."
                };
                view! { <p class="aside">{words}</p> }
            }
        >
            <ActionForm action=acts.retry attr:class="retry-form" attr:aria-label="Retry one">
                <input type="hidden" name="id" value=id.to_string()/>
                {bound("window[from]")}
                {bound("window[to]")}
                <div class="field">
                    <label for="retry-event">"The event"</label>
                    <select id="retry-event" name="event">
                        {move || examples.get().into_iter().map(|(title, example)| view! { <Choice title example/> }).collect_view()}
                    </select>
                </div>
                <button class="button primary" disabled=move || !is_open.get() || acts.retry.pending().get()>
                    <Icon shape=Shape::Turn/>"Retry this one"
                </button>
            </ActionForm>
        </Show>
        <FailureNotice failure=Signal::derive(failure)/>
        <div role="status" class="followed" data-testid="followed">
            {move || match followed.get() {
                Some(Ok(retried)) => view! { <Outcome retried/> }.into_any(),
                Some(Err(failure)) => view! { <p class="aside">{failure.detail.clone()}</p> }.into_any(),
                None => ().into_any(),
            }}
        </div>
        {move || proof.get().map(|proof| view! {
            <Notice tone=Tone::Good shape=Shape::Check>
                <p data-testid="proof">
                    "Proven at "<Time at=proof.at/>": "<a href=format!("/events/{}", proof.event_id)>"a retried event"</a>
                    " was delivered since the last failure."
                </p>
            </Notice>
        })}
    }
}

#[component]
fn Choice(title: String, example: FailureExample) -> impl IntoView {
    let kind = example.event_type.map(|kind| format!("{kind}, ")).unwrap_or_default();
    let at = example.created_at.to_string().replace('T', " ");
    let at = at.split('.').next().unwrap_or_default().to_owned();
    view! { <option value=example.event_id.to_string()>{format!("{kind}{at} UTC, {title}")}</option> }
}

/// How the retried event does, and what its last attempt says.
#[component]
fn Outcome(retried: Retried) -> impl IntoView {
    let Retried { event, attempt } = retried;
    let id: EventId = event.id;
    let waits = match event.status {
        EventStatus::Hold => Some("It is held: a pause or an open circuit breaker is in the way, as said above."),
        EventStatus::Queued if attempt.is_none() => {
            Some("It waits for its turn. After an answer such as 429 or 503 the receiver is left alone for a while.")
        }
        EventStatus::Scheduled => Some("It will be tried again by itself."),
        _ => None,
    };
    let failed = attempt.clone().filter(|attempt| attempt.status == AttemptStatus::Failed);
    view! {
        <div class="retried" data-testid="retried">
            <p class="row">
                {event_badge(event.status)}
                <a href=format!("/events/{id}")><code>{id.to_string()}</code></a>
                {attempt.clone().map(|attempt| view! {
                    <HttpStatus status=attempt.response_status error=attempt.error_code/>
                    <span class="aside">{milliseconds(attempt.delivery_latency)}" · "<Time at=attempt.delivered_at/></span>
                })}
            </p>
            {waits.map(|words| view! { <p class="aside">{words}</p> })}
            {attempt.and_then(|attempt| {
                let truncated = attempt.response_body_truncated;
                attempt.response_bytes().map(|body| view! { <BodyViewer body what="response body" truncated/> })
            })}
            {failed.map(|attempt| view! {
                <WhyFailed attempt/>
                <p><a href="#check">"Back to what to check"<Icon shape=Shape::Chevron/></a></p>
            })}
        </div>
    }
}
