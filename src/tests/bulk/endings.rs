//! How an operation comes to its end where what it sent goes on, where nobody finishes it, and where it cannot go on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use super::{adds_up, fail, quiet, read, start, until_is};
use crate::{
    api::whole::execute,
    support::{Database, Receiver, Team, TestServer, id, on_both, until, verify},
};

on_both![
    an_item_that_goes_on_by_its_retries_is_done_when_they_are,
    what_a_cancelled_operation_left_is_taken_back_by_its_feeder,
    an_operation_that_cannot_go_on_has_failed,
];

pub(super) const COUNT: usize = 5;

/// After how long the items of [`retrying`] go on.
pub(super) const RETRIED_AFTER: Duration = Duration::from_hours(1);

/// An operation that is through, all of whose items failed and go on by their own retries [`RETRIED_AFTER`]; and what the
/// receiver answers from then on.
pub(super) async fn retrying(server: &TestServer, team: &Team) -> (Value, Arc<AtomicU16>, Receiver) {
    let answer = Arc::new(AtomicU16::new(500));
    let answered = Arc::clone(&answer);
    let receiver = Receiver::deciding(move |_, _| answered.load(Ordering::SeqCst).into()).await;
    let (source, destination) = quiet(team, &receiver).await;
    fail(team, &source, &destination, COUNT).await;
    let connections = team.list(&format!("/v1/connections?source_id={}", id(&source))).await;
    let retry = json!({
        "type": "retry", "strategy": "linear", "count": 1, "interval": RETRIED_AFTER.as_millis(),
        "response_status_codes": ["599"],
    });
    let rules = json!({ "rules": [retry] });
    team.test.patch(&format!("/v1/connections/{}", id(&connections[0])), rules).await.expect(200);
    answer.store(599, Ordering::SeqCst);
    let operation = start(team, json!({ "status": "FAILED" })).await;
    until("the operation to be through", async || {
        server.advance(Duration::from_millis(100));
        read(team, &operation).await["status"] == "COMPLETED"
    })
    .await;
    let done = read(team, &operation).await;
    assert_eq!((adds_up(&done), &done["failed_count"]), (COUNT as u64, &json!(COUNT)), "{done}");
    (done, answer, receiver)
}

async fn an_item_that_goes_on_by_its_retries_is_done_when_they_are(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let (operation, answer, receiver) = retrying(&server, &team).await;
    answer.store(200, Ordering::SeqCst);
    server.advance(RETRIED_AFTER);

    // Live, bulk, and again.
    until("the retries", async || {
        server.advance(Duration::from_millis(100));
        receiver.count() == 3 * COUNT
    })
    .await;
    until("the retries to count", async || {
        server.advance(Duration::from_millis(100));
        read(&team, &operation).await["done_count"] == COUNT
    })
    .await;

    let done = read(&team, &operation).await;
    assert_eq!((adds_up(&done), &done["failed_count"]), (COUNT as u64, &json!(0)), "{done}");
    server.stop().await;
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn what_a_cancelled_operation_left_is_taken_back_by_its_feeder(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let (operation, _, _receiver) = retrying(&server, &team).await;
    assert_eq!(team.count_events("SCHEDULED").await, COUNT as u64);

    // As a process leaves it that dies once it has written down that it is cancelled.
    let cancel = format!("UPDATE bulk_operation SET status = 'CANCELLED', due_at = 1 WHERE id = '{}'", id(&operation));
    assert_eq!(execute(&database, &cancel).await, 1);

    until("all to be taken back", async || read(&team, &operation).await["cancelled_count"] == COUNT).await;
    assert_eq!((team.count_events("SCHEDULED").await, team.count_events("CANCELLED").await), (0, COUNT as u64));
    adds_up(&read(&team, &operation).await);
    server.stop().await;
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn an_operation_that_cannot_go_on_has_failed(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let operation = until_is(&team, &start(&team, json!({ "status": "FAILED" })).await, "COMPLETED").await;

    let damage = format!(
        "UPDATE bulk_operation SET status = 'PLANNED', planned_at = NULL, finished_at = NULL, filter = '{{', due_at = 1 \
         WHERE id = '{}'",
        id(&operation)
    );
    assert_eq!(execute(&database, &damage).await, 1);

    let failed = until_is(&team, &operation, "FAILED").await;
    assert_eq!(failed["failure"], "its filter cannot be read any more", "{failed}");
    assert_eq!(failed["cancelable"], false);
    server.stop().await;
}
