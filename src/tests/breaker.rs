//! The circuit breaker of a destination: what it holds, when it probes, and that it loses and repeats nothing.

mod nodes;
mod quiet;
mod rule;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{Answer, Database, Receiver, Setup, Team, TestServer, id, on_both, unique, until};

on_both![
    it_opens_holds_probes_and_closes,
    a_probe_uses_up_no_retry,
    what_is_live_goes_before_what_was_held,
    it_is_disabled_by_itself_all_the_same,
    it_stays_open_over_a_restart,
    a_single_event_that_is_sent_again_is_a_probe,
    a_probe_goes_out_at_once_where_somebody_asks_or_changes_something,
    what_a_paused_connection_holds_stays_held,
    a_long_backlog_goes_out_once_each,
];

/// A receiver that refuses until it is well.
async fn receiver() -> (Receiver, Arc<AtomicBool>) {
    let well = Arc::new(AtomicBool::new(false));
    let is_well = Arc::clone(&well);
    let decide = move |_: usize, _: &_| Answer::status(if is_well.load(Ordering::SeqCst) { 200 } else { 500 });
    (Receiver::deciding(decide).await, well)
}

fn config(receiver: &Receiver, failures: u32, seconds: u32) -> Value {
    let rule = json!({ "consecutive_failures": failures, "failing_for_seconds": seconds });
    json!({ "url": receiver.url(), "circuit_breaker": rule })
}

async fn breaker(team: &Team, destination: &Value) -> Value {
    team.test.get(&format!("/v1/destinations/{}", id(destination))).await.expect(200)["breaker"].clone()
}

async fn until_state(team: &Team, destination: &Value, state: &str) {
    until(state, async || breaker(team, destination).await["state"] == state).await;
}

async fn until_held(team: &Team, count: u64) {
    until("what is held", async || team.count_events("HOLD").await == count).await;
}

/// Connects the two so that an event fails with its first failure.
async fn connect_without_retries(team: &Team, source: &Value, destination: &Value) {
    let rules = json!([{
        "type": "retry", "strategy": "linear", "count": 5, "interval": 60_000, "response_status_codes": ["429"],
    }]);
    let input = json!({ "name": unique(), "source_id": id(source), "destination_id": id(destination), "rules": rules });
    team.test.post("/v1/connections", input).await.expect(201);
}

/// A source connected to a destination whose breaker was opened by one event, which failed: nothing is held.
async fn open_by_one_that_failed(team: &Team, receiver: &Receiver) -> (Value, Value) {
    let (source, destination) = (team.new_source().await, team.new_destination(config(receiver, 1, 0)).await);
    connect_without_retries(team, &source, &destination).await;
    team.post_to(&source, &json!("failed")).await;
    until("the failure", async || team.count_events("FAILED").await == 1).await;
    until_state(team, &destination, "open").await;
    (source, destination)
}

/// Waits for what a breaker held, as its gentle pace needs time.
async fn until_delivered(server: &TestServer, team: &Team, count: u64) {
    until("all deliveries", async || {
        server.advance(Duration::from_millis(200));
        team.count_events("SUCCESSFUL").await == count
    })
    .await;
}

