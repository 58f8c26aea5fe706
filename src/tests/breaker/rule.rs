//! What a circuit breaker can be told.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};

use super::{breaker, config, receiver};
use crate::support::{Database, TestServer, id, on_both, unique, until};

on_both![a_rule_that_cannot_be_is_refused, null_switches_it_off];

async fn a_rule_that_cannot_be_is_refused(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let config = |rule: Value| json!({ "url": "https://example.com/hooks", "circuit_breaker": rule });
    let default = team.new_destination(json!({ "url": "https://example.com/hooks" })).await;
    assert_eq!(default["config"]["circuit_breaker"], json!({ "consecutive_failures": 10, "failing_for_seconds": 30 }));
    for (rule, field) in [
        (json!({ "consecutive_failures": 0, "failing_for_seconds": 30 }), "consecutive_failures"),
        (json!({ "consecutive_failures": 1001, "failing_for_seconds": 30 }), "consecutive_failures"),
        (json!({ "consecutive_failures": 5, "failing_for_seconds": 86_401 }), "failing_for_seconds"),
    ] {
        let input = json!({ "name": unique(), "config": config(rule) });
        let refused = team.test.post("/v1/destinations", input).await.expect(422);
        assert_eq!(refused["errors"][0]["pointer"], format!("/config/circuit_breaker/{field}"), "{refused}");
    }
    for rule in [json!(7), json!({ "consecutive_failures": 5 }), json!({ "opens": "often" })] {
        let input = json!({ "name": unique(), "config": config(rule) });
        let refused = team.test.post("/v1/destinations", input).await;
        assert!([400, 422].contains(&refused.status), "{}", refused.body);
    }
    server.stop().await;
}

async fn null_switches_it_off(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, well) = receiver().await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_with(json!({ "url": receiver.url(), "circuit_breaker": null })).await;
    assert!(destination["config"]["circuit_breaker"].is_null());
    for number in 0..12 {
        team.post_to(&source, &json!(number)).await;
    }
    until("the failures", async || team.count_events("SCHEDULED").await == 12).await;
    server.advance(Duration::from_mins(1));
    until("the retries", async || receiver.count() >= 20).await;
    assert_eq!(breaker(&team, &destination).await["state"], "closed");

    // An open one closes when its rule is taken away.
    let (source, destination) = team.connected_with(config(&receiver, 1, 0)).await;
    let kept = team.test.get(&format!("/v1/destinations/{}", id(&destination))).await.expect(200);
    assert_eq!(kept["config"]["circuit_breaker"], json!({ "consecutive_failures": 1, "failing_for_seconds": 0 }));
    let request = team.post_to(&source, &json!("held")).await;
    let status = async || team.events_of(&request).await[0]["status"].clone();
    until("it to be held", async || status().await == "HOLD").await;
    well.store(true, Ordering::SeqCst);
    let patch = json!({ "config": { "circuit_breaker": null } });
    let patched = team.test.patch(&format!("/v1/destinations/{}", id(&destination)), patch).await.expect(200);
    assert!(patched["config"]["circuit_breaker"].is_null());
    until("the delivery", async || {
        server.advance(Duration::from_millis(200));
        status().await == "SUCCESSFUL"
    })
    .await;
    server.stop().await;
}
