//! Transformations from outside: scripts change what is sent, what they did is on record, and no script holds up others.

mod crud;
mod limits;
mod queue;
mod runs;
mod secrets;

use serde_json::{Value, json};

use crate::support::{Receiver, Team, id, unique};

/// A transformation with this handler's body; its record.
async fn transformation(team: &Team, body: &str) -> Value {
    script(team, &handler(body)).await
}

async fn script(team: &Team, code: &str) -> Value {
    team.test.post("/v1/transformations", json!({ "name": unique(), "code": code })).await.expect(201)
}

fn handler(body: &str) -> String {
    format!("addHandler('transform', (request, context) => {{ {body} }})")
}

fn transform_rule(transformation: &Value) -> Value {
    json!({ "type": "transform", "transformation_id": id(transformation) })
}

/// A connection from `source` to `receiver` with these rules; its record.
async fn connected(team: &Team, source: &Value, receiver: &Receiver, rules: Value) -> Value {
    let destination = team.new_destination(json!({ "url": receiver.url() })).await;
    let input = json!({
        "name": unique(), "source_id": id(source), "destination_id": id(&destination), "rules": rules,
    });
    team.test.post("/v1/connections", input).await.expect(201)
}

/// The runs for an event, the oldest first, whole.
async fn runs_of(team: &Team, transformation: &Value, event: &str) -> Vec<Value> {
    let path = format!("/v1/transformations/{}/runs", id(transformation));
    let mut runs = Vec::new();
    for run in team.list(&format!("{path}?event_id={event}&dir=asc")).await {
        runs.push(team.test.get(&format!("{path}/{}", id(&run))).await.expect(200));
    }
    runs
}
