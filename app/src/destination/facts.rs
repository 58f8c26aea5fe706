//! How a destination is sent to, as it is set.

use hookyard_model::{Connection, Destination, DestinationAuth, DestinationConfig, DestinationId, Mock};
use leptos::prelude::*;

use crate::ui::{Badge, Empty, Shape, Tone, Visible};

#[component]
pub(crate) fn Sending(destination: Destination) -> impl IntoView {
    let config = destination.config;
    let fact = |name: &'static str, words: String| {
        view! { <div><dt>{name}</dt><dd><Visible text=words/></dd></div> }
    };
    let headers = (!config.headers.is_empty()).then(|| {
        let line = |(name, value): (&String, &String)| view! { <li><code><Visible text=format!("{name}: {value}")/></code></li> };
        view! { <div class="wide"><dt>"Headers of its own"</dt><dd><ul class="plain">{config.headers.iter().map(line).collect_view()}</ul></dd></div> }
    });
    let mock = config.url.is_none().then(|| behaviour(&config.mock.clone().unwrap_or_default()));
    view! {
        <section class="part" aria-labelledby="sending">
            <h2 id="sending">"How it is sent to"</h2>
            <dl class="facts">
                {mock.map(|words| fact("Answers", words))}
                {config.url.is_some().then(|| view! {
                    {fact("Method", config.http_method.to_string())}
                    {fact("Path and query", if config.path_forwarding_disabled { "not forwarded" } else { "forwarded" }.to_owned())}
                })}
                {fact("Timeout", format!("{} ms", config.timeout_ms))}
                {fact("Rate", rate(&config))}
                {fact("At once", format!("at most {}", config.max_concurrency.unwrap_or(32)))}
                {fact("Proof", proof(config.auth.as_ref()))}
                {headers}
            </dl>
        </section>
    }
}

fn rate(config: &DestinationConfig) -> String {
    match config.rate_limit {
        None => "no limit".to_owned(),
        Some(limit) => format!("at most {limit} a {}", config.rate_limit_period),
    }
}

fn proof(auth: Option<&DestinationAuth>) -> String {
    let more = match auth {
        None => return "the signature".to_owned(),
        Some(DestinationAuth::CustomHeader { header_name, .. } | DestinationAuth::ApiKey { header_name, .. }) => {
            format!("the header {header_name}")
        }
        Some(DestinationAuth::Bearer { .. }) => "a bearer token".to_owned(),
        Some(DestinationAuth::BasicAuth { username, .. }) => format!("the user {username} and a password"),
        Some(DestinationAuth::OAuth2ClientCredentials { token_url, client_id, .. }) => {
            format!("an access token of {client_id} from {token_url}")
        }
    };
    format!("the signature and {more}")
}

/// What the built-in receiver does.
fn behaviour(mock: &Mock) -> String {
    let mut parts = vec![mock.status.to_string()];
    if mock.delay_ms > 0 {
        parts.push(format!("after {} ms", mock.delay_ms));
    }
    if let Some(drip) = mock.drip {
        parts.push(format!("its body in {} parts over {} ms", drip.chunks, drip.over_ms));
    }
    match mock.fail_first {
        0 => {}
        1 => parts.push("500 to the first attempt of an event".to_owned()),
        n => parts.push(format!("500 to the first {n} attempts of an event")),
    }
    if mock.fail_percent > 0 {
        parts.push(format!("500 to {} % by chance", mock.fail_percent));
    }
    parts.join(", ")
}

/// Where its events come from.
#[component]
pub(super) fn Connections(id: DestinationId, connections: Vec<Connection>) -> impl IntoView {
    let is_empty = connections.is_empty();
    let row = |connection: Connection| {
        let state = match (connection.disabled_at, connection.paused_at) {
            (Some(_), _) => Some((Tone::Off, Shape::Slash, "Disabled")),
            (None, Some(_)) => Some((Tone::Warning, Shape::Hold, "Paused")),
            (None, None) => None,
        };
        let source = connection.source_id;
        view! {
            <li>
                <a class="name" href=format!("/connections/{}", connection.id)><Visible text=connection.name/></a>
                <span class="to">"from "<a href=format!("/sources/{source}")><Visible text=connection.source.name/></a></span>
                {state.map(|(tone, shape, word)| view! { <Badge tone shape word/> })}
            </li>
        }
    };
    view! {
        <section class="part" aria-labelledby="leading-here">
            <h2 id="leading-here">"Connections that lead here"</h2>
            {if is_empty {
                view! {
                    <Empty shape=Shape::Connection title="No connection leads here">
                        <p>"Nothing is sent here until a connection from a source leads to it."</p>
                        <a class="button" href=format!("/connections/new?destination_id={id}")>"Make a connection"</a>
                    </Empty>
                }
                .into_any()
            } else {
                view! { <ul class="source-connections">{connections.into_iter().map(row).collect_view()}</ul> }.into_any()
            }}
        </section>
    }
}
