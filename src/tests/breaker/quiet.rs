//! A circuit breaker of a destination that has nothing held to probe with.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::json;

use super::{
    breaker, config, connect_without_retries, open_by_one_that_failed, receiver, until_delivered, until_held,
    until_state,
};
use crate::{
    bulk,
    support::{Database, TestServer, id, on_both, unique, until},
};

on_both![
    a_bulk_operation_probes_where_nothing_is_held,
    it_is_probed_after_it_was_disabled_and_enabled,
    simulated_events_alone_probe_too,
];

async fn a_bulk_operation_probes_where_nothing_is_held(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, well) = receiver().await;
    let team = server.new_team().await;
    let (_, destination) = open_by_one_that_failed(&team, &receiver).await;
    assert_eq!(team.count_events("HOLD").await, 0);

    // Its first try is the probe; it fails, and is not given up for that.
    let operation = bulk::start(&team, json!({ "status": "FAILED" })).await;
    server.advance(Duration::from_secs(5));
    until("the probe", async || {
        server.advance(Duration::from_millis(100));
        breaker(&team, &destination).await["probes"] == 1
    })
    .await;
    let again = team.events("is_retry=true").await;
    assert_eq!((again.len(), &again[0]["status"], &again[0]["attempts"]), (1, &json!("SCHEDULED"), &json!(1)));
    assert_eq!(receiver.count(), 2);

    well.store(true, Ordering::SeqCst);
    until("the delivery", async || {
        server.advance(Duration::from_secs(1));
        team.count_events("SUCCESSFUL").await == 1
    })
    .await;
    until_state(&team, &destination, "closed").await;
    bulk::until_is(&team, &operation, "COMPLETED").await;
    assert_eq!(receiver.count(), 3);
    server.stop().await;
}

async fn it_is_probed_after_it_was_disabled_and_enabled(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, well) = receiver().await;
    let team = server.new_team().await;
    let rule = json!({ "consecutive_failures": 1, "failing_for_seconds": 0 });
    let input = json!({ "name": unique(), "config": config(&receiver, 1, 0), "auto_disable": rule });
    let (source, destination) = (team.new_source().await, team.test.post("/v1/destinations", input).await.expect(201));
    connect_without_retries(&team, &source, &destination).await;
    team.post_to(&source, &json!("failed")).await;
    let path = format!("/v1/destinations/{}", id(&destination));
    until("it to be disabled", async || team.test.get(&path).await.expect(200)["status"] == "disabled").await;

    well.store(true, Ordering::SeqCst);
    team.test.post(&format!("{path}/enable"), json!({})).await.expect(200);
    let operation = bulk::start(&team, json!({ "status": "FAILED" })).await;
    // Without a wait for the next probe.
    let done = bulk::until_is(&team, &operation, "COMPLETED").await;
    assert_eq!(done["done_count"], 1);
    until_state(&team, &destination, "closed").await;
    server.stop().await;
}

async fn simulated_events_alone_probe_too(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, well) = receiver().await;
    let team = server.new_team().await;
    let webhook = team.new_webhook(&receiver, "order.paid").await;
    let rule = json!({ "config": { "circuit_breaker": { "consecutive_failures": 1, "failing_for_seconds": 0 } } });
    team.test.patch(&format!("/v1/destinations/{}", id(&webhook)), rule).await.expect(200);
    team.publish("order.paid", json!({})).await;
    until_held(&team, 1).await;
    let event = id(&team.events("").await[0]);
    team.test.post(&format!("/v1/events/{event}/cancel"), json!({})).await.expect(200);
    for number in 1..3 {
        let simulation = json!({ "type": "order.paid", "payload": { "data": {} } });
        team.test.post(&format!("/v1/webhooks/{}/simulate", id(&webhook)), simulation).await.expect(202);
        until_held(&team, number).await;
    }
    assert_eq!(receiver.count(), 1);

    server.advance(Duration::from_secs(5));
    until("the probe", async || breaker(&team, &webhook).await["probes"] == 1).await;
    until_held(&team, 2).await;
    assert_eq!(receiver.count(), 2);
    well.store(true, Ordering::SeqCst);
    server.advance(Duration::from_secs(10));
    until_delivered(&server, &team, 2).await;
    until_state(&team, &webhook, "closed").await;
    assert_eq!(receiver.count(), 4);
    server.stop().await;
}
