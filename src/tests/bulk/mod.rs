//! Bulk operations: what a filter finds is sent again, once, at a pace, and stops when it is told to.

mod control;
mod endings;
mod events;
mod fair;
mod input;
mod left_out;
mod nodes;
mod obstacles;
mod requests;
mod retention;
mod since;
mod twice;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};

use crate::support::{Answer, Receiver, Team, id, until};

pub(super) const EVENTS: &str = "/v1/events/bulk_operations";
pub(super) const REQUESTS: &str = "/v1/requests/bulk_operations";

/// Starts an operation of events with this filter; returns its record.
pub(super) async fn start(team: &Team, filter: Value) -> Value {
    team.test.post(EVENTS, json!({ "filter": filter })).await.expect(201)
}

/// The record of an operation as it is.
pub(super) async fn read(team: &Team, operation: &Value) -> Value {
    let list = if operation["type"] == "request_bulk_retry" { REQUESTS } else { EVENTS };
    team.test.get(&format!("{list}/{}", id(operation))).await.expect(200)
}

/// Waits until an operation is in this state; returns its record.
pub(super) async fn until_is(team: &Team, operation: &Value, status: &str) -> Value {
    until(&format!("the operation to be {status}"), async || read(team, operation).await["status"] == status).await;
    read(team, operation).await
}

/// Waits until so many items of an operation are done, some at a time: how long all of them take depends on the machine.
pub(super) async fn until_done(team: &Team, operation: &Value, count: usize) {
    for some in (20..count).step_by(20).chain([count]) {
        until("items to be done", async || read(team, operation).await["done_count"].as_u64() >= Some(some as u64))
            .await;
    }
}

/// Waits until so many events are delivered to a destination, and that is recorded: what still waits is not replayed.
pub(super) async fn until_delivered(team: &Team, destination: &Value, count: usize) {
    let path = format!("/v1/events/count?status=SUCCESSFUL&destination_id={}", id(destination));
    until("all to be delivered", async || team.test.get(&path).await.expect(200)["count"] == count).await;
}

/// A receiver that answers 500 until it is well, and this from then on.
pub(super) async fn later(answer: Answer) -> (Receiver, Arc<AtomicBool>) {
    let well = Arc::new(AtomicBool::new(false));
    let is_well = Arc::clone(&well);
    let decide = move |_: usize, _: &_| if is_well.load(Ordering::SeqCst) { answer.clone() } else { 500.into() };
    (Receiver::deciding(decide).await, well)
}

/// A receiver that answers 500 until it is well.
pub(super) async fn well_later() -> (Receiver, Arc<AtomicBool>) {
    later(200.into()).await
}

/// An operation with some in the queue, of which the first are under way and held by the receiver.
pub(super) async fn under_way(team: &Team, receiver: &Receiver) -> Value {
    let operation = start(team, json!({ "status": "FAILED" })).await;
    until("some to be under way", async || {
        receiver.open() > 0 && team.count_events("QUEUED").await > receiver.open() as u64 + 2
    })
    .await;
    operation
}

/// Asserts that no try of a bulk operation began after `over`, and that the receivers got what is recorded and nothing else.
pub(super) async fn nothing_later(team: &Team, receivers: &[&Receiver], over: &str) {
    until("what was under way to be recorded", async || {
        let arrived: usize = receivers.iter().map(|receiver| receiver.count()).sum();
        team.test.get("/v1/attempts/count").await.expect(200)["count"] == arrived
    })
    .await;
    let sent = team.list("/v1/attempts?trigger=BULK_RETRY&limit=255").await;
    assert!(!sent.is_empty() && sent.len() < 255);
    for attempt in sent {
        assert!(attempt["delivered_at"].as_str().unwrap() <= over, "sent after it was over, at {over}: {attempt}");
    }
}

/// Makes so many events fail that a source sends to this receiver, which answers 410 so that none is tried again; the webhook
/// is not disabled by it. Returns the source and the destination.
pub(super) async fn failed(team: &Team, receiver: &Receiver, count: usize) -> (Value, Value) {
    let (source, destination) = quiet(team, receiver).await;
    fail(team, &source, &destination, count).await;
    (source, destination)
}

/// A source connected to a destination for this receiver, whose events fail with their first failure, and which no failure
/// disables or holds.
pub(super) async fn quiet(team: &Team, receiver: &Receiver) -> (Value, Value) {
    let config = json!({ "url": receiver.url(), "circuit_breaker": null });
    let input = json!({ "name": crate::support::unique(), "config": config, "auto_disable": null });
    let destination = team.test.post("/v1/destinations", input).await.expect(201);
    let source = team.new_source().await;
    connect(team, &source, &destination).await;
    (source, destination)
}

/// Connects the two so that events fail with their first failure.
pub(super) async fn connect(team: &Team, source: &Value, destination: &Value) {
    let connection = json!({
        "name": crate::support::unique(), "source_id": id(source), "destination_id": id(destination),
        "rules": [{ "type": "retry", "strategy": "linear", "count": 1, "interval": 1000, "response_status_codes": ["599"] }],
    });
    team.test.post("/v1/connections", connection).await.expect(201);
}

/// Sends so many requests to a source and waits until their events at this destination have failed.
pub(super) async fn fail(team: &Team, source: &Value, destination: &Value, count: usize) {
    let path = format!("/v1/events/count?status=FAILED&is_retry=false&destination_id={}", id(destination));
    let failed = async || team.test.get(&path).await.expect(200)["count"].as_u64().unwrap();
    let before = failed().await;
    post(team, source, count).await;
    until("all to fail", async || failed().await == before + count as u64).await;
}

/// Sends so many numbered requests to a source, several at a time.
pub(super) async fn post(team: &Team, source: &Value, count: usize) {
    let all: Vec<usize> = (0..count).collect();
    for some in all.chunks(50) {
        let sends = tokio_util::task::TaskTracker::new();
        for number in some {
            let (team, source, body) = (team.clone(), source.clone(), json!({ "n": number }));
            sends.spawn(async move { team.post_to(&source, &body).await });
        }
        sends.close();
        sends.wait().await;
    }
}

/// How often each `webhook-id` came.
pub(super) fn arrived(receiver: &Receiver) -> BTreeMap<String, usize> {
    let mut arrived = BTreeMap::new();
    for id in receiver.webhook_ids() {
        *arrived.entry(id).or_default() += 1;
    }
    arrived
}

/// How many items of an operation are through; those that were skipped are done or failed.
pub(super) fn ended(operation: &Value) -> u64 {
    ["done_count", "failed_count", "cancelled_count"].iter().map(|name| operation[name].as_u64().unwrap()).sum()
}

/// Asserts that the counts of an operation that has ended add up; returns its total.
#[track_caller]
pub(super) fn adds_up(operation: &Value) -> u64 {
    let count = |name: &str| operation[name].as_u64().unwrap();
    assert_eq!(ended(operation), count("total_count"), "{operation}");
    assert!(count("elsewhere_count") <= count("done_count").min(count("skipped_count")), "{operation}");
    count("total_count")
}
