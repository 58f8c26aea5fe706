//! Publishing.

use hyper::Method;
use serde_json::{Value, json};

use super::{names, problem};
use crate::support::{Database, Receiver, TestServer, id, on_both, until};

on_both![
    what_cannot_be_published_is_refused_and_leaves_nothing,
    what_is_published_is_found_by_its_ids,
    a_chosen_id_is_the_webhook_id,
    nobody_needs_to_listen,
];

async fn what_cannot_be_published_is_refused_and_leaves_nothing(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for (body, pointer) in [
        (json!({}), "/type"),
        (json!({ "data": {} }), "/type"),
        (json!({ "type": "", "data": {} }), "/type"),
        (json!({ "type": "a b", "data": {} }), "/type"),
        (json!({ "type": ".a", "data": {} }), "/type"),
        (json!({ "type": "a".repeat(129), "data": {} }), "/type"),
        (json!({ "type": "a\r\nb", "data": {} }), "/type"),
        (json!({ "type": "a.b" }), "/data"),
        (json!({ "type": "a.b", "data": [] }), "/data"),
        (json!({ "type": "a.b", "data": null }), "/data"),
        (json!({ "type": "a.b", "data": "{}" }), "/data"),
        (json!({ "type": "a.b", "data": {}, "id": "1" }), "/id"),
        (json!({ "type": "a.b", "data": {}, "id": "7f1f5d1e-5b6a-4c1d-8a55-6f7f2b0f9a0g" }), "/id"),
        (json!({ "type": "a.b", "data": {}, "id": "{7f1f5d1e-5b6a-4c1d-8a55-6f7f2b0f9a01}" }), "/id"),
        (json!({ "type": "a.b", "data": {}, "date": "2026-01-01T00:00:00Z" }), "/date"),
        (json!({ "type": "a.b", "data": {}, "api_mode": "live" }), "/api_mode"),
    ] {
        let reply = team.test.post("/v1/publish", body.clone()).await;
        assert_eq!(reply.status, 422, "{body}: {}", reply.body);
        names(&reply, pointer);
    }
    // A field of another type is one that cannot be read as what it should be.
    for body in [
        json!({ "type": 5, "data": {} }),
        json!({ "type": "a.b", "data": {}, "id": 7 }),
        json!(["a.b", {}]),
        json!("x"),
    ] {
        problem(&team.test.post("/v1/publish", body).await, 422, "INVALID_INPUT");
    }
    let send = async |content_type: &str, body: &'static str| {
        let headers = [("content-type", content_type)];
        team.test.send(Method::POST, "/v1/publish", &headers, body).await.unwrap()
    };
    let unreadable = send("application/json", "{\n\"type\":\"a.b\",\n\"data\":{}").await;
    let told = problem(&unreadable, 400, "INVALID_JSON");
    assert!(told["detail"].as_str().unwrap().contains("line 3"), "{told}");
    problem(&send("application/json", "{\"type\":\"a.b\",\"data\":{\"a\":01}}").await, 400, "INVALID_JSON");
    problem(&send("text/plain", "{\"type\":\"a.b\",\"data\":{}}").await, 415, "UNSUPPORTED_MEDIA_TYPE");
    assert!(team.list("/v1/requests").await.is_empty());
    server.stop().await;
}

async fn what_is_published_is_found_by_its_ids(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhooks = [team.new_webhook(&receiver, "a.b").await, team.new_webhook(&receiver, "a.b").await];
    let published = team.publish("a.b", json!({ "n": 1 })).await;
    assert_eq!(published.as_object().unwrap().keys().collect::<Vec<_>>(), ["event_ids", "id", "request_id"]);
    let uuid = published["id"].as_str().unwrap();
    let parts: Vec<_> = uuid.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "{uuid}");

    let path = format!("/v1/requests/{}", published["request_id"].as_str().unwrap());
    let request = team.test.get(&path).await.expect(200);
    let events = team.list("/v1/sources").await[0]["id"].clone();
    for (field, expected) in [
        ("status", json!("accepted")),
        ("source_id", events),
        ("event_type", json!("a.b")),
        ("events_count", json!(2)),
        ("mode", json!("test")),
    ] {
        assert_eq!(request[field], expected, "{field}");
    }
    assert_eq!(request["data"]["body"], json!({ "type": "a.b", "data": { "n": 1 } }));
    let mut found = Vec::new();
    for event in published["event_ids"].as_array().unwrap() {
        let event = team.event(event.as_str().unwrap()).await;
        assert_eq!((&event["request_id"], &event["webhook_id"]), (&published["request_id"], &published["id"]));
        assert_eq!((&event["event_type"], &event["simulated"]), (&json!("a.b"), &json!(false)));
        found.push(event["destination_id"].as_str().unwrap().to_owned());
    }
    found.sort();
    assert_eq!(found, webhooks.iter().map(id).collect::<Vec<_>>());
    until("the deliveries", async || team.count_events("SUCCESSFUL").await == 2).await;
    for received in receiver.requests() {
        assert_eq!((received.json()["id"].as_str(), received.header("webhook-id")), (Some(uuid), uuid));
    }
    server.stop().await;
}

async fn a_chosen_id_is_the_webhook_id(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    team.new_webhook(&receiver, "a.b").await;
    for given in ["7f1f5d1e-5b6a-4c1d-8a55-6f7f2b0f9a01", "00000000-0000-0000-0000-000000000000"] {
        let before = receiver.count();
        let body = json!({ "type": "a.b", "data": {}, "id": given });
        let published = team.test.post("/v1/publish", body).await.expect(202);
        assert_eq!(published["id"], given);
        until("the delivery", async || receiver.count() > before).await;
        let received = receiver.request(before);
        assert_eq!((received.json()["id"].as_str(), received.header("webhook-id")), (Some(given), given));
        assert_eq!(team.events(&format!("q={given}")).await.len(), 1);
    }
    until("the outcomes", async || team.count_events("SUCCESSFUL").await == 2).await;
    server.stop().await;
}

async fn nobody_needs_to_listen(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for (client, mode) in [(&team.test, "test"), (&team.live, "live")] {
        let published = client.post("/v1/publish", json!({ "type": "a.b", "data": {} })).await.expect(202);
        assert_eq!(published["event_ids"], json!([]));
        let path = format!("/v1/requests/{}", published["request_id"].as_str().unwrap());
        let request = client.get(&path).await.expect(200);
        assert_eq!((&request["mode"], &request["ignored_count"]), (&json!(mode), &json!(1)));
        let ignored: Value = client.get(&format!("{path}/ignored_events")).await.expect(200);
        assert_eq!((&ignored["count"], &ignored["models"][0]["cause"]), (&json!(1), &json!("NO_CONNECTION")));
    }
    server.stop().await;
}
