//! Pausing, limiting, resuming and cancelling an operation, and what a kill does to it.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    EVENTS, adds_up, arrived, ended, failed, later, nothing_later, post, read, start, under_way, until_done, until_is,
    well_later,
};
use crate::support::{Answer, Database, Process, Receiver, Team, TestServer, id, on_both, until, verify};

on_both![
    an_operation_is_paused_limited_and_resumed,
    what_is_in_the_queue_waits_while_an_operation_is_paused,
    nothing_is_sent_once_an_operation_is_cancelled,
    a_kill_neither_repeats_nor_skips_an_item,
];

async fn act(team: &Team, operation: &Value, action: &str) -> crate::support::Reply {
    team.test.post(&format!("{EVENTS}/{}/{action}", id(operation)), json!({})).await
}

/// An operation of so many events that goes slowly, some of which are done.
async fn slow(team: &Team, receiver: &Receiver, well: &AtomicBool, count: usize) -> (Value, Value) {
    let (source, _) = failed(team, receiver, count).await;
    well.store(true, Ordering::SeqCst);
    let input = json!({ "filter": { "status": "FAILED" }, "rate_limit": 20 });
    let operation = team.test.post(EVENTS, input).await.expect(201);
    until("some to be done", async || read(team, &operation).await["done_count"].as_u64() > Some(3)).await;
    (source, operation)
}

async fn an_operation_is_paused_limited_and_resumed(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    let (_, operation) = slow(&team, &receiver, &well, 200).await;

    let paused = act(&team, &operation, "pause").await.expect(200);
    assert_eq!((&paused["status"], &paused["pause_reason"]), (&json!("PAUSED"), &json!("it was paused")));
    assert_eq!(act(&team, &operation, "pause").await.status, 409);
    let ongoing = team.list(&format!("{EVENTS}?bucket=ongoing")).await;
    assert_eq!((ongoing.len(), &ongoing[0]["id"]), (1, &operation["id"]));
    assert!(team.list(&format!("{EVENTS}?bucket=history")).await.is_empty());
    let queued = read(&team, &operation).await["queued_count"].clone();
    assert!(queued.as_u64() < Some(200), "{queued}");
    let resumed = act(&team, &operation, "resume").await.expect(200);
    assert_eq!((&resumed["status"], &resumed["pause_reason"]), (&json!("RUNNING"), &Value::Null));
    let path = format!("{EVENTS}/{}", id(&operation));
    let limited = team.test.patch(&path, json!({ "rate_limit": 600, "rate_limit_period": "minute" })).await.expect(200);
    assert_eq!((&limited["rate_limit"], &limited["rate_limit_period"]), (&json!(600), &json!("minute")));
    assert!(team.test.patch(&path, json!({ "rate_limit": null })).await.expect(200)["rate_limit"].is_null());

    let done = until_is(&team, &operation, "COMPLETED").await;
    assert_eq!((adds_up(&done), &done["done_count"]), (200, &json!(200)));
    assert!(arrived(&receiver).values().all(|times| *times == 2));
    for action in ["pause", "resume", "cancel"] {
        assert_eq!(act(&team, &operation, action).await.status, 409, "{action}");
    }
    assert_eq!(team.test.patch(&path, json!({ "rate_limit": 1 })).await.status, 409);
    assert_eq!(team.list(&format!("{EVENTS}?bucket=history")).await.len(), 1);
    assert!(team.list(&format!("{EVENTS}?bucket=ongoing")).await.is_empty());
    let audit = team.list(&format!("/v1/audit-log?subject={}&dir=asc", id(&operation))).await;
    let actions: Vec<_> = audit.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["bulk_started", "bulk_paused", "bulk_resumed", "bulk_limited", "bulk_limited"]);
    assert_eq!((&audit[3]["detail"], &audit[4]["detail"]), (&json!("600 a minute"), &json!("no limit")));
    server.stop().await;
}

