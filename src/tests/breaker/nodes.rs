//! A circuit breaker whose lane goes from one node to another.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{breaker, config, receiver, until_held, until_state};
use crate::support::{Answer, Database, Process, Receiver, Team, id, on_postgres, until, verify};

on_postgres![another_node_goes_on_with_an_open_breaker, a_probe_whose_node_was_killed_is_held_again];

/// Three events that the breaker of their destination holds, of which the first opened it.
async fn opened(team: &Team, receiver: &Receiver) -> (Value, Value) {
    let (source, destination) = team.connected_with(config(receiver, 1, 0)).await;
    for number in 0..3 {
        team.post_to(&source, &json!(number)).await;
        until_held(team, number + 1).await;
    }
    (source, destination)
}

/// What the breaker says, but for what changes with each probe.
async fn since(team: &Team, destination: &Value) -> Value {
    let breaker = breaker(team, destination).await;
    json!([breaker["state"], breaker["since"], breaker["reason"]])
}

/// When attempts were sent, the first one first.
async fn sent_at(team: &Team) -> Vec<String> {
    let attempts = team.list("/v1/attempts?dir=asc&limit=255").await;
    attempts.iter().map(|attempt| attempt["delivered_at"].as_str().unwrap().to_owned()).collect()
}

async fn another_node_goes_on_with_an_open_breaker(database: Database) {
    let (receiver, well) = receiver().await;
    let first = Process::serve(&database).await;
    let team = first.new_team(&database).await;
    let (source, destination) = opened(&team, &receiver).await;
    let (said, open) = (since(&team, &destination).await, breaker(&team, &destination).await);
    assert_eq!((receiver.count(), &open["held"], &open["probes"]), (1, &json!(3), &json!(0)));

    // One gives it back, the next is killed.
    let second = Process::serve(&database).await;
    let team = team.at(&second.url);
    assert_eq!(first.terminate().await, Some(0));
    team.post_to(&source, &json!(3)).await;
    until_held(&team, 4).await;
    until("the first probe", async || breaker(&team, &destination).await["probes"] == 1).await;
    let sent = sent_at(&team).await;
    assert!(sent.len() == 2 && sent[1].as_str() >= open["next_probe_at"].as_str().unwrap(), "{sent:?} {open}");
    let third = Process::serve(&database).await;
    let (team, open) = (team.at(&third.url), breaker(&team, &destination).await);
    second.kill().await;
    team.post_to(&source, &json!(4)).await;
    until("the second probe", async || breaker(&team, &destination).await["probes"] == 2).await;
    let sent = sent_at(&team).await;
    assert!(sent.len() == 3 && sent[2].as_str() >= open["next_probe_at"].as_str().unwrap(), "{sent:?} {open}");
    assert_eq!(since(&team, &destination).await, said, "it is the same outage");
    until_held(&team, 5).await;
    assert_eq!((receiver.count(), receiver.most_open()), (3, 1), "what opened it, and two probes, one at a time");

    well.store(true, Ordering::SeqCst);
    team.test.post(&format!("/v1/destinations/{}/probe", id(&destination)), json!({})).await.expect(200);
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 5).await;
    until_state(&team, &destination, "closed").await;
    assert_eq!(receiver.count(), 3 + 5, "each was delivered once");
    assert_eq!(third.terminate().await, Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn a_probe_whose_node_was_killed_is_held_again(database: Database) {
    let receiver = Receiver::answering([500.into(), Answer::Hold]).await;
    let first = Process::serve(&database).await;
    let team = first.new_team(&database).await;
    let (_, destination) = opened(&team, &receiver).await;
    until("the probe", async || receiver.open() == 1).await;
    let second = Process::serve(&database).await;
    let team = team.at(&second.url);
    first.kill().await;

    // One at a time: the first ended with its node.
    until("another probe", async || receiver.count() == 3).await;
    until_held(&team, 2).await;
    assert_eq!((receiver.open(), &breaker(&team, &destination).await["state"]), (1, &json!("probing")));
    receiver.release();
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 3).await;
    until_state(&team, &destination, "closed").await;
    let ids = receiver.webhook_ids();
    assert_eq!((ids.len(), &ids[1]), (5, &ids[2]), "the probe whose answer nobody heard, again: {ids:?}");
    assert_eq!(second.terminate().await, Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}
