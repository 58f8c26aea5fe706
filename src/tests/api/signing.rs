//! What deliveries are signed with: who may see and change it, and what is written down of that.

use serde_json::{Value, json};

use super::{names, problem};
use crate::support::{Client, Database, Receiver, TestServer, id, on_both};

on_both![
    a_reveal_is_audited_exactly_once,
    rotations_and_ends_are_audited,
    what_signs_is_listed_without_its_secrets,
    the_current_secret_stays_and_others_end,
    secrets_and_keys_are_a_webhooks_own,
    what_signs_is_of_one_team_and_mode,
];

/// The audit log's entries about a webhook, the newest first.
async fn audited(client: &Client, webhook: &str) -> Vec<Value> {
    let path = format!("/v1/audit-log?subject={webhook}");
    client.get(&path).await.expect(200)["models"].as_array().unwrap().clone()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

async fn a_reveal_is_audited_exactly_once(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, "invoice.paid").await);
    let path = |more: &str| format!("/v1/webhooks/{webhook}{more}");
    for harmless in ["", "/signing-keys", "/public-keys"] {
        team.test.get(&path(harmless)).await.expect(200);
    }
    assert!(audited(&team.test, &webhook).await.is_empty(), "to make a webhook or to look at it reveals nothing");

    let revealed = team.test.get(&path("/secret")).await.expect(200);
    let entries = audited(&team.test, &webhook).await;
    assert_eq!(actions(&entries), ["secret_revealed"]);
    let entry = &entries[0];
    assert_eq!((entry["subject"].as_str(), entry["mode"].as_str()), (Some(webhook.as_str()), Some("test")));
    let key = team.list("/v1/keys").await[0].clone();
    assert_eq!((&entry["actor"], &entry["actor_name"]), (&key["id"], &key["public"]));
    assert!(!entry.to_string().contains(revealed["secret"].as_str().unwrap()));

    team.test.get(&path("/secret")).await.expect(200);
    assert_eq!(actions(&audited(&team.test, &webhook).await), ["secret_revealed"; 2]);
    let of_action = |action: &str| format!("/v1/audit-log?action={action}");
    assert_eq!(team.list(&of_action("secret_revealed")).await.len(), 2);
    assert_eq!(team.list(&of_action("secret_rotated")).await.len(), 0);
    names(&team.test.get(&of_action("secret_stolen")).await, "action");
    server.stop().await;
}

async fn rotations_and_ends_are_audited(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, "invoice.paid").await);
    let path = |more: &str| format!("/v1/webhooks/{webhook}/{more}");
    let first = id(&team.list(&path("signing-keys")).await[0]);
    team.test.post(&path("secret/rotate"), json!({ "overlap_hours": 1 })).await.expect(200);
    team.test.delete(&path(&format!("signing-keys/{first}"))).await.expect(204);
    let key = id(&team.test.post(&path("signing-keys"), json!({})).await.expect(201));
    team.test.delete(&path(&format!("signing-keys/{key}"))).await.expect(204);
    // What fails is not written down.
    names(&team.test.post(&path("secret/rotate"), json!({ "overlap_hours": 721 })).await, "/overlap_hours");
    names(&team.test.post(&path("signing-keys"), json!({ "overlap_hours": 721 })).await, "/overlap_hours");
    problem(&team.test.delete(&path(&format!("signing-keys/{key}"))).await, 404, "RESOURCE_NOT_FOUND");

    let entries = audited(&team.test, &webhook).await;
    assert_eq!(
        actions(&entries),
        ["signing_key_removed", "signing_key_added", "signing_key_removed", "secret_rotated"]
    );
    assert_eq!(entries[3]["detail"], "A new secret; the former signs too for 1 hour.");
    server.stop().await;
}

async fn what_signs_is_listed_without_its_secrets(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, "invoice.paid").await);
    let path = |more: &str| format!("/v1/webhooks/{webhook}/{more}");
    team.test.post(&path("signing-keys"), json!({})).await.expect(201);
    team.test.post(&path("secret/rotate"), json!({})).await.expect(200);
    team.test.post(&path("signing-keys"), json!({ "overlap_hours": 3 })).await.expect(201);

    let keys = team.list(&path("signing-keys")).await;
    let shown: Vec<_> = keys.iter().map(|key| (key["scheme"].as_str().unwrap(), key["expires_at"].is_null())).collect();
    assert_eq!(shown, [("v1", true), ("v1", false), ("v1a", true), ("v1a", false)]);
    assert!(keys.iter().all(|key| key["public_key"].is_string() == (key["scheme"] == "v1a")));
    let text = json!(keys).to_string();
    let secrets = team.test.get(&path("secret")).await.expect(200);
    for secret in secrets["secrets"].as_array().unwrap() {
        assert!(!text.contains(secret["secret"].as_str().unwrap()) && text.contains(&id(secret)));
    }
    assert!(!text.contains("whsec_") && !text.contains("whsk_"));
    server.stop().await;
}

