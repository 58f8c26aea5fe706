//! The built-in receiver, which behaves as it is told.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Database, Team, TestServer, on_both, unique, until};

on_both![it_answers_as_it_is_told, it_is_too_slow_as_it_is_told, what_it_refuses_is_tried_again];

/// A source connected to a built-in receiver that behaves so.
async fn connected(team: &Team, timeout_ms: u32, mock: Value) -> Value {
    let config = json!({ "timeout_ms": timeout_ms, "mock": mock, "headers": { "x-own": "1" } });
    let input = json!({ "name": unique(), "type": "MOCK", "config": config });
    let destination = team.test.post("/v1/destinations", input).await.expect(201);
    assert_eq!(destination["config"]["mock"]["status"], mock["status"], "{destination}");
    let source = team.new_source().await;
    team.connect(&source, &destination).await;
    source
}

async fn it_answers_as_it_is_told(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let mock = json!({ "status": 202, "delay_ms": 5, "headers": { "X-Answer": "42" }, "body": "thanks" });
    let source = connected(&team, 1000, mock).await;

    team.post_to(&source, &json!("hello")).await;

    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    let attempt = team.attempts("").await.remove(0);
    assert_eq!((&attempt["response_status"], &attempt["body"]), (&json!(202), &json!("thanks")), "{attempt}");
    assert_eq!(attempt["response_headers"]["x-answer"], "42");
    assert_eq!(attempt["request_headers"]["x-own"], "1");
    assert!(attempt["request_headers"]["webhook-signature"].as_str().unwrap().starts_with("v1,"));
    assert_eq!(attempt["timings"]["first_byte_ms"], json!(5.0));
    server.stop().await;
}

async fn it_is_too_slow_as_it_is_told(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    for (number, (mock, message)) in [
        (json!({ "status": 200, "delay_ms": 5000 }), "no answer came within 1000 ms"),
        (
            json!({ "status": 200, "delay_ms": 500, "drip": { "chunks": 10, "over_ms": 1000 }, "body": "0123456789" }),
            "the answer did not end within 1000 ms: it began after 500 ms, and 5 bytes of its body came",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let source = connected(&team, 1000, mock).await;
        let request = team.post_to(&source, &json!(number)).await;
        let event = team.events_of(&request).await.remove(0);
        until("the failure", async || {
            server.advance(Duration::from_millis(100));
            team.attempts_of(&event).await.len() == 1
        })
        .await;
        let attempt = team.attempts_of(&event).await.remove(0);
        assert_eq!((&attempt["error_code"], &attempt["error_message"]), (&json!("TIMEOUT"), &json!(message)));
    }
    server.stop().await;
}

async fn what_it_refuses_is_tried_again(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let source = connected(&team, 1000, json!({ "status": 204, "fail_first": 1 })).await;
    team.post_to(&source, &json!(1)).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;
    server.advance(Duration::from_secs(6));
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    let statuses: Vec<_> = team.attempts("").await.iter().map(|attempt| attempt["response_status"].clone()).collect();
    assert_eq!(statuses, [json!(500), json!(204)]);
    server.stop().await;
}
