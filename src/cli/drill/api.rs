//! What the drill asks of the server, by HTTP like anybody else.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};

use super::server::Server;
use crate::cli::Failure;

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_mins(1);

/// A client with the team's key.
#[derive(Clone)]
pub(super) struct Api {
    http: Client<HttpConnector, Full<Bytes>>,
    url: String,
    key: String,
}

impl Api {
    pub(super) fn new(server: &Server) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        #[expect(clippy::disallowed_methods, reason = "the drill is a client, which stands outside of the server")]
        // What was sent once is not sent again by itself: the drill counts.
        let http = Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build(connector);
        Self { http, url: server.url.clone(), key: server.key.reveal().to_owned() }
    }

    /// Any call; an error means that nobody knows what became of it.
    pub(super) async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Result<(u16, Bytes), Failure> {
        let lost = |error: &dyn std::error::Error| Failure::Other(format!("{path}: {error}"));
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| lost(&error))?;
        let answer = async {
            let (head, body) = self.http.request(request).await.map_err(|error| lost(&error))?.into_parts();
            let bytes = body.collect().await.map_err(|error| lost(&error))?.to_bytes();
            Ok((head.status.as_u16(), bytes))
        };
        let answered = tokio::time::timeout(DEADLINE, answer).await;
        answered.map_err(|_| Failure::Other(format!("{path}: no answer within a minute")))?
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let sent = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let (status, bytes) = self.send(method, path, sent).await?;
        if !(200..300).contains(&status) {
            return Err(Failure::Other(format!("{path}: {status} {}", String::from_utf8_lossy(&bytes))));
        }
        serde_json::from_slice(&bytes).map_err(|error| Failure::Other(format!("{path}: {error}")))
    }

    /// A source connected to a destination, whose circuit breaker opens after so many seconds of failures if it has one;
    /// returns the path to send to, and the destination's id.
    pub(super) async fn connect(&self, receiver: &str, breaker: Option<u64>) -> Result<(String, String), Failure> {
        let source = id(&self.post("/v1/sources", &json!({ "name": "drill" })).await?);
        let rule = breaker.map(|seconds| json!({ "consecutive_failures": 10, "failing_for_seconds": seconds }));
        let config = json!({ "url": receiver, "path_forwarding_disabled": true, "circuit_breaker": rule });
        let input = json!({ "name": "drill", "config": config, "auto_disable": null });
        let destination = id(&self.post("/v1/destinations", &input).await?);
        // With nobody there to retry, events go on for long enough; else they are given up soon, for the bulk operation.
        let retry = if breaker.is_some() {
            json!({ "type": "retry", "strategy": "linear", "count": 50, "interval": 5000 })
        } else {
            json!({ "type": "retry", "strategy": "linear", "count": 4, "interval": 1000 })
        };
        let input = json!({ "name": "drill", "source_id": source, "destination_id": destination, "rules": [retry] });
        self.post("/v1/connections", &input).await?;
        Ok((format!("/in/{source}"), destination))
    }

    /// How many events there are.
    pub(super) async fn count(&self, query: &str) -> Result<u64, Failure> {
        Ok(self.get(&format!("/v1/events/count?{query}")).await?["count"].as_u64().unwrap_or_default())
    }
}

pub(super) fn id(record: &Value) -> String {
    record["id"].as_str().unwrap_or_default().to_owned()
}
