//! What several operations, or an operation and something else, would send at the same time is sent once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use hyper::Method;
use serde_json::json;

use super::{REQUESTS, adds_up, arrived, failed, start, until_is};
use crate::support::{Database, Receiver, TestServer, id, on_both, unique, until, verify};

on_both![
    operations_over_the_same_events_send_each_once,
    a_request_that_is_under_way_is_not_replayed_even_by_name,
    a_check_of_the_url_is_no_event,
];

async fn operations_over_the_same_events_send_each_once(database: Database) {
    const COUNT: usize = 200;
    let server = TestServer::start(&database).await;
    let well = Arc::new(AtomicBool::new(false));
    let is_well = Arc::clone(&well);
    let receiver =
        Receiver::deciding(move |_, _| if is_well.load(Ordering::SeqCst) { 200.into() } else { 500.into() }).await;
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
        delivered += done["done_count"].as_u64().unwrap();
    }

    assert_eq!(delivered, COUNT as u64);
    assert!(arrived(&receiver).values().all(|times| *times == 2), "each came once more");
    let retries = team.test.get("/v1/events/count?is_retry=true").await.expect(200);
    assert_eq!(retries["count"], COUNT);
    server.stop().await;
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn a_request_that_is_under_way_is_not_replayed_even_by_name(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;
    team.test.put(&format!("/v1/destinations/{}/pause", id(&destination)), json!({})).await.expect(200);
    let request = team.post_to(&source, &json!({ "n": 1 })).await;
    until("its event to wait", async || team.events_of(&request).await.len() == 1).await;

    let operation = team.test.post(REQUESTS, json!({ "filter": { "id": [request] } })).await.expect(201);
    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!((adds_up(&done), &done["skipped_count"]), (1, &json!(1)), "{done}");
    let items = team.list(&format!("{REQUESTS}/{}/items", id(&done))).await;
    assert!(items[0]["reason"].as_str().unwrap().contains("still waits"), "{items:?}");
    // The same for an event.
    let event = id(&team.events_of(&request).await[0]);
    let of_event = until_is(&team, &start(&team, json!({ "id": [event] })).await, "COMPLETED").await;
    assert_eq!((of_event["done_count"].as_u64(), receiver.count()), (Some(0), 0), "{of_event}");
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
