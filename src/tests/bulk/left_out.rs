//! What a bulk operation leaves out unless it is asked for, how many there may be, and what locks one for a person.

use serde_json::json;

use super::{EVENTS, REQUESTS, failed, quiet};
use crate::{
    recovery::{call, person},
    support::{Database, Receiver, TestServer, id, on_both, until},
};

on_both![
    rejected_and_cancelled_ones_are_asked_for,
    twenty_operations_go_on_at_most,
    a_person_s_replay_is_locked_by_where_it_would_go,
];

async fn rejected_and_cancelled_ones_are_asked_for(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;
    let total = async |list: &str, filter: serde_json::Value| {
        let preview = team.test.post(list, json!({ "filter": filter, "dry_run": true })).await.expect(200);
        preview["total_count"].as_u64().unwrap()
    };
    let path = format!("/v1/destinations/{}/pause", id(&destination));
    team.test.put(&path, json!({})).await.expect(200);
    let accepted = team.post_to(&source, &json!({})).await;
    let event = id(&team.events_of(&accepted).await[0]);
    team.test.post(&format!("/v1/events/{event}/cancel"), json!({})).await.expect(200);
    let large = vec![b'x'; (10 << 20) + 1];
    assert_eq!(team.send_to(&source, "", &[("content-type", "text/plain")], large).await.status, 413);
    let rejected = id(&team.list("/v1/requests?status=rejected").await[0]);

    for (filter, expected) in [
        (json!({}), 1),
        (json!({ "source_id": id(&source) }), 1),
        (json!({ "status": "rejected" }), 1),
        (json!({ "rejection_cause": "PAYLOAD_TOO_LARGE" }), 1),
        (json!({ "id": [rejected, accepted] }), 2),
    ] {
        assert_eq!(total(REQUESTS, filter.clone()).await, expected, "{filter}");
    }
    let of_destination = json!({ "destination_id": id(&destination) });
    for (filter, expected) in [
        (json!({}), 0),
        (of_destination, 0),
        (json!({ "status": "CANCELLED" }), 1),
        (json!({ "status": ["FAILED", "CANCELLED"] }), 1),
        (json!({ "id": event }), 1),
    ] {
        assert_eq!(total(EVENTS, filter.clone()).await, expected, "{filter}");
    }
    server.stop().await;
}

async fn twenty_operations_go_on_at_most(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([500]).await;
    let team = server.new_team().await;
    let (_, destination) = failed(&team, &receiver, 2).await;
    // Else some of them are done before the last is there.
    team.test.put(&format!("/v1/destinations/{}/pause", id(&destination)), json!({})).await.expect(200);
    let input = json!({ "filter": { "status": "FAILED" } });
    let mut last = String::new();
    for _ in 0..20 {
        last = id(&team.test.post(EVENTS, input.clone()).await.expect(201));
    }
    let refused = team.test.post(EVENTS, input.clone()).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("20 bulk operations"), "{refused}");
    team.test.post(&format!("{EVENTS}/{last}/cancel"), json!({})).await.expect(200);
    team.test.post(EVENTS, input).await.expect(201);
    server.stop().await;
}

async fn a_person_s_replay_is_locked_by_where_it_would_go(database: Database) {
    let server = TestServer::start(&database).await;
    let (sick, well) = (Receiver::answering([500]).await, Receiver::answering([200]).await);
    let team = server.new_team().await;
    let (session, _) = person(&server, &team).await;
    let (_, destination) = failed(&team, &sick, 1).await;
    // Of a source that never led there.
    let (source, _) = quiet(&team, &well).await;
    team.post_to(&source, &json!({})).await;
    until("the delivery", async || well.count() == 1).await;
    let query = format!("source={}", id(&source));
    let fields = [("kind", "request_bulk_retry"), ("query", query.as_str())];
    let start = async || call(&server.client(), &session, "start_bulk", &fields).await;
    let started = start().await;
    assert!(started.status < 400, "{}", started.body);

    team.connect(&source, &destination).await;
    let refused = start().await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let name = destination["name"].as_str().unwrap();
    assert!(refused.body["detail"].as_str().unwrap().contains(name), "{}", refused.body);

    // What went to a destination that was deleted locks nothing.
    let of_events = [("kind", "event_bulk_retry"), ("query", "status=FAILED")];
    let events = async || call(&server.client(), &session, "start_bulk", &of_events).await;
    assert_eq!(events().await.status, 409);
    for connection in team.list("/v1/connections").await {
        if connection["destination_id"] == destination["id"] {
            team.test.delete(&format!("/v1/connections/{}", id(&connection))).await.expect(204);
        }
    }
    team.test.delete(&format!("/v1/destinations/{}", id(&destination))).await.expect(204);
    for started in [events().await, start().await] {
        assert!(started.status < 400, "{}", started.body);
    }
    server.stop().await;
}
