//! Saved payloads; and who may not use the simulator.

use hyper::Method;
use serde_json::{Value, json};

use super::EXPORT;
use crate::{
    api::{names, problem},
    support::{Database, Receiver, TestServer, id, on_both},
};

on_both![payloads_are_saved_by_name, payloads_are_ones_own, the_simulator_is_for_test_mode];

fn payload(name: &str, payload: &str) -> Value {
    json!({ "name": name, "type": EXPORT, "payload": payload })
}

async fn payloads_are_saved_by_name(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let list = "/v1/saved-payloads";
    let made = team.test.post(list, payload(" Many links ", "{ \"data\": {} }")).await.expect(201);
    for (field, expected) in [
        ("name", json!("Many links")),
        ("type", json!(EXPORT)),
        ("payload", json!("{ \"data\": {} }")),
        ("exact", json!(false)),
    ] {
        assert_eq!(made[field], expected, "{field}");
    }
    // What was typed is kept, also before it is JSON.
    let half = json!({ "name": "Half done", "type": EXPORT, "payload": "{ \"data\": ", "exact": true });
    let half = team.test.post(list, half).await.expect(201);
    assert_eq!(team.list(list).await, [half.clone(), made.clone()], "by name");
    // The same name is the same payload.
    let again = team.test.post(list, payload("Many links", "{}")).await.expect(201);
    assert_eq!((&again["id"], &again["payload"]), (&made["id"], &json!("{}")));
    assert_eq!(team.list(list).await, [half.clone(), again]);

    for (bad, pointer) in [
        (payload("", "{}"), "/name"),
        (payload("  ", "{}"), "/name"),
        (payload(&"x".repeat(101), "{}"), "/name"),
        (payload("a\nb", "{}"), "/name"),
        (payload("a", &"x".repeat((1 << 20) + 1)), "/payload"),
        (payload("a", "\0"), "/payload"),
        (json!({ "name": "a", "type": "a b", "payload": "{}" }), "/type"),
        (json!({ "name": "a", "type": EXPORT }), "/payload"),
        (json!({ "name": "a", "type": EXPORT, "payload": {} }), "/payload"),
    ] {
        names(&team.test.post(list, bad).await, pointer);
    }
    let largest = payload("é".repeat(100).as_str(), &"x".repeat(1 << 20));
    let largest = id(&team.test.post(list, largest).await.expect(201));
    for gone in [largest, id(&half)] {
        team.test.delete(&format!("{list}/{gone}")).await.expect(204);
        problem(&team.test.delete(&format!("{list}/{gone}")).await, 404, "RESOURCE_NOT_FOUND");
    }
    assert_eq!(team.list(list).await.len(), 1);

    for number in 1..200 {
        team.test.post(list, payload(&number.to_string(), "{}")).await.expect(201);
    }
    problem(&team.test.post(list, payload("one more", "{}")).await, 409, "CONFLICT");
    team.test.post(list, payload("199", "{ }")).await.expect(201);
    server.stop().await;
}

async fn payloads_are_ones_own(database: Database) {
    let server = TestServer::start(&database).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    let list = "/v1/saved-payloads";
    let made = team.test.post(list, payload("mine", "{}")).await.expect(201);
    assert!(other.list(list).await.is_empty());
    problem(&other.test.delete(&format!("{list}/{}", id(&made))).await, 404, "RESOURCE_NOT_FOUND");
    let theirs = other.test.post(list, payload("mine", "{ }")).await.expect(201);
    assert_ne!(theirs["id"], made["id"]);
    assert_eq!(team.list(list).await, [made]);
    server.stop().await;
}

async fn the_simulator_is_for_test_mode(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, EXPORT).await);
    let saved = id(&team.test.post("/v1/saved-payloads", payload("mine", "{}")).await.expect(201));
    let live = json!({ "url": "https://a.example", "event_types": [EXPORT] });
    let live = id(&team.live.post("/v1/webhooks", live).await.expect(201));
    let simulation = json!({ "type": EXPORT, "payload": { "data": {} } });
    let check = "chk_01HF7YAT00000000000000000B";
    for (method, path, body) in [
        (Method::POST, format!("/v1/webhooks/{live}/simulate"), simulation.clone()),
        (Method::POST, format!("/v1/webhooks/{webhook}/simulate"), simulation.clone()),
        (Method::POST, format!("/v1/webhooks/{live}/simulate/preview"), simulation),
        (Method::GET, "/v1/saved-payloads".to_owned(), Value::Null),
        (Method::POST, "/v1/saved-payloads".to_owned(), payload("mine", "{}")),
        (Method::DELETE, format!("/v1/saved-payloads/{saved}"), Value::Null),
        (Method::POST, format!("/v1/webhooks/{live}/receiver-checks"), json!({})),
        (Method::GET, format!("/v1/webhooks/{live}/receiver-checks"), Value::Null),
        (Method::GET, format!("/v1/receiver-checks/{check}"), Value::Null),
    ] {
        let headers: &[_] = if body.is_null() { &[] } else { &[("content-type", "application/json")] };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let reply = team.live.send(method, &path, headers, body).await.unwrap();
        problem(&reply, 403, "SIMULATOR_TEST_MODE_ONLY");
    }
    assert_eq!((team.list("/v1/saved-payloads").await.len(), receiver.count()), (1, 0));
    server.stop().await;
}
