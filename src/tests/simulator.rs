//! The simulator: scenarios, previews, saved payloads and receiver checks.

mod check;
mod send;
mod shelf;

use std::sync::{Arc, OnceLock};

use hyper::{HeaderMap, header::HeaderName};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::{Answer, Received, Receiver, Reply, Team, id, until};

/// An event type of the ready-made catalogue, whose example has optional fields.
const EXPORT: &str = "patient.ehi_export_success";

/// What a receiver does with what is signed properly.
type Then = fn(&Received) -> Answer;

/// A receiver that verifies with the official library before anything else. It learns the secret later.
struct Careful {
    receiver: Receiver,
    verifier: Arc<OnceLock<Webhook>>,
}

impl Careful {
    async fn that(then: Then) -> Self {
        let verifier: Arc<OnceLock<Webhook>> = Arc::default();
        let known = Arc::clone(&verifier);
        let decide = move |_, request: &Received| match known.get() {
            Some(verifier) if is_genuine(verifier, request) => then(request),
            _ => Answer::status(401).with_header("retry-after", "3600"),
        };
        Self { receiver: Receiver::deciding(decide).await, verifier }
    }

    /// A webhook for it, of the ready-made type.
    async fn webhook(&self, team: &Team) -> String {
        let webhook = id(&team.new_webhook(&self.receiver, EXPORT).await);
        let secrets = team.test.get(&format!("/v1/webhooks/{webhook}/secret")).await.expect(200);
        assert!(self.verifier.set(Webhook::new(secrets["secret"].as_str().unwrap()).unwrap()).is_ok());
        webhook
    }
}

fn is_genuine(verifier: &Webhook, request: &Received) -> bool {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    verifier.verify(&request.body, &headers).is_ok()
}

async fn simulate(team: &Team, webhook: &str, simulation: Value) -> Reply {
    team.test.post(&format!("/v1/webhooks/{webhook}/simulate"), simulation).await
}

/// A check's report when it is done.
async fn checked(team: &Team, webhook: &str, input: Value) -> Value {
    let begun = team.test.post(&format!("/v1/webhooks/{webhook}/receiver-checks"), input).await.expect(202);
    assert_eq!(begun["done"], false);
    report(team, &id(&begun)).await
}

async fn report(team: &Team, check: &str) -> Value {
    let path = format!("/v1/receiver-checks/{check}");
    until("the check to end", async || team.test.get(&path).await.expect(200)["done"] == true).await;
    team.test.get(&path).await.expect(200)
}

/// The finding of each line, by scenario; how fast it answers stands under `speed`.
fn findings(report: &Value) -> Value {
    let items = report["items"].as_array().unwrap();
    let mut found = json!({});
    for (index, item) in items.iter().enumerate() {
        let scenario = if index + 1 == items.len() { "speed" } else { item["scenario"].as_str().unwrap() };
        found[scenario] = item["finding"].clone();
        assert_eq!(item["advice"] == "", ["pass", "waiting"].contains(&item["finding"].as_str().unwrap()), "{item}");
        assert!(!item["evidence"].as_str().unwrap().is_empty(), "{item}");
    }
    found
}
