//! Rules: what a connection does with a request on its way.

mod deduplicate;
mod filter;
mod retry;
mod trial;

use serde_json::{Value, json};

use crate::support::{Receiver, Team, id, unique};

/// A source connected to a new destination for this receiver by these rules; returns the source and the connection.
async fn ruled(team: &Team, receiver: &Receiver, rules: Value) -> (Value, Value) {
    let source = team.new_source().await;
    let connection = branch(team, &source, receiver, rules).await;
    (source, connection)
}

/// Connects a source with a new destination for this receiver by these rules; returns the connection.
async fn branch(team: &Team, source: &Value, receiver: &Receiver, rules: Value) -> Value {
    let destination = team.new_destination(json!({ "url": receiver.url_of(&format!("/{}", unique())) })).await;
    let input =
        json!({ "name": unique(), "source_id": id(source), "destination_id": id(&destination), "rules": rules });
    team.test.post("/v1/connections", input).await.expect(201)
}

/// The branches that a request did not take.
async fn ignored(team: &Team, request: &str) -> Vec<Value> {
    team.list(&format!("/v1/requests/{request}/ignored_events")).await
}

async fn request(team: &Team, request: &str) -> Value {
    team.test.get(&format!("/v1/requests/{request}")).await.expect(200)
}