async fn it_opens_holds_probes_and_closes(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let well = Arc::new(AtomicBool::new(false));
    let is_well = Arc::clone(&well);
    let receiver = Receiver::deciding(move |number, _| match number {
        // All three are on their way when the first of them opens it.
        3..6 => Answer::HoldAndFail,
        _ => Answer::status(if is_well.load(Ordering::SeqCst) { 200 } else { 500 }),
    })
    .await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_with(config(&receiver, 3, 30)).await;
    let never = json!({
        "state": "closed", "since": null, "reason": null, "held": 0, "held_is_more": false, "next_probe_at": null,
        "probes": 0, "is_draining": false,
    });
    assert_eq!(breaker(&team, &destination).await, never);
    for number in 0..3 {
        team.post_to(&source, &json!(number)).await;
    }
    until("the first failures", async || team.count_events("SCHEDULED").await == 3).await;
    assert_eq!(breaker(&team, &destination).await["state"], "closed", "it has not failed for long");

    server.advance(Duration::from_secs(31));
    until("the retries to be on their way", async || receiver.open() == 3).await;
    receiver.release();
    until_state(&team, &destination, "open").await;
    until_held(&team, 3).await;
    for number in 3..8 {
        team.post_to(&source, &json!(number)).await;
    }
    until_held(&team, 8).await;
    let open = breaker(&team, &destination).await;
    assert_eq!((&open["since"], &open["held"]), (&json!(server.now().to_string()), &json!(8)), "{open}");
    assert_eq!(open["next_probe_at"], server.now().plus(Duration::from_secs(5)).to_string());
    assert!(open["reason"].as_str().unwrap().contains("attempts in a row failed; the last: BAD_STATUS"), "{open}");
    assert_eq!(receiver.count(), 6, "nothing was sent but what opened it");

    // Each probe is one attempt, of an event that was never tried.
    for (probes, wait, next) in [(1, 5, 10), (2, 10, 20)] {
        server.advance(Duration::from_secs(wait));
        until("the probe", async || breaker(&team, &destination).await["probes"] == probes).await;
        until_held(&team, 8).await;
        assert_eq!(receiver.count(), 6 + usize::try_from(probes).unwrap());
        let next = server.now().plus(Duration::from_secs(next));
        assert_eq!(breaker(&team, &destination).await["next_probe_at"], next.to_string());
    }
    assert_eq!(team.test.get("/v1/attempts?trigger=PROBE").await.status, 422);

    well.store(true, Ordering::SeqCst);
    server.advance(Duration::from_secs(20));
    until_delivered(&server, &team, 8).await;
    until_state(&team, &destination, "closed").await;
    until("the last to be let go", async || breaker(&team, &destination).await["is_draining"] == false).await;
    assert_eq!(receiver.count(), 8 + 8, "each was delivered once");
    assert!(team.events("").await.iter().all(|event| event["attempts"].as_u64().unwrap() <= 3));
    server.stop().await;
}

async fn a_probe_uses_up_no_retry(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, _well) = receiver().await;
    let team = server.new_team().await;
    let (source, destination) = (team.new_source().await, team.new_destination(config(&receiver, 1, 0)).await);
    let rules = json!([{ "type": "retry", "strategy": "linear", "count": 1, "interval": 60_000 }]);
    let input =
        json!({ "name": unique(), "source_id": id(&source), "destination_id": id(&destination), "rules": rules });
    team.test.post("/v1/connections", input).await.expect(201);
    team.post_to(&source, &json!({})).await;
    until_held(&team, 1).await;

    for (probes, wait) in [(1, 5), (2, 10), (3, 20), (4, 40)] {
        server.advance(Duration::from_secs(wait));
        until("the probe", async || breaker(&team, &destination).await["probes"] == probes).await;
        until_held(&team, 1).await;
    }
    assert_eq!(team.events("").await[0]["attempts"], 5);

    // By hand: its one retry is still there, and is its last.
    let path = format!("/v1/destinations/{}/close_breaker", id(&destination));
    assert_eq!(team.test.post(&path, json!({})).await.expect(200)["breaker"]["state"], "closed");
    assert_eq!(team.list("/v1/audit-log?action=breaker_closed").await.len(), 1);
    until("the last attempt", async || {
        server.advance(Duration::from_millis(200));
        team.count_events("FAILED").await == 1
    })
    .await;
    let triggers: Vec<_> = team.attempts("").await.iter().map(|attempt| attempt["trigger"].clone()).collect();
    assert_eq!(triggers, ["INITIAL", "AUTOMATIC", "AUTOMATIC", "AUTOMATIC", "AUTOMATIC", "UNPAUSE"]);
    assert_eq!(team.test.post(&path, json!({})).await.status, 200, "the failure opened it again");
    server.stop().await;
}

async fn what_is_live_goes_before_what_was_held(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    // The failure, the probe, the first of what was held.
    let answers = [500.into(), 200.into(), Answer::Hold, 200.into()];
    let receiver = Receiver::answering(answers).await;
    let team = server.new_team().await;
    let mut config = config(&receiver, 1, 0);
    config["max_concurrency"] = json!(1);
    let (source, destination) = team.connected_with(config).await;
    for number in 0..4 {
        team.post_to(&source, &json!({ "held": number })).await;
    }
    until_held(&team, 4).await;
    server.advance(Duration::from_secs(5));
    until("the first of what was held", async || {
        server.advance(Duration::from_millis(200));
        receiver.count() == 3
    })
    .await;
    until_state(&team, &destination, "closed").await;
    for number in 0..3 {
        team.post_to(&source, &json!({ "live": number })).await;
    }
    receiver.release();

    until_delivered(&server, &team, 7).await;
    let bodies: Vec<_> = receiver.requests()[3..6].iter().map(crate::support::Received::json).collect();
    assert_eq!(bodies, [json!({ "live": 0 }), json!({ "live": 1 }), json!({ "live": 2 })]);
    server.stop().await;
}

