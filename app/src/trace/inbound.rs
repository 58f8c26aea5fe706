//! What came in: who sent it, what it was, and whether it was let in.

use hookyard_model::{Request, RequestStatus};
use leptos::prelude::*;

use crate::{
    account::Me,
    attempt::{AsCurl, command},
    request::sender_words,
    ui::{BodyViewer, CopyText, HeaderTable, Notice, Shape, Time, Tone, Visible, request_badge, sentence},
};

/// The request itself. It stays as it came.
#[component]
pub(super) fn Inbound(request: Request) -> impl IntoView {
    let is_rejected = request.status == RequestStatus::Rejected;
    let label = request.rejection_cause.map(hookyard_model::RejectionCause::as_str);
    let parent = request.retry_parent_request_id;
    let source = request.source_id;
    view! {
        <div class="summary">
            <p class="url">
                {request_badge(request.status)}
                <span data-testid="sender">"Sender "{sender_words(&request).to_lowercase()}</span>
            </p>
            {is_rejected.then(|| view! {
                <Notice tone=Tone::Bad shape=Shape::Cross>
                    <p>
                        <code class="error-code">{label}</code>" "
                        {match request.rejection_detail.clone() {
                            Some(detail) => view! { <Visible text=sentence(&detail)/> }.into_any(),
                            None => "It was not let in.".into_any(),
                        }}
                    </p>
                </Notice>
            })}
            <dl class="facts">
                <div><dt>"Received"</dt><dd><Time at=request.ingested_at/></dd></div>
                <div><dt>"Source"</dt><dd><a href=format!("/requests?source={source}")><Visible text=request.source_name.clone()/></a></dd></div>
                {request.event_type.clone().map(|kind| view! { <div><dt>"Event type"</dt><dd><code><Visible text=kind/></code></dd></div> })}
                <div><dt>"Request id"</dt><dd><CopyText text=request.id.to_string() what="request id"/></dd></div>
                {parent.map(|parent| view! {
                    <div><dt>"Replay of"</dt><dd><a href=format!("/requests/{parent}")><code>{parent.to_string()}</code></a></dd></div>
                })}
            </dl>
        </div>
    }
}

/// Its exact bytes: method, path, headers and body.
#[component]
pub(super) fn Payload(request: Request) -> impl IntoView {
    let about = expect_context::<Me>().about;
    request.data.map(|data| {
        let mark = if data.query.is_empty() { "" } else { "?" };
        let url = format!("{}/in/{}{}{mark}{}", about.public_url, request.source_id, data.path, data.query);
        let curl = command((&data.method, &url), &data.headers, &data.raw, format!("{}-body", request.id));
        view! {
            <p class="line">
                <b>{data.method}</b>" "
                <Visible text=if data.path.is_empty() { "/".to_owned() } else { data.path }/>
                {(!data.query.is_empty()).then(|| view! { "?"<Visible text=data.query/> })}
            </p>
            <AsCurl curl/>
            <HeaderTable headers=data.headers what="Request headers"/>
            <BodyViewer body=data.raw what="request body"/>
        }
    })
}
