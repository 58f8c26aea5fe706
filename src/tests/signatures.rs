//! Signatures, checked by the official Standard Webhooks libraries, not by our own code.

use std::{collections::BTreeMap, env, process::Stdio, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hookyard_engine::Clock;
use hyper::HeaderMap;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::support::{Answer, Database, Received, Receiver, Setup, Team, TestServer, id, on_both, until};

on_both![
    the_official_libraries_accept_deliveries_and_nothing_else,
    a_rotated_secret_signs_beside_the_new_one_for_its_overlap,
    a_former_secret_ends_with_its_overlap,
    a_key_pair_signs_beside_the_secret,
    a_new_key_pair_takes_over_after_the_overlap,
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

/// How many signatures of each scheme a delivery has, of which all `v1` stand first.
fn schemes(received: &Received) -> (usize, usize) {
    let all: Vec<_> = received.header("webhook-signature").split(' ').collect();
    let shared = all.iter().take_while(|signature| signature.starts_with("v1,")).count();
    assert!(all[shared..].iter().all(|signature| signature.starts_with("v1a,")), "{all:?}");
    (shared, all.len() - shared)
}

/// Whether a secret signed it, whenever that was.
fn is_signed_by(received: &Received, secret: &str) -> bool {
    let seconds = received.header("webhook-timestamp").parse().unwrap();
    let library = Webhook::new(secret).unwrap();
    let expected = library.sign(received.header("webhook-id"), seconds, &received.body).unwrap();
    received.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

/// Whether the pair of this public key signed it.
fn is_signed_by_pair_of(received: &Received, key: &Value) -> bool {
    let public = STANDARD.decode(key["public_key"].as_str().unwrap().strip_prefix("whpk_").unwrap()).unwrap();
    let head = format!("{}.{}.", received.header("webhook-id"), received.header("webhook-timestamp"));
    let signed = [head.as_bytes(), &received.body].concat();
    received.header("webhook-signature").split(' ').filter_map(|signature| signature.strip_prefix("v1a,")).any(
        |signature| {
            let signature = STANDARD.decode(signature).unwrap();
            UnparsedPublicKey::new(&ED25519, &public).verify(&signed, &signature).is_ok()
        },
    )
}

/// A server whose clock the test moves, with a webhook and what it receives.
struct Scene {
    server: TestServer,
    receiver: Receiver,
    team: Team,
    webhook: String,
}

impl Scene {
    async fn new(database: &Database) -> Self {
        let setup = Setup { clock: Clock::manual(Clock::system().now()), ..Setup::default() };
        let server = TestServer::start_with(database, setup).await;
        let receiver = Receiver::answering([Answer::status(200)]).await;
        let team = server.new_team().await;
        let webhook = id(&team.new_webhook(&receiver, "invoice.paid").await);
        Self { server, receiver, team, webhook }
    }

    fn path(&self, more: &str) -> String {
        format!("/v1/webhooks/{}/{more}", self.webhook)
    }

    async fn delivery(&self) -> Received {
        let before = self.receiver.count();
        self.team.publish("invoice.paid", json!({ "n": before })).await;
        until("the delivery", async || self.receiver.count() > before).await;
        until("the outcome", async || self.team.count_events("SUCCESSFUL").await == before as u64 + 1).await;
        self.receiver.request(before)
    }

    async fn public_keys(&self) -> Value {
        self.team.test.get(&self.path("public-keys")).await.expect(200)["keys"].clone()
    }
}

async fn a_former_secret_ends_with_its_overlap(database: Database) {
    let scene = Scene::new(&database).await;
    let first = secret_of(&scene.team, &scene.webhook).await;
    let made = scene.team.test.post(&scene.path("secret/rotate"), json!({ "overlap_hours": 720 })).await.expect(200);
    let second = made["secret"].as_str().unwrap();

    scene.server.advance(Duration::from_hours(720) - Duration::from_secs(1));
    let received = scene.delivery().await;
    assert_eq!(schemes(&received), (2, 0));
    assert!(is_signed_by(&received, &first) && is_signed_by(&received, second));

    scene.server.advance(Duration::from_secs(1));
    let received = scene.delivery().await;
    assert_eq!(schemes(&received), (1, 0));
    assert!(!is_signed_by(&received, &first) && is_signed_by(&received, second));
    let secrets = scene.team.test.get(&scene.path("secret")).await.expect(200);
    assert_eq!((secrets["secrets"].as_array().unwrap().len(), &secrets["secret"]), (1, &made["secret"]));
    scene.server.stop().await;
}

async fn a_key_pair_signs_beside_the_secret(database: Database) {
    let scene = Scene::new(&database).await;
    let secret = secret_of(&scene.team, &scene.webhook).await;
    let public = format!("/public-keys/{}", scene.webhook);
    assert_eq!(schemes(&scene.delivery().await), (1, 0), "only who asks for it gets it");
    assert_eq!(scene.public_keys().await, json!([]));
    assert_eq!(scene.server.client().get(&public).await.status, 404);

    let key = scene.team.test.post(&scene.path("signing-keys"), json!({})).await.expect(201);
    assert_eq!((&key["scheme"], &key["expires_at"]), (&json!("v1a"), &json!(null)));
    assert_eq!(scene.public_keys().await, json!([key]));
    let reply = scene.server.client().get(&public).await;
    assert_eq!(reply.header("cache-control"), Some("public, max-age=60"));
    assert_eq!(reply.expect(200), json!({ "keys": [key] }), "whoever receives needs no key of the API");

    let received = scene.delivery().await;
    assert_eq!(schemes(&received), (1, 1));
    assert!(is_signed_by_pair_of(&received, &key));
    assert!(is_genuine(&received, &secret).await, "who knows only the secret is not disturbed");
    let mut tampered = received.clone();
    tampered.body = String::from_utf8_lossy(&received.body).replace("\"n\":1", "\"n\":2").into();
    assert_ne!(tampered.body, received.body);
    assert!(!is_signed_by_pair_of(&tampered, &key));

    scene.team.test.delete(&scene.path(&format!("signing-keys/{}", id(&key)))).await.expect(204);
    assert_eq!(schemes(&scene.delivery().await), (1, 0));
    assert_eq!(scene.server.client().get(&public).await.status, 404);
    scene.server.stop().await;
}

async fn a_new_key_pair_takes_over_after_the_overlap(database: Database) {
    let scene = Scene::new(&database).await;
    let first = scene.team.test.post(&scene.path("signing-keys"), json!({})).await.expect(201);
    let made = scene.team.test.post(&scene.path("signing-keys"), json!({ "overlap_hours": 2 })).await;
    let second = made.expect(201);
    assert_ne!(first["public_key"], second["public_key"]);

    let received = scene.delivery().await;
    assert_eq!(schemes(&received), (1, 2));
    assert!(is_signed_by_pair_of(&received, &first) && is_signed_by_pair_of(&received, &second));
    let keys = scene.public_keys().await;
    assert_eq!((id(&keys[0]), id(&keys[1])), (id(&second), id(&first)), "the current one first");
    assert!(keys[1]["expires_at"].is_string());

    scene.server.advance(Duration::from_hours(2));
    let received = scene.delivery().await;
    assert_eq!(schemes(&received), (1, 1));
    assert!(!is_signed_by_pair_of(&received, &first) && is_signed_by_pair_of(&received, &second));
    assert_eq!(scene.public_keys().await.as_array().unwrap().len(), 1);
    scene.server.stop().await;
}
