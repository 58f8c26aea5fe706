//! Nobody starves: of several operations at one destination, and of several destinations of one operation.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{EVENTS, adds_up, connect, fail, failed, later, post, quiet, read, start, until_is, well_later};
use crate::support::{Answer, Database, Receiver, Team, TestServer, id, on_both, until};

on_both![
    a_small_operation_is_done_while_a_large_one_goes_on,
    destinations_share_what_a_limit_allows,
    a_destination_that_hangs_does_not_hold_up_another,
];

async fn done(team: &Team, operation: &Value) -> u64 {
    read(team, operation).await["done_count"].as_u64().unwrap()
}

/// What an operation did at this destination.
async fn done_at(team: &Team, operation: &Value, destination: &Value) -> u64 {
    let operation = read(team, operation).await;
    let parts = operation["destinations"].as_array().unwrap();
    let part = parts.iter().find(|part| part["destination_id"] == destination["id"]);
    part.map_or(0, |part| part["done_count"].as_u64().unwrap())
}

async fn a_small_operation_is_done_while_a_large_one_goes_on(database: Database) {
    const LARGE: u64 = 500;
    const SMALL: u64 = 40;
    let server = TestServer::start(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    let (first, destination) = quiet(&team, &receiver).await;
    let other = team.new_source().await;
    connect(&team, &other, &destination).await;
    post(&team, &first, usize::try_from(LARGE).unwrap()).await;
    post(&team, &other, usize::try_from(SMALL).unwrap()).await;
    until("all to fail", async || team.count_events("FAILED").await == LARGE + SMALL).await;
    well.store(true, Ordering::SeqCst);

    // Both at 100 a second together at the most, so that neither is done before it can be seen.
    let begin = async |source: &Value| {
        let filter = json!({ "status": "FAILED", "source_id": id(source) });
        team.test.post(EVENTS, json!({ "filter": filter, "rate_limit": 50 })).await.expect(201)
    };
    let large = begin(&first).await;
    until("the large one to go on", async || done(&team, &large).await > 10).await;
    let small = begin(&other).await;
    let before = done(&team, &large).await;
    until_is(&team, &small, "COMPLETED").await;
    let after = read(&team, &large).await;
    assert_eq!(after["status"], "RUNNING", "the small one did not wait for it: {after}");
    assert!(after["done_count"].as_u64().unwrap() > before, "nor did the large one wait: {before} before, {after}");

    let path = format!("{EVENTS}/{}", id(&large));
    team.test.patch(&path, json!({ "rate_limit": null })).await.expect(200);
    assert_eq!(adds_up(&until_is(&team, &large, "COMPLETED").await), LARGE);
    server.stop().await;
}

async fn destinations_share_what_a_limit_allows(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    let (_, one) = failed(&team, &receiver, 60).await;
    let (_, other) = failed(&team, &receiver, 60).await;
    well.store(true, Ordering::SeqCst);

    let input = json!({ "filter": { "status": "FAILED" }, "rate_limit": 20 });
    let operation = team.test.post(EVENTS, input).await.expect(201);
    until("half of one part", async || {
        done_at(&team, &operation, &one).await.max(done_at(&team, &operation, &other).await) >= 30
    })
    .await;
    let least = done_at(&team, &operation, &one).await.min(done_at(&team, &operation, &other).await);
    assert!(least >= 15, "one of them got {least} meanwhile");
    team.test.patch(&format!("{EVENTS}/{}", id(&operation)), json!({ "rate_limit": null })).await.expect(200);
    assert_eq!(adds_up(&until_is(&team, &operation, "COMPLETED").await), 120);
    server.stop().await;
}

async fn a_destination_that_hangs_does_not_hold_up_another(database: Database) {
    let server = TestServer::start(&database).await;
    let ((hangs, well), works) = (later(Answer::Hold).await, Receiver::answering([500]).await);
    let team = server.new_team().await;
    let (_, hanging) = failed(&team, &hangs, 60).await;
    let (source, working) = quiet(&team, &works).await;
    fail(&team, &source, &working, 60).await;
    well.store(true, Ordering::SeqCst);
    let healthy = Receiver::answering([200]).await;
    let path = format!("/v1/destinations/{}", id(&working));
    team.test.patch(&path, json!({ "config": { "url": healthy.url() } })).await.expect(200);

    let operation = start(&team, json!({ "status": "FAILED" })).await;
    until("the working one to get all", async || done_at(&team, &operation, &working).await == 60).await;
    assert_eq!((done_at(&team, &operation, &hanging).await, healthy.count()), (0, 60));
    assert_eq!(read(&team, &operation).await["status"], "RUNNING");
    hangs.release();
    assert_eq!(adds_up(&until_is(&team, &operation, "COMPLETED").await), 120);
    server.stop().await;
}
