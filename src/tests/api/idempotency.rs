//! The `Idempotency-Key`: a call is made once, however often it is sent.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use super::{names, problem};
use crate::support::{Client, Database, Receiver, Reply, TestServer, id, on_both, unique, until};

on_both![
    the_same_call_gets_the_same_answer_and_makes_one_thing,
    another_call_with_the_key_is_refused,
    calls_at_once_make_one_thing,
    an_answer_is_kept_for_a_day,
    a_key_has_bounds,
];

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    client.send(Method::POST, path, &headers, body.to_string()).await.unwrap()
}

async fn the_same_call_gets_the_same_answer_and_makes_one_thing(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;
    let webhook = team.new_webhook(&receiver, "order.paid").await;
    let first = team.publish("order.paid", json!({})).await;
    let (request, event) = (first["request_id"].as_str().unwrap(), first["event_ids"][0].as_str().unwrap());
    until("the delivery, before which it is not sent again", async || {
        team.event(event).await["status"] == "SUCCESSFUL"
    })
    .await;
    let ends = (id(&source), id(&destination));
    for (path, body, list) in [
        ("/v1/sources".to_owned(), json!({ "name": "s" }), "sources"),
        ("/v1/destinations".into(), json!({ "name": "d", "type": "MOCK" }), "destinations"),
        (
            "/v1/connections".into(),
            json!({ "name": "c", "source_id": ends.0, "destination_id": ends.1 }),
            "connections",
        ),
        ("/v1/event-types".into(), json!({ "name": "a.b" }), "event-types"),
        ("/v1/webhooks".into(), json!({ "url": "https://a.example", "event_types": ["order.paid"] }), "webhooks"),
        ("/v1/keys".into(), json!({}), "keys"),
        ("/v1/publish".into(), json!({ "type": "order.sent", "data": {} }), "requests"),
        (format!("/v1/requests/{request}/retry"), json!({}), "requests"),
        (format!("/v1/events/{event}/retry"), json!({}), "events"),
        (
            format!("/v1/webhooks/{}/simulate", id(&webhook)),
            json!({ "type": "order.paid", "payload": { "data": {} } }),
            "requests",
        ),
    ] {
        let before = team.list(&format!("/v1/{list}")).await.len();
        let key = unique();
        let made = post(&team.test, &path, &key, &body).await;
        assert!([201, 202].contains(&made.status), "{path}: {}", made.body);
        assert_eq!(made.header("idempotent-replayed"), None);
        for _ in 0..2 {
            let again = post(&team.test, &path, &key, &body).await;
            assert_eq!((again.status, &again.bytes), (made.status, &made.bytes), "{path}");
            assert_eq!(again.header("location"), made.header("location"), "{path}");
            assert_eq!(again.header("content-type"), made.header("content-type"), "{path}");
            assert_eq!(again.header("idempotent-replayed"), Some("true"), "{path}");
        }
        assert_eq!(team.list(&format!("/v1/{list}")).await.len(), before + 1, "{path} made one");
    }
    // A refusal is an answer too.
    let bad = json!({ "name": "" });
    let (one, two) =
        (post(&team.test, "/v1/sources", "bad", &bad).await, post(&team.test, "/v1/sources", "bad", &bad).await);
    assert_eq!((one.status, &one.bytes), (422, &two.bytes));
    // Without a key each call counts.
    for _ in 0..2 {
        team.publish("order.sent", json!({ "twice": true })).await;
    }
    assert_eq!(team.list("/v1/requests?q=twice").await.len(), 2);
    until("the deliveries", async || team.count_events("QUEUED").await == 0).await;
    server.stop().await;
}

async fn another_call_with_the_key_is_refused(database: Database) {
    let server = TestServer::start(&database).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    post(&team.test, "/v1/sources", "k", &json!({ "name": "one" })).await.expect(201);
    for (path, body) in [
        ("/v1/sources", json!({ "name": "two" })),
        ("/v1/sources?x=1", json!({ "name": "one" })),
        ("/v1/destinations", json!({ "name": "one" })),
    ] {
        problem(&post(&team.test, path, "k", &body).await, 409, "IDEMPOTENCY_KEY_REUSED");
    }
    assert_eq!(team.list("/v1/sources").await.len(), 2);
    // Keys are each team's and each mode's own.
    post(&other.test, "/v1/sources", "k", &json!({ "name": "two" })).await.expect(201);
    post(&team.live, "/v1/sources", "k", &json!({ "name": "two" })).await.expect(201);
    server.stop().await;
}

async fn calls_at_once_make_one_thing(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for round in 0..5 {
        let key = format!("round {round}");
        let calls = (0..12).map(|_| {
            let (client, key) = (team.test.clone(), key.clone());
            tokio::spawn(async move { post(&client, "/v1/publish", &key, &json!({ "type": "a.b", "data": {} })).await })
        });
        let mut made = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            let reply = call.await.unwrap();
            // Who comes while the first is under way is told so.
            if reply.status == 409 { drop(problem(&reply, 409, "CONFLICT")) } else { made.push(reply.expect(202)) }
        }
        assert!(!made.is_empty() && made.iter().all(|answer| *answer == made[0]), "{made:?}");
        assert_eq!(team.list("/v1/requests").await.len(), round + 1);
    }
    server.stop().await;
}

async fn an_answer_is_kept_for_a_day(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let body = json!({ "type": "a.b", "data": {} });
    let first = post(&team.test, "/v1/publish", "k", &body).await.expect(202);
    server.advance(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(post(&team.test, "/v1/publish", "k", &body).await.expect(202), first);
    server.advance(Duration::from_secs(2));
    assert_ne!(post(&team.test, "/v1/publish", "k", &body).await.expect(202), first);
    assert_eq!(team.list("/v1/requests").await.len(), 2);
    server.stop().await;
}

async fn a_key_has_bounds(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let (longest, too_long) = ("k".repeat(255), "k".repeat(256));
    post(&team.test, "/v1/sources", &longest, &json!({ "name": "s" })).await.expect(201);
    for bad in [too_long.as_str(), ""] {
        names(&post(&team.test, "/v1/sources", bad, &json!({ "name": "t" })).await, "idempotency-key");
    }
    assert_eq!(team.list("/v1/sources").await.len(), 2);
    server.stop().await;
}
