//! What a bulk operation of events sends, and what it leaves alone.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{adds_up, arrived, fail, failed, quiet, read, start, until_is, well_later};
use crate::support::{Database, Receiver, TestServer, id, on_both, until};

on_both![
    a_thousand_failed_events_are_sent_again_once,
    what_fails_later_is_no_target,
    what_was_delivered_since_is_skipped,
    what_is_asked_for_by_name_is_sent_again,
    a_destination_that_is_down_does_not_hold_up_another,
    what_was_made_and_what_it_was_made_of_are_found,
];

async fn a_thousand_failed_events_are_sent_again_once(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    let (_, destination) = failed(&team, &receiver, 1000).await;
    let before = arrived(&receiver);
    let count = team.test.get("/v1/events/count?status=FAILED").await.expect(200)["count"].clone();
    well.store(true, Ordering::SeqCst);

    let operation = start(&team, json!({ "status": "FAILED", "destination_id": id(&destination) })).await;
    assert_eq!((&operation["type"], &operation["total_count"]), (&json!("event_bulk_retry"), &count));
    assert_eq!(operation["cancelable"], true);
    for some in [250, 500, 750] {
        until("more to be done", async || read(&team, &operation).await["done_count"].as_u64() >= Some(some)).await;
    }
    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!(adds_up(&done), 1000);
    assert_eq!((&done["done_count"], &done["queued_count"]), (&json!(1000), &json!(1000)), "{done}");
    assert_eq!(done["cancelable"], false);
    let part = &done["destinations"][0];
    assert_eq!((&part["done_count"], &part["destination_id"]), (&json!(1000), &destination["id"]));
    let after = arrived(&receiver);
    assert!(after.keys().eq(before.keys()), "the webhook ids are those of the events");
    assert!(after.values().all(|times| *times == 2), "each came once more: {after:?}");
    let attempts = team.list("/v1/attempts?trigger=BULK_RETRY&limit=255").await;
    assert_eq!(attempts.len(), 255);
    let item = &team.list(&format!("{}/{}/items?dir=asc&limit=1", super::EVENTS, id(&done))).await[0];
    let (old, new) = (item["event_id"].as_str().unwrap(), item["new_event_id"].as_str().unwrap());
    let (old, new) = (team.event(old).await, team.event(new).await);
    assert_eq!((&item["number"], &item["status"]), (&json!(1), &json!("DONE")));
    assert_eq!((&new["retry_parent_event_id"], &new["retry_kind"]), (&old["id"], &json!("bulk")));
    assert_eq!((&new["retry_operation_id"], &new["retried_at"]), (&done["id"], &new["created_at"]));
    assert_eq!((&old["retry_operation_id"], &old["retried_at"]), (&Value::Null, &Value::Null));
    assert_eq!(old["status"], "FAILED");
    assert!(attempts.iter().all(|attempt| attempt["bulk_retry_id"] == done["id"]), "{}", attempts[0]);
    server.stop().await;
}

async fn what_fails_later_is_no_target(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    let (source, destination) = failed(&team, &receiver, 3).await;
    let input = json!({ "filter": { "status": ["FAILED"] }, "rate_limit": 1, "rate_limit_period": "second" });
    let operation = team.test.post(super::EVENTS, input).await.expect(201);
    fail(&team, &source, &destination, 2).await;
    well.store(true, Ordering::SeqCst);

    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!(adds_up(&done), 3);
    assert_eq!(team.list(&format!("{}/{}/items", super::EVENTS, id(&done))).await.len(), 3);
    server.stop().await;
}

