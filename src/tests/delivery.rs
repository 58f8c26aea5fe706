//! From a captured or published event to its receivers.

use std::time::Duration;

use hyper::Method;
use serde_json::json;

use crate::support::{Answer, Database, Receiver, TestServer, id, on_both, until};

on_both![
    a_failed_delivery_is_tried_again_and_others_do_not_wait,
    the_bytes_and_their_type_arrive_as_they_came,
    path_and_query_are_forwarded_unless_that_is_switched_off,
    a_published_event_travels_in_an_envelope_that_is_dated_anew,
    a_webhook_gets_the_event_types_that_it_chose,
    an_attempt_is_recorded_as_it_was,
    a_retry_by_hand_keeps_the_webhook_id,
    a_replayed_request_gets_a_new_webhook_id,
    what_leads_in_a_circle_comes_to_an_end,
];

async fn a_failed_delivery_is_tried_again_and_others_do_not_wait(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (failing, working) = (Receiver::answering([500, 200]).await, Receiver::answering([200]).await);
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&failing).await;
    let destination = team.new_destination(json!({ "url": working.url() })).await;
    team.connect(&source, &destination).await;

    let request = team.post_to(&source, &json!({ "order": 7 })).await;

    until("one delivery and one failure", async || {
        team.count_events("SUCCESSFUL").await == 1 && team.count_events("SCHEDULED").await == 1
    })
    .await;
    assert_eq!((failing.count(), working.count()), (1, 1));
    server.advance(Duration::from_secs(6));
    until("the second try", async || team.count_events("SUCCESSFUL").await == 2).await;
    assert_eq!((failing.count(), working.count()), (2, 1));
    for received in failing.requests().iter().chain(&working.requests()) {
        assert_eq!(&received.body[..], br#"{"order":7}"#);
    }
    assert_eq!(failing.webhook_ids()[0], failing.webhook_ids()[1]);
    let numbers: Vec<_> = failing.requests().iter().map(|r| r.header("hookyard-attempt").to_owned()).collect();
    assert_eq!(numbers, ["1", "2"]);
    assert_eq!(team.events_of(&request).await.len(), 2);
    server.stop().await;
}

async fn the_bytes_and_their_type_arrive_as_they_came(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let everything: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let bodies: [(&str, &[u8]); 5] = [
        ("application/json", b"{ \"spaces\" :  1.0,\r\n\"twice\":1,\"twice\":2 }\n"),
        ("application/json", b"{ not JSON"),
        ("text/plain; charset=latin1", b"caf\xe9"),
        ("application/octet-stream", &everything),
        ("application/x-empty", b""),
    ];
    for (number, (content_type, body)) in bodies.into_iter().enumerate() {
        let reply = team.send_to(&source, "", &[("content-type", content_type)], body.to_vec()).await;
        let request = reply.expect(200)["request_id"].as_str().unwrap().to_owned();

        until("the delivery", async || receiver.count() == number + 1).await;
        let received = receiver.request(number);
        assert_eq!((received.header("content-type"), &received.body[..]), (content_type, body));
        let event = &team.events_of(&request).await[0];
        assert_eq!(received.header("webhook-id"), id(event), "of a captured event it is the event's id");
        assert_eq!(received.header("hookyard-event-id"), id(event));
        assert_eq!(received.header("hookyard-request-id"), request);
        assert_eq!(received.header("user-agent"), concat!("Hookyard/", env!("CARGO_PKG_VERSION")));
    }
    until("the outcomes", async || team.count_events("SUCCESSFUL").await == 5).await;
    server.stop().await;
}

async fn path_and_query_are_forwarded_unless_that_is_switched_off(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let url = receiver.url_of("/base/?own=1");
    let (follows, _) = team.connected_with(json!({ "url": url, "http_method": "PUT" })).await;
    let (ignores, _) = team.connected_with(json!({ "url": url, "path_forwarding_disabled": true })).await;
    for (source, more, method, target) in [
        (&follows, "", "PUT", "/base/?own=1"),
        (&follows, "/a%2Fb/c?x=%20&y", "PUT", "/base/a%2Fb/c?own=1&x=%20&y"),
        (&follows, "?z=1", "PUT", "/base/?own=1&z=1"),
        (&ignores, "/a/b?x=1", "POST", "/base/?own=1"),
    ] {
        let before = receiver.count();
        team.send_to(source, more, &[], "x").await.expect(200);
        until("the delivery", async || receiver.count() > before).await;
        let received = receiver.request(before);
        assert_eq!((received.method.as_str(), received.target.as_str()), (method, target), "{more}");
    }
    server.stop().await;
}

