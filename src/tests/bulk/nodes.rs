//! An operation on several nodes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::json;

use super::{EVENTS, adds_up, arrived, failed, read, until_is};
use crate::support::{Database, Process, Receiver, on_postgres, until, verify};

on_postgres![another_node_goes_on_where_the_feeder_was_killed];

async fn another_node_goes_on_where_the_feeder_was_killed(database: Database) {
    const COUNT: usize = 100;
    let well = Arc::new(AtomicBool::new(false));
    let is_well = Arc::clone(&well);
    let receiver =
        Receiver::deciding(move |_, _| if is_well.load(Ordering::SeqCst) { 200.into() } else { 500.into() }).await;
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

    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!((adds_up(&done), &done["done_count"]), (COUNT as u64, &json!(COUNT)), "{done}");
    let retries = team.test.get("/v1/events/count?is_retry=true").await.expect(200);
    assert_eq!(retries["count"], COUNT);
    assert_eq!(arrived(&receiver).len(), COUNT);
    assert_eq!(second.terminate().await, Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}
