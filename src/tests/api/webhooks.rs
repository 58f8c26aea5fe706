//! Webhooks: the Developer tab's rows.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::Method;
use serde_json::{Value, json};

use super::{names, problem};
use crate::support::{Database, Receiver, TestServer, id, on_both, until};

on_both![
    a_webhook_is_made_read_changed_and_deleted,
    a_bad_webhook_is_refused,
    a_url_is_one_webhook_over_both_modes,
    the_built_in_receiver_needs_no_url,
    a_signing_secret_is_read_and_rotated,
    a_disabled_webhook_gets_nothing,
    a_simulation_fills_in_the_envelope_unless_it_is_exact,
    a_simulation_is_for_test_mode_and_this_webhook,
];

fn webhook(url: &str, event_types: &[&str]) -> Value {
    json!({ "url": url, "event_types": event_types })
}

async fn a_webhook_is_made_read_changed_and_deleted(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let mut input =
        webhook("https://a.example/hook?x=1", &["webhook.test", "patient.connection_success", "webhook.test"]);
    input["description"] = json!("ours");
    let made = team.test.post("/v1/webhooks", input).await;
    let path = made.header("location").unwrap().to_owned();
    let made = made.expect(201);
    assert_eq!(path, format!("/v1/webhooks/{}", id(&made)));
    for (field, expected) in [
        ("mode", json!("test")),
        ("type", json!("HTTP")),
        ("url", json!("https://a.example/hook?x=1")),
        ("description", json!("ours")),
        ("event_types", json!(["webhook.test", "patient.connection_success"])),
        ("status", json!("enabled")),
        ("last_delivery", json!(null)),
    ] {
        assert_eq!(made[field], expected, "{field}");
    }
    assert_eq!(made["health"]["state"], "healthy");
    assert_eq!(team.test.get(&path).await.expect(200), made);
    assert_eq!(team.list("/v1/webhooks").await, std::slice::from_ref(&made));
    // It is a destination with one connection from the built-in source.
    let destination = team.test.get(&format!("/v1/destinations/{}", id(&made))).await.expect(200);
    assert_eq!(destination["config"]["url"], made["url"]);
    let connections = team.list("/v1/connections").await;
    assert_eq!((connections.len(), &connections[0]["destination_id"]), (1, &made["id"]));
    assert_eq!(
        (&connections[0]["source"]["type"], &connections[0]["event_types"]),
        (&json!("EVENTS"), &made["event_types"])
    );
    // A destination of one's own is no webhook.
    let own = team.new_destination(json!({ "url": "https://a.example/hook?x=1" })).await;
    problem(&team.test.get(&format!("/v1/webhooks/{}", id(&own))).await, 404, "RESOURCE_NOT_FOUND");

    let patched = team.test.patch(&path, json!({ "description": "theirs" })).await.expect(200);
    assert_eq!((&patched["description"], &patched["url"]), (&json!("theirs"), &made["url"]));
    let patched = team
        .test
        .patch(&path, json!({ "url": "https://b.example", "event_types": ["webhook.test"] }))
        .await
        .expect(200);
    assert_eq!((&patched["url"], &patched["event_types"]), (&json!("https://b.example"), &json!(["webhook.test"])));
    assert_eq!(patched["description"], "theirs");
    for (patch, pointer) in [
        (json!({ "url": "ftp://b.example" }), "/url"),
        (json!({ "event_types": [] }), "/event_types"),
        (json!({ "event_types": ["webhook.test", "not.there"] }), "/event_types/1"),
        (json!({ "status": "disabled" }), "/status"),
    ] {
        names(&team.test.patch(&path, patch).await, pointer);
    }
    assert_eq!(team.test.get(&path).await.expect(200), patched);

    team.test.delete(&path).await.expect(204);
    problem(&team.test.get(&path).await, 404, "RESOURCE_NOT_FOUND");
    assert!(team.list("/v1/connections").await.is_empty());
    assert_eq!(team.list("/v1/destinations").await, [own]);
    team.test.post("/v1/webhooks", webhook("https://b.example", &["webhook.test"])).await.expect(201);
    server.stop().await;
}

