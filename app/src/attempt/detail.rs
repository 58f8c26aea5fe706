//! What was sent with an attempt, and what came back.

use hookyard_model::{Attempt, AttemptId, AttemptStatus};
use leptos::prelude::*;

use super::{server::read_attempt, timing::TimingBar};
use crate::ui::{
    BodyViewer, CopyText, HeaderTable, HttpStatus, Notice, Shape, Skeleton, Time, Tone, Trouble, Visible, sentence,
};

/// Loads one attempt and shows it.
#[component]
pub(crate) fn AttemptDetail(id: AttemptId) -> impl IntoView {
    let loaded = Resource::new(|| (), move |()| read_attempt(id));
    view! {
        <Transition fallback=|| view! { <Skeleton rows=6/> }>
            {move || loaded.get().map(|loaded| match loaded {
                Ok(attempt) => view! { <Exchange attempt/> }.into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
    }
}

#[component]
fn Exchange(attempt: Attempt) -> impl IntoView {
    let failure = (attempt.status == AttemptStatus::Failed).then(|| view! { <WhyFailed attempt=attempt.clone()/> });
    let request_body = attempt.request_bytes();
    let response_body = attempt.response_bytes();
    let has_response = attempt.response_status.is_some();
    view! {
        {failure}
        <div class="exchange">
            <section>
                <h3>"Request"</h3>
                <p class="line">
                    <b>{attempt.http_method.clone()}</b>" "
                    {match attempt.requested_url.clone() {
                        Some(url) => view! { <Visible text=url/> }.into_any(),
                        None => "Built-in receiver".into_any(),
                    }}
                </p>
                <HeaderTable headers=attempt.request_headers.clone() what="Request headers"/>
                {request_body.map(|body| view! { <BodyViewer body what="request body"/> })}
            </section>
            <section>
                <h3>"Response"</h3>
                <p class="line">
                    {if has_response {
                        view! { "HTTP " <HttpStatus status=attempt.response_status/> }.into_any()
                    } else {
                        view! { <span class="nothing">"No response"</span> }.into_any()
                    }}
                </p>
                {attempt.response_headers.clone().map(|headers| view! { <HeaderTable headers what="Response headers"/> })}
                {response_body
                    .filter(|_| has_response)
                    .map(|body| view! { <BodyViewer body what="response body" truncated=attempt.response_body_truncated/> })}
            </section>
        </div>
        <section class="timing-part">
            <h3>"Timing"</h3>
            <TimingBar timings=attempt.timings/>
        </section>
        <dl class="facts">
            <div><dt>"Event"</dt><dd><a href=format!("/events/{}", attempt.event_id)><code>{attempt.event_id.to_string()}</code></a></dd></div>
            <div><dt>"webhook-id"</dt><dd><CopyText text=attempt.webhook_id.clone() what="webhook-id"/></dd></div>
            <div><dt>"Attempt id"</dt><dd><CopyText text=attempt.id.to_string() what="attempt id"/></dd></div>
        </dl>
    }
}

/// Says what went wrong and what happens next.
#[component]
fn WhyFailed(attempt: Attempt) -> impl IntoView {
    let message = attempt.error_message.clone().unwrap_or_else(|| match attempt.response_status {
        Some(status) => format!("The receiver answered {status}."),
        None => "There was no answer.".to_owned(),
    });
    view! {
        <Notice tone=Tone::Bad shape=Shape::Cross>
            <p>
                {attempt.error_code.map(|code| view! { <code class="error-code">{code.as_str()}</code> " " })}
                <Visible text=sentence(&message)/>
            </p>
            {attempt.next_attempt_at.map(|next| view! { <p>"Next attempt: " <Time at=next/></p> })}
        </Notice>
    }
}
