//! Signatures, checked by the official Standard Webhooks libraries, not by our own code.

use std::{collections::BTreeMap, env, process::Stdio};

use hyper::HeaderMap;
use serde_json::json;
use standardwebhooks::Webhook;
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::support::{Answer, Database, Received, Receiver, Team, TestServer, id, on_both, until};

on_both![
    the_official_libraries_accept_deliveries_and_nothing_else,
    a_rotated_secret_signs_beside_the_new_one_for_its_overlap,
];

/// Whether the libraries, all of them, accept what was received.
async fn is_genuine(received: &Received, secret: &str) -> bool {
    let rust = by_rust(received, secret);
    if let Some(modules) = place("TEST_NODE_MODULES") {
        let mut node = Command::new("node");
        node.arg(script("verify.cjs")).env("NODE_PATH", modules);
        assert_eq!(by_command(node, received, secret).await, rust, "the JavaScript library");
    }
    if let Some(python) = place("TEST_PYTHON") {
        let mut python = Command::new(python);
        python.arg(script("verify.py"));
        assert_eq!(by_command(python, received, secret).await, rust, "the Python library");
    }
    rust
}

fn script(name: &str) -> String {
    format!("{}/src/tests/signatures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Where a library is; in CI it must be somewhere.
fn place(variable: &str) -> Option<String> {
    let place = env::var(variable).ok();
    assert!(place.is_some() || env::var_os("CI").is_none(), "{variable} is not set");
    if place.is_none() {
        println!("one library skipped: {variable} is not set");
    }
    place
}

fn by_rust(received: &Received, secret: &str) -> bool {
    let mut headers = HeaderMap::new();
    for (name, value) in &received.headers {
        headers.append(name.parse::<hyper::header::HeaderName>().unwrap(), value.parse().unwrap());
    }
    Webhook::new(secret).unwrap().verify(&received.body, &headers).is_ok()
}

async fn by_command(mut command: Command, received: &Received, secret: &str) -> bool {
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let headers: BTreeMap<_, _> = received.headers.iter().cloned().collect();
    let body = std::str::from_utf8(&received.body).unwrap();
    let delivery = json!({ "secret": secret, "headers": headers, "body": body }).to_string();
    child.stdin.take().unwrap().write_all(delivery.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || said.contains("No matching signature found"), "{said}");
    output.status.success()
}

async fn secret_of(team: &Team, webhook: &str) -> String {
    let secrets = team.test.get(&format!("/v1/webhooks/{webhook}/secret")).await.expect(200);
    secrets["secret"].as_str().unwrap().to_owned()
}

async fn the_official_libraries_accept_deliveries_and_nothing_else(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([Answer::status(200)]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, "invoice.paid").await);
    let secret = secret_of(&team, &webhook).await;
    let stranger = secret_of(&team, &id(&team.new_webhook(&receiver, "other.kind").await)).await;
    assert!(secret.starts_with("whsec_") && secret != stranger);

    team.publish("invoice.paid", json!({ "name": "Zo\u{eb} \u{1f44d}", "amount": 1.5 })).await;

    until("the delivery", async || receiver.count() == 1).await;
    let received = receiver.request(0);
    assert!(is_genuine(&received, &secret).await);
    assert!(!is_genuine(&received, &stranger).await, "another webhook's secret");
    let mut tampered = received.clone();
    tampered.body = String::from_utf8_lossy(&received.body).replace("1.5", "9.5").into();
    assert!(!is_genuine(&tampered, &secret).await, "another body");
    let mut renamed = received.clone();
    renamed.headers.iter_mut().filter(|(name, _)| name == "webhook-id").for_each(|(_, id)| id.push('0'));
    assert!(!is_genuine(&renamed, &secret).await, "another id");
    until("the outcome", async || team.count_events("SUCCESSFUL").await == 1).await;
    server.stop().await;
}

async fn a_rotated_secret_signs_beside_the_new_one_for_its_overlap(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([Answer::status(200)]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, "invoice.paid").await);
    let first = secret_of(&team, &webhook).await;
    let rotate = async |hours: u32| {
        let body = json!({ "overlap_hours": hours });
        let made = team.test.post(&format!("/v1/webhooks/{webhook}/secret/rotate"), body).await.expect(200);
        made["secret"].as_str().unwrap().to_owned()
    };
    let signatures = |received: &Received| received.header("webhook-signature").split(' ').count();

    let second = rotate(24).await;
    team.publish("invoice.paid", json!({ "n": 1 })).await;
    until("the delivery signed twice", async || receiver.count() == 1).await;
    let received = receiver.request(0);
    assert_eq!(signatures(&received), 2);
    assert!(is_genuine(&received, &first).await && is_genuine(&received, &second).await);

    let third = rotate(0).await;
    team.publish("invoice.paid", json!({ "n": 2 })).await;
    until("the delivery signed anew", async || receiver.count() == 2).await;
    let received = receiver.request(1);
    assert!(is_genuine(&received, &third).await);
    assert!(!is_genuine(&received, &second).await, "it was given no overlap");
    until("the outcomes", async || team.count_events("SUCCESSFUL").await == 2).await;
    server.stop().await;
}
