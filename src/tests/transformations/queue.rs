//! What waits to be transformed: it survives, is held, cancelled and shared as anything else that waits.

use std::time::Duration;

use serde_json::{Value, json};

use super::{connected, handler, transform_rule, transformation};
use crate::{
    api::whole::count,
    support::{Database, Process, Receiver, TestServer, id, on_both, unique, until, verify},
};

on_both![
    what_waits_to_be_transformed_survives_a_kill,
    what_waits_to_be_transformed_can_be_cancelled,
    a_paused_connection_holds_what_was_transformed,
    many_events_are_each_transformed_once,
    a_transformed_event_waits_for_its_delay,
    a_lane_that_is_held_sends_what_was_transformed_and_waited,
];

/// A handler that takes a while, but not too long.
const SLOW: &str = "const end = Date.now() + 300; while (Date.now() < end) {} return {...request, body: {...request.body, done: true}}";

async fn what_waits_to_be_transformed_survives_a_kill(database: Database) {
    const EVENTS: usize = 12;
    let process = Process::serve(&database).await;
    let team = process.new_team(&database).await;
    let receiver = Receiver::answering([200]).await;
    let source = team.new_source().await;
    let made = transformation(&team, SLOW).await;
    connected(&team, &source, &receiver, json!([transform_rule(&made)])).await;
    for number in 0..EVENTS {
        team.post_to(&source, &json!({ "n": number })).await;
    }
    // Some are done, one is under way, the others wait in memory.
    until("the first", async || receiver.count() >= 1).await;
    process.kill().await;

    let process = Process::serve(&database).await;
    let team = team.at(&process.url);
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == EVENTS as u64).await;
    let mut seen: Vec<(u64, String)> = receiver
        .requests()
        .iter()
        .map(|sent| (sent.json()["n"].as_u64().unwrap(), sent.header("webhook-id").to_owned()))
        .collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), EVENTS, "each under one webhook-id");
    assert!(receiver.requests().iter().all(|sent| sent.json()["done"] == true));
    assert_eq!(process.terminate().await, Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn what_waits_to_be_transformed_can_be_cancelled(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let source = team.new_source().await;
    let made = transformation(&team, "while (true) {}").await;
    let connection = connected(&team, &source, &receiver, json!([transform_rule(&made)])).await;
    // Each before the last takes as long as a script may, so the last waits for long.
    for number in 0..60 {
        team.post_to(&source, &json!({ "n": number })).await;
    }
    let request = team.post_to(&source, &json!({ "n": "last" })).await;
    let last = id(&team.events_of(&request).await[0]);
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
    let cancelled = team.test.post(&format!("/v1/events/{last}/cancel"), json!({})).await.expect(200);
    assert_eq!(cancelled["status"], "CANCELLED");
    team.test.delete(&format!("/v1/connections/{}", id(&connection))).await.expect(204);
    until("nothing to wait", async || team.count_events("QUEUED").await == 0).await;
    assert_eq!(team.event(&last).await["status"], "CANCELLED");
    assert_eq!(receiver.count(), 0);
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
    server.stop().await;
}

async fn a_paused_connection_holds_what_was_transformed(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let source = team.new_source().await;
    let made = transformation(&team, "return {...request, body: {n: request.body.n, done: true}}").await;
    let connection = connected(&team, &source, &receiver, json!([transform_rule(&made)])).await;
    let path = format!("/v1/connections/{}", id(&connection));
    team.test.post(&format!("{path}/pause"), json!({})).await.expect(200);
    for number in 0..3 {
        team.post_to(&source, &json!({ "n": number })).await;
    }
    until("all to be held", async || team.count_events("HOLD").await == 3).await;
    assert_eq!(receiver.count(), 0);
    team.test.post(&format!("{path}/unpause"), json!({})).await.expect(200);
    until("the deliveries", async || team.count_events("SUCCESSFUL").await == 3).await;
    assert!(receiver.requests().iter().all(|sent| sent.json()["done"] == true));
    server.stop().await;
}

async fn many_events_are_each_transformed_once(database: Database) {
    // More than one connection has in memory.
    const EVENTS: u64 = 600;
    const SENDERS: u64 = 20;
    let shared = database.url().starts_with("postgres");
    let one = Process::serve(&database).await;
    let two = if shared { Some(Process::serve(&database).await) } else { None };
    let team = one.new_team(&database).await;
    let receiver = Receiver::answering([200]).await;
    let source = team.new_source().await;
    let made = transformation(&team, "return {...request, headers: {'x-seen': String(request.body.n)}}").await;
    connected(&team, &source, &receiver, json!([transform_rule(&made)])).await;
    let mut senders = Vec::new();
    for sender in 0..SENDERS {
        let (source, team) =
            (source.clone(), two.as_ref().filter(|_| sender % 2 == 1).map_or(team.clone(), |two| team.at(&two.url)));
        senders.push(tokio::spawn(async move {
            for number in 0..EVENTS / SENDERS {
                team.post_to(&source, &json!({ "n": sender * 1000 + number })).await;
            }
        }));
    }
    for sender in senders {
        sender.await.unwrap();
    }
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == EVENTS).await;
    let mut seen: Vec<String> = receiver.requests().iter().map(|sent| sent.header("x-seen").to_owned()).collect();
    assert_eq!(seen.len() as u64, EVENTS);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len() as u64, EVENTS, "each once");
    let counted = team.test.get(&format!("/v1/transformations/{}", id(&made))).await.expect(200);
    assert_eq!(counted["executions_24h_count"], EVENTS, "recorded once each, whoever ran it");
    // What changed on one node counts on the other.
    let newer = json!({ "code": handler("return {...request, headers: {'x-seen': 'newer'}}") });
    team.test.patch(&format!("/v1/transformations/{}", id(&made)), newer).await.expect(200);
    if let Some(two) = &two {
        until("the other node to know", async || {
            let count = receiver.count();
            team.at(&two.url).post_to(&source, &json!({ "n": 0 })).await;
            until("its delivery", async || receiver.count() > count).await;
            receiver.request(count).header("x-seen") == "newer"
        })
        .await;
        until("the rest", async || team.count_events("QUEUED").await == 0).await;
    }
    assert_eq!(one.terminate().await, Some(0));
    if let Some(two) = two {
        assert_eq!(two.terminate().await, Some(0));
    }
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn a_transformed_event_waits_for_its_delay(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let source = team.new_source().await;
    let made = transformation(&team, "return {...request, body: {done: true}}").await;
    let rules = json!([transform_rule(&made), { "type": "delay", "delay": 8000 }]);
    connected(&team, &source, &receiver, rules).await;
    let request = team.post_to(&source, &json!({})).await;
    until("it to be scheduled", async || team.events_of(&request).await[0]["status"] == "SCHEDULED").await;
    let event: Value = team.events_of(&request).await[0].clone();
    server.advance(Duration::from_secs(8));
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!(receiver.count(), 1);
    let attempt = &team.attempts_of(&event).await[0];
    let at = |value: &Value| value.as_str().unwrap().parse::<hookyard_model::Timestamp>().unwrap();
    let waited = at(&attempt["delivered_at"]).millis() - at(&event["created_at"]).millis();
    assert!(waited >= i64::try_from(Duration::from_secs(8).as_millis()).unwrap(), "{waited}");
    server.stop().await;
}

async fn a_lane_that_is_held_sends_what_was_transformed_and_waited(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let (plain, destination) = team.connected_to(&receiver).await;
    let source = team.new_source().await;
    let made = transformation(&team, "return {...request, body: {done: true}}").await;
    let rules = json!([transform_rule(&made), { "type": "delay", "delay": 8000 }]);
    let input = json!({
        "name": unique(), "source_id": id(&source), "destination_id": id(&destination), "rules": rules,
    });
    team.test.post("/v1/connections", input).await.expect(201);
    team.post_to(&plain, &json!({})).await;
    until("the first, by which the lane is held", async || team.count_events("SUCCESSFUL").await == 1).await;

    team.post_to(&source, &json!({})).await;
    until("it to wait", async || team.count_events("SCHEDULED").await == 1).await;
    assert_eq!(count(&database, "pending WHERE rank = 1").await, 1, "it goes before nothing that is live");
    server.advance(Duration::from_secs(8));

    until("the delivery", async || team.count_events("SUCCESSFUL").await == 2).await;
    assert_eq!(receiver.request(1).json(), json!({ "done": true }));
    server.stop().await;
}
