//! A circuit breaker of a destination that has nothing held to probe with.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::json;

use super::{breaker, config, receiver, until_state};
use crate::{
    bulk,
    support::{Database, TestServer, id, on_both, unique, until},
};

on_both![a_bulk_operation_probes_where_nothing_is_held, it_is_probed_after_it_was_disabled_and_enabled];

async fn a_bulk_operation_probes_where_nothing_is_held(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, well) = receiver().await;
    let team = server.new_team().await;
    let (source, destination) = (team.new_source().await, team.new_destination(config(&receiver, 1, 0)).await);
    let rules = json!([{
        "type": "retry", "strategy": "linear", "count": 5, "interval": 60_000, "response_status_codes": ["429"],
    }]);
    let input =
        json!({ "name": unique(), "source_id": id(&source), "destination_id": id(&destination), "rules": rules });
    team.test.post("/v1/connections", input).await.expect(201);
    team.post_to(&source, &json!("failed")).await;
    until("the failure", async || team.count_events("FAILED").await == 1).await;
    until_state(&team, &destination, "open").await;
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
    let rules = json!([{
        "type": "retry", "strategy": "linear", "count": 5, "interval": 60_000, "response_status_codes": ["429"],
    }]);
    let input =
        json!({ "name": unique(), "source_id": id(&source), "destination_id": id(&destination), "rules": rules });
    team.test.post("/v1/connections", input).await.expect(201);
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
