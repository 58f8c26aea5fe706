//! Requests that arrive at a source's URL.

use async_trait::async_trait;
use hookyard_model::{
    SourceId, SourceType,
    service::{Answer, Arrival, Captured, Captures, Refusal},
};

use super::{Draft, check::check, event_type_in};
use crate::Engine;

#[async_trait]
impl Captures for Engine {
    fn body_limit(&self) -> usize {
        self.0.config.body_limit
    }

    async fn knows_source(&self, source: SourceId) -> Answer<bool> {
        Ok(self.route(source).await?.is_some_and(|route| route.kind != SourceType::EVENTS))
    }

    async fn capture(&self, arrival: Arrival) -> Result<Captured, Refusal> {
        let route = self.route(arrival.source).await.map_err(|error| {
            tracing::error!(source_id = %arrival.source, error = &error as &dyn std::error::Error, "a source cannot be read");
            Refusal::Unavailable
        })?;
        // The built-in source is entered by publishing; it has no URL.
        let route = route.filter(|route| route.kind != SourceType::EVENTS).ok_or(Refusal::UnknownSource)?;
        let rejection = check(&route, &arrival, self.body_limit()).err();
        let cause = rejection.as_ref().map(|(cause, _)| *cause);
        let headers: Vec<(&str, String)> =
            arrival.headers.iter().map(|(name, value)| (name.as_str(), header_text(value))).collect();
        let content_type = headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| value.clone());
        let draft = Draft {
            verified: rejection.is_none() && route.config.auth.is_some(),
            rejection,
            enveloped: false,
            simulated: false,
            staged: None,
            event_type: event_type_in(&route, &arrival.body),
            webhook_id: None,
            headers: serde_json::to_string(&headers).unwrap_or_default(),
            method: arrival.method,
            path: arrival.path,
            query: arrival.query,
            content_type,
            body: arrival.body,
            retry: None,
            only: None,
        };
        match (self.take_in(&route, draft).await, cause) {
            (Ok((id, _)), None) => Ok(Captured::Accepted(id, None)),
            (Ok((id, _)), Some(cause)) => Ok(Captured::Rejected(id, cause)),
            (Err(_), _) => Err(Refusal::Unavailable),
        }
    }
}

/// A header's value as text: UTF-8, else Latin-1, which has a character for every byte.
fn header_text(value: &[u8]) -> String {
    std::str::from_utf8(value).map_or_else(|_| value.iter().copied().map(char::from).collect(), str::to_owned)
}
