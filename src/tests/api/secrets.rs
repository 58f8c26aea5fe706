//! Secrets are shown to nobody, and what stands in their place keeps them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::Method;
use serde_json::{Value, json};

use super::names;
use crate::support::{Database, Receiver, Reply, Team, TestServer, id, on_both, unique, until};

on_both![a_sources_secret_is_kept_by_its_placeholder, a_destinations_secret_is_kept_by_its_placeholder];

const SECRET: &str = "s3cr3t-value";
const PLACEHOLDER: &str = "••••••••";

/// Changes the record in every way that sends the placeholder back; no answer has the secret.
async fn sent_back(team: &Team, list: &str, made: Reply, field: &str) -> Value {
    let hidden = |reply: Reply, status: u16| {
        assert!(!String::from_utf8_lossy(&reply.bytes).contains(SECRET), "{}", reply.body);
        reply.expect(status)
    };
    let record = hidden(made, 201);
    let secret = format!("/config/auth/{field}");
    assert_eq!(record.pointer(&secret), Some(&json!(PLACEHOLDER)), "{record}");
    let path = format!("/v1/{list}/{}", id(&record));
    let input = json!({ "name": record["name"], "config": record["config"] });
    for reply in [
        team.test.get(&path).await,
        team.test.get(&format!("/v1/{list}")).await,
        team.test.put(&path, input.clone()).await,
        team.test.put(&format!("/v1/{list}"), input.clone()).await,
        team.test.patch(&path, json!({ "config": record["config"] })).await,
        team.test.patch(&path, json!({ "description": "changed" })).await,
        team.test.put(&format!("{path}/disable"), json!({})).await,
        team.test.put(&format!("{path}/enable"), json!({})).await,
    ] {
        hidden(reply, 200);
    }
    // The placeholder is no secret by itself.
    let new = json!({ "name": unique(), "config": record["config"] });
    // Of a source the field is named; of a destination, which has one secret, the whole.
    let pointer = if list == "sources" { secret.as_str() } else { "/config/auth" };
    names(&team.test.post(&format!("/v1/{list}"), new).await, pointer);
    record
}

async fn a_sources_secret_is_kept_by_its_placeholder(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let body = b"{}";
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hex::encode(ring::hmac::sign(&key, body));
    let basic = format!("Basic {}", STANDARD.encode(format!("ada:{SECRET}")));
    for (auth_type, auth, field, header) in [
        ("BASIC_AUTH", json!({ "username": "ada", "password": SECRET }), "password", ("authorization", basic.as_str())),
        ("API_KEY", json!({ "header_name": "x-key", "value": SECRET }), "value", ("x-key", SECRET)),
        ("HMAC", json!({ "signature_header": "x-sig", "secret": SECRET }), "secret", ("x-sig", &signature)),
    ] {
        let config = json!({ "auth_type": auth_type, "auth": auth });
        let made = team.test.post("/v1/sources", json!({ "name": unique(), "config": config })).await;
        let source = sent_back(&team, "sources", made, field).await;
        // Without a key of the API, which would stand in the same header.
        let send = async |value: &str| {
            let path = format!("/in/{}", id(&source));
            server.client().send(Method::POST, &path, &[(header.0, value)], &body[..]).await.unwrap()
        };
        send(header.1).await.expect(200);
        send("another").await.expect(401);
        // Another kind of authentication needs a secret of its own.
        let path = format!("/v1/sources/{}", id(&source));
        let (other, auth, pointer) = if auth_type == "API_KEY" {
            ("BASIC_AUTH", json!({ "username": "ada", "password": PLACEHOLDER }), "/config/auth/password")
        } else {
            ("API_KEY", json!({ "header_name": "x-key", "value": PLACEHOLDER }), "/config/auth/value")
        };
        names(&team.test.patch(&path, json!({ "config": { "auth_type": other, "auth": auth } })).await, pointer);
        // A new secret replaces the old one.
        team.test.patch(&path, json!({ "config": { "auth": { field: "another" } } })).await.expect(200);
        send(header.1).await.expect(401);
    }
    server.stop().await;
}

async fn a_destinations_secret_is_kept_by_its_placeholder(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let basic = format!("Basic {}", STANDARD.encode(format!("ada:{SECRET}")));
    let bearer = format!("Bearer {SECRET}");
    for (auth_type, auth, field, (name, value)) in [
        ("CUSTOM_HEADER", json!({ "header_name": "x-own", "value": SECRET }), "value", ("x-own", SECRET)),
        ("API_KEY", json!({ "header_name": "x-key", "value": SECRET }), "value", ("x-key", SECRET)),
        ("BEARER", json!({ "token": SECRET }), "token", ("authorization", bearer.as_str())),
        ("BASIC_AUTH", json!({ "username": "ada", "password": SECRET }), "password", ("authorization", &basic)),
    ] {
        let config = json!({ "url": receiver.url(), "auth_type": auth_type, "auth": auth });
        let made = team.test.post("/v1/destinations", json!({ "name": unique(), "config": config })).await;
        let destination = sent_back(&team, "destinations", made, field).await;
        let source = team.new_source().await;
        team.connect(&source, &destination).await;
        let before = receiver.count();
        team.post_to(&source, &json!({})).await;
        until("the delivery", async || receiver.count() > before).await;
        assert_eq!(receiver.request(before).header(name), value, "{auth_type}");
        assert!(receiver.request(before).header("webhook-signature").starts_with("v1,"), "the signature is beside it");
    }
    until("the outcomes", async || team.count_events("SUCCESSFUL").await == 4).await;
    for list in ["attempts", "events", "requests?include=data"] {
        let text = team.test.get(&format!("/v1/{list}")).await.expect(200).to_string();
        assert!(!text.contains(SECRET) && !text.contains(&STANDARD.encode(format!("ada:{SECRET}"))), "{list}");
    }
    server.stop().await;
}