async fn what_was_delivered_since_is_skipped(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    let (_, destination) = failed(&team, &receiver, 4).await;
    well.store(true, Ordering::SeqCst);
    let events = team.events(&format!("destination_id={}", id(&destination))).await;
    let again = team.test.post(&format!("/v1/events/{}/retry", id(&events[0])), json!({})).await.expect(202);
    let replayed = events[1]["request_id"].as_str().unwrap();
    team.test.post(&format!("/v1/requests/{replayed}/retry"), json!({})).await.expect(202);
    until("both to be delivered", async || team.count_events("SUCCESSFUL").await == 2).await;

    let preview = json!({ "filter": { "status": "FAILED" }, "dry_run": true });
    let preview = team.test.post(super::EVENTS, preview).await.expect(200);
    assert_eq!((&preview["total_count"], &preview["already_delivered"]), (&json!(4), &json!(2)), "{preview}");
    let operation = start(&team, json!({ "status": "FAILED" })).await;
    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!(adds_up(&done), 4);
    assert_eq!((&done["done_count"], &done["failed_count"]), (&json!(4), &json!(0)), "{done}");
    assert_eq!((&done["skipped_count"], &done["elsewhere_count"]), (&json!(2), &json!(2)), "{done}");
    let part = &done["destinations"][0];
    assert_eq!((&part["done_count"], &part["total_count"]), (&json!(4), &json!(4)), "{part}");
    let skipped = team.list(&format!("{}/{}/items?status=SKIPPED&dir=asc", super::EVENTS, id(&done))).await;
    let reason = skipped[0]["reason"].as_str().unwrap();
    assert!(reason.contains(again["replay_event_id"].as_str().unwrap()), "{reason}");
    assert!(arrived(&receiver).values().all(|times| *times <= 2));
    server.stop().await;
}

async fn what_is_asked_for_by_name_is_sent_again(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = quiet(&team, &receiver).await;
    super::post(&team, &source, 3).await;
    until("all to be delivered", async || team.count_events("SUCCESSFUL").await == 3).await;

    let all = until_is(&team, &start(&team, json!({})).await, "COMPLETED").await;
    assert_eq!((&all["skipped_count"], &all["queued_count"]), (&json!(3), &json!(0)), "{all}");
    let named = until_is(&team, &start(&team, json!({ "status": "SUCCESSFUL" })).await, "COMPLETED").await;
    assert_eq!(named["done_count"], 3, "{named}");
    let event = id(&team.events("status=SUCCESSFUL").await[0]);
    let one = until_is(&team, &start(&team, json!({ "id": [event] })).await, "COMPLETED").await;
    assert_eq!(one["done_count"], 1, "{one}");
    assert_eq!(receiver.count(), 7);
    server.stop().await;
}

async fn a_destination_that_is_down_does_not_hold_up_another(database: Database) {
    let server = TestServer::start(&database).await;
    let (dead, (sick, well)) = (Receiver::answering([500]).await, well_later().await);
    let team = server.new_team().await;
    let (_, gone) = failed(&team, &dead, 60).await;
    let (_, back) = failed(&team, &sick, 60).await;
    well.store(true, Ordering::SeqCst);

    let operation = start(&team, json!({ "status": "FAILED" })).await;
    let part = async |destination: &serde_json::Value| {
        let operation = read(&team, &operation).await;
        let parts = operation["destinations"].as_array().unwrap().clone();
        parts.into_iter().find(|part| part["destination_id"] == destination["id"]).unwrap_or_default()
    };
    until("the living one to get all", async || part(&back).await["done_count"] == 60).await;

    // The dead one stops by itself, or had its try of each.
    until("the operation to stop", async || {
        ["PAUSED", "COMPLETED"].contains(&read(&team, &operation).await["status"].as_str().unwrap())
    })
    .await;
    assert_eq!(part(&gone).await["done_count"], 0);
    team.test.post(&format!("{}/{}/cancel", super::EVENTS, id(&operation)), json!({})).await;
    server.stop().await;
}

async fn what_was_made_and_what_it_was_made_of_are_found(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    let (source, _) = failed(&team, &receiver, 3).await;
    well.store(true, Ordering::SeqCst);
    let done = until_is(&team, &start(&team, json!({ "status": "FAILED" })).await, "COMPLETED").await;
    super::post(&team, &source, 1).await;
    until("the last one", async || team.count_events("SUCCESSFUL").await == 4).await;

    for (scope, expected) in [("targets", 3), ("retries", 3), ("related", 6)] {
        let query = format!("batch_operation_id={}&batch_operation_scope={scope}", id(&done));
        let events = team.events(&query).await;
        assert_eq!(events.len(), expected, "{scope}");
        assert!(scope == "related" || events.iter().all(|event| event["is_retry"] == (scope == "retries")));
        let count = team.test.get(&format!("/v1/events/count?{query}")).await.expect(200);
        assert_eq!(count["count"], expected, "{scope}");
    }
    let query = format!("batch_operation_id={}&status=FAILED", id(&done));
    assert_eq!(team.events(&query).await.len(), 3);
    server.stop().await;
}
