//! What starts at a source, and what came in last.

use hookyard_model::{Request, SourceConnection, SourceId};
use leptos::prelude::*;

use crate::{
    request::sender_words,
    ui::{Badge, Icon, Shape, Time, Tone, Visible, request_badge},
};

/// The connections that start at the source.
#[component]
pub(super) fn Connections(id: SourceId, connections: Vec<SourceConnection>) -> impl IntoView {
    let none = connections.is_empty();
    view! {
        <section class="part" aria-labelledby="source-connections">
            <header>
                <h2 id="source-connections">"Connections"</h2>
                <a class="button small" href=format!("/connections?source={id}")><Icon shape=Shape::Connection/>"On the board"</a>
            </header>
            {none.then(|| view! {
                <p class="nothing">"None yet: what arrives is kept, and goes nowhere. "<a href=format!("/connections/new?source_id={id}")>"Make a connection"</a></p>
            })}
            <ul class="source-connections" data-testid="source-connections">
                {connections.into_iter().map(|connection| view! { <Connected connection/> }).collect_view()}
            </ul>
        </section>
    }
}

#[component]
fn Connected(connection: SourceConnection) -> impl IntoView {
    let (tone, shape, word) = match (&connection.disabled_at, &connection.paused_at) {
        (Some(_), _) if connection.disabled_with_source => (Tone::Off, Shape::Slash, "Disabled with the source"),
        (Some(_), _) => (Tone::Off, Shape::Slash, "Disabled"),
        (None, Some(_)) => (Tone::Warning, Shape::Hold, "Paused"),
        (None, None) => (Tone::Good, Shape::Check, "Active"),
    };
    view! {
        <li>
            <a class="name" href=format!("/connections/{}", connection.id)><Visible text=connection.name/></a>
            <span class="to"><Icon shape=Shape::Arrow/><Visible text=connection.destination.name/></span>
            <Badge tone shape word/>
        </li>
    }
}

/// The last requests, each a link.
#[component]
pub(super) fn LastRequests(id: SourceId, requests: Vec<Request>) -> impl IntoView {
    let none = requests.is_empty();
    view! {
        <section class="part" aria-labelledby="source-requests">
            <header>
                <h2 id="source-requests">"Last requests"</h2>
                <span class="row">
                    <a class="button small" href=format!("/requests?source={id}&status=rejected")>"The refused"</a>
                    <a class="button small" href=format!("/requests?source={id}")>"All of them"</a>
                </span>
            </header>
            {none.then(|| view! { <p class="nothing">"Nothing has arrived yet. The command above sends something."</p> })}
            <ul class="last-requests" data-testid="last-requests">
                {requests.into_iter().map(|request| view! { <Arrived request/> }).collect_view()}
            </ul>
        </section>
    }
}

#[component]
fn Arrived(request: Request) -> impl IntoView {
    let sender = sender_words(&request);
    let what = if request.path.is_empty() { "/".to_owned() } else { request.path.clone() };
    view! {
        <li class="linked" data-status=request.status.as_str()>
            <a class="row-link" href=format!("/requests/{}", request.id)><Time at=request.ingested_at/></a>
            <span class="what"><span class="method">{request.method}</span>" "<code class="cut"><Visible text=what/></code></span>
            <span class="aside">{sender}</span>
            {request_badge(request.status)}
        </li>
    }
}