async fn it_is_disabled_by_itself_all_the_same(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, well) = receiver().await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let rule = json!({ "consecutive_failures": 4, "failing_for_seconds": 0 });
    let input = json!({ "name": unique(), "config": config(&receiver, 1, 0), "auto_disable": rule });
    let destination = team.test.post("/v1/destinations", input).await.expect(201);
    team.connect(&source, &destination).await;
    team.post_to(&source, &json!({})).await;
    until_held(&team, 1).await;
    let path = format!("/v1/destinations/{}", id(&destination));
    for (probes, wait) in [(1, 5), (2, 10), (3, 20)] {
        server.advance(Duration::from_secs(wait));
        until("the probe", async || breaker(&team, &destination).await["probes"] == probes).await;
    }
    let disabled = team.test.get(&path).await.expect(200);
    assert_eq!((&disabled["status"], &disabled["health"]["consecutive_failures"]), (&json!("disabled"), &json!(4)));
    until_held(&team, 1).await;
    assert_eq!(team.test.post(&format!("{path}/probe"), json!({})).await.status, 409, "it is disabled");

    well.store(true, Ordering::SeqCst);
    team.test.post(&format!("{path}/enable"), json!({})).await.expect(200);
    until("the delivery, without a wait", async || team.count_events("SUCCESSFUL").await == 1).await;
    until_state(&team, &destination, "closed").await;
    server.stop().await;
}

async fn it_stays_open_over_a_restart(database: Database) {
    let setup = Setup::with_manual_clock();
    let server = TestServer::start_with(&database, setup.clone()).await;
    let (receiver, well) = receiver().await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_with(config(&receiver, 1, 0)).await;
    for number in 0..3 {
        team.post_to(&source, &json!(number)).await;
        until_held(&team, number + 1).await;
    }
    let before = breaker(&team, &destination).await;
    server.stop().await;

    let server = TestServer::start_with(&database, setup).await;
    let team = team.at(&server.url);
    assert_eq!(breaker(&team, &destination).await, before);
    team.post_to(&source, &json!(3)).await;
    until_held(&team, 4).await;
    assert_eq!(receiver.count(), 1);
    well.store(true, Ordering::SeqCst);
    server.advance(Duration::from_secs(5));
    until_delivered(&server, &team, 4).await;
    assert_eq!(receiver.count(), 1 + 4);
    server.stop().await;
}

async fn a_single_event_that_is_sent_again_is_a_probe(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, well) = receiver().await;
    let team = server.new_team().await;
    let (source, destination) = open_by_one_that_failed(&team, &receiver).await;
    team.post_to(&source, &json!("held")).await;
    until_held(&team, 1).await;
    let failed = id(&team.events("status=FAILED").await[0]);
    let retry = async || {
        let again = team.test.post(&format!("/v1/events/{failed}/retry"), json!({})).await;
        again.body["replay_event_id"].as_str().unwrap_or_else(|| panic!("{}", again.body)).to_owned()
    };

    // At once; what fails so is held like the rest.
    let first = retry().await;
    until("its attempt", async || team.event(&first).await["attempts"] == 1).await;
    until_held(&team, 2).await;
    assert_eq!((receiver.count(), &breaker(&team, &destination).await["state"]), (2, &json!("open")));

    well.store(true, Ordering::SeqCst);
    let second = retry().await;
    until("its delivery", async || team.event(&second).await["status"] == "SUCCESSFUL").await;
    until_state(&team, &destination, "closed").await;
    until_delivered(&server, &team, 3).await;
    assert_eq!(team.attempts(&format!("event_id={second}")).await[0]["trigger"], "MANUAL");
    server.stop().await;
}

