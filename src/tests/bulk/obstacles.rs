//! What stands in the way of an operation: it says so, nothing else waits for it, and it goes on once that is gone.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};

use super::{
    EVENTS, REQUESTS, adds_up, connect,
    endings::{COUNT, RETRIED_AFTER, retrying},
    fail, later, post, quiet, read, start, until_delivered, until_is, well_later,
};
use crate::{
    api::whole::execute,
    support::{Answer, Database, Receiver, Team, TestServer, id, on_both, unique, until, verify},
};

on_both![
    a_paused_connection_holds_up_only_what_came_by_it,
    requests_go_where_their_sources_lead_now,
    a_disabled_source_or_destination_pauses_a_replay,
    a_delay_holds_up_nothing,
    what_an_operation_left_to_its_retries_goes_on_while_another_is_paused,
    what_a_receiver_asked_for_is_lifted_by_whoever_changes_the_destination,
    an_operation_that_stands_still_is_found,
];

async fn connection_of(team: &Team, source: &Value) -> Value {
    team.list(&format!("/v1/connections?source_id={}", id(source))).await.remove(0)
}

async fn a_paused_connection_holds_up_only_what_came_by_it(database: Database) {
    const OLD: usize = 30;
    const NEW: usize = 10;
    let server = TestServer::start(&database).await;
    let (receiver, well) = later(Answer::Hold).await;
    let team = server.new_team().await;
    let (source, destination) = quiet(&team, &receiver).await;
    fail(&team, &source, &destination, OLD).await;
    let other = team.new_source().await;
    connect(&team, &other, &destination).await;
    fail(&team, &other, &destination, NEW).await;
    well.store(true, Ordering::SeqCst);

    let operation = start(&team, json!({ "status": "FAILED" })).await;
    until("the first to go out", async || receiver.count() > OLD + NEW).await;
    let paused = connection_of(&team, &source).await;
    let path = format!("/v1/connections/{}", id(&paused));
    team.test.put(&format!("{path}/pause"), json!({})).await.expect(200);
    until("some to be held", async || team.count_events("HOLD").await > 0).await;
    receiver.release();
    let by_other = format!("status=SUCCESSFUL&connection_id={}", id(&connection_of(&team, &other).await));
    until("all of the other connection's", async || team.events(&by_other).await.len() == NEW).await;

    let waits = read(&team, &operation).await;
    let obstacle = &waits["destinations"][0]["obstacle"];
    assert_eq!((&waits["status"], &obstacle["code"]), (&json!("RUNNING"), &json!("connection_paused")), "{waits}");
    assert!(obstacle["detail"].as_str().unwrap().contains(paused["name"].as_str().unwrap()), "{waits}");
    team.test.put(&format!("{path}/unpause"), json!({})).await.expect(200);
    let done = until_is(&team, &operation, "COMPLETED").await;
    assert_eq!((adds_up(&done), &done["done_count"]), ((OLD + NEW) as u64, &json!(OLD + NEW)), "{done}");
    assert_eq!(receiver.count(), 2 * (OLD + NEW));
    server.stop().await;
}

/// An operation of requests, some of which went to the destination; it is paused.
async fn begun(team: &Team, source: &Value) -> Value {
    let input = json!({ "filter": { "source_id": id(source) }, "rate_limit": 5 });
    let operation = team.test.post(REQUESTS, input).await.expect(201);
    until("some to be done", async || read(team, &operation).await["done_count"].as_u64() > Some(2)).await;
    team.test.post(&format!("{REQUESTS}/{}/pause", id(&operation)), json!({})).await.expect(200)
}

async fn requests_go_where_their_sources_lead_now(database: Database) {
    const COUNT: usize = 20;
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for is_deleted in [true, false] {
        let (first, second) = (Receiver::answering([200]).await, Receiver::answering([200]).await);
        let (source, before) = team.connected_to(&first).await;
        post(&team, &source, COUNT).await;
        until_delivered(&team, &before, COUNT).await;
        let operation = begun(&team, &source).await;

        let connection = connection_of(&team, &source).await;
        let path = format!("/v1/destinations/{}", id(&before));
        team.connect(&source, &team.new_destination(json!({ "url": second.url() })).await).await;
        team.test.delete(&format!("/v1/connections/{}", id(&connection))).await.expect(204);
        if is_deleted {
            team.test.delete(&path).await.expect(204);
        } else {
            team.test.patch(&path, json!({ "status": "disabled" })).await.expect(200);
        }
        let path = format!("{REQUESTS}/{}", id(&operation));
        team.test.patch(&path, json!({ "rate_limit": null })).await.expect(200);
        team.test.post(&format!("{path}/resume"), json!({})).await.expect(200);

        let done = until_is(&team, &operation, "COMPLETED").await;
        // What was in the queue went with its connection.
        let count = |name: &str| done[name].as_u64().unwrap();
        assert_eq!((adds_up(&done), count("failed_count")), (COUNT as u64, 0), "{done}");
        assert_eq!((first.count() + second.count()) as u64, COUNT as u64 + count("done_count"));
        assert!(second.count() > 0, "{done}");
    }
    server.stop().await;
}

