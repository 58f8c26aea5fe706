//! What counts as delivered since, and so is not sent again.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{REQUESTS, adds_up, connect, post, quiet, start, until_delivered, until_is, well_later};
use crate::{
    api::whole::execute,
    support::{Database, Receiver, Team, TestServer, id, on_both, until},
};

on_both![
    what_another_connection_delivered_is_sent,
    what_was_changed_is_no_delivery_of_what_came,
    a_request_goes_to_whoever_did_not_get_it,
    what_is_past_its_time_is_not_counted_as_delivered,
];

async fn retry(team: &Team, request: &str, input: Value) {
    team.test.post(&format!("/v1/requests/{request}/retry"), input).await.expect(202);
}

async fn what_another_connection_delivered_is_sent(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    let (source, destination) = quiet(&team, &receiver).await;
    connect(&team, &source, &destination).await;
    let request = team.post_to(&source, &json!({})).await;
    until("both to fail", async || team.count_events("FAILED").await == 2).await;
    well.store(true, Ordering::SeqCst);
    let off = id(&team.list(&format!("/v1/connections?source_id={}", id(&source))).await[0]);
    team.test.put(&format!("/v1/connections/{off}/disable"), json!({})).await.expect(200);
    retry(&team, &request, json!({})).await;
    until("one to be delivered", async || team.count_events("SUCCESSFUL").await == 1).await;
    team.test.put(&format!("/v1/connections/{off}/enable"), json!({})).await.expect(200);

    let filter = json!({ "status": "FAILED" });
    let preview = team.test.post(super::EVENTS, json!({ "filter": filter, "dry_run": true })).await.expect(200);
    assert_eq!(preview["already_delivered"], 1, "{preview}");
    let done = until_is(&team, &start(&team, filter).await, "COMPLETED").await;

    assert_eq!((adds_up(&done), &done["elsewhere_count"]), (2, &json!(1)), "{done}");
    let again = team.events(&format!("batch_operation_id={}&batch_operation_scope=retries", id(&done))).await;
    assert_eq!((again.len(), &again[0]["connection_id"]), (1, &json!(off)), "{again:?}");
    server.stop().await;
}

async fn what_was_changed_is_no_delivery_of_what_came(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    let (source, _) = quiet(&team, &receiver).await;
    let request = team.post_to(&source, &json!({ "n": 1 })).await;
    until("it to fail", async || team.count_events("FAILED").await == 1).await;
    well.store(true, Ordering::SeqCst);
    retry(&team, &request, json!({ "modifications": { "body": { "n": 2 } } })).await;
    until("the changed one", async || team.count_events("SUCCESSFUL").await == 1).await;

    for (list, filter) in [
        (REQUESTS, json!({ "source_id": id(&source), "event_status": "FAILED" })),
        (super::EVENTS, json!({ "status": "FAILED" })),
    ] {
        // The second finds what the first delivered.
        let expected = u64::from(list != REQUESTS);
        let preview = team.test.post(list, json!({ "filter": filter, "dry_run": true })).await.expect(200);
        assert_eq!(
            (&preview["total_count"], &preview["already_delivered"]),
            (&json!(1), &json!(expected)),
            "{list}: {preview}"
        );
        let operation = team.test.post(list, json!({ "filter": filter })).await.expect(201);
        let done = until_is(&team, &operation, "COMPLETED").await;
        assert_eq!((adds_up(&done), &done["done_count"]), (1, &json!(1)), "{done}");
        assert_eq!(done["elsewhere_count"], expected, "{done}");
    }
    assert_eq!(receiver.requests().iter().filter(|sent| sent.json() == json!({ "n": 1 })).count(), 2);
    server.stop().await;
}

async fn a_request_goes_to_whoever_did_not_get_it(database: Database) {
    let server = TestServer::start(&database).await;
    let (first, second) = (Receiver::answering([200]).await, Receiver::answering([200]).await);
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&first).await;
    let connection = team.connect(&source, &team.new_destination(json!({ "url": second.url() })).await).await;
    post(&team, &source, 3).await;
    until("all to be delivered", async || team.count_events("SUCCESSFUL").await == 6).await;
    let path = format!("/v1/connections/{}", id(&connection));
    let filter = |least: i64| json!({ "rules": [{ "type": "filter", "body": { "n": { "$gte": least } } }] });
    let originals: Vec<_> = team.list("/v1/requests").await.iter().map(id).collect();
    let until_then = json!({ "source_id": id(&source), "to": server.now().to_string() });
    let replay = async || {
        let operation = team.test.post(REQUESTS, json!({ "filter": until_then })).await.expect(201);
        until_is(&team, &operation, "COMPLETED").await
    };

    // The second's filter is wrong at first.
    team.test.patch(&path, filter(1000)).await.expect(200);
    assert_eq!(replay().await["done_count"], 3);
    team.test.patch(&path, filter(0)).await.expect(200);
    let right = replay().await;
    assert_eq!(
        (adds_up(&right), &right["done_count"], &right["elsewhere_count"]),
        (3, &json!(3), &json!(0)),
        "{right}"
    );
    until("the second to have them", async || second.count() == 6).await;
    assert_eq!(first.count(), 6, "each came once, and once again");
    let last = replay().await;
    assert_eq!((adds_up(&last), &last["elsewhere_count"]), (3, &json!(3)), "{last}");
    assert_eq!((originals.len(), first.count(), second.count()), (3, 6, 6));
    server.stop().await;
}

async fn what_is_past_its_time_is_not_counted_as_delivered(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;
    post(&team, &source, 3).await;
    until_delivered(&team, &destination, 3).await;
    let input = json!({ "filter": { "source_id": id(&source) } });
    let done = until_is(&team, &team.test.post(REQUESTS, input).await.expect(201), "COMPLETED").await;
    assert_eq!(done["destinations"][0]["done_count"], 3, "{done}");

    let gone = id(&team
        .list(&format!("/v1/requests?batch_operation_id={}&batch_operation_scope=retries", id(&done)))
        .await[0]);
    let now = server.now().millis();
    for sql in [
        format!("UPDATE retained SET since = {now}"),
        format!("DELETE FROM event WHERE request_id = '{gone}'"),
        format!("DELETE FROM request WHERE id = '{gone}'"),
    ] {
        assert_eq!(execute(&database, &sql).await, 1);
    }
    let shown = super::read(&team, &done).await;
    assert_eq!((&shown["done_count"], &shown["destinations"][0]["done_count"]), (&json!(3), &json!(2)), "{shown}");
    server.stop().await;
}
