//! What several operations, or an operation and something else, would send at the same time is sent once.

use std::sync::atomic::Ordering;

use hyper::Method;
use serde_json::json;

use super::{REQUESTS, adds_up, arrived, connect, failed, later, post, quiet, start, until_is, well_later};
use crate::support::{Answer, Database, Receiver, TestServer, id, on_both, unique, until, verify};

on_both![
    operations_over_the_same_events_send_each_once,
    what_an_operation_is_about_to_send_nobody_sends_by_hand,
    hands_and_an_operation_at_once_send_each_once,
    a_request_whose_event_was_delivered_meanwhile_is_not_replayed,
    a_request_that_is_under_way_is_not_replayed_even_by_name,
    a_check_of_the_url_is_no_event,
];

async fn operations_over_the_same_events_send_each_once(database: Database) {
    const COUNT: usize = 200;
    let server = TestServer::start(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    failed(&team, &receiver, COUNT).await;
    well.store(true, Ordering::SeqCst);

    let filter = || json!({ "status": "FAILED", "is_retry": false });
    let (one, two, three) = tokio::join!(start(&team, filter()), start(&team, filter()), start(&team, filter()));
    let mut delivered = 0;
    for operation in [one, two, three] {
        let done = until_is(&team, &operation, "COMPLETED").await;
        assert_eq!(adds_up(&done), COUNT as u64);
        assert_eq!(done["failed_count"], 0, "{done}");
        delivered += done["done_count"].as_u64().unwrap() - done["elsewhere_count"].as_u64().unwrap();
    }

    assert_eq!(delivered, COUNT as u64);
    assert!(arrived(&receiver).values().all(|times| *times == 2), "each came once more");
    let retries = team.test.get("/v1/events/count?is_retry=true").await.expect(200);
    assert_eq!(retries["count"], COUNT);
    server.stop().await;
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn what_an_operation_is_about_to_send_nobody_sends_by_hand(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, well) = later(Answer::Hold).await;
    let team = server.new_team().await;
    failed(&team, &receiver, 1).await;
    well.store(true, Ordering::SeqCst);
    let event = id(&team.events("status=FAILED").await[0]);
    let operation = start(&team, json!({ "status": "FAILED" })).await;
    until("it to be under way", async || receiver.open() == 1).await;

    let retry = async || team.test.post(&format!("/v1/events/{event}/retry"), json!({})).await;
    let refused = retry().await.expect(409);
    let said = refused["detail"].as_str().unwrap();
    assert!(said.contains(&id(&team.events("is_retry=true").await[0])), "{said}");
    receiver.release();
    until_is(&team, &operation, "COMPLETED").await;
    assert_eq!(receiver.count(), 2);
    // Once it is delivered, whoever asks for it gets it.
    retry().await.expect(202);
    until("what somebody asked for", async || receiver.count() == 3).await;
    server.stop().await;
}

async fn hands_and_an_operation_at_once_send_each_once(database: Database) {
    const COUNT: usize = 60;
    let server = TestServer::start(&database).await;
    let (receiver, well) = later(Answer::Hold).await;
    let team = server.new_team().await;
    failed(&team, &receiver, COUNT).await;
    well.store(true, Ordering::SeqCst);
    let events: Vec<String> = team.events("status=FAILED").await.iter().map(id).collect();

    let by_hand = async {
        let hands = tokio_util::task::TaskTracker::new();
        for event in events {
            let client = team.test.clone();
            hands.spawn(async move {
                let retried = client.post(&format!("/v1/events/{event}/retry"), json!({})).await;
                assert!([202, 409].contains(&retried.status), "{}", retried.body);
            });
        }
        hands.close();
        hands.wait().await;
    };
    let (operation, ()) = tokio::join!(start(&team, json!({ "status": "FAILED", "is_retry": false })), by_hand);
    receiver.release();
    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!(adds_up(&done), COUNT as u64);
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == COUNT as u64).await;
    let times = arrived(&receiver);
    assert!(times.len() == COUNT && times.values().all(|times| *times == 2), "each came once more: {times:?}");
    server.stop().await;
}

