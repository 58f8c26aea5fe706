//! What goes first, and what does not hold up what.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    api::whole::count,
    support::{Answer, Database, Receiver, TestServer, id, on_both, unique, until},
};

on_both![
    a_receiver_that_hangs_holds_up_itself_alone,
    live_events_go_before_retries_and_replays,
    the_most_at_once_is_kept_to,
    the_rate_is_kept_to,
    more_than_fits_in_memory_arrives_in_order,
    a_lane_is_not_given_back_past_what_waits_first,
];

async fn a_receiver_that_hangs_holds_up_itself_alone(database: Database) {
    let server = TestServer::start(&database).await;
    let (hanging, working) = (Receiver::answering([Answer::Hold]).await, Receiver::answering([200]).await);
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&hanging).await;
    let destination = team.new_destination(json!({ "url": working.url() })).await;
    team.connect(&source, &destination).await;

    for number in 0..50 {
        team.post_to(&source, &json!({ "n": number })).await;
    }

    until("all at the one that works", async || working.count() == 50).await;
    assert!(hanging.count() <= 32, "no more at once than a destination may have");
    hanging.release();
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 100).await;
    assert_eq!((hanging.count(), working.count()), (50, 50));
    server.stop().await;
}

async fn live_events_go_before_retries_and_replays(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    // The first fails and is to be retried; the second occupies the only place while the others queue up.
    let receiver = Receiver::answering([500.into(), Answer::Hold, 200.into()]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_with(json!({ "url": receiver.url(), "max_concurrency": 1 })).await;
    let first = team.post_to(&source, &json!("retried")).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;
    team.post_to(&source, &json!("occupant")).await;
    until("the occupant", async || receiver.count() == 2).await;

    team.test.post(&format!("/v1/requests/{first}/retry"), json!({})).await.expect(202);
    server.advance(Duration::from_secs(6));
    team.post_to(&source, &json!("live")).await;
    team.post_to(&source, &json!("live too")).await;
    receiver.release();

    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 5).await;
    let order: Vec<(Value, String)> = receiver
        .requests()
        .iter()
        .map(|request| (request.json(), request.header("hookyard-replay-of").to_owned()))
        .collect();
    let expected = [
        (json!("retried"), String::new()),
        (json!("occupant"), String::new()),
        (json!("live"), String::new()),
        (json!("live too"), String::new()),
        // These two are of one rank: what fell due first goes first.
        (json!("retried"), first),
        (json!("retried"), String::new()),
    ];
    assert_eq!(order, expected);
    server.stop().await;
}

async fn the_most_at_once_is_kept_to(database: Database) {
    let server = TestServer::start(&database).await;
    let [held, slow] = [Answer::Hold, Answer::Slow];
    let limited = Receiver::answering([held.clone(), held.clone(), held, slow]).await;
    let free = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_with(json!({ "url": limited.url(), "max_concurrency": 3 })).await;
    let destination = team.new_destination(json!({ "url": free.url() })).await;
    team.connect(&source, &destination).await;

    for number in 0..12 {
        team.post_to(&source, &json!(number)).await;
    }

    until("all at the free one", async || free.count() == 12).await;
    until("three at the limited one", async || limited.open() == 3).await;
    limited.release();
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 24).await;
    assert_eq!((limited.most_open(), limited.count()), (3, 12));
    server.stop().await;
}

async fn the_rate_is_kept_to(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (limited, free) = (Receiver::answering([200]).await, Receiver::answering([200]).await);
    let team = server.new_team().await;
    // One a second, and up to a tenth of the limit at once.
    let config = json!({ "url": limited.url(), "rate_limit": 60, "rate_limit_period": "minute" });
    let (source, _) = team.connected_with(config).await;
    let destination = team.new_destination(json!({ "url": free.url() })).await;
    team.connect(&source, &destination).await;

    for number in 0..20 {
        team.post_to(&source, &json!(number)).await;
    }

    until("all at the free one", async || free.count() == 20).await;
    for sent in 6..20 {
        until("the next at the limited one", async || limited.count() >= sent).await;
        assert_eq!(limited.count(), sent, "after {} s", sent - 6);
        server.advance(Duration::from_secs(1));
    }
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 40).await;
    server.stop().await;
}

async fn more_than_fits_in_memory_arrives_in_order(database: Database) {
    const COUNT: usize = 100;
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([Answer::Hold]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_with(json!({ "url": receiver.url(), "max_concurrency": 1 })).await;
    let padding = "x".repeat(100_000);
    for number in 0..COUNT {
        team.post_to(&source, &json!({ "n": number, "padding": padding })).await;
    }

    receiver.release();

    until("all deliveries", async || team.count_events("SUCCESSFUL").await == COUNT as u64).await;
    let numbers: Vec<_> = receiver.requests().iter().map(|request| request.json()["n"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..COUNT as u64).collect::<Vec<_>>());
    server.stop().await;
}

async fn a_lane_is_not_given_back_past_what_waits_first(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (plain, destination) = team.connected_to(&receiver).await;
    let source = team.new_source().await;
    let input = json!({
        "name": unique(), "source_id": id(&source), "destination_id": id(&destination),
        "rules": [{ "type": "delay", "delay": 60_000 }],
    });
    team.test.post("/v1/connections", input).await.expect(201);
    team.post_to(&plain, &json!({})).await;
    until("the first, by which the lane is held", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!(count(&database, "lane WHERE nudges > 1").await, 0);

    team.post_to(&source, &json!({})).await;

    // Nothing in memory keeps the lane: only this keeps it from being given back as one with nothing to do.
    assert_eq!(count(&database, "lane WHERE nudges > 1").await, 1);
    server.advance(Duration::from_secs(45));
    until("the lane to be given back", async || {
        count(&database, "lane WHERE holder IS NULL AND nudges > 1").await == 1
    })
    .await;
    assert_eq!(receiver.count(), 1);
    server.advance(Duration::from_secs(15));
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 2).await;
    server.stop().await;
}