async fn a_bad_webhook_is_refused(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let test = ["webhook.test"];
    for (input, pointer) in [
        (json!({ "event_types": test }), "/url"),
        (webhook("", &test), "/url"),
        (webhook("a.example", &test), "/url"),
        (webhook("ftp://a.example", &test), "/url"),
        (webhook("https://u:p@a.example", &test), "/url"),
        (webhook("https://a.example/#part", &test), "/url"),
        (webhook("https://a.example/ b", &test), "/url"),
        (webhook(&format!("https://a.example/{}", "x".repeat(2048)), &test), "/url"),
        (json!({ "url": "https://a.example" }), "/event_types"),
        (webhook("https://a.example", &[]), "/event_types"),
        (webhook("https://a.example", &["webhook.test", "a b"]), "/event_types/1"),
        (webhook("https://a.example", &["not.there"]), "/event_types/0"),
        (json!({ "url": "https://a.example", "event_types": "webhook.test" }), "/event_types"),
        (json!({ "url": "https://a.example", "event_types": test, "secret": "whsec_x" }), "/secret"),
    ] {
        let reply = team.test.post("/v1/webhooks", input.clone()).await;
        assert_eq!(reply.status, 422, "{input}: {}", reply.body);
        names(&reply, pointer);
    }
    // Plain http is for test mode.
    let plain = webhook("http://a.example", &test);
    assert!(names(&team.live.post("/v1/webhooks", plain.clone()).await, "/url").contains("https"));
    team.test.post("/v1/webhooks", plain.clone()).await.expect(201);
    let live = team.live.post("/v1/webhooks", webhook("HTTPS://b.example", &test)).await.expect(201);
    let path = format!("/v1/webhooks/{}", id(&live));
    names(&team.live.patch(&path, json!({ "url": "http://b.example" })).await, "/url");
    assert_eq!((team.list("/v1/webhooks").await.len(), live["mode"].as_str()), (1, Some("live")));
    server.stop().await;
}

async fn a_url_is_one_webhook_over_both_modes(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let input = webhook("https://a.example/hook", &["webhook.test"]);
    let first = team.test.post("/v1/webhooks", input.clone()).await.expect(201);
    for client in [&team.test, &team.live] {
        let told = problem(&client.post("/v1/webhooks", input.clone()).await, 409, "RESOURCE_ALREADY_EXISTS");
        assert_eq!((&told["resource_id"], &told["errors"][0]["pointer"]), (&first["id"], &json!("/url")));
        assert!(told["detail"].as_str().unwrap().contains(&id(&first)), "{told}");
    }
    let other = webhook("https://b.example", &["webhook.test"]);
    let other = team.live.post("/v1/webhooks", other).await.expect(201);
    let patch = json!({ "url": "https://a.example/hook" });
    let reply = team.live.patch(&format!("/v1/webhooks/{}", id(&other)), patch).await;
    assert_eq!(problem(&reply, 409, "RESOURCE_ALREADY_EXISTS")["resource_id"], first["id"]);
    // Free again once it is deleted.
    team.test.delete(&format!("/v1/webhooks/{}", id(&first))).await.expect(204);
    team.live.post("/v1/webhooks", input).await.expect(201);
    server.stop().await;
}

async fn the_built_in_receiver_needs_no_url(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let input = json!({ "type": "MOCK", "event_types": ["webhook.test"] });
    for _ in 0..2 {
        let made = team.test.post("/v1/webhooks", input.clone()).await.expect(201);
        assert_eq!((&made["type"], &made["url"]), (&json!("MOCK"), &json!(null)));
        let path = format!("/v1/webhooks/{}", id(&made));
        names(&team.test.patch(&path, json!({ "url": "https://a.example" })).await, "/url");
    }
    let with_url = json!({ "type": "MOCK", "url": "https://a.example", "event_types": ["webhook.test"] });
    names(&team.test.post("/v1/webhooks", with_url).await, "/url");
    team.publish("webhook.test", json!({})).await;
    until("both deliveries", async || team.count_events("SUCCESSFUL").await == 2).await;
    let attempt = &team.attempts("").await[0];
    assert_eq!((&attempt["response_status"], &attempt["status"]), (&json!(200), &json!("SUCCESSFUL")));
    let last = &team.list("/v1/webhooks").await[0]["last_delivery"];
    assert_eq!((&last["status"], &last["response_status"]), (&json!("SUCCESSFUL"), &json!(200)));
    server.stop().await;
}

async fn a_signing_secret_is_read_and_rotated(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let made = team.new_webhook(&receiver, "a.b").await;
    let path = format!("/v1/webhooks/{}/secret", id(&made));
    let key_of = |secret: &Value| {
        let text = secret.as_str().unwrap().strip_prefix("whsec_").unwrap().to_owned();
        STANDARD.decode(text).unwrap()
    };
    let before = team.test.get(&path).await.expect(200);
    assert!((24..=64).contains(&key_of(&before["secret"]).len()));
    assert_eq!((before["secrets"].as_array().unwrap().len(), &before["secrets"][0]["expires_at"]), (1, &json!(null)));
    for (number, (body, live)) in
        [(json!({ "overlap_hours": 24 }), 2), (json!({}), 3), (json!({ "overlap_hours": 0 }), 1)]
            .into_iter()
            .enumerate()
    {
        let new = team.test.post(&format!("{path}/rotate"), body).await.expect(200);
        let now = team.test.get(&path).await.expect(200);
        assert_eq!((&now["secret"], now["secrets"].as_array().unwrap().len()), (&new["secret"], live));
        assert_ne!(new["secret"], before["secret"]);
        assert!(now["secrets"].as_array().unwrap()[1..].iter().all(|secret| secret["expires_at"].is_string()));
        team.publish("a.b", json!({})).await;
        until("the delivery", async || receiver.count() == number + 1).await;
        assert_eq!(receiver.request(number).header("webhook-signature").split(' ').count(), live);
    }
    for bad in [json!({ "overlap_hours": 721 }), json!({ "overlap_hours": -1 }), json!({ "overlap_hours": "1" })] {
        names(&team.test.post(&format!("{path}/rotate"), bad).await, "/overlap_hours");
    }
    names(&team.test.post(&format!("{path}/rotate"), json!({ "hours": 1 })).await, "/hours");
    until("the outcomes", async || team.count_events("SUCCESSFUL").await == 3).await;
    server.stop().await;
}