async fn the_current_secret_stays_and_others_end(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, "invoice.paid").await);
    let path = |more: &str| format!("/v1/webhooks/{webhook}/{more}");
    let first = id(&team.list(&path("signing-keys")).await[0]);
    let end = async |key: &str| team.test.delete(&path(&format!("signing-keys/{key}"))).await;
    let refused = problem(&end(&first).await, 409, "CONFLICT");
    assert!(refused["detail"].as_str().unwrap().contains("rotate"), "{refused}");

    let second = id(&team.test.post(&path("secret/rotate"), json!({})).await.expect(200));
    problem(&end(&second).await, 409, "CONFLICT");
    end(&first).await.expect(204);
    problem(&end(&first).await, 404, "RESOURCE_NOT_FOUND");
    problem(&end("sec_1").await, 404, "RESOURCE_NOT_FOUND");
    let left: Vec<_> = team.list(&path("signing-keys")).await.iter().map(id).collect();
    assert_eq!(left, [second]);

    // There are never more than ten of a scheme.
    for round in 0..12 {
        let reply = team.test.post(&path("signing-keys"), json!({})).await;
        assert_eq!(reply.status, if round < 10 { 201 } else { 409 }, "{}", reply.body);
    }
    team.test.post(&path("signing-keys"), json!({ "overlap_hours": 0 })).await.expect(201);
    assert_eq!(team.list(&path("signing-keys")).await.len(), 2);
    server.stop().await;
}

async fn secrets_and_keys_are_a_webhooks_own(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let mut found = Vec::new();
    for client in [&team.test, &team.test, &team.live] {
        let (url, kind) = (receiver.url_of(&format!("/{}", found.len())), "webhook.test");
        let input = if std::ptr::eq(client, &raw const team.live) {
            json!({ "type": "MOCK", "event_types": [kind] })
        } else {
            json!({ "url": url, "event_types": [kind] })
        };
        let webhook = id(&client.post("/v1/webhooks", input).await.expect(201));
        let secret = client.get(&format!("/v1/webhooks/{webhook}/secret")).await.expect(200)["secret"].clone();
        let key = client.post(&format!("/v1/webhooks/{webhook}/signing-keys"), json!({})).await.expect(201);
        found.extend([secret, key["public_key"].clone()]);
    }
    let different: std::collections::HashSet<_> = found.iter().map(Value::to_string).collect();
    assert_eq!(different.len(), 6, "{found:?}");
    server.stop().await;
}

async fn what_signs_is_of_one_team_and_mode(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    let webhook = id(&team.new_webhook(&receiver, "invoice.paid").await);
    let foreign = id(&other.new_webhook(&receiver, "invoice.paid").await);
    let path = |webhook: &str, more: &str| format!("/v1/webhooks/{webhook}/{more}");
    team.test.post(&path(&webhook, "secret/rotate"), json!({})).await.expect(200);
    let former = id(&team.list(&path(&webhook, "signing-keys")).await[1]);
    for stranger in [&other.test, &team.live] {
        for read in ["secret", "signing-keys", "public-keys"] {
            problem(&stranger.get(&path(&webhook, read)).await, 404, "RESOURCE_NOT_FOUND");
        }
        for change in ["secret/rotate", "signing-keys"] {
            problem(&stranger.post(&path(&webhook, change), json!({})).await, 404, "RESOURCE_NOT_FOUND");
        }
        let end = path(&webhook, &format!("signing-keys/{former}"));
        problem(&stranger.delete(&end).await, 404, "RESOURCE_NOT_FOUND");
        assert!(audited(stranger, &webhook).await.is_empty(), "nor what was done with it");
    }
    // Nor by the path of one's own webhook.
    let end = path(&foreign, &format!("signing-keys/{former}"));
    problem(&other.test.delete(&end).await, 404, "RESOURCE_NOT_FOUND");
    assert_eq!(team.list(&path(&webhook, "signing-keys")).await.len(), 2);
    assert_eq!(actions(&audited(&team.test, &webhook).await), ["secret_rotated"]);
    let nowhere = server.client().get("/public-keys/des_01HF7YAT000000000000000007").await;
    assert_eq!((nowhere.status, &nowhere.body["code"]), (404, &json!("RESOURCE_NOT_FOUND")));
    assert_eq!(server.client().get("/public-keys/nonsense").await.status, 404);
    server.stop().await;
}
