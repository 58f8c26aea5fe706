//! What the source's upstream was sent for the sender's sake, and what it answered.

use hookyard_model::{ProxyExchange, Trace};
use leptos::prelude::*;

use crate::ui::{BodyViewer, CopyText, HeaderTable, HttpStatus, Notice, Shape, Time, Tone, Visible, sentence};

/// The call of the upstream, where the source is a proxy.
#[component]
pub(super) fn Upstream(now: Memo<Trace>) -> impl IntoView {
    let exchange = Memo::new(move |_| now.with(|trace| trace.proxy_exchange.clone()));
    move || exchange.get().map(|exchange| view! { <Exchange exchange/> })
}

#[component]
fn Exchange(exchange: ProxyExchange) -> impl IntoView {
    let body = exchange.response();
    let truncated = exchange.response_body_truncated;
    let has_answer = exchange.response_status.is_some();
    view! {
        <section class="part" aria-labelledby="upstream" data-testid="proxy-exchange">
            <header><h2 id="upstream">"Upstream"</h2></header>
            <p class="line"><b>{exchange.http_method.clone()}</b>" "<Visible text=exchange.target_url.clone()/></p>
            {exchange.error_text.clone().map(|text| view! {
                <Notice tone=Tone::Bad shape=Shape::Cross>
                    <p>"The sender did not get the upstream's answer. "<Visible text=sentence(&text)/></p>
                </Notice>
            })}
            <dl class="facts">
                <div>
                    <dt>"Answer"</dt>
                    <dd>
                        {if has_answer {
                            view! { "HTTP " <HttpStatus status=exchange.response_status/> }.into_any()
                        } else {
                            view! { <span class="nothing">"None"</span> }.into_any()
                        }}
                    </dd>
                </div>
                {exchange.response_latency.map(|took| view! { <div><dt>"Took"</dt><dd>{format!("{took:.0} ms")}</dd></div> })}
                <div><dt>"Called"</dt><dd><Time at=exchange.started_at/></dd></div>
                <div><dt>"Exchange id"</dt><dd><CopyText text=exchange.id.to_string() what="exchange id"/></dd></div>
            </dl>
            {has_answer.then(|| view! {
                <HeaderTable headers=exchange.response_headers.clone() what="Upstream headers"/>
                {body.map(|body| view! { <BodyViewer body what="upstream body" truncated/> })}
            })}
            {truncated.then(|| view! { <p class="aside">"The body was longer: its first part is stored."</p> })}
        </section>
    }
}
