//! What can be asked for, by whom, and what it would do.

use serde_json::{Value, json};

use super::{EVENTS, REQUESTS, failed, start, until_is};
use crate::{
    api::whole::execute,
    recovery::{call, person},
    support::{Database, Receiver, TestServer, id, on_both},
};

on_both![
    a_mistake_is_named,
    a_preview_changes_nothing,
    a_preview_says_how_long_it_takes_and_how_that_is_known,
    a_form_sent_twice_starts_one_operation,
    an_operation_belongs_to_its_team_and_mode,
    nothing_found_is_done_at_once,
    the_same_call_again_starts_no_second_operation,
];

async fn a_mistake_is_named(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let many = vec!["des_00000000000000000000000000"; 1001];
    for (list, input, pointer) in [
        (EVENTS, json!({ "filter": { "destination_id": many } }), "/filter/destination_id"),
        (EVENTS, json!({ "filter": { "q": "x".repeat(1001) } }), "/filter/q"),
        (EVENTS, json!({ "filter": { "is_retry": "perhaps" } }), "/filter/is_retry"),
        (EVENTS, json!({}), "/filter"),
        (EVENTS, json!({ "filter": { "colour": "red" } }), "/filter/colour"),
        (EVENTS, json!({ "filter": { "status": "BROKEN" } }), "/filter/status"),
        (EVENTS, json!({ "filter": { "status": [] } }), "/filter/status"),
        (EVENTS, json!({ "filter": { "status": { "a": 1 } } }), "/filter/status"),
        (EVENTS, json!({ "filter": { "from": "yesterday" } }), "/filter/from"),
        (EVENTS, json!({ "filter": { "destination_id": "evt_1" } }), "/filter/destination_id"),
        (EVENTS, json!({ "filter": {}, "rate_limit": 0 }), "/rate_limit"),
        (EVENTS, json!({ "filter": {}, "rate_limit": 10_001 }), "/rate_limit"),
        (EVENTS, json!({ "filter": {}, "rate_limit_period": "minute" }), "/rate_limit"),
        (EVENTS, json!({ "filter": {}, "rate_limit": 1, "rate_limit_period": "day" }), "/rate_limit_period"),
        (EVENTS, json!({ "filter": {}, "speed": 1 }), "/speed"),
        (REQUESTS, json!({ "filter": { "destination_id": "des_1" } }), "/filter/destination_id"),
    ] {
        let reply = team.test.post(list, input.clone()).await;
        assert_eq!(reply.status, 422, "{input}: {}", reply.body);
        assert_eq!(reply.body["errors"][0]["pointer"], pointer, "{input}: {}", reply.body);
    }
    for filter in [json!({ "q": "true" }), json!({ "is_retry": "true" }), json!({ "is_retry": false })] {
        team.test.post(EVENTS, json!({ "filter": filter, "dry_run": true })).await.expect(200);
    }
    assert_eq!(team.test.get(&format!("{EVENTS}/bch_00000000000000000000000000")).await.status, 404);
    assert!(team.list(EVENTS).await.is_empty());
    server.stop().await;
}

async fn a_preview_changes_nothing(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([500]).await;
    let team = server.new_team().await;
    let (_, destination) = failed(&team, &receiver, 5).await;
    let path = format!("/v1/destinations/{}/pause", id(&destination));
    team.test.put(&path, json!({})).await.expect(200);

    let input = json!({
        "filter": { "status": "FAILED", "webhook_id": id(&destination) }, "rate_limit": 2, "dry_run": true,
    });
    let preview = team.test.post(EVENTS, input).await.expect(200);

    assert_eq!((&preview["total_count"], &preview["still_waiting"]), (&json!(5), &json!(0)), "{preview}");
    assert_eq!(preview["is_estimate"], false);
    assert!(preview["bytes"].as_u64() > Some(0) && preview["oldest_at"].is_string(), "{preview}");
    assert_eq!(preview["locked"], Value::Null);
    let to = &preview["destinations"][0];
    assert_eq!((&to["destination_id"], &to["count"]), (&destination["id"], &json!(5)));
    assert_eq!(to["obstacle"], json!({ "code": "paused", "detail": "it is paused" }));
    // The same by the connection, whose id goes by that name too.
    let connection = team.events("status=FAILED").await[0]["connection_id"].clone();
    let input = json!({ "filter": { "status": "FAILED", "webhook_id": connection }, "dry_run": true });
    assert_eq!(team.test.post(EVENTS, input).await.expect(200)["total_count"], 5);
    assert_eq!((&preview["duration_ms"], &preview["duration_basis"]), (&Value::Null, &Value::Null), "{preview}");
    assert!(team.list(EVENTS).await.is_empty());
    assert_eq!(receiver.count(), 5);
    server.stop().await;
}

