//! Events that wait because somebody said so, and events that are taken back.

use std::time::Duration;

use serde_json::json;

use crate::support::{Answer, Database, Receiver, TestServer, id, on_both, unique, until};

on_both![
    a_paused_connection_holds_its_events_until_it_goes_on,
    a_paused_webhook_holds_its_events_until_it_goes_on,
    a_disabled_destination_holds_what_waits_until_it_is_enabled,
    no_event_stays_held_however_often_things_are_switched,
    a_cancelled_event_is_not_tried_again,
    a_deleted_webhook_takes_its_waiting_events_with_it,
    a_connection_deleted_under_traffic_leaves_no_event_behind,
];

async fn a_paused_connection_holds_its_events_until_it_goes_on(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([500, 200]).await;
    let team = server.new_team().await;
    let (source, destination) = (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
    let connection = format!("/v1/connections/{}", id(&team.connect(&source, &destination).await));
    team.post_to(&source, &json!("before")).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;

    team.test.put(&format!("{connection}/pause"), json!({})).await.expect(200);
    team.post_to(&source, &json!("while paused")).await;
    server.advance(Duration::from_secs(6));

    until("both to be held", async || team.count_events("HOLD").await == 2).await;
    assert_eq!(receiver.count(), 1);
    team.test.post(&format!("{connection}/unpause"), json!({})).await.expect(200);
    until("both deliveries", async || team.count_events("SUCCESSFUL").await == 2).await;
    assert_eq!(receiver.count(), 3);
    for event in team.events("").await {
        assert_eq!(team.attempts_of(&event).await.last().unwrap()["trigger"], "UNPAUSE");
    }
    server.stop().await;
}

async fn a_paused_webhook_holds_its_events_until_it_goes_on(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    let webhook = format!("/v1/webhooks/{}", id(&team.new_webhook(&receiver, "a.b").await));
    assert!(team.test.get(&webhook).await.expect(200)["paused_at"].is_null());

    let paused = team.test.post(&format!("{webhook}/pause"), json!({})).await.expect(200);
    assert_eq!(paused["paused_at"], json!(server.now().to_string()));
    for number in 0..2 {
        team.publish("a.b", json!({ "n": number })).await;
    }
    until("both to be held", async || team.count_events("HOLD").await == 2).await;
    assert_eq!(team.test.get(&webhook).await.expect(200)["paused_at"], paused["paused_at"]);
    server.advance(Duration::from_mins(1));
    let again = team.test.post(&format!("{webhook}/pause"), json!({})).await.expect(200);
    assert_eq!(again["paused_at"], paused["paused_at"], "since it was paused first");
    for stranger in [&other.test, &team.live] {
        assert_eq!(stranger.post(&format!("{webhook}/unpause"), json!({})).await.status, 404);
    }
    assert_eq!(receiver.count(), 0);

    let goes_on = team.test.post(&format!("{webhook}/unpause"), json!({})).await.expect(200);
    assert!(goes_on["paused_at"].is_null());
    until("both deliveries", async || team.count_events("SUCCESSFUL").await == 2).await;
    assert_eq!(receiver.count(), 2);
    for event in team.events("").await {
        assert_eq!(team.attempts_of(&event).await.last().unwrap()["trigger"], "UNPAUSE");
    }
    server.stop().await;
}

async fn a_disabled_destination_holds_what_waits_until_it_is_enabled(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([Answer::Hold]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_with(json!({ "url": receiver.url(), "max_concurrency": 1 })).await;
    let path = format!("/v1/destinations/{}", id(&destination));
    for number in 0..3 {
        team.post_to(&source, &json!(number)).await;
    }
    until("the first to be under way", async || receiver.open() == 1).await;

    team.test.post(&format!("{path}/disable"), json!({})).await.expect(200);

    until("the others to be held", async || team.count_events("HOLD").await == 2).await;
    let request = team.post_to(&source, &json!("ignored")).await;
    let ignored = team.list(&format!("/v1/requests/{request}/ignored_events")).await;
    assert_eq!(ignored[0]["cause"], "DESTINATION_DISABLED");
    receiver.release();
    until("the first delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!(receiver.count(), 1);
    team.test.post(&format!("{path}/enable"), json!({})).await.expect(200);
    until("the others' deliveries", async || team.count_events("SUCCESSFUL").await == 3).await;
    assert_eq!(receiver.count(), 3);
    server.stop().await;
}

async fn no_event_stays_held_however_often_things_are_switched(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
    let connection = format!("/v1/connections/{}", id(&team.connect(&source, &destination).await));
    let destination = format!("/v1/destinations/{}", id(&destination));
    let switch = async || {
        for _ in 0..15 {
            for path in ["pause", "unpause"].map(|verb| format!("{connection}/{verb}")) {
                team.test.post(&path, json!({})).await.expect(200);
            }
            for path in ["disable", "enable"].map(|verb| format!("{destination}/{verb}")) {
                team.test.post(&path, json!({})).await.expect(200);
            }
        }
    };
    let send = async || {
        for number in 0..150 {
            team.post_to(&source, &json!(number)).await;
        }
    };

    tokio::join!(switch(), send());

    until("all that was not ignored to be delivered", async || {
        team.count_events("SUCCESSFUL,QUEUED,SCHEDULED,HOLD").await == team.count_events("SUCCESSFUL").await
    })
    .await;
    let mut ids = receiver.webhook_ids();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "each was sent once");
    server.stop().await;
}

async fn a_cancelled_event_is_not_tried_again(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([500.into(), Answer::Hold, 200.into()]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_with(json!({ "url": receiver.url(), "max_concurrency": 1 })).await;
    let cancel = async |request: &str| {
        let event = id(&team.events_of(request).await[0]);
        let cancelled = team.test.post(&format!("/v1/events/{event}/cancel"), json!({})).await.expect(200);
        assert_eq!(cancelled["status"], "CANCELLED");
        event
    };
    let scheduled = team.post_to(&source, &json!("scheduled")).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;
    let under_way = team.post_to(&source, &json!("under way")).await;
    until("the second to be under way", async || receiver.count() == 2).await;
    let queued = team.post_to(&source, &json!("queued")).await;

    for request in [&scheduled, &queued] {
        cancel(request).await;
    }
    let under_way = cancel(&under_way).await;
    server.advance(Duration::from_hours(1));
    receiver.release();
    team.post_to(&source, &json!("last")).await;

    until("the last delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!((receiver.count(), receiver.request(2).json()), (3, json!("last")));
    assert_eq!(team.count_events("CANCELLED").await, 3);
    // What was under way is recorded, though it changes nothing any more.
    until("its record", async || team.list(&format!("/v1/attempts?event_id={under_way}")).await.len() == 1).await;
    let again = team.test.post(&format!("/v1/events/{under_way}/cancel"), json!({})).await;
    assert_eq!(again.expect(409)["code"], "CONFLICT");
    server.stop().await;
}

async fn a_deleted_webhook_takes_its_waiting_events_with_it(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([500]).await;
    let team = server.new_team().await;
    let webhook = team.new_webhook(&receiver, "invoice.paid").await;
    team.publish("invoice.paid", json!({})).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;

    team.test.delete(&format!("/v1/webhooks/{}", id(&webhook))).await.expect(204);

    assert_eq!(team.count_events("CANCELLED").await, 1);
    server.advance(Duration::from_hours(1));
    let published = team.publish("invoice.paid", json!({})).await;
    assert_eq!(published["event_ids"], json!([]));
    assert_eq!(receiver.count(), 1);
    server.stop().await;
}

async fn a_connection_deleted_under_traffic_leaves_no_event_behind(database: Database) {
    const SENDERS: usize = 8;
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let code = "addHandler('transform', (request, context) => request)";
    let made = team.test.post("/v1/transformations", json!({ "name": unique(), "code": code })).await.expect(201);
    for rules in [json!([]), json!([{ "type": "transform", "transformation_id": id(&made) }])] {
        let receiver = Receiver::answering([Answer::Hold]).await;
        for _ in 0..4 {
            let source = team.new_source().await;
            let destination = team.new_destination(json!({ "url": receiver.url(), "max_concurrency": 1 })).await;
            let input = json!({
                "name": unique(), "source_id": id(&source), "destination_id": id(&destination), "rules": rules,
            });
            let connection = team.test.post("/v1/connections", input).await.expect(201);
            let mut senders = Vec::new();
            for _ in 0..SENDERS {
                let (team, source) = (team.clone(), source.clone());
                senders.push(tokio::spawn(async move {
                    // Until the connection is gone.
                    while !team.events_of(&team.post_to(&source, &json!({})).await).await.is_empty() {}
                }));
            }
            until("some to wait", async || team.count_events("QUEUED").await > 40).await;
            team.test.delete(&format!("/v1/connections/{}", id(&connection))).await.expect(204);
            for sender in senders {
                sender.await.unwrap();
            }
        }
        receiver.release();
        until("all to have ended", async || team.count_events("QUEUED,SCHEDULED,HOLD").await == 0).await;
    }
    server.stop().await;
}
