//! An operation on several nodes.

use std::sync::atomic::Ordering;

use hookyard_engine::Clock;
use serde_json::json;

use super::{
    EVENTS, adds_up, arrived, ended, failed, later, nothing_later, read, under_way, until_done, until_is, well_later,
};
use crate::{
    api::whole::number,
    support::{Answer, Database, Process, Receiver, id, on_postgres, until, verify},
};

on_postgres![
    another_node_goes_on_where_the_feeder_was_killed,
    nothing_is_sent_by_any_node_once_it_is_cancelled,
    what_a_killed_node_held_is_cancelled_all_the_same,
];

/// How many lanes some node holds, and how often any was taken.
const HELD: &str = "SELECT COUNT(*) FROM lane WHERE holder IS NOT NULL
    AND held_until >= CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
const TAKEN: &str = "SELECT CAST(SUM(epoch) AS BIGINT) FROM lane";

async fn another_node_goes_on_where_the_feeder_was_killed(database: Database) {
    const COUNT: usize = 100;
    let (receiver, well) = well_later().await;
    let first = Process::serve(&database).await;
    let team = first.new_team(&database).await;
    failed(&team, &receiver, COUNT).await;
    well.store(true, Ordering::SeqCst);
    let input = json!({ "filter": { "status": "FAILED" }, "rate_limit": 20 });
    let operation = team.test.post(EVENTS, input).await.expect(201);
    until("some to be done", async || read(&team, &operation).await["done_count"].as_u64() > Some(3)).await;
    // It is fed by the only node that there was.
    let second = Process::serve(&database).await;
    let team = team.at(&second.url);
    first.kill().await;

    until_done(&team, &operation, COUNT).await;
    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!((adds_up(&done), &done["done_count"]), (COUNT as u64, &json!(COUNT)), "{done}");
    let retries = team.test.get("/v1/events/count?is_retry=true").await.expect(200);
    assert_eq!(retries["count"], COUNT);
    assert_eq!(arrived(&receiver).len(), COUNT);
    assert_eq!(second.terminate().await, Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn nothing_is_sent_by_any_node_once_it_is_cancelled(database: Database) {
    const COUNT: usize = 50;
    let ((receiver, well), single) = (later(Answer::Hold).await, Receiver::answering([Answer::Hold]).await);
    let first = Process::serve(&database).await;
    let there = first.new_team(&database).await;
    failed(&there, &receiver, COUNT).await;
    well.store(true, Ordering::SeqCst);
    let (source, single_destination) = there.connected_with(json!({ "url": single.url(), "max_concurrency": 1 })).await;
    there.post_to(&source, &json!("under way")).await;
    until("the first to be under way", async || single.open() == 1).await;
    let waits = there.post_to(&source, &json!("waits")).await;
    let second = Process::serve(&database).await;
    let team = there.at(&second.url);
    let operation = under_way(&team, &receiver).await;
    let event = id(&team.events_of(&waits).await[0]);

    // The node that has them in memory is asleep: nobody knows what it does next.
    first.signal("STOP").await;
    let taken = number(&database, TAKEN).await;
    let cancel = |path: String| {
        let client = team.test.clone();
        tokio::spawn(async move { (client.post(&path, json!({})).await, Clock::system().now().to_string()) })
    };
    let of_many = cancel(format!("{EVENTS}/{}/cancel", id(&operation)));
    let of_one = cancel(format!("/v1/events/{event}/cancel"));
    until("all to be cancelled", async || {
        let waits = team.count_events("QUEUED").await;
        waits == 1 && team.event(&event).await["status"] == "CANCELLED"
    })
    .await;
    receiver.release();
    single.release();
    let is_told = of_many.is_finished() || of_one.is_finished();
    // Unless its leases ended meanwhile, since the machine was slow.
    if number(&database, HELD).await == 2 && number(&database, TAKEN).await == taken {
        assert!(!is_told, "it may send them yet");
    }
    first.signal("CONT").await;
    let (of_many, of_one) = (of_many.await.unwrap(), of_one.await.unwrap());
    assert_eq!((of_many.0.expect(200)["status"].clone(), of_one.0.status), (json!("CANCELLED"), 200));

    until("what was under way", async || team.count_events("QUEUED,SCHEDULED,HOLD").await == 0).await;
    team.post_to(&source, &json!("after")).await;
    // As it wakes up it may send what waits before it hears of the cancel, which has not returned then.
    until("the last one", async || single.requests().iter().any(|request| request.json() == json!("after"))).await;
    let bodies: Vec<_> = single.requests().iter().map(crate::support::Received::json).collect();
    assert_eq!((&bodies[0], bodies.last()), (&json!("under way"), Some(&json!("after"))));
    assert!(bodies.len() <= 3, "{bodies:?}");
    until("what was sent to be recorded", async || {
        let path = format!("/v1/attempts/count?destination_id={}", id(&single_destination));
        team.test.get(&path).await.expect(200)["count"] == bodies.len()
    })
    .await;
    for attempt in team.list(&format!("/v1/attempts?event_id={event}")).await {
        assert!(attempt["delivered_at"].as_str().unwrap() <= of_one.1.as_str(), "sent after {}: {attempt}", of_one.1);
    }
    until("all outcomes", async || team.count_events("SUCCESSFUL").await == 2).await;
    nothing_later(&team, &[&receiver, &single], &of_many.1).await;
    until("all to be accounted for", async || ended(&read(&team, &operation).await) == COUNT as u64).await;
    assert_eq!((first.terminate().await, second.terminate().await), (Some(0), Some(0)));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn what_a_killed_node_held_is_cancelled_all_the_same(database: Database) {
    let (receiver, well) = later(Answer::Hold).await;
    let first = Process::serve(&database).await;
    let team = first.new_team(&database).await;
    failed(&team, &receiver, 20).await;
    well.store(true, Ordering::SeqCst);
    let second = Process::serve(&database).await;
    let team = team.at(&second.url);
    let operation = under_way(&team, &receiver).await;

    // It may be asleep, for all that anybody knows, until its lease is over.
    first.kill().await;
    until("its connections to end", async || receiver.open() == 0).await;
    let cancelled = team.test.post(&format!("{EVENTS}/{}/cancel", id(&operation)), json!({})).await.expect(200);

    assert_eq!((&cancelled["status"], &cancelled["cancelable"]), (&json!("CANCELLED"), &json!(false)));
    assert_eq!((adds_up(&cancelled), team.count_events("QUEUED,SCHEDULED,HOLD").await), (20, 0));
    // What the first sent last has come by now. What the second sends would still wait for its answer.
    let sent = receiver.count();
    assert_eq!(receiver.open(), 0);
    assert_eq!(second.terminate().await, Some(0));
    assert_eq!(receiver.count(), sent);
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}
