//! What was sent with an attempt, and what came back.

use hookyard_model::Attempt;
use leptos::prelude::*;

use super::{
    curl::{AsCurl, curl},
    timing::TimingBar,
};
use crate::ui::{BodyViewer, CopyText, HeaderTable, HttpStatus, Visible};

/// Both ways side by side, and where the time went.
#[component]
pub(super) fn Exchange(attempt: Attempt) -> impl IntoView {
    let request_body = attempt.request_bytes();
    let response_body = attempt.response_bytes();
    let has_response = attempt.response_status.is_some();
    let file = |which: &str| format!("/api/attempts/{}/{which}-body", attempt.id);
    let (request_file, response_file) = (file("request"), file("response"));
    view! {
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
                {curl(&attempt).map(|curl| view! { <AsCurl curl/> })}
                <HeaderTable headers=attempt.request_headers.clone() what="Request headers"/>
                {request_body.map(|body| view! { <BodyViewer body what="request body" download=request_file/> })}
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
                    .map(|body| view! {
                        <BodyViewer body what="response body" truncated=attempt.response_body_truncated download=response_file/>
                    })}
                {attempt.response_body_truncated.then(|| view! {
                    <p class="aside">"The body was longer: its first part is kept, and the rest was not read."</p>
                })}
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