async fn a_disabled_webhook_gets_nothing(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let path = format!("/v1/webhooks/{}", id(&team.new_webhook(&receiver, "a.b").await));
    let disabled = team.test.put(&format!("{path}/disable"), json!({})).await.expect(200);
    assert_eq!((&disabled["status"], &disabled["health"]["state"]), (&json!("disabled"), &json!("disabled")));
    let published = team.publish("a.b", json!({})).await;
    assert_eq!(published["event_ids"], json!([]));
    let simulation = json!({ "type": "a.b", "payload": { "data": {} } });
    problem(&team.test.post(&format!("{path}/simulate"), simulation).await, 409, "CONFLICT");
    let enabled = team.test.post(&format!("{path}/enable"), json!({})).await.expect(200);
    assert_eq!((&enabled["status"], &enabled["disabled_at"]), (&json!("enabled"), &json!(null)));
    team.publish("a.b", json!({ "n": 2 })).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!((receiver.count(), &receiver.request(0).json()["data"]["n"]), (1, &json!(2)));
    server.stop().await;
}

async fn a_simulation_fills_in_the_envelope_unless_it_is_exact(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let path = format!("/v1/webhooks/{}/simulate", id(&team.new_webhook(&receiver, "a.b").await));
    let payload = r#"{ "type":"z", "id" : "own-1", "data":{"n":1.50, "n":2}, "more":[1.0] , "date":"x"}"#;
    let date = server.now();
    for (number, exact) in [false, true].into_iter().enumerate() {
        let body = format!(r#"{{"type":"a.b","exact":{exact},"payload":{payload}}}"#);
        let headers = [("content-type", "application/json")];
        let sent = team.test.send(Method::POST, &path, &headers, body).await.unwrap().expect(202);
        until("the delivery", async || receiver.count() > number).await;
        let received = receiver.request(number);
        let id = sent["id"].as_str().unwrap();
        let expected = if exact {
            assert_eq!(id, "own-1", "the id that it carries");
            payload.to_owned()
        } else {
            format!(
                r#"{{"api_mode":"test","date":"{date}","id":"{id}","type":"a.b","data":{{"n":1.50, "n":2}},"more":[1.0]}}"#
            )
        };
        assert_eq!((String::from_utf8_lossy(&received.body), received.header("webhook-id")), (expected.into(), id));
        assert!(received.header("webhook-signature").starts_with("v1,"));
        let event = team.event(sent["event_ids"][0].as_str().unwrap()).await;
        assert_eq!((&event["simulated"], &event["request_id"]), (&json!(true), &sent["request_id"]));
    }
    for (bad, pointer) in [
        (json!({ "type": "a.b" }), "/payload"),
        (json!({ "payload": {} }), "/type"),
        (json!({ "type": "a b", "payload": {} }), "/type"),
        (json!({ "type": "a.b", "payload": [] }), "/payload"),
        (json!({ "type": "a.b", "payload": {}, "mode": "live" }), "/mode"),
    ] {
        names(&team.test.post(&path, bad).await, pointer);
    }
    until("the outcomes", async || team.count_events("SUCCESSFUL").await == 2).await;
    server.stop().await;
}

async fn a_simulation_is_for_test_mode_and_this_webhook(database: Database) {
    let server = TestServer::start(&database).await;
    let (chosen, other) = (Receiver::answering([200]).await, Receiver::answering([200]).await);
    let team = server.new_team().await;
    let made = team.new_webhook(&chosen, "a.b").await;
    team.new_webhook(&other, "c.d").await;
    // Whatever event types it chose, it alone gets it.
    let simulation = json!({ "type": "c.d", "payload": { "data": {} } });
    let sent = team.test.post(&format!("/v1/webhooks/{}/simulate", id(&made)), simulation.clone()).await.expect(202);
    assert_eq!(sent["event_ids"].as_array().unwrap().len(), 1);
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!((chosen.count(), other.count()), (1, 0));

    let live = team.live.post("/v1/webhooks", webhook("https://a.example", &["webhook.test"])).await.expect(201);
    for id in [id(&live), id(&made)] {
        let reply = team.live.post(&format!("/v1/webhooks/{id}/simulate"), simulation.clone()).await;
        problem(&reply, 403, "SIMULATOR_TEST_MODE_ONLY");
    }
    assert_eq!(team.live.get("/v1/requests/count").await.expect(200)["count"], 0);
    server.stop().await;
}
