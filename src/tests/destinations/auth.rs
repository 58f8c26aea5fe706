//! How Hookyard proves itself to a destination.

use serde_json::{Value, json};

use crate::support::{Database, Receiver, TestServer, id, on_both, until};

on_both![every_kind_of_proof_is_sent_and_never_shown, what_cannot_be_a_proof_is_refused];

async fn every_kind_of_proof_is_sent_and_never_shown(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    for (number, (kind, auth, header, value)) in [
        ("CUSTOM_HEADER", json!({ "header_name": "X-Proof", "value": "s3cr3t" }), "x-proof", "s3cr3t"),
        ("API_KEY", json!({ "header_name": "X-Api-Key", "value": "s3cr3t" }), "x-api-key", "s3cr3t"),
        ("BEARER", json!({ "token": "s3cr3t" }), "authorization", "Bearer s3cr3t"),
        ("BASIC_AUTH", json!({ "username": "ada", "password": "s3cr3t" }), "authorization", "Basic YWRhOnMzY3IzdA=="),
    ]
    .into_iter()
    .enumerate()
    {
        let config = json!({ "url": receiver.url(), "auth_type": kind, "auth": auth });
        let (source, destination) = team.connected_with(config).await;
        // The placeholder, sent back with the rest, keeps the secret.
        let path = format!("/v1/destinations/{}", id(&destination));
        team.test.patch(&path, json!({ "config": { "auth": destination["config"]["auth"] } })).await.expect(200);
        let whole = json!({ "name": destination["name"], "config": destination["config"] });
        team.test.put(&path, whole).await.expect(200);

        team.post_to(&source, &json!(number)).await;

        until("the delivery", async || receiver.count() == number + 1).await;
        let received = receiver.request(number);
        assert_eq!(received.header(header), value, "{kind}");
        assert!(received.header("webhook-signature").starts_with("v1,"), "{kind}: beside the signature");
        let destination = id(&destination);
        let records = async || team.attempts(&format!("destination_id={destination}")).await;
        until("the record", async || records().await.len() == 1).await;
        let attempt = records().await.remove(0);
        assert_eq!(attempt["request_headers"][header], "••••••••", "{kind}");
        let shown = team.test.get(&path).await.expect(200);
        for text in [attempt.to_string(), shown.to_string()] {
            assert!(!text.contains("s3cr3t") && !text.contains("YWRhOnMzY3IzdA"), "{kind}: {text}");
        }
    }
    server.stop().await;
}

async fn what_cannot_be_a_proof_is_refused(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let oauth = |change: Value| {
        let mut auth = json!({ "token_url": "https://id.example/token", "client_id": "c", "client_secret": "s" });
        auth.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({ "url": "https://example.com", "auth_type": "OAUTH2_CLIENT_CREDENTIALS", "auth": auth })
    };
    let with = |kind: &str, auth: Value| json!({ "url": "https://example.com", "auth_type": kind, "auth": auth });
    for (config, pointer) in [
        (oauth(json!({ "token_url": "ftp://id.example" })), "/config/auth/token_url"),
        (oauth(json!({ "client_id": "" })), "/config/auth/client_id"),
        (oauth(json!({ "client_secret": "" })), "/config/auth/client_secret"),
        (oauth(json!({ "scope": "a\"b" })), "/config/auth/scope"),
        (with("BEARER", json!({ "token": "a\nb" })), "/config/auth/token"),
        (with("API_KEY", json!({ "header_name": "webhook-id", "value": "s" })), "/config/auth/header_name"),
        (with("BASIC_AUTH", json!({ "username": "a:b", "password": "s" })), "/config/auth/username"),
        (json!({ "url": "https://example.com", "mock": {} }), "/config/mock"),
    ] {
        let input = json!({ "name": "refused", "config": config });
        let problem = team.test.post("/v1/destinations", input).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    server.stop().await;
}