async fn a_probe_goes_out_at_once_where_somebody_asks_or_changes_something(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, well) = receiver().await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    let (source, destination) = team.connected_with(config(&receiver, 1, 0)).await;
    let path = format!("/v1/destinations/{}", id(&destination));
    for verb in ["probe", "close_breaker"] {
        let refused = team.test.post(&format!("{path}/{verb}"), json!({})).await.expect(409);
        assert!(refused["detail"].as_str().unwrap().contains("closed"), "{refused}");
        for stranger in [&other.test, &team.live] {
            assert_eq!(stranger.post(&format!("{path}/{verb}"), json!({})).await.status, 404);
        }
    }
    for number in 0..2 {
        team.post_to(&source, &json!(number)).await;
        until_held(&team, number + 1).await;
    }
    let probes = async |count| until("the probe", async || breaker(&team, &destination).await["probes"] == count).await;

    team.test.post(&format!("{path}/probe"), json!({})).await.expect(200);
    probes(1).await;
    until_held(&team, 2).await;
    let next = server.now().plus(Duration::from_secs(10));
    assert_eq!(breaker(&team, &destination).await["next_probe_at"], next.to_string());
    team.test.patch(&path, json!({ "config": { "headers": { "x-key": "new" } } })).await.expect(200);
    probes(2).await;
    assert_eq!(receiver.count(), 3);

    // While it is paused, nothing goes out; then a probe does.
    team.test.post(&format!("{path}/pause"), json!({})).await.expect(200);
    server.advance(Duration::from_mins(5));
    assert_eq!(team.test.post(&format!("{path}/probe"), json!({})).await.status, 409, "it is paused");
    until_held(&team, 2).await;
    well.store(true, Ordering::SeqCst);
    assert_eq!(receiver.count(), 3);
    team.test.post(&format!("{path}/unpause"), json!({})).await.expect(200);
    until_delivered(&server, &team, 2).await;
    until_state(&team, &destination, "closed").await;
    server.stop().await;
}

async fn what_a_paused_connection_holds_stays_held(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, well) = receiver().await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_with(config(&receiver, 1, 0)).await;
    let paused = team.new_source().await;
    let connection = format!("/v1/connections/{}", id(&team.connect(&paused, &destination).await));
    team.test.post(&format!("{connection}/pause"), json!({})).await.expect(200);
    team.post_to(&paused, &json!("paused")).await;
    until_held(&team, 1).await;
    team.post_to(&source, &json!("failed")).await;
    until_held(&team, 2).await;
    well.store(true, Ordering::SeqCst);
    server.advance(Duration::from_secs(5));

    until_delivered(&server, &team, 1).await;
    until("the last to be let go", async || breaker(&team, &destination).await["is_draining"] == false).await;
    assert_eq!(team.count_events("HOLD").await, 1);
    team.test.post(&format!("{connection}/unpause"), json!({})).await.expect(200);
    until_delivered(&server, &team, 2).await;
    server.stop().await;
}

async fn a_long_backlog_goes_out_once_each(database: Database) {
    const COUNT: u64 = 540;
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, well) = receiver().await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_with(config(&receiver, 1, 0)).await;
    team.post_to(&source, &json!("the first")).await;
    until_state(&team, &destination, "open").await;
    let post = async |from: u64| {
        for number in (from..COUNT).step_by(4) {
            team.post_to(&source, &json!(number)).await;
        }
    };
    tokio::join!(post(0), post(1), post(2), post(3));
    until_held(&team, COUNT + 1).await;
    well.store(true, Ordering::SeqCst);
    let path = format!("/v1/destinations/{}/probe", id(&destination));
    until("it to close", async || {
        team.test.post(&path, json!({})).await;
        breaker(&team, &destination).await["state"] == "closed"
    })
    .await;

    for part in [COUNT / 3, COUNT * 2 / 3] {
        until("a part of the deliveries", async || {
            server.advance(Duration::from_millis(200));
            team.count_events("SUCCESSFUL").await >= part
        })
        .await;
    }
    until_delivered(&server, &team, COUNT + 1).await;
    let delivered: HashSet<String> = receiver.webhook_ids().into_iter().collect();
    assert_eq!(u64::try_from(delivered.len()).unwrap(), COUNT + 1);
    let failed = team.test.get("/v1/attempts/count?status=FAILED").await.expect(200)["count"].as_u64().unwrap();
    assert_eq!(u64::try_from(receiver.count()).unwrap(), COUNT + 1 + failed, "each was delivered once");
    server.stop().await;
}
