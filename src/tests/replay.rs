//! One request once more: as it came, or with some of it changed; and what would come of that.

use serde_json::{Value, json};

use crate::support::{Database, Receiver, Team, TestServer, id, on_both, unique, until};

on_both![
    a_replay_is_exact_or_modified,
    each_way_to_say_a_body_is_sent_to_the_byte,
    what_a_replay_cannot_be_is_named,
    credentials_are_neither_set_nor_sent,
    a_rejected_request_is_let_in_by_its_replay,
    a_dry_run_says_where_it_would_go_and_does_nothing,
    a_published_event_is_modified_in_its_body_alone,
    an_event_is_retried_or_cancelled_by_its_state,
];

fn retry(request: &str) -> String {
    format!("/v1/requests/{request}/retry")
}

async fn request(team: &Team, request: &str) -> Value {
    team.test.get(&format!("/v1/requests/{request}")).await.expect(200)
}

async fn a_replay_is_exact_or_modified(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let headers = [("content-type", "application/json"), ("x-tenant", "one"), ("x-old", "1")];
    let sent = team.send_to(&source, "/orders?a=1", &headers, r#"{"order": 7}"#).await.expect(200);
    let original = sent["request_id"].as_str().unwrap().to_owned();
    until("the delivery", async || receiver.count() == 1).await;
    let before = request(&team, &original).await;
    assert_eq!((&before["replay_mode"], &before["replay_modified"]), (&json!(null), &json!([])));

    let exact = team.test.post(&retry(&original), json!({})).await.expect(202);
    assert_eq!((&exact["replay_mode"], &exact["modified"]), (&json!("exact"), &json!([])));
    assert_eq!(exact["replay_message_id"], exact["replay_request_id"]);
    until("the replay", async || receiver.count() == 2).await;
    assert_eq!(receiver.request(1).body, receiver.request(0).body);

    let modifications = json!({
        "method": "put", "path": "/orders/7", "query": { "b": [1, 2] },
        "headers": { "X-Tenant": "two", "x-old": null, "x-new": "n" }, "body": { "order": 8.50 },
    });
    let answer = team.test.post(&retry(&original), json!({ "modifications": modifications })).await.expect(202);
    assert_eq!((&answer["ok"], &answer["queued"], &answer["transport"]), (&json!(true), &json!(true), &json!("queue")));
    assert_eq!((&answer["replay_mode"], &answer["original_rejection_cause"]), (&json!("modified"), &json!(null)));
    until("the modified replay", async || receiver.count() == 3).await;
    let received = receiver.request(2);
    assert!(received.target.ends_with("/orders/7?b=1&b=2"), "{}", received.target);
    assert_eq!((received.header("x-tenant"), received.header("x-old"), received.header("x-new")), ("two", "", "n"));
    assert_eq!(received.json(), json!({ "order": 8.5 }));
    assert_eq!(received.header("hookyard-replay-of"), original);

    let stored = request(&team, answer["replay_request_id"].as_str().unwrap()).await;
    let places =
        json!(["/method", "/path", "/query", "/headers/x-tenant", "/headers/x-old", "/headers/x-new", "/body"]);
    assert_eq!((&stored["replay_mode"], &stored["replay_modified"]), (&json!("modified"), &places));
    assert_eq!((&stored["is_retry"], &stored["retry_kind"]), (&json!(true), &json!("single")));
    assert_eq!((&stored["retry_parent_request_id"], &stored["data"]["method"]), (&json!(original), &json!("PUT")));
    let length = stored["data"]["raw"]["text"].as_str().unwrap().len().to_string();
    assert_eq!(stored["data"]["headers"]["content-length"], json!(length), "its length follows the body");
    assert_eq!(request(&team, &original).await, before, "the original stays as it was");
    let audit = team.list(&format!("/v1/audit-log?subject={original}")).await;
    let actions: Vec<_> = audit.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["request_modified", "request_replayed"], "the newest first");
    assert!(audit[0]["detail"].as_str().unwrap().contains("/headers/x-tenant"), "{}", audit[0]);
    // What says the same as what came is no modification.
    let same = json!({ "method": "POST", "headers": { "x-tenant": "one" } });
    assert_eq!(team.test.post(&retry(&original), same).await.expect(202)["replay_mode"], "exact");
    until("the outcomes", async || team.count_events("SUCCESSFUL").await == 4).await;
    server.stop().await;
}