async fn what_is_in_the_queue_waits_while_an_operation_is_paused(database: Database) {
    const COUNT: usize = 40;
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, well) = later(Answer::Hold).await;
    let team = server.new_team().await;
    let (source, _) = failed(&team, &receiver, COUNT).await;
    well.store(true, Ordering::SeqCst);
    let operation = under_way(&team, &receiver).await;
    act(&team, &operation, "pause").await.expect(200);
    let over = server.now().to_string();
    receiver.release();
    // Long enough for some more.
    server.advance(Duration::from_secs(2));
    post(&team, &source, 5).await;
    until("the live ones", async || team.events("status=SUCCESSFUL&is_retry=false").await.len() == 5).await;

    nothing_later(&team, &[&receiver], &over).await;
    let waits = team.count_events("QUEUED").await;
    assert!(waits >= 2, "{waits} wait in the queue");
    act(&team, &operation, "resume").await.expect(200);
    until("all to be sent", async || {
        server.advance(Duration::from_millis(100));
        read(&team, &operation).await["status"] == "COMPLETED"
    })
    .await;
    let done = read(&team, &operation).await;
    assert_eq!((adds_up(&done), &done["done_count"]), (COUNT as u64, &json!(COUNT)));
    assert_eq!(receiver.count(), 2 * COUNT + 5, "each once more");
    server.stop().await;
}

async fn nothing_is_sent_once_an_operation_is_cancelled(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    let (source, operation) = slow(&team, &receiver, &well, 200).await;

    let cancelled = act(&team, &operation, "cancel").await.expect(200);
    assert_eq!((&cancelled["status"], &cancelled["cancelable"]), (&json!("CANCELLED"), &json!(false)));
    let over = server.now().to_string();
    assert_eq!(act(&team, &operation, "cancel").await.status, 409);
    // Live ones go the same way, behind whatever was on it.
    post(&team, &source, 20).await;
    until("the live ones", async || team.events("status=SUCCESSFUL&is_retry=false").await.len() == 20).await;

    let done = read(&team, &operation).await;
    until("all to be accounted for", async || ended(&read(&team, &operation).await) == 200).await;
    assert!(done["cancelled_count"].as_u64() > Some(100), "{done}");
    nothing_later(&team, &[&receiver], &over).await;
    assert!(arrived(&receiver).values().all(|times| *times <= 2));
    let items = team.list(&format!("{EVENTS}/{}/items?status=CANCELLED&limit=255", id(&operation))).await;
    let done = read(&team, &operation).await;
    assert_eq!(items.len() as u64, done["cancelled_count"].as_u64().unwrap(), "{done}");
    assert_eq!(team.count_events("QUEUED,SCHEDULED,HOLD").await, 0);
    server.stop().await;
}

async fn a_kill_neither_repeats_nor_skips_an_item(database: Database) {
    const COUNT: usize = 300;
    let (receiver, well) = well_later().await;
    let mut process = Process::serve(&database).await;
    let mut team = process.new_team(&database).await;
    failed(&team, &receiver, COUNT).await;
    well.store(true, Ordering::SeqCst);
    let operation = start(&team, json!({ "status": "FAILED" })).await;
    for sent in [1, 60, 150] {
        until_done(&team, &operation, sent / 2).await;
        until("some to be sent", async || receiver.count() >= COUNT + sent).await;
        process.kill().await;
        process = Process::serve(&database).await;
        team = team.at(&process.url);
    }

    until_done(&team, &operation, COUNT).await;
    let done = until_is(&team, &operation, "COMPLETED").await;
    assert_eq!((adds_up(&done), &done["done_count"]), (COUNT as u64, &json!(COUNT)), "{done}");
    let mut made = BTreeSet::new();
    let path = format!("{EVENTS}/{}/items?limit=255", id(&operation));
    let page = team.test.get(&path).await.expect(200);
    let next = page["pagination"]["next"].as_str().unwrap();
    let rest = team.list(&format!("{path}&cursor={next}")).await;
    for item in page["models"].as_array().unwrap().iter().chain(&rest) {
        assert!(made.insert(item["new_event_id"].as_str().unwrap().to_owned()), "{item}");
    }
    assert_eq!(made.len(), COUNT);
    let retries = team.test.get("/v1/events/count?is_retry=true").await.expect(200);
    assert_eq!(retries["count"], COUNT);
    assert_eq!(arrived(&receiver).len(), COUNT);
    assert_eq!(process.terminate().await, Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}