async fn a_published_event_travels_in_an_envelope_that_is_dated_anew(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([500, 200]).await;
    let team = server.new_team().await;
    team.new_webhook(&receiver, "invoice.paid").await;
    let given = "7F1F5D1E-5b6a-4c1d-8a55-6f7f2b0f9a01";
    // The data is kept letter by letter: no number is read and written again.
    let data = r#"{"amount":1.00,"big":12345678901234567890123,"name":"Zoë \u00e9"}"#;
    let body = format!(r#"{{"id":"{given}","type":"invoice.paid","data":{data}}}"#);
    let json = [("content-type", "application/json")];
    let published = team.test.send(Method::POST, "/v1/publish", &json, body).await.unwrap().expect(202);
    assert_eq!(published["id"], given);

    let first_date = server.now();
    until("the first try", async || team.count_events("SCHEDULED").await == 1).await;
    server.advance(Duration::from_secs(7));
    let second_date = server.now();
    until("the second try", async || team.count_events("SUCCESSFUL").await == 1).await;

    for (number, date) in [first_date, second_date].into_iter().enumerate() {
        let received = receiver.request(number);
        let expected =
            format!(r#"{{"api_mode":"test","date":"{date}","id":"{given}","type":"invoice.paid","data":{data}}}"#);
        assert_eq!(String::from_utf8_lossy(&received.body), expected);
        assert_eq!(received.header("content-type"), "application/json");
        assert_eq!(received.header("webhook-id"), given);
        assert_eq!(received.header("webhook-timestamp"), date.seconds().to_string());
        let attempt = &team.attempts("").await[number];
        assert_eq!(attempt["request_body"], expected, "the log shows what was sent then");
    }
    server.stop().await;
}

async fn a_webhook_gets_the_event_types_that_it_chose(database: Database) {
    let server = TestServer::start(&database).await;
    let (paid, sent) = (Receiver::answering([200]).await, Receiver::answering([200]).await);
    let team = server.new_team().await;
    team.new_webhook(&paid, "invoice.paid").await;
    team.new_webhook(&sent, "invoice.sent").await;

    let published = team.publish("invoice.paid", json!({ "n": 1 })).await;
    team.publish("invoice.sent", json!({ "n": 2 })).await;
    team.publish("invoice.lost", json!({ "n": 3 })).await;

    until("both deliveries", async || team.count_events("SUCCESSFUL").await == 2).await;
    assert_eq!((paid.request(0).json()["data"]["n"].clone(), paid.count()), (json!(1), 1));
    assert_eq!((sent.request(0).json()["data"]["n"].clone(), sent.count()), (json!(2), 1));
    let id = published["id"].as_str().unwrap();
    assert_eq!((paid.request(0).json()["id"].as_str(), paid.request(0).header("webhook-id")), (Some(id), id));
    let ignored = format!("/v1/requests/{}/ignored_events", published["request_id"].as_str().unwrap());
    let ignored = team.list(&ignored).await;
    assert_eq!((ignored.len(), ignored[0]["cause"].as_str()), (1, Some("FILTERED")));
    server.stop().await;
}

async fn an_attempt_is_recorded_as_it_was(database: Database) {
    let server = TestServer::start(&database).await;
    let answer = Answer::status(201).with_header("x-Mark", "a").with_header("x-mark", "b").with_body("made \u{1f44d}");
    let receiver = Receiver::answering([answer]).await;
    let team = server.new_team().await;
    let config = json!({
        "url": receiver.url_of("/hook"), "headers": { "X-Own": "mine" },
        "auth_type": "BEARER", "auth": { "token": "t0p-secret" },
    });
    let (source, destination) = team.connected_with(config).await;
    let body: &[u8] = b"\x00\xff bytes";
    let reply = team.send_to(&source, "", &[("content-type", "application/x-odd")], body).await;
    let request = reply.expect(200)["request_id"].as_str().unwrap().to_owned();

    until("the outcome", async || team.count_events("SUCCESSFUL").await == 1).await;
    let event = &team.events_of(&request).await[0];
    let attempts = team.attempts_of(event).await;
    let (attempt, received) = (&attempts[0], receiver.request(0));
    assert_eq!(attempts.len(), 1);
    assert_eq!((received.header("authorization"), received.header("x-own")), ("Bearer t0p-secret", "mine"));
    for (field, expected) in [
        ("event_id", json!(id(event))),
        ("request_id", json!(request)),
        ("destination_id", json!(id(&destination))),
        ("source_id", json!(id(&source))),
        ("attempt_number", json!(1)),
        ("trigger", json!("INITIAL")),
        ("status", json!("SUCCESSFUL")),
        ("http_method", json!("POST")),
        ("requested_url", json!(receiver.url_of("/hook"))),
        ("error_code", json!(null)),
        ("request_body", json!("AP8gYnl0ZXM=")),
        ("request_body_encoding", json!("base64")),
        ("response_status", json!(201)),
        ("body", json!("made \u{1f44d}")),
        ("response_body_truncated", json!(false)),
    ] {
        assert_eq!(attempt[field], expected, "{field}");
    }
    assert_eq!(attempt["response_headers"]["x-mark"], json!(["a", "b"]));
    for name in ["content-type", "user-agent", "x-own", "webhook-id", "webhook-timestamp", "webhook-signature"] {
        assert_eq!(attempt["request_headers"][name], received.header(name), "{name}");
    }
    assert_ne!(attempt["request_headers"]["authorization"], json!(null), "the log says that there was one");
    assert!(!attempt.to_string().contains("t0p-secret"), "but not which");
    for time in ["queue_ms", "connect_ms", "first_byte_ms", "body_ms", "total_ms"] {
        assert!(attempt["timings"][time].as_f64().is_some_and(|time| time >= 0.0), "{time}: {}", attempt["timings"]);
    }
    server.stop().await;
}

async fn a_retry_by_hand_keeps_the_webhook_id(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    team.new_webhook(&receiver, "invoice.paid").await;
    team.post_to(&source, &json!({ "n": 1 })).await;
    team.publish("invoice.paid", json!({ "n": 2 })).await;
    until("both deliveries", async || team.count_events("SUCCESSFUL").await == 2).await;

    for event in team.events("").await {
        let before = receiver.count();
        let retried = team.test.post(&format!("/v1/events/{}/retry", id(&event)), json!({})).await.expect(202);
        until("the retry", async || team.count_events("SUCCESSFUL").await == before as u64 + 1).await;
        let again = team.event(retried["replay_event_id"].as_str().unwrap()).await;
        assert_eq!(again["webhook_id"], event["webhook_id"]);
        assert_eq!(again["retry_parent_event_id"], event["id"]);
        assert_eq!(team.attempts_of(&again).await[0]["trigger"], "MANUAL");
        let ids = receiver.webhook_ids();
        assert_eq!(ids.iter().filter(|id| event["webhook_id"] == id.as_str()).count(), 2);
    }
    server.stop().await;
}

async fn a_replayed_request_gets_a_new_webhook_id(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    team.new_webhook(&receiver, "invoice.paid").await;
    let captured = team.post_to(&source, &json!({ "n": 1 })).await;
    until("the first delivery", async || receiver.count() == 1).await;
    let published = team.publish("invoice.paid", json!({ "n": 2 })).await["request_id"].as_str().unwrap().to_owned();
    until("the second delivery", async || receiver.count() == 2).await;

    for (number, request) in [captured, published].into_iter().enumerate() {
        let replayed = team.test.post(&format!("/v1/requests/{request}/retry"), json!({})).await.expect(202);
        until("the replay", async || receiver.count() == number + 3).await;
        let (first, again) = (receiver.request(number), receiver.request(number + 2));
        assert_eq!((first.header("hookyard-replay-of"), again.header("hookyard-replay-of")), ("", request.as_str()));
        assert_ne!(first.header("webhook-id"), again.header("webhook-id"));
        assert_eq!(again.header("hookyard-request-id"), replayed["replay_request_id"]);
        if number == 0 {
            assert_eq!(first.body, again.body);
        } else {
            assert_eq!(again.json()["data"], json!({ "n": 2 }));
            assert_eq!(again.json()["id"], again.header("webhook-id"));
        }
    }
    until("the outcomes", async || team.count_events("SUCCESSFUL").await == 4).await;
    server.stop().await;
}

async fn what_leads_in_a_circle_comes_to_an_end(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    // No script takes away what ends it.
    let code = "addHandler('transform', (request) => ({...request, headers: {}}))";
    let script = team.test.post("/v1/transformations", json!({ "name": "bare", "code": code })).await.expect(201);
    for rules in [json!([]), json!([{ "type": "transform", "transformation_id": id(&script) }])] {
        let source = team.new_source().await;
        let destination = team.new_destination(json!({ "url": source["url"] })).await;
        let input = json!({
            "name": "back", "source_id": id(&source), "destination_id": id(&destination), "rules": rules,
        });
        team.test.post("/v1/connections", input).await.expect(201);
        team.post_to(&source, &json!({ "n": 1 })).await;
        let rejected = format!("/v1/requests?status=rejected&source_id={}", id(&source));
        until("the end", async || !team.list(&rejected).await.is_empty()).await;
        let [refused] = team.list(&rejected).await.try_into().unwrap();
        assert_eq!(refused["rejection_cause"], "TOO_MANY_HOPS", "{refused}");
        let accepted = team.list(&format!("/v1/requests?status=accepted&source_id={}", id(&source))).await;
        assert_eq!(accepted.len(), 9, "the first, and eight that were delivered");
        let failed = format!("/v1/attempts?status=FAILED&destination_id={}", id(&destination));
        until("the answer", async || !team.list(&failed).await.is_empty()).await;
        assert_eq!(team.list(&failed).await[0]["response_status"], 508);
    }
    server.stop().await;
}
