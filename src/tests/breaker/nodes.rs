//! A circuit breaker whose lane goes from one node to another.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hookyard_engine::Clock;
use serde_json::{Value, json};

use super::{breaker, config, receiver, until_held, until_state};
use crate::support::{Answer, Database, Process, Receiver, Team, id, on_postgres, until, verify};

on_postgres![another_node_goes_on_with_an_open_breaker, a_probe_whose_node_was_killed_is_held_again];

/// Three events of which the first opened the breaker of their destination.
async fn opened(team: &Team, receiver: &Receiver) -> (Value, Value) {
    let mut config = config(receiver, 1, 0);
    // What the receiver keeps waiting outlasts the start of a process.
    config["timeout_ms"] = json!(60_000);
    let (source, destination) = team.connected_with(config).await;
    team.post_to(&source, &json!(0)).await;
    until("it to open", async || breaker(team, &destination).await["state"] != "closed").await;
    for number in 1..3 {
        team.post_to(&source, &json!(number)).await;
    }
    (source, destination)
}

/// The breaker between two probes, the next of which is not yet due: it is open and holds so many, and nothing was sent but what
/// opened it and its probes. How many those are depends on how quick the machine is.
async fn at_rest(team: &Team, destination: &Value, receiver: &Receiver, held: u64) -> Value {
    let found = RefCell::new(Value::Null);
    until("it to be between two probes", async || {
        let breaker = breaker(team, destination).await;
        let soon = Clock::system().now().plus(Duration::from_secs(1)).to_string();
        let is_at_rest = breaker["state"] == "open"
            && breaker["held"] == held
            && breaker["next_probe_at"].as_str() > Some(soon.as_str())
            && receiver.count() == 1 + probes(&breaker);
        found.replace(breaker);
        is_at_rest
    })
    .await;
    found.into_inner()
}

fn probes(breaker: &Value) -> usize {
    usize::try_from(breaker["probes"].as_u64().unwrap()).unwrap()
}

/// Waits for the probe after those that the breaker tells of, and asserts that it was sent when it told, or later.
async fn next_probe(team: &Team, destination: &Value, open: &Value) {
    until("the next probe", async || probes(&breaker(team, destination).await) > probes(open)).await;
    // Each attempt but the first was a probe.
    let sent = sent_at(team).await;
    assert!(sent[1 + probes(open)].as_str() >= open["next_probe_at"].as_str().unwrap(), "{sent:?} {open}");
}

/// What the breaker says that does not change with its probes.
async fn since(team: &Team, destination: &Value) -> Value {
    let breaker = breaker(team, destination).await;
    json!([breaker["since"], breaker["reason"]])
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
    let said = since(&team, &destination).await;

    // One gives it back, the next is killed.
    let second = Process::serve(&database).await;
    let team = team.at(&second.url);
    let open = at_rest(&team, &destination, &receiver, 3).await;
    assert_eq!(first.terminate().await, Some(0));
    team.post_to(&source, &json!(3)).await;
    next_probe(&team, &destination, &open).await;
    let third = Process::serve(&database).await;
    let team = team.at(&third.url);
    let open = at_rest(&team, &destination, &receiver, 4).await;
    second.kill().await;
    team.post_to(&source, &json!(4)).await;
    next_probe(&team, &destination, &open).await;
    at_rest(&team, &destination, &receiver, 5).await;
    assert_eq!(since(&team, &destination).await, said, "it is the same outage");
    until_held(&team, 5).await;
    assert_eq!(receiver.most_open(), 1, "one at a time");

    well.store(true, Ordering::SeqCst);
    let path = format!("/v1/destinations/{}/probe", id(&destination));
    until("it to close", async || {
        team.test.post(&path, json!({})).await;
        breaker(&team, &destination).await["state"] == "closed"
    })
    .await;
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 5).await;
    let failed = team.test.get("/v1/attempts/count?status=FAILED").await.expect(200)["count"].as_u64().unwrap();
    assert_eq!(receiver.count() as u64, failed + 5, "each was delivered once");
    assert_eq!(third.terminate().await, Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn a_probe_whose_node_was_killed_is_held_again(database: Database) {
    let is_slow = Arc::new(AtomicBool::new(false));
    let slow = Arc::clone(&is_slow);
    let decide = move |_: usize, _: &_| if slow.load(Ordering::SeqCst) { Answer::Hold } else { 500.into() };
    let receiver = Receiver::deciding(decide).await;
    let first = Process::serve(&database).await;
    let team = first.new_team(&database).await;
    let (_, destination) = opened(&team, &receiver).await;
    at_rest(&team, &destination, &receiver, 3).await;
    is_slow.store(true, Ordering::SeqCst);
    team.test.post(&format!("/v1/destinations/{}/probe", id(&destination)), json!({})).await.expect(200);
    until("the probe", async || receiver.open() == 1).await;
    let sent = receiver.count();
    let second = Process::serve(&database).await;
    let team = team.at(&second.url);
    first.kill().await;

    // One at a time: the first ended with its node.
    until("another probe", async || receiver.count() == sent + 1).await;
    until_held(&team, 2).await;
    assert_eq!((receiver.open(), &breaker(&team, &destination).await["state"]), (1, &json!("probing")));
    receiver.release();
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 3).await;
    until_state(&team, &destination, "closed").await;
    let ids = receiver.webhook_ids();
    assert_eq!(
        (ids.len(), &ids[sent - 1]),
        (sent + 3, &ids[sent]),
        "the probe whose answer nobody heard, again: {ids:?}"
    );
    assert_eq!(second.terminate().await, Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}