async fn a_request_whose_event_was_delivered_meanwhile_is_not_replayed(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, well) = well_later().await;
    let team = server.new_team().await;
    let (source, first) = quiet(&team, &receiver).await;
    let (_, second) = quiet(&team, &receiver).await;
    connect(&team, &source, &second).await;
    post(&team, &source, 3).await;
    until("all to fail", async || team.count_events("FAILED").await == 6).await;
    well.store(true, Ordering::SeqCst);
    // Of one request both events are sent again, of another only one is.
    let requests: Vec<String> = team.list("/v1/requests").await.iter().map(id).collect();
    let mut sent = 0;
    for (request, destinations) in [(&requests[0], &[&first, &second][..]), (&requests[1], &[&first])] {
        for event in team.events_of(request).await {
            if destinations.iter().any(|destination| destination["id"] == event["destination_id"]) {
                team.test.post(&format!("/v1/events/{}/retry", id(&event)), json!({})).await.expect(202);
                sent += 1;
            }
        }
    }
    until("the deliveries", async || team.count_events("SUCCESSFUL").await == sent).await;

    let filter = json!({ "event_status": "FAILED" });
    let operation = team.test.post(REQUESTS, json!({ "filter": filter })).await.expect(201);
    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!((adds_up(&done), &done["done_count"], &done["elsewhere_count"]), (3, &json!(3), &json!(1)), "{done}");
    let items = team.list(&format!("{REQUESTS}/{}/items?status=SKIPPED", id(&done))).await;
    assert_eq!(items[0]["request_id"], requests[0]);
    assert!(items[0]["reason"].as_str().unwrap().contains("delivered since by evt_"), "{items:?}");
    assert_eq!(receiver.count(), 6 + 3 + 2 * 2);
    server.stop().await;
}

async fn a_request_that_is_under_way_is_not_replayed_even_by_name(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([Answer::Hold]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let request = team.post_to(&source, &json!({ "n": 1 })).await;
    until("its event to be on its way", async || receiver.count() == 1).await;

    let operation = team.test.post(REQUESTS, json!({ "filter": { "id": [request] } })).await.expect(201);
    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!((adds_up(&done), &done["skipped_count"]), (1, &json!(1)), "{done}");
    let items = team.list(&format!("{REQUESTS}/{}/items", id(&done))).await;
    assert!(items[0]["reason"].as_str().unwrap().contains("still waits"), "{items:?}");
    // The same for an event.
    let event = id(&team.events_of(&request).await[0]);
    let of_event = until_is(&team, &start(&team, json!({ "id": [event] })).await, "COMPLETED").await;
    assert_eq!((of_event["queued_count"].as_u64(), receiver.count()), (Some(0), 1), "{of_event}");
    receiver.release();
    server.stop().await;
}

async fn a_check_of_the_url_is_no_event(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let auth = json!({ "secret": "s", "verify_token": "mine" });
    let config = json!({ "auth_type": "PROVIDER_SIGNATURE", "auth": auth });
    let source = json!({ "name": unique(), "type": "META", "config": config });
    let source = team.test.post("/v1/sources", source).await.expect(201);
    team.connect(&source, &team.new_destination(json!({ "url": receiver.url() })).await).await;
    let url = format!("{}?hub.mode=subscribe&hub.challenge=1&hub.verify_token=mine", source["url"].as_str().unwrap());
    let reply = server.client().send(Method::GET, &url, &[], "").await.unwrap();
    let request = reply.header("hookyard-request-id").unwrap().to_owned();

    let operation = team.test.post(REQUESTS, json!({ "filter": { "source_id": id(&source) } })).await.expect(201);
    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!((adds_up(&done), &done["skipped_count"]), (1, &json!(1)), "{done}");
    let items = team.list(&format!("{REQUESTS}/{}/items", id(&done))).await;
    assert!(items[0]["reason"].as_str().unwrap().contains("check of the URL"), "{items:?}");
    let single = team.test.post(&format!("/v1/requests/{request}/retry"), json!({})).await;
    assert_eq!(single.status, 409, "{}", single.body);
    assert!(team.events("").await.is_empty());
    server.stop().await;
}
