//! When many may be sent again: once one was, with success, or once nothing is left; and what was changed meanwhile.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Scene, call, person};
use crate::support::{Database, Receiver, Setup, TestServer, id, on_both, unique, until};

on_both![
    a_delivered_retry_unlocks_until_the_next_failure,
    what_its_own_retries_delivered_locks_nothing,
    a_person_needs_proof_or_says_why_without,
    what_was_changed_since_the_failure_is_said,
];

async fn a_delivered_retry_unlocks_until_the_next_failure(database: Database) {
    let server = TestServer::start(&database).await;
    let scene = Scene::new(&server).await;
    let state = async || {
        let found = scene.recovery().await;
        assert_eq!(found["locked"].is_null(), !found["proof"].is_null(), "{found}");
        found["proof"]["event_id"].as_str().map(str::to_owned)
    };
    let failed = scene.event("FAILED").await;
    assert_eq!(state().await, None);
    let said = scene.recovery().await["locked"].as_str().unwrap().to_owned();
    assert!(said.contains(scene.destination["name"].as_str().unwrap()), "{said}");

    scene.answers(200);
    scene.event("SUCCESSFUL").await;
    assert_eq!(state().await, None, "that others are delivered proves nothing of those that failed");
    let proof = scene.retry(&failed, "SUCCESSFUL").await;
    assert_eq!(state().await, Some(proof.clone()));
    scene.event("SUCCESSFUL").await;
    assert_eq!(state().await, Some(proof), "while live events are delivered it stays");

    scene.answers(503);
    let again = scene.event("FAILED").await;
    assert_eq!(state().await, None, "locked by the next failure");
    scene.retry(&again, "FAILED").await;
    assert_eq!(state().await, None);
    scene.answers(200);
    let proof = scene.retry(&again, "SUCCESSFUL").await;
    assert_eq!(state().await, Some(proof));
    server.stop().await;
}

async fn what_its_own_retries_delivered_locks_nothing(database: Database) {
    let server = TestServer::start_with(&database, Setup::standing_still()).await;
    let (team, receiver) = (server.new_team().await, Receiver::answering([500, 200]).await);
    let (source, destination) = (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
    let retry = json!({ "type": "retry", "strategy": "linear", "count": 3, "interval": 3000 });
    let input = json!({
        "name": unique(), "source_id": id(&source), "destination_id": id(&destination), "rules": [retry],
    });
    team.test.post("/v1/connections", input).await.expect(201);
    let (session, _) = person(&server, &team).await;
    let query = format!("source={}", id(&source));
    let fields = [("kind", "request_bulk_retry"), ("query", query.as_str())];
    let start = async || call(&server.client(), &session, "start_bulk", &fields).await;
    team.post_to(&source, &json!({})).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;
    assert_eq!(start().await.status, 409);

    server.advance(Duration::from_secs(3));
    until("its own retry", async || team.count_events("SUCCESSFUL").await == 1).await;

    let found = team.test.get(&format!("/v1/destinations/{}/recovery", id(&destination))).await.expect(200);
    assert_eq!((&found["locked"], &found["proof"]), (&Value::Null, &Value::Null));
    assert!(found["last_failed_at"].is_string(), "{found}");
    // Nothing failed that could be retried first.
    let started = start().await;
    assert!(started.status < 400, "{}", started.body);
    server.stop().await;
}

async fn a_person_needs_proof_or_says_why_without(database: Database) {
    let server = TestServer::start(&database).await;
    let scene = Scene::new(&server).await;
    let (session, email) = person(&server, &scene.team).await;
    let name = scene.destination["name"].as_str().unwrap().to_owned();
    let first = scene.event("FAILED").await;
    let second = scene.event("FAILED").await;
    let start = async |more: &[(&str, &str)]| {
        let found = scene.recovery().await;
        let mut fields = vec![("id", id(&scene.destination))];
        fields.extend(["from", "to"].map(|bound| (bound, found[bound].as_str().unwrap().to_owned())));
        let mut fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.extend(more);
        call(&server.client(), &session, "recovery_start", &fields).await
    };

    let refused = start(&[]).await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("CONFLICT")), "{}", refused.body);
    assert!(refused.body["detail"].as_str().unwrap().contains(&name), "{}", refused.body);
    for (typed, reason, pointer) in [("another", "a reason", "/typed_name"), (name.as_str(), " ", "/reason")] {
        let refused = start(&[("typed_name", typed), ("reason", reason)]).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
    scene.answers(200);
    let started = start(&[("typed_name", &name), ("reason", "mended by the night shift")]).await.expect(200);
    assert_eq!((&started["unproven"], &started["total_count"]), (&json!("mended by the night shift"), &json!(2)));
    let log = scene.team.list(&format!("/v1/audit-log?subject={}", id(&started))).await;
    assert_eq!(log[0]["actor_name"], json!(email));
    assert!(log[0]["detail"].as_str().unwrap().contains("mended by the night shift"), "{}", log[0]);
    until("both to be delivered", async || scene.recovery().await["delivered_since"] == 2).await;

    assert_eq!(scene.recovery().await["locked"], Value::Null, "nothing is left that failed");

    // Of what fails next it proves nothing what a bulk operation delivered: a person looks at one.
    scene.answers(503);
    let third = scene.event("FAILED").await;
    scene.event("FAILED").await;
    assert_eq!(start(&[]).await.status, 409);
    scene.answers(200);
    scene.retry(&third, "SUCCESSFUL").await;
    start(&[]).await.expect(200);
    for event in [first, second, third] {
        assert_eq!(scene.team.event(&event).await["status"], "FAILED", "the original stays as it is");
    }
    server.stop().await;
}

async fn what_was_changed_since_the_failure_is_said(database: Database) {
    let server = TestServer::start(&database).await;
    let scene = Scene::new(&server).await;
    scene.event("FAILED").await;
    assert_eq!(scene.recovery().await["changes"], json!([]));

    // That something waits for a while is no change of what is sent, or where to.
    for (kind, record) in [("destinations", &scene.destination), ("connections", &scene.connection)] {
        let path = format!("/v1/{kind}/{}", id(record));
        for what in ["pause", "unpause", "disable", "enable"] {
            scene.team.test.put(&format!("{path}/{what}"), json!({})).await.expect(200);
        }
        scene.team.test.patch(&path, json!({ "description": "known to fail" })).await.expect(200);
    }
    assert_eq!(scene.recovery().await["changes"], json!([]));

    let path = format!("/v1/destinations/{}", id(&scene.destination));
    let changed = json!({ "config": { "timeout_ms": 9000 } });
    let changed = scene.team.test.patch(&path, changed).await.expect(200);
    let found = scene.recovery().await["changes"].clone();
    assert_eq!((found.as_array().unwrap().len(), &found[0]["at"]), (1, &changed["updated_at"]));
    assert_eq!((&found[0]["connection_id"], &found[0]["name"]), (&Value::Null, &scene.destination["name"]));

    let path = format!("/v1/connections/{}", id(&scene.connection));
    let other = json!({ "type": "retry", "strategy": "linear", "count": 1, "interval": 2000, "response_status_codes": ["599"] });
    scene.team.test.patch(&path, json!({ "rules": [other] })).await.expect(200);
    let found = scene.recovery().await["changes"].clone();
    assert_eq!(found[1]["connection_id"], scene.connection["id"]);
    scene.event("FAILED").await;
    assert_eq!(scene.recovery().await["changes"], json!([]), "it failed all the same");
    server.stop().await;
}
