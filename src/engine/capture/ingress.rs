//! Requests that arrive at a source's URL.

use async_trait::async_trait;
use hookyard_model::{
    Asked, REDACTED, SourceId, SourceType,
    service::{Answer, Arrival, Captured, Captures, Refusal},
};

use super::{
    Draft,
    check::{Looked, looked_at},
    credentials::{is_credential, shown_query},
    event_type_in,
};
use crate::{Engine, proxy::Passing, routing::Route};

#[async_trait]
impl Captures for Engine {
    fn body_limit(&self) -> usize {
        self.0.config.body_limit
    }

    async fn knows_source(&self, source: SourceId) -> Answer<bool> {
        Ok(self.route_by_token(source).await?.is_some_and(|route| route.kind != SourceType::EVENTS))
    }

    async fn capture(&self, arrival: Arrival) -> Result<Captured, Refusal> {
        let route = self.route_by_token(arrival.source).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "the source of a URL cannot be read");
            Refusal::Unavailable
        })?;
        // The built-in source is entered by publishing; it has no URL.
        let route = route.filter(|route| route.kind != SourceType::EVENTS).ok_or(Refusal::UnknownSource)?;
        let looked = looked_at(&route, &arrival, self.body_limit(), &self.0.config.public_url, self.now());
        let Looked { rejection, verified, answer } = looked;
        let cause = rejection.as_ref().map(|(cause, _)| *cause);
        let headers: Vec<(&str, String)> =
            arrival.headers.iter().map(|(name, value)| (name.as_str(), shown(&route, name, value))).collect();
        let content_type = headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| value.clone());
        let query = shown_query(&route, &arrival.query).into_owned();
        let replier = route.replier.as_ref().filter(|_| rejection.is_none() && answer.is_none());
        let asked = replier.map(|replier| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            let (method, path, query) = (arrival.method.clone(), arrival.path.clone(), query.clone());
            let asked = Asked { request_id: String::new(), method, path, query, headers };
            (replier, asked, arrival.body.clone())
        });
        let passing = route.config.upstream().filter(|_| rejection.is_none() && answer.is_none()).cloned();
        let draft = Draft {
            verified,
            rejection,
            handshake: answer.is_some(),
            enveloped: false,
            simulated: false,
            staged: None,
            event_type: event_type_in(&route, &arrival.body),
            webhook_id: None,
            headers: serde_json::to_string(&headers).unwrap_or_default(),
            method: arrival.method,
            path: arrival.path,
            query,
            content_type,
            body: arrival.body,
            retry: None,
            modified: Vec::new(),
            only: None,
        };
        let passing = passing.map(|upstream| (upstream, Passing::of(&draft)));
        match (self.take_in(&route, draft).await, cause) {
            (Ok((id, _)), None) => {
                // Only now: what was answered was committed.
                let reply = match (passing, asked) {
                    (Some((upstream, passing)), _) => Some(self.pass_on(&route, upstream, id, passing).await),
                    (None, Some((replier, asked, body))) => {
                        replier.reply(Asked { request_id: id.to_string(), ..asked }, body).await
                    }
                    (None, None) => answer,
                };
                Ok(Captured::Accepted(id, reply))
            }
            (Ok((id, _)), Some(cause)) => Ok(Captured::Rejected(id, cause)),
            (Err(_), _) => Err(Refusal::Unavailable),
        }
    }
}

/// A header's value as it is stored: of what proves who sends, nothing but the placeholder.
fn shown(route: &Route, name: &str, value: &[u8]) -> String {
    if is_credential(route, name) { REDACTED.to_owned() } else { header_text(value) }
}

/// A header's value as text: UTF-8, else Latin-1, which has a character for every byte.
fn header_text(value: &[u8]) -> String {
    std::str::from_utf8(value).map_or_else(|_| value.iter().copied().map(char::from).collect(), str::to_owned)
}
