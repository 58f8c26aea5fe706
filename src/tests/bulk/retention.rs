//! Operations go with history: those that ended, item by item, and those that nobody went on with.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::json;

use super::{EVENTS, adds_up, ended, failed, read, start, until_is, well_later};
use crate::{
    api::whole::count,
    support::{Database, TestServer, id, on_both, until},
};

on_both![
    an_operation_goes_with_its_items_when_it_is_past_its_time,
    an_operation_that_was_paused_for_too_long_is_cancelled,
];

const DAY: Duration = Duration::from_hours(24);

async fn an_operation_goes_with_its_items_when_it_is_past_its_time(database: Database) {
    // More items than are deleted in one step.
    const COUNT: usize = 600;
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    failed(&team, &receiver, COUNT).await;
    well.store(true, Ordering::SeqCst);
    let old = start(&team, json!({ "status": "FAILED" })).await;
    until("it to be done", async || {
        server.advance(Duration::from_millis(100));
        read(&team, &old).await["status"] == "COMPLETED"
    })
    .await;
    server.advance(DAY);
    let young = until_is(&team, &start(&team, json!({ "status": "CANCELLED" })).await, "COMPLETED").await;

    server.advance(Duration::from_hours(14 * 24 - 1));
    assert_eq!(team.list(EVENTS).await.len(), 2);
    server.advance(Duration::from_hours(2));

    until("the old one to be gone", async || team.test.get(&format!("{EVENTS}/{}", id(&old))).await.status == 404)
        .await;
    assert_eq!(team.list(EVENTS).await[0]["id"], young["id"]);
    for table in ["bulk_item", "bulk_destination"] {
        assert_eq!(count(&database, table).await, 0, "{table}");
    }
    server.advance(DAY);
    until("the young one to be gone", async || team.list(EVENTS).await.is_empty()).await;
    server.stop().await;
}

async fn an_operation_that_was_paused_for_too_long_is_cancelled(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, _well) = well_later().await;
    let team = server.new_team().await;
    failed(&team, &receiver, 10).await;
    let input = json!({ "filter": { "status": "FAILED" }, "rate_limit": 1, "rate_limit_period": "hour" });
    let operation = team.test.post(EVENTS, input).await.expect(201);
    until("it to be planned", async || read(&team, &operation).await["status"] == "RUNNING").await;
    team.test.post(&format!("{EVENTS}/{}/pause", id(&operation)), json!({})).await.expect(200);
    server.advance(Duration::from_hours(15 * 24 - 1));
    assert_eq!(read(&team, &operation).await["status"], "PAUSED");
    server.advance(Duration::from_hours(2));

    let cancelled = until_is(&team, &operation, "CANCELLED").await;
    let why = cancelled["failure"].as_str().unwrap();
    assert!(why.contains("paused for longer than history is kept"), "{why}");
    until("all to be taken back", async || {
        server.advance(Duration::from_secs(1));
        team.count_events("QUEUED,SCHEDULED,HOLD").await == 0
    })
    .await;
    until("all to be counted", async || ended(&read(&team, &operation).await) == 10).await;
    assert_eq!(adds_up(&read(&team, &operation).await), 10);
    assert_eq!(team.count_events("QUEUED,SCHEDULED,HOLD").await, 0);
    server.stop().await;
}