async fn a_disabled_source_or_destination_pauses_a_replay(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;
    post(&team, &source, 3).await;
    until_delivered(&team, &destination, 3).await;

    let places = [("sources", &source, "is disabled"), ("destinations", &destination, "it is disabled")];
    for (number, (kind, record, why)) in places.into_iter().enumerate() {
        let path = format!("/v1/{kind}/{}", id(record));
        team.test.patch(&path, json!({ "status": "disabled" })).await.expect(200);
        let requests: Vec<_> = team.list("/v1/requests?has_events=true").await.iter().map(id).collect();
        let filter = json!({ "id": requests[requests.len() - 3..] });
        let operation = team.test.post(REQUESTS, json!({ "filter": filter })).await.expect(201);
        let paused = until_is(&team, &operation, "PAUSED").await;
        assert!(paused["pause_reason"].as_str().unwrap().contains(why), "{paused}");
        assert_eq!(paused["skipped_count"], 0, "{paused}");

        team.test.patch(&path, json!({ "status": "enabled" })).await.expect(200);
        team.test.post(&format!("{REQUESTS}/{}/resume", id(&operation)), json!({})).await.expect(200);
        let done = until_is(&team, &operation, "COMPLETED").await;
        assert_eq!((adds_up(&done), &done["done_count"]), (3, &json!(3)), "{done}");
        assert_eq!(receiver.count(), 3 * (number + 2));
    }
    server.stop().await;
}

async fn a_delay_holds_up_nothing(database: Database) {
    const COUNT: usize = 30;
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;
    post(&team, &source, COUNT).await;
    until_delivered(&team, &destination, COUNT).await;
    let connection = connection_of(&team, &source).await;
    let rules = json!({ "rules": [{ "type": "delay", "delay": 3_600_000 }] });
    team.test.patch(&format!("/v1/connections/{}", id(&connection)), rules).await.expect(200);

    let input = json!({ "filter": { "source_id": id(&source) } });
    let operation = team.test.post(REQUESTS, input).await.expect(201);
    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!((adds_up(&done), &done["retrying_count"]), (COUNT as u64, &json!(COUNT)), "{done}");
    let items = team.list(&format!("{REQUESTS}/{}/items?status=RETRYING", id(&done))).await;
    assert!(items[0]["reason"].as_str().unwrap().contains("delay"), "{items:?}");
    assert_eq!((team.count_events("SCHEDULED").await, receiver.count()), (COUNT as u64, COUNT));
    server.stop().await;
}

async fn what_an_operation_left_to_its_retries_goes_on_while_another_is_paused(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let (first, answer, receiver) = retrying(&server, &team).await;
    // Nobody can resume what has ended.
    let input =
        json!({ "filter": { "status": "FAILED", "is_retry": false }, "rate_limit": 1, "rate_limit_period": "hour" });
    let second = team.test.post(EVENTS, input).await.expect(201);
    team.test.post(&format!("{EVENTS}/{}/pause", id(&second)), json!({})).await.expect(200);
    answer.store(200, Ordering::SeqCst);
    server.advance(RETRIED_AFTER);

    until("the retries", async || {
        server.advance(Duration::from_millis(100));
        read(&team, &first).await["done_count"] == first["total_count"]
    })
    .await;

    assert!(receiver.count() >= 3 * COUNT);
    team.test.post(&format!("{EVENTS}/{}/cancel", id(&second)), json!({})).await.expect(200);
    server.stop().await;
}

async fn what_a_receiver_asked_for_is_lifted_by_whoever_changes_the_destination(database: Database) {
    let server = TestServer::start(&database).await;
    let refusal = Answer::status(503).with_header("retry-after", "3600");
    let receiver = Receiver::answering([refusal, 200.into()]).await;
    let team = server.new_team().await;
    let (source, destination) = quiet(&team, &receiver).await;
    fail(&team, &source, &destination, 1).await;
    let failed = id(&team.events("status=FAILED").await[0]);
    let waiting = team.post_to(&source, &json!({ "n": "waits" })).await;
    until("it to wait", async || team.events_of(&waiting).await.len() == 1).await;

    // One that somebody sends again shows how the receiver is.
    team.test.post(&format!("/v1/events/{failed}/retry"), json!({})).await.expect(202);
    until("the one by hand", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!(team.events_of(&waiting).await[0]["status"], "QUEUED");
    assert_eq!(receiver.count(), 2);

    let path = format!("/v1/destinations/{}", id(&destination));
    team.test.patch(&path, json!({ "name": unique() })).await.expect(200);
    until("what waited", async || team.events_of(&waiting).await[0]["status"] == "SUCCESSFUL").await;
    server.stop().await;
}

async fn an_operation_that_stands_still_is_found(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, _) = well_later().await;
    let team = server.new_team().await;
    let (source, destination) = quiet(&team, &receiver).await;
    fail(&team, &source, &destination, 3).await;
    let paused = format!("/v1/destinations/{}/pause", id(&destination));
    team.test.put(&paused, json!({})).await.expect(200);
    until_is(&team, &start(&team, json!({ "status": "FAILED" })).await, "RUNNING").await;
    let long_ago = server.now().minus(Duration::from_hours(3)).millis();
    assert_eq!(
        execute(&database, &format!("UPDATE bulk_operation SET moved_at = {long_ago}, created_at = {long_ago}")).await,
        1
    );
    // It waits for the destination.
    server.stop().await;

    assert_eq!(execute(&database, "UPDATE destination SET paused_at = NULL WHERE paused_at IS NOT NULL").await, 1);
    let (clean, found) = verify(&database).await;
    let said = found["discrepancies"][0].as_str().unwrap();
    assert!(!clean && said.contains("nothing of it moved"), "{found}");
}
