//! When a failed event is tried again.

use std::time::Duration;

use hookyard_model::Timestamp;
use serde_json::{Value, json};

use crate::support::{Database, Receiver, Setup, TestServer, id, on_both, until};

on_both![
    an_event_is_tried_ten_times_over_three_days_and_then_fails,
    success_ends_the_retries,
    a_retry_that_fell_due_while_nobody_ran_is_made_after_the_start,
];

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap_or_else(|| panic!("no time: {value}")).parse().unwrap()
}

async fn an_event_is_tried_ten_times_over_three_days_and_then_fails(database: Database) {
    let waits = [
        Duration::from_secs(5),
        Duration::from_mins(5),
        Duration::from_mins(30),
        Duration::from_hours(2),
        Duration::from_hours(5),
        Duration::from_hours(10),
        Duration::from_hours(14),
        Duration::from_hours(20),
        Duration::from_hours(24),
    ];
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([500]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let request = team.post_to(&source, &json!({ "n": 1 })).await;
    let event = id(&team.events_of(&request).await[0]);

    let mut promised = Vec::new();
    for (index, wait) in waits.into_iter().enumerate() {
        until("the next failure", async || team.event(&event).await["attempts"] == index + 1).await;
        let failed = team.event(&event).await;
        assert_eq!(failed["status"], "SCHEDULED");
        let gap = time(&failed["next_attempt_at"]).since(server.now());
        assert!(gap >= wait.mul_f64(0.9) && gap <= wait.mul_f64(1.1), "wait {}: {gap:?}", index + 1);
        promised.push(failed["next_attempt_at"].clone());
        server.advance(gap);
    }
    until("the event to fail", async || team.event(&event).await["status"] == "FAILED").await;

    let attempts = team.attempts(&format!("event_id={event}")).await;
    let triggers: Vec<_> = attempts.iter().map(|attempt| attempt["trigger"].as_str().unwrap()).collect();
    assert_eq!((triggers[0], &triggers[1..]), ("INITIAL", &["AUTOMATIC"; 9][..]));
    let made: Vec<_> = attempts[1..].iter().map(|attempt| attempt["delivered_at"].clone()).collect();
    assert_eq!(made, promised);
    let ids = receiver.webhook_ids();
    assert!(ids.len() == 10 && ids.iter().all(|id| *id == event), "{ids:?}");
    assert!(team.event(&event).await["next_attempt_at"].is_null());
    server.stop().await;
}

async fn success_ends_the_retries(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([500, 500, 200]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let event = id(&team.events_of(&team.post_to(&source, &json!({ "n": 1 })).await).await[0]);
    for tries in 1..=2 {
        until("the next failure", async || team.event(&event).await["attempts"] == tries).await;
        server.advance(Duration::from_hours(1));
    }
    until("success", async || team.event(&event).await["status"] == "SUCCESSFUL").await;

    server.advance(Duration::from_hours(240));
    // Whatever else is due goes out with this one.
    team.post_to(&source, &json!({ "n": 2 })).await;

    until("both outcomes", async || team.count_events("SUCCESSFUL").await == 2).await;
    assert_eq!(receiver.count(), 4);
    assert_eq!(team.event(&event).await["attempts"], 3);
    server.stop().await;
}

async fn a_retry_that_fell_due_while_nobody_ran_is_made_after_the_start(database: Database) {
    let receiver = Receiver::answering([500, 200]).await;
    let setup = Setup::with_manual_clock();
    let server = TestServer::start_with(&database, setup.clone()).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    team.post_to(&source, &json!({ "n": 1 })).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;
    server.stop().await;

    setup.clock.advance(Duration::from_mins(1));
    let server = TestServer::start_with(&database, setup).await;
    let team = team.at(&server.url);

    until("the retry", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!(team.attempts("").await[1]["trigger"], "AUTOMATIC");
    server.stop().await;
}
