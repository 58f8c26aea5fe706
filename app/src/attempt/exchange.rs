//! What was sent with an attempt, and what came back.

use hookyard_model::{Attempt, REDACTED};
use leptos::prelude::*;

use super::{
    curl::{Curl, curl},
    timing::TimingBar,
};
use crate::ui::{BodyViewer, CopyButton, CopyText, HeaderTable, HttpStatus, Visible};

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
                <AsCurl attempt=attempt.clone()/>
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

/// The request as a command, to copy or to select; nothing for what was not sent over HTTP.
#[component]
fn AsCurl(attempt: Attempt) -> impl IntoView {
    let hides_secret = attempt.request_headers.0.iter().any(|(_, value)| value.contains(REDACTED));
    curl(&attempt).map(|Curl { command, file }| {
        view! {
            <div class="curl">
                <CopyButton text=command.clone() what="curl command" verb="Copy as curl"/>
                <details>
                    <summary>"Show the command"</summary>
                    {file.map(|file| view! {
                        <p class="aside">"The body is too large for a command line: download it to a file named "<code>{file}</code>" first."</p>
                    })}
                    {hides_secret.then(|| view! {
                        <p class="aside">"A header carries a secret that is not kept here: put it in where the dots are."</p>
                    })}
                    <pre class="code wrap" tabindex="0" role="group" aria-label="curl command"><Visible text=command/></pre>
                </details>
            </div>
        }
    })
}
