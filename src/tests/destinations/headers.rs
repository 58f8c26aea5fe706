//! What of a request goes on to the destination, and how.

use hyper::Method;
use serde_json::json;

use crate::support::{Database, Received, Receiver, TestServer, id, on_both, unique, until};

on_both![
    a_requests_headers_go_on_but_for_what_is_not_the_receivers,
    a_published_event_has_no_headers_of_its_own,
    path_query_and_method_are_as_the_destination_says,
];

const PLACEHOLDER: &str = "••••••••";

#[track_caller]
fn assert_forwarded(received: &Received) {
    let many: Vec<_> = received.headers.iter().filter(|(name, _)| name == "x-many").map(|(_, v)| v.as_str()).collect();
    assert_eq!(many, ["1", "2"], "each as often as it stood");
    for (name, value) in [
        ("x-hub-signature-256", "sha256=abc"),
        ("content-type", "application/json; charset=utf-8"),
        ("x-shared", "the destination's"),
        ("x-own", "mine"),
        ("x-key", ""),
        ("authorization", ""),
        ("cookie", ""),
        ("x-hop", ""),
    ] {
        assert_eq!(received.header(name), value, "{name}");
    }
    assert!(received.header("user-agent").starts_with("Hookyard/"));
    assert!(received.header("webhook-id").starts_with("evt_"));
    assert_eq!(received.headers.iter().filter(|(name, _)| name == "webhook-id").count(), 1);
}

async fn a_requests_headers_go_on_but_for_what_is_not_the_receivers(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let auth = json!({ "auth_type": "API_KEY", "auth": { "header_name": "X-Key", "value": "k-17" } });
    let source = team.test.post("/v1/sources", json!({ "name": unique(), "config": auth })).await.expect(201);
    let config = json!({ "url": receiver.url(), "headers": { "X-Own": "mine", "X-Shared": "the destination's" } });
    let destination = team.new_destination(config).await;
    team.connect(&source, &destination).await;
    let headers = [
        ("x-key", "k-17"),
        ("authorization", "Bearer of-the-provider"),
        ("cookie", "a=b"),
        ("content-type", "application/json; charset=utf-8"),
        ("x-hub-signature-256", "sha256=abc"),
        ("x-many", "1"),
        ("x-many", "2"),
        ("x-shared", "the provider's"),
        ("webhook-id", "msg_of_the_provider"),
        ("connection", "x-hop"),
        ("x-hop", "1"),
    ];

    let request =
        team.send_to(&source, "", &headers, "{}").await.expect(200)["request_id"].as_str().unwrap().to_owned();

    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_forwarded(&receiver.request(0));
    let attempt = &team.attempts("").await[0];
    let sent = &attempt["request_headers"];
    assert_eq!((&sent["x-many"], &sent["x-shared"]), (&json!(["1", "2"]), &json!("the destination's")), "{sent}");
    let stored = team.test.get(&format!("/v1/requests/{request}")).await.expect(200);
    let shown = &stored["data"]["headers"];
    // The test's own client has said who it is, too.
    assert_eq!(shown["authorization"], json!([PLACEHOLDER, PLACEHOLDER]), "{shown}");
    assert_eq!(shown["x-key"], PLACEHOLDER, "{shown}");

    // The same from the table: what was held is read from there, and what is replayed.
    let path = format!("/v1/destinations/{}", id(&destination));
    team.test.post(&format!("{path}/pause"), json!({})).await.expect(200);
    team.send_to(&source, "", &headers, "{}").await.expect(200);
    until("it to be held", async || team.count_events("HOLD").await == 1).await;
    team.test.post(&format!("{path}/unpause"), json!({})).await.expect(200);
    team.test.post(&format!("/v1/requests/{request}/retry"), json!({})).await.expect(202);
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 3).await;
    for received in receiver.requests() {
        assert_forwarded(&received);
    }
    server.stop().await;
}

async fn a_published_event_has_no_headers_of_its_own(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    team.new_webhook(&receiver, "a.b").await;
    let published = json!({ "type": "a.b", "data": {} }).to_string();
    let headers = [("content-type", "application/json; charset=utf-8"), ("x-mine", "1")];

    team.test.send(Method::POST, "/v1/publish", &headers, published).await.unwrap().expect(202);

    until("the delivery", async || receiver.count() == 1).await;
    let received = receiver.request(0);
    assert_eq!((received.header("x-mine"), received.header("content-type")), ("", "application/json"));
    until("its record", async || team.count_events("SUCCESSFUL").await == 1).await;
    server.stop().await;
}

async fn path_query_and_method_are_as_the_destination_says(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    for (number, (method, is_disabled, target)) in [
        ("POST", false, "/base/orders/7?own=1&b=2&b=3"),
        ("PUT", false, "/base/orders/7?own=1&b=2&b=3"),
        ("PATCH", true, "/base?own=1"),
        ("DELETE", true, "/base?own=1"),
    ]
    .into_iter()
    .enumerate()
    {
        let config = json!({
            "url": receiver.url_of("/base?own=1"), "http_method": method, "path_forwarding_disabled": is_disabled,
        });
        let (source, _) = team.connected_with(config).await;
        team.send_to(&source, "/orders/7?b=2&b=3", &[("content-type", "text/plain")], "hello").await.expect(200);
        until("the delivery", async || receiver.count() == number + 1).await;
        let received = receiver.request(number);
        assert_eq!((received.method.as_str(), received.target.as_str()), (method, target));
        assert_eq!((received.header("content-type"), &received.body[..]), ("text/plain", &b"hello"[..]), "{method}");
    }
    until("the records", async || team.count_events("SUCCESSFUL").await == 4).await;
    server.stop().await;
}
