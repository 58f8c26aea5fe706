//! A team and what it does, by the REST API.

use bytes::Bytes;
use hookyard_model::Bootstrapped;
use hyper::Method;
use serde_json::{Value, json};

use super::{Client, Receiver, Reply, unique};

/// A team with a client for each mode.
#[derive(Clone)]
pub(crate) struct Team {
    pub(crate) made: Bootstrapped,
    /// With the key of test mode.
    pub(crate) test: Client,
    /// With the key of live mode.
    pub(crate) live: Client,
}

/// A JSON record's id.
pub(crate) fn id(record: &Value) -> String {
    record["id"].as_str().unwrap_or_else(|| panic!("no id in {record}")).to_owned()
}

impl Team {
    pub(crate) fn new(made: Bootstrapped, url: &str) -> Self {
        let client = Client::new(url);
        let (test, live) = (client.with_key(made.test.private.reveal()), client.with_key(made.live.private.reveal()));
        Self { made, test, live }
    }

    /// The same team at another server, such as after a restart.
    #[must_use]
    pub(crate) fn at(&self, url: &str) -> Self {
        Self { made: self.made.clone(), test: self.test.at(url), live: self.live.at(url) }
    }

    /// Makes a source; returns its record.
    pub(crate) async fn new_source(&self) -> Value {
        self.test.post("/v1/sources", json!({ "name": unique() })).await.expect(201)
    }

    /// Makes a destination with this config; returns its record.
    pub(crate) async fn new_destination(&self, config: Value) -> Value {
        self.test.post("/v1/destinations", json!({ "name": unique(), "config": config })).await.expect(201)
    }

    /// Connects a source with a destination, both records; returns the connection's.
    pub(crate) async fn connect(&self, source: &Value, destination: &Value) -> Value {
        let input = json!({ "name": unique(), "source_id": id(source), "destination_id": id(destination) });
        self.test.post("/v1/connections", input).await.expect(201)
    }

    /// A source connected to a new destination for this receiver; returns the source and the destination.
    pub(crate) async fn connected_to(&self, receiver: &Receiver) -> (Value, Value) {
        self.connected_with(json!({ "url": receiver.url() })).await
    }

    /// A source connected to a new destination with this config; returns the source and the destination.
    pub(crate) async fn connected_with(&self, config: Value) -> (Value, Value) {
        let (source, destination) = (self.new_source().await, self.new_destination(config).await);
        self.connect(&source, &destination).await;
        (source, destination)
    }

    /// Makes a webhook for one event type, which it adds to the catalogue; returns the webhook's record.
    pub(crate) async fn new_webhook(&self, receiver: &Receiver, event_type: &str) -> Value {
        let known = self.test.post("/v1/event-types", json!({ "name": event_type })).await;
        assert!([201, 409].contains(&known.status), "{}", known.body);
        let input = json!({ "url": receiver.url_of(&format!("/{}", unique())), "event_types": [event_type] });
        self.test.post("/v1/webhooks", input).await.expect(201)
    }

    /// Sends JSON to a source as a provider does; returns the request's id.
    pub(crate) async fn post_to(&self, source: &Value, body: &Value) -> String {
        let reply = self.send_to(source, "", &[("content-type", "application/json")], body.to_string()).await;
        reply.expect(200)["request_id"].as_str().unwrap().to_owned()
    }

    /// Sends anything to a source; `more` follows its URL.
    pub(crate) async fn send_to(
        &self,
        source: &Value,
        more: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        let path = format!("/in/{}{more}", id(source));
        self.test.send(Method::POST, &path, headers, body).await.unwrap()
    }

    /// Publishes an event; returns the answer.
    pub(crate) async fn publish(&self, event_type: &str, data: Value) -> Value {
        self.test.post("/v1/publish", json!({ "type": event_type, "data": data })).await.expect(202)
    }

    /// All events that this query selects, the oldest first, without paging: tests have few.
    pub(crate) async fn events(&self, query: &str) -> Vec<Value> {
        self.list(&format!("/v1/events?limit=255&dir=asc&{query}")).await
    }

    /// The events of one request, the oldest first.
    pub(crate) async fn events_of(&self, request: &str) -> Vec<Value> {
        self.events(&format!("request_id={request}")).await
    }

    /// The attempts that this query selects, whole, the oldest first.
    pub(crate) async fn attempts(&self, query: &str) -> Vec<Value> {
        let mut attempts = Vec::new();
        for attempt in self.list(&format!("/v1/attempts?limit=255&dir=asc&{query}")).await {
            attempts.push(self.test.get(&format!("/v1/attempts/{}", id(&attempt))).await.expect(200));
        }
        attempts
    }

    pub(crate) async fn attempts_of(&self, event: &Value) -> Vec<Value> {
        self.attempts(&format!("event_id={}", id(event))).await
    }

    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        self.test.get(path).await.expect(200)["models"].as_array().unwrap().clone()
    }

    pub(crate) async fn event(&self, id: &str) -> Value {
        self.test.get(&format!("/v1/events/{id}")).await.expect(200)
    }

    /// How many events have this status.
    pub(crate) async fn count_events(&self, status: &str) -> u64 {
        let path = format!("/v1/events/count?status={status}");
        self.test.get(&path).await.expect(200)["count"].as_u64().unwrap()
    }
}