async fn a_preview_says_how_long_it_takes_and_how_that_is_known(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([500]).await;
    let team = server.new_team().await;
    let (_, destination) = failed(&team, &receiver, 20).await;
    // As quick as if the machine had nothing else to do.
    assert_eq!(execute(&database, "UPDATE attempt SET responded_at = sent_at + 5").await, 20);
    let preview = async |more: Value| {
        let mut input = json!({ "filter": { "destination_id": id(&destination) }, "dry_run": true });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let found = team.test.post(EVENTS, input).await.expect(200);
        (found["duration_basis"].clone(), found["duration_ms"].as_u64().unwrap())
    };
    let (basis, millis) = preview(json!({})).await;
    assert_eq!(basis, "guess");
    // It starts with 5 a second, however quick the receiver is.
    assert!((1500..4500).contains(&millis), "{millis}");
    let (basis, millis) = preview(json!({ "rate_limit": 2 })).await;
    assert_eq!((basis, millis / 1000), (json!("hard_limit"), 10));
    let config = json!({ "config": { "rate_limit": 10, "rate_limit_period": "minute" } });
    team.test.patch(&format!("/v1/destinations/{}", id(&destination)), config).await.expect(200);
    let (basis, millis) = preview(json!({})).await;
    // Nine a minute, and one at once.
    assert_eq!((basis, millis / 1000), (json!("rate_limit"), 126));
    server.stop().await;
}

async fn a_form_sent_twice_starts_one_operation(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let (session, _) = person(&server, &team).await;
    let start = async |once: &str| {
        let fields = [("kind", "event_bulk_retry"), ("query", "status=FAILED"), ("once", once)];
        let reply = call(&server.client(), &session, "start_bulk", &fields).await;
        assert!(reply.status < 400, "{}", reply.body);
    };
    tokio::join!(start("one"), start("one"), start("one"));
    start("one").await;
    assert_eq!(team.list(EVENTS).await.len(), 1);
    start("another").await;
    start("").await;
    start("").await;
    assert_eq!(team.list(EVENTS).await.len(), 4);
    server.stop().await;
}

async fn an_operation_belongs_to_its_team_and_mode(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([500]).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    failed(&team, &receiver, 2).await;
    let operation = start(&team, json!({ "status": "FAILED" })).await;
    let of_others = start(&other, json!({ "status": "FAILED" })).await;
    assert_eq!((&operation["total_count"], &of_others["total_count"]), (&json!(2), &json!(0)));

    for stranger in [&other.test, &team.live] {
        let path = format!("{EVENTS}/{}", id(&operation));
        for more in ["", "/items"] {
            assert_eq!(stranger.get(&format!("{path}{more}")).await.status, 404, "{more}");
        }
        for action in ["pause", "resume", "cancel"] {
            assert_eq!(stranger.post(&format!("{path}/{action}"), json!({})).await.status, 404, "{action}");
        }
        assert_eq!(stranger.patch(&path, json!({ "rate_limit": 1 })).await.status, 404);
        let found = stranger.get(&format!("/v1/events?batch_operation_id={}", id(&operation))).await.expect(200);
        assert_eq!(found["count"], 0);
    }
    // Those of the other kind are elsewhere too.
    assert_eq!(team.test.get(&format!("{REQUESTS}/{}", id(&operation))).await.status, 404);
    assert_eq!(team.test.get(REQUESTS).await.expect(200)["count"], 0);
    team.test.post(&format!("{EVENTS}/{}/cancel", id(&operation)), json!({})).await;
    server.stop().await;
}

async fn nothing_found_is_done_at_once(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for filter in [json!({ "status": "FAILED" }), json!({ "status": "HOLD" })] {
        let operation = start(&team, filter).await;
        let done = until_is(&team, &operation, "COMPLETED").await;
        assert_eq!((&done["total_count"], &done["cancelable"]), (&json!(0), &json!(false)));
    }
    server.stop().await;
}

async fn the_same_call_again_starts_no_second_operation(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
    let input = json!({ "filter": { "status": "FAILED" } }).to_string();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let reply = team.test.send(hyper::Method::POST, EVENTS, &headers, input.clone()).await.unwrap();
        ids.push(id(&reply.expect(201)));
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(team.list(EVENTS).await.len(), 1);
    server.stop().await;
}
