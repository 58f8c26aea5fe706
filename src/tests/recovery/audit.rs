//! Who did what for a recovery is in the audit log.

use serde_json::{Value, json};

use super::Scene;
use crate::support::{Answer, Database, Receiver, TestServer, id, on_both, unique, until};

on_both![what_stops_and_goes_on_is_written_down, what_is_sent_again_one_by_one_is_written_down];

async fn what_stops_and_goes_on_is_written_down(database: Database) {
    let server = TestServer::start(&database).await;
    let scene = Scene::new(&server).await;
    let key = scene.team.test.get("/v1/keys").await.expect(200)["models"][0]["public"].clone();
    for (kind, word, record) in
        [("destinations", "destination", &scene.destination), ("connections", "connection", &scene.connection)]
    {
        let path = format!("/v1/{kind}/{}", id(record));
        // Once more changes nothing, and is not written down.
        for what in ["pause", "pause", "unpause", "disable", "disable", "enable", "enable"] {
            scene.team.test.put(&format!("{path}/{what}"), json!({})).await.expect(200);
        }
        scene.team.test.patch(&path, json!({ "description": "something else" })).await.expect(200);

        let log = scene.team.list(&format!("/v1/audit-log?subject={}&dir=asc", id(record))).await;

        let actions: Vec<_> = log.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
        let expected = ["paused", "unpaused", "disabled", "enabled"].map(|done| format!("{word}_{done}"));
        assert_eq!(actions, expected);
        assert!(log.iter().all(|entry| entry["actor_name"] == key && entry["detail"] == record["name"]), "{log:?}");
    }
    server.stop().await;
}

async fn what_is_sent_again_one_by_one_is_written_down(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::deciding(|number, _| Answer::status(if number < 4 { 500 } else { 200 })).await;
    let (source, destination) = (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
    // No retry of its own while this lasts.
    let later = json!({ "type": "retry", "strategy": "linear", "count": 1, "interval": 3_600_000 });
    let input = json!({
        "name": unique(), "source_id": id(&source), "destination_id": id(&destination), "rules": [later],
    });
    team.test.post("/v1/connections", input).await.expect(201);
    let request = team.post_to(&source, &json!({ "n": 1 })).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;
    let event = id(&team.events_of(&request).await[0]);

    team.test.post(&format!("/v1/events/{event}/cancel"), json!({})).await.expect(200);
    team.test.post(&format!("/v1/events/{event}/cancel"), json!({})).await.expect(409);
    let retried = team.test.post(&format!("/v1/events/{event}/retry"), json!({})).await.expect(202);
    let replayed = team.test.post(&format!("/v1/requests/{request}/retry"), json!({})).await.expect(202);
    let modified = json!({ "modifications": { "body": { "n": 2 } } });
    team.test.post(&format!("/v1/requests/{request}/retry"), modified).await.expect(202);
    team.test.post(&format!("/v1/requests/{request}/retry"), json!({ "dry_run": true })).await.expect(200);

    let of = async |subject: &str| team.list(&format!("/v1/audit-log?subject={subject}&dir=asc")).await;
    let actions = |log: &[Value]| log.iter().map(|entry| entry["action"].clone()).collect::<Vec<_>>();
    let log = of(&event).await;
    assert_eq!(json!(actions(&log)), json!(["event_cancelled", "event_retried"]));
    let again = retried["replay_event_id"].as_str().unwrap();
    assert!(log[1]["detail"].as_str().unwrap().contains(again), "{log:?}");
    assert_eq!(json!(actions(&of(&request).await)), json!(["request_replayed", "request_modified"]));

    // A bulk operation is one entry, however many it has.
    until("all to have failed", async || team.count_events("SCHEDULED").await == 3).await;
    for waiting in team.list("/v1/events?status=SCHEDULED").await {
        team.test.post(&format!("/v1/events/{}/cancel", id(&waiting)), json!({})).await.expect(200);
    }
    let before = team.list("/v1/audit-log?limit=100").await.len();
    let filter = json!({ "destination_id": id(&destination), "status": "CANCELLED" });
    let started = team.test.post("/v1/events/bulk_operations", json!({ "filter": filter })).await.expect(201);
    let path = format!("/v1/events/bulk_operations/{}", id(&started));
    until("its end", async || team.test.get(&path).await.expect(200)["status"] == "COMPLETED").await;
    assert_eq!(team.list("/v1/audit-log?limit=100").await.len(), before + 1);
    assert!(replayed["replay_request_id"].is_string());
    server.stop().await;
}