async fn each_way_to_say_a_body_is_sent_to_the_byte(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let original = team.post_to(&source, &json!({})).await;
    until("the delivery", async || receiver.count() == 1).await;
    let cases = [
        (r#"{"body":"not { JSON\r\n"}"#, &b"not { JSON\r\n"[..]),
        (
            r#"{"request":{"body":{"b": 1.10,"a" :12345678901234567890123}}}"#,
            br#"{"b": 1.10,"a" :12345678901234567890123}"#,
        ),
        (r#"{"replay":{"body":{"base64":"/wD+"}}}"#, b"\xff\x00\xfe"),
        (r#"{"modifications":{"body":""}}"#, b""),
    ];
    for (number, (body, bytes)) in cases.into_iter().enumerate() {
        let headers = [("content-type", "application/json")];
        let sent = team.test.send(hyper::Method::POST, &retry(&original), &headers, body).await.unwrap();
        assert_eq!(sent.expect(202)["modified"], json!(["/body"]), "{body}");
        until("the replay", async || receiver.count() == number + 2).await;
        assert_eq!(&receiver.request(number + 1).body[..], bytes, "{body}");
    }
    until("the outcomes", async || team.count_events("SUCCESSFUL").await == 5).await;
    server.stop().await;
}

async fn what_a_replay_cannot_be_is_named(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let original = team.post_to(&source, &json!({})).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    for (input, pointer) in [
        (json!({ "colour": 1 }), "/colour"),
        (json!({ "modifications": { "colour": 1 } }), "/modifications/colour"),
        (json!({ "modifications": { "method": "BREW" } }), "/modifications/method"),
        (json!({ "request": { "path": "orders" } }), "/request/path"),
        (json!({ "path": format!("/{}", "a".repeat(2048)) }), "/path"),
        (json!({ "replay": { "query": "?a=1" } }), "/replay/query"),
        (json!({ "headers": { "bad name": "1" } }), "/headers/bad name"),
        (json!({ "headers": [["a", "1"], ["b", "1\n2"]] }), "/headers/1"),
        (json!({ "body": { "base64": "§" } }), "/body/base64"),
    ] {
        let refused = team.test.post(&retry(&original), input.clone()).await;
        let told = (refused.status, &refused.body["errors"][0]["pointer"]);
        assert_eq!(told, (422, &json!(pointer)), "{input}: {}", refused.body);
    }
    // At most as much as the source takes in: as text it just fits into a call, as JSON's escapes it is larger.
    let large = json!({ "modifications": { "body": "x".repeat((10 << 20) + 1) } });
    let refused = team.test.post(&retry(&original), large).await.expect(413);
    assert_eq!(refused["code"], "PAYLOAD_TOO_LARGE");
    assert_eq!(refused["errors"][0]["pointer"], "/modifications/body");
    let fits = json!({ "dry_run": true, "body": "\n".repeat(10 << 20) });
    assert_eq!(team.test.post(&retry(&original), fits.clone()).await.expect(200)["modified"], json!(["/body"]));
    let headers = [("content-type", "application/json"), ("idempotency-key", "large")];
    let keyed = team.test.send(hyper::Method::POST, &retry(&original), &headers, fits.to_string()).await.unwrap();
    assert_eq!(keyed.expect(200)["modified"], json!(["/body"]), "also when it is to be made once");

    let source_path = format!("/v1/sources/{}", id(&source));
    team.test.post(&format!("{source_path}/disable"), json!({})).await.expect(200);
    let refused = team.test.post(&retry(&original), json!({})).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("is disabled"), "{refused}");
    team.test.post(&format!("{source_path}/enable"), json!({})).await.expect(200);
    let connection = id(&team.list("/v1/connections").await[0]);
    team.test.delete(&format!("/v1/connections/{connection}")).await.expect(204);
    team.test.delete(&source_path).await.expect(204);
    let refused = team.test.post(&retry(&original), json!({})).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("was deleted"), "{refused}");
    team.test.post(&retry("req_01HF7YAT000000000000000007"), json!({})).await.expect(404);
    team.live.post(&retry(&original), json!({})).await.expect(404);
    assert_eq!(team.list("/v1/requests").await.len(), 1, "nothing was stored of what was refused");
    server.stop().await;
}

async fn credentials_are_neither_set_nor_sent(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let config = json!({ "auth_type": "API_KEY", "auth": { "header_name": "X-Key", "value": "secret-7" } });
    let source = team.test.post("/v1/sources", json!({ "name": unique(), "config": config })).await.expect(201);
    let destination = team.new_destination(json!({ "url": receiver.url() })).await;
    team.connect(&source, &destination).await;
    let sent = team.send_to(&source, "", &[("x-key", "secret-7"), ("x-a", "1")], "x").await.expect(200);
    let original = sent["request_id"].as_str().unwrap();
    for (headers, pointer) in [
        (json!({ "x-KEY": "secret-7" }), "/headers/x-KEY"),
        (json!([["a", "1"], ["authorization", "Bearer x"]]), "/headers/1"),
    ] {
        let refused = team.test.post(&retry(original), json!({ "headers": headers })).await.expect(422);
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    let placeholder = request(&team, original).await["data"]["headers"]["x-key"].clone();
    let kept = json!({ "headers": { "x-key": placeholder, "x-a": "2" } });
    let replayed = team.test.post(&retry(original), kept).await.expect(202);
    assert_eq!(replayed["modified"], json!(["/headers/x-a"]));
    until("the replay", async || team.count_events("SUCCESSFUL").await == 2).await;
    let received = receiver.requests();
    assert!(received.iter().all(|one| one.header("x-key").is_empty()), "{received:?}");
    assert_eq!(received.iter().filter(|one| one.header("x-a") == "2").count(), 1);
    let stored = request(&team, replayed["replay_request_id"].as_str().unwrap()).await;
    assert_eq!(stored["data"]["headers"]["x-key"], placeholder);
    server.stop().await;
}

async fn a_rejected_request_is_let_in_by_its_replay(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let config = json!({ "auth_type": "API_KEY", "auth": { "header_name": "x-key", "value": "k" } });
    let source = team.test.post("/v1/sources", json!({ "name": unique(), "config": config })).await.expect(201);
    let destination = team.new_destination(json!({ "url": receiver.url() })).await;
    team.connect(&source, &destination).await;
    team.send_to(&source, "", &[("x-key", "no")], "first").await.expect(401);
    let original = id(&team.list("/v1/requests").await[0]);
    let replayed = team.test.post(&retry(&original), json!({ "body": "second" })).await.expect(202);
    assert_eq!(replayed["original_rejection_cause"], "SOURCE_AUTH_FAILED");
    until("the replay", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!(&receiver.request(0).body[..], b"second");
    let stored = request(&team, replayed["replay_request_id"].as_str().unwrap()).await;
    assert_eq!((&stored["status"], &stored["verified"]), (&json!("accepted"), &json!(false)));
    server.stop().await;
}

async fn a_dry_run_says_where_it_would_go_and_does_nothing(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let connect = async |name: &str, rules: Value| {
        let destination = team.new_destination(json!({ "url": receiver.url() })).await;
        let input =
            json!({ "name": name, "source_id": id(&source), "destination_id": id(&destination), "rules": rules });
        team.test.post("/v1/connections", input).await.expect(201)
    };
    let large = json!([
        { "type": "deduplicate", "window": 60_000 },
        { "type": "filter", "body": { "amount": { "$gte": 100 } } },
        { "type": "delay", "delay": 5000 },
    ]);
    connect("large", large).await;
    let paused = connect("paused", json!([])).await;
    let disabled = connect("disabled", json!([])).await;
    let original = team.post_to(&source, &json!({ "amount": 5 })).await;
    until("the deliveries", async || team.count_events("SUCCESSFUL").await == 2).await;
    team.test.post(&format!("/v1/connections/{}/pause", id(&paused)), json!({})).await.expect(200);
    team.test.post(&format!("/v1/connections/{}/disable", id(&disabled)), json!({})).await.expect(200);

    let asks = async |body: Value| team.test.post(&retry(&original), body).await.expect(200);
    let branch = |preview: &Value, name: &str| {
        let branches = preview["branches"].as_array().unwrap();
        branches.iter().find(|branch| branch["connection_name"] == name).unwrap().clone()
    };
    let exact = asks(json!({ "dry_run": true })).await;
    assert_eq!((&exact["replay_mode"], &exact["differences"]), (&json!("exact"), &json!([])));
    let filtered = branch(&exact, "large");
    assert_eq!((&filtered["is_taken"], &filtered["ignored_cause"]), (&json!(false), &json!("FILTERED")));
    assert_eq!(filtered["reason"], "body.amount is 5, wanted at least 100");
    let held = branch(&exact, "paused");
    assert_eq!((&held["is_taken"], &held["is_held"]), (&json!(true), &json!(true)));
    assert_eq!(branch(&exact, "disabled")["ignored_cause"], "CONNECTION_DISABLED");

    let more = asks(json!({ "dry_run": true, "modifications": { "body": { "amount": 200 } } })).await;
    assert_eq!(more["replay_mode"], "modified");
    let changed = more["differences"].as_array().unwrap().iter().find(|one| one["pointer"] == "/body/amount").unwrap();
    assert_eq!((&changed["before"], &changed["after"]), (&json!(5), &json!(200)));
    let taken = branch(&more, "large");
    assert_eq!((&taken["is_taken"], &taken["delay_ms"]), (&json!(true), &json!(5000)));
    // A trial is no replay: nothing was stored, sent or remembered.
    assert_eq!(team.list("/v1/requests").await.len(), 1);
    assert_eq!((team.events("").await.len(), receiver.count()), (2, 2));
    server.stop().await;
}

async fn a_published_event_is_modified_in_its_body_alone(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    team.new_webhook(&receiver, "invoice.paid").await;
    let original = team.publish("invoice.paid", json!({ "n": 1 })).await["request_id"].as_str().unwrap().to_owned();
    until("the delivery", async || receiver.count() == 1).await;
    for (modifications, pointer) in [
        (json!({ "path": "/a" }), "/modifications/path"),
        (json!({ "headers": { "a": "1" } }), "/modifications/headers"),
        (json!({ "body": "no JSON" }), "/modifications/body"),
        (json!({ "body": { "type": "invoice.paid", "data": [] } }), "/modifications/body/data"),
        (json!({ "body": { "type": "hookyard.x", "data": {} } }), "/modifications/body/type"),
    ] {
        let refused = team.test.post(&retry(&original), json!({ "modifications": modifications })).await.expect(422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
    let body = json!({ "type": "invoice.paid", "data": { "n": 2 } });
    team.test.post(&retry(&original), json!({ "modifications": { "body": body } })).await.expect(202);
    until("the replay", async || receiver.count() == 2).await;
    assert_eq!(receiver.request(1).json()["data"], json!({ "n": 2 }));
    // Of a type that the webhook did not choose, it goes nowhere.
    let body = json!({ "type": "invoice.sent", "data": {} });
    let nowhere = team.test.post(&retry(&original), json!({ "body": body })).await.expect(202);
    assert_eq!(nowhere["event_ids"], json!([]));
    until("the outcomes", async || team.count_events("SUCCESSFUL").await == 2).await;
    server.stop().await;
}

async fn an_event_is_retried_or_cancelled_by_its_state(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([500]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let original = team.post_to(&source, &json!({})).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;
    let event = id(&team.events_of(&original).await[0]);
    let refused = team.test.post(&format!("/v1/events/{event}/retry"), json!({})).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("cancel it first"), "{refused}");
    assert_eq!(team.attempts("").await[0]["event_status"], "SCHEDULED");
    team.test.post(&format!("/v1/events/{event}/cancel"), json!({})).await.expect(200);
    assert_eq!(team.attempts("").await[0]["event_status"], "CANCELLED");
    let refused = team.test.post(&format!("/v1/events/{event}/cancel"), json!({})).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("CANCELLED"), "{refused}");
    let retried = team.test.post(&format!("/v1/events/{event}/retry"), json!({})).await.expect(202);
    until("the retry", async || receiver.count() == 2).await;
    let again = team.event(retried["replay_event_id"].as_str().unwrap()).await;
    assert_eq!((&again["retry_kind"], &again["retry_parent_event_id"]), (&json!("single"), &json!(event)));
    assert_eq!(team.event(&event).await["status"], "CANCELLED");
    until("the outcome", async || team.count_events("SCHEDULED").await == 1).await;
    server.stop().await;
}
