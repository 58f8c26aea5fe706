//! A paused destination: its events are made and held, until it goes on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Database, Receiver, Team, TestServer, id, on_both, until};

on_both![
    a_paused_destination_holds_all_its_events_until_it_goes_on,
    what_is_held_for_two_reasons_waits_for_both,
    what_is_held_goes_out_oldest_first_within_the_limits,
    no_event_stays_held_however_often_all_is_switched,
    a_webhook_that_is_paused_as_a_destination_goes_on_as_a_webhook,
];

/// Posts to a path, such as one that ends in `/pause`.
async fn say(team: &Team, path: &str) -> Value {
    team.test.post(path, json!({})).await.expect(200)
}

async fn a_paused_destination_holds_all_its_events_until_it_goes_on(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([500, 200]).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    let (one, destination) = team.connected_to(&receiver).await;
    let two = team.new_source().await;
    team.connect(&two, &destination).await;
    let path = format!("/v1/destinations/{}", id(&destination));
    assert!(destination["paused_at"].is_null());
    team.post_to(&one, &json!("failed before")).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;

    let paused = team.test.put(&format!("{path}/pause"), json!({})).await.expect(200);
    assert_eq!((&paused["paused_at"], &paused["status"]), (&json!(server.now().to_string()), &json!("enabled")));
    for source in [&one, &two] {
        team.post_to(source, &json!("while paused")).await;
    }
    until("all to be held", async || team.count_events("HOLD").await == 3).await;
    let held_at = server.now().to_string();
    server.advance(Duration::from_mins(1));
    assert_eq!(say(&team, &format!("{path}/pause")).await["paused_at"], paused["paused_at"], "since it was first");
    // A change of its settings leaves it paused.
    let patched = team.test.patch(&path, json!({ "description": "changed" })).await.expect(200);
    assert_eq!(patched["paused_at"], paused["paused_at"]);
    for stranger in [&other.test, &team.live] {
        assert_eq!(stranger.post(&format!("{path}/unpause"), json!({})).await.status, 404);
    }
    assert_eq!(receiver.count(), 1);

    assert!(say(&team, &format!("{path}/unpause")).await["paused_at"].is_null());

    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 3).await;
    assert_eq!(receiver.count(), 4);
    for event in team.events("").await {
        assert_eq!(team.attempts_of(&event).await.last().unwrap()["trigger"], "UNPAUSE");
        assert_eq!((&event["held_at"], &event["released_at"]), (&json!(held_at), &json!(server.now().to_string())));
    }
    server.stop().await;
}

async fn what_is_held_for_two_reasons_waits_for_both(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
    let connection = format!("/v1/connections/{}", id(&team.connect(&source, &destination).await));
    let free = team.new_source().await;
    team.connect(&free, &destination).await;
    let destination = format!("/v1/destinations/{}", id(&destination));
    let held = async |count| until("what is held", async || team.count_events("HOLD").await == count).await;
    let still_held = async || {
        // What is let go by mistake would be held again: its instant would show that.
        let held = team.events("status=HOLD").await;
        assert!(held.iter().all(|event| event["released_at"].is_null()), "{held:?}");
        (held.len(), receiver.count())
    };

    // Connection and destination, in both orders.
    say(&team, &format!("{connection}/pause")).await;
    say(&team, &format!("{destination}/pause")).await;
    team.post_to(&source, &json!("both")).await;
    team.post_to(&free, &json!("destination")).await;
    held(2).await;
    say(&team, &format!("{connection}/unpause")).await;
    assert_eq!(still_held().await, (2, 0));
    say(&team, &format!("{connection}/pause")).await;
    say(&team, &format!("{destination}/unpause")).await;
    until("the free one", async || receiver.count() == 1).await;
    assert_eq!(still_held().await.0, 1);
    say(&team, &format!("{connection}/unpause")).await;
    until("the other one", async || team.count_events("SUCCESSFUL").await == 2).await;

    // Paused and disabled, in both orders.
    say(&team, &format!("{destination}/pause")).await;
    team.post_to(&source, &json!("paused, then disabled")).await;
    held(1).await;
    say(&team, &format!("{destination}/disable")).await;
    say(&team, &format!("{destination}/unpause")).await;
    assert_eq!(still_held().await, (1, 2));
    say(&team, &format!("{destination}/pause")).await;
    say(&team, &format!("{destination}/enable")).await;
    assert_eq!(still_held().await, (1, 2));
    say(&team, &format!("{destination}/unpause")).await;
    until("the last one", async || team.count_events("SUCCESSFUL").await == 3).await;
    server.stop().await;
}

async fn what_is_held_goes_out_oldest_first_within_the_limits(database: Database) {
    const COUNT: usize = 30;
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([Answer::Slow]).await;
    let team = server.new_team().await;
    let config = json!({ "url": receiver.url(), "max_concurrency": 1, "rate_limit": 1000 });
    let (source, destination) = team.connected_with(config).await;
    let path = format!("/v1/destinations/{}", id(&destination));
    say(&team, &format!("{path}/pause")).await;
    for number in 0..COUNT {
        team.post_to(&source, &json!(number)).await;
    }
    until("all to be held", async || team.count_events("HOLD").await == COUNT as u64).await;

    say(&team, &format!("{path}/unpause")).await;

    until("all deliveries", async || team.count_events("SUCCESSFUL").await == COUNT as u64).await;
    let order: Vec<_> = receiver.requests().iter().map(|request| request.json().as_u64().unwrap()).collect();
    assert_eq!(order, (0..COUNT as u64).collect::<Vec<_>>());
    assert_eq!(receiver.most_open(), 1);
    server.stop().await;
}

async fn no_event_stays_held_however_often_all_is_switched(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([Answer::from(200)]).await;
    let team = server.new_team().await;
    let (source, destination) = (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
    let connection = format!("/v1/connections/{}", id(&team.connect(&source, &destination).await));
    let destination = format!("/v1/destinations/{}", id(&destination));
    let switch = async |path: String, off: &str, on: &str| {
        for _ in 0..15 {
            say(&team, &format!("{path}/{off}")).await;
            say(&team, &format!("{path}/{on}")).await;
        }
    };
    let send = async || {
        for number in 0..150 {
            team.post_to(&source, &json!(number)).await;
        }
    };

    tokio::join!(
        switch(connection.clone(), "pause", "unpause"),
        switch(destination.clone(), "pause", "unpause"),
        switch(destination.clone(), "disable", "enable"),
        send()
    );

    until("all that was not ignored to be delivered", async || {
        team.count_events("SUCCESSFUL,QUEUED,SCHEDULED,HOLD").await == team.count_events("SUCCESSFUL").await
    })
    .await;
    let mut ids = receiver.webhook_ids();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "each was sent once");
    server.stop().await;
}

async fn a_webhook_that_is_paused_as_a_destination_goes_on_as_a_webhook(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, "a.b").await);
    let paused = say(&team, &format!("/v1/destinations/{webhook}/pause")).await;
    assert_eq!(team.test.get(&format!("/v1/webhooks/{webhook}")).await.expect(200)["paused_at"], paused["paused_at"]);
    team.publish("a.b", json!({})).await;
    until("it to be held", async || team.count_events("HOLD").await == 1).await;

    assert!(say(&team, &format!("/v1/webhooks/{webhook}/unpause")).await["paused_at"].is_null());

    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert!(team.test.get(&format!("/v1/destinations/{webhook}")).await.expect(200)["paused_at"].is_null());
    server.stop().await;
}
