//! The outside contract, over real HTTP: what a script, a client or an operator may rely on.

mod again;
mod arrivals;
mod auth;
mod commands;
mod connections;
mod conventions;
mod disk;
mod document;
mod event_types;
mod idempotency;
mod isolation;
mod lists;
mod mistakes;
mod people;
mod publish;
mod secrets;
mod settings;
mod signing;
mod source_life;
mod sources;
mod team;
mod webhooks;
pub(crate) mod whole;

use serde_json::{Value, json};

use crate::support::{Receiver, Reply, Team, id, unique, until};

/// The body of a problem (RFC 9457) with this status and code, which has what every problem has and betrays nothing.
#[track_caller]
pub(crate) fn problem(reply: &Reply, status: u16, code: &str) -> Value {
    let text = String::from_utf8_lossy(&reply.bytes);
    assert_eq!(reply.status, status, "{text}");
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{text}");
    assert_eq!((reply.body["status"].as_u64(), reply.body["code"].as_str()), (Some(status.into()), Some(code)));
    for field in ["type", "title", "detail", "request_id"] {
        assert!(reply.body[field].as_str().is_some_and(|said| !said.is_empty()), "{field}: {text}");
    }
    assert_eq!(reply.body["request_id"].as_str(), reply.header("x-request-id"));
    for leak in ["SELECT", "INSERT", "sqlx", "UNIQUE", "constraint", ".rs:", "/tmp/", "/src/"] {
        assert!(!text.contains(leak), "`{leak}` is none of the caller's business: {text}");
    }
    reply.body.clone()
}

/// A 422 that names this field, and says what is wrong with it.
#[track_caller]
pub(crate) fn names(reply: &Reply, pointer: &str) -> String {
    let problem = problem(reply, 422, "INVALID_INPUT");
    let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("no errors in {problem}"));
    let error = errors.iter().find(|error| error["pointer"] == pointer);
    let error = error.unwrap_or_else(|| panic!("{pointer} is not named in {problem}"));
    error["detail"].as_str().filter(|detail| !detail.is_empty()).unwrap().to_owned()
}

/// One of each thing that a team can have, all in test mode, with the path of each one's list.
struct Belongings {
    things: Vec<(&'static str, Value)>,
    /// What signs for the webhook.
    signing_key: String,
    /// Who owns the team.
    owner: String,
    /// What only test mode has, or is listed elsewhere.
    simulator: [(&'static str, String); 2],
}

impl Belongings {
    /// Makes them, as deliveries do in part.
    async fn of(team: &Team, receiver: &Receiver) -> Self {
        let (source, destination) =
            (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
        let connection = team.connect(&source, &destination).await;
        let kind = json!({ "name": format!("made.t{}", unique()) });
        let event_type = team.test.post("/v1/event-types", kind).await.expect(201);
        let webhook = team.new_webhook(receiver, event_type["name"].as_str().unwrap()).await;
        let key = team.test.post("/v1/keys", json!({})).await.expect(201);
        let request = team.post_to(&source, &json!({ "n": 1 })).await;
        let event = team.events_of(&request).await[0].clone();
        until("the outcome", async || team.event(&id(&event)).await["status"] == "SUCCESSFUL").await;
        let attempt = team.list(&format!("/v1/attempts?event_id={}", id(&event))).await[0].clone();
        let simulator = simulator(team, &id(&webhook)).await;
        let signing_keys = team.list(&format!("/v1/webhooks/{}/signing-keys", id(&webhook))).await;
        let code = "addHandler('transform', request => request)";
        let script = json!({ "name": unique(), "code": code });
        let transformation = team.test.post("/v1/transformations", script).await.expect(201);
        let again = async |list: &str, one: &str| {
            let asked = json!({ "filter": { "id": one } });
            let operation = team.test.post(&format!("/v1/{list}/bulk_operations"), asked).await.expect(201);
            let path = format!("/v1/{list}/bulk_operations/{}", id(&operation));
            until("it to end", async || team.test.get(&path).await.expect(200)["status"] == "COMPLETED").await;
            operation
        };
        let retried = again("events", &id(&event)).await;
        let replayed = again("requests", &request).await;
        let things = vec![
            ("sources", source),
            ("destinations", destination),
            ("connections", connection),
            ("transformations", transformation),
            ("event-types", event_type),
            ("webhooks", webhook),
            ("keys", key),
            ("requests", json!({ "id": request })),
            ("events", event),
            ("attempts", attempt),
            ("issues", an_issue(team).await),
            ("events/bulk_operations", retried),
            ("requests/bulk_operations", replayed),
        ];
        Self { things, signing_key: id(&signing_keys[0]), owner: team.made.user_id.to_string(), simulator }
    }

    fn iter(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.things.iter().map(|(list, record)| (*list, id(record)))
    }

    /// The id of the one under this list.
    fn id(&self, list: &str) -> String {
        let found = self.iter().chain(self.simulator.iter().cloned()).find(|(known, _)| *known == list);
        found.unwrap_or_else(|| panic!("{list} is a list that these tests do not know")).1
    }

    /// The path of a call of the `OpenAPI` document with the id of the thing it is about.
    fn filled(&self, path: &str) -> String {
        match path.split_once("/{id}") {
            Some((list, more)) => {
                // There is no run of it.
                let run = "exe_01HF7YAT000000000000000000";
                let more = more.replace("{run_id}", run).replace("{execution_id}", run);
                let more = more.replace("{key_id}", &self.signing_key).replace("{token}", &self.id("sources"));
                format!("{list}/{}{more}", self.id(&list["/v1/".len()..]))
            }
            None => path.replace("{user_id}", &self.owner),
        }
    }
}

/// What failed for good, at a destination of its own.
async fn an_issue(team: &Team) -> Value {
    let destination = json!({ "name": unique(), "type": "MOCK", "config": { "mock": { "status": 410 } } });
    let destination = team.test.post("/v1/destinations", destination).await.expect(201);
    let source = team.new_source().await;
    team.connect(&source, &destination).await;
    team.post_to(&source, &json!({ "n": 2 })).await;
    let issues = async || team.list("/v1/issues").await;
    until("the issue", async || !issues().await.is_empty()).await;
    issues().await.remove(0)
}

/// A saved payload, and a check of the webhook's receiver that is done.
async fn simulator(team: &Team, webhook: &str) -> [(&'static str, String); 2] {
    let payload = json!({ "name": unique(), "type": "a.b", "payload": "{}" });
    let payload = team.test.post("/v1/saved-payloads", payload).await.expect(201);
    let path = format!("/v1/webhooks/{webhook}/receiver-checks");
    let check = team.test.post(&path, json!({ "scenarios": ["valid"] })).await.expect(202);
    until("the check", async || team.list(&path).await[0]["done"] == true).await;
    [("saved-payloads", id(&payload)), ("receiver-checks", id(&check))]
}

/// All calls of the `OpenAPI` document: method, path and what is said of it.
async fn calls(team: &Team) -> Vec<(hyper::Method, String, Value)> {
    let document = team.test.get("/v1/openapi.json").await.expect(200);
    let mut calls = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, call) in item.as_object().unwrap() {
            calls.push((method.to_uppercase().parse().unwrap(), path.clone(), call.clone()));
        }
    }
    calls
}
