//! Sources that are proxies: the sender gets the upstream's answer, and connections their events all the same.

use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Database, NOBODY, Receiver, Reply, Setup, Team, TestServer, id, on_both, unique, until};

on_both![
    the_sender_gets_what_the_upstream_answers,
    without_an_answer_the_request_stays_accepted,
    an_address_that_is_denied_is_told_in_the_record_alone,
    what_is_long_is_stored_in_part_and_handed_on_whole,
    what_is_refused_and_what_is_replayed_is_not_passed_on,
    what_is_wrong_is_said_where_it_is,
    a_circle_of_proxies_comes_to_its_end,
];

/// A source that is a proxy for this URL.
async fn proxy_for(team: &Team, url: &str, more: Value) -> Value {
    let mut proxy = json!({ "target_url": url });
    proxy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let config = json!({ "mode": "proxy", "proxy": proxy });
    team.test.post("/v1/sources", json!({ "name": unique(), "config": config })).await.expect(201)
}

/// What the record of this request says of its exchange, once there is one.
async fn exchange_of(team: &Team, request: &str) -> Value {
    let path = format!("/v1/requests/{request}");
    let read = async || team.test.get(&path).await.expect(200)["proxy_exchange"].clone();
    until("the record of the exchange", async || !read().await.is_null()).await;
    read().await
}

fn request_of(reply: &Reply) -> String {
    reply.header("hookyard-request-id").unwrap().to_owned()
}

async fn the_sender_gets_what_the_upstream_answers(database: Database) {
    let server = TestServer::start(&database).await;
    let answer = Answer::status(418)
        .with_header("content-type", "text/html")
        .with_header("x-pot", "short")
        .with_header("x-pot", "stout")
        .with_header("set-cookie", "a=b")
        .with_header("location", "https://elsewhere.example")
        .with_body("<script>alert(1)</script>");
    let (upstream, receiver) = (Receiver::answering([answer]).await, Receiver::answering([200]).await);
    let team = server.new_team().await;
    let source = proxy_for(&team, &upstream.url_of("/base?k=1"), json!({})).await;
    assert_eq!(source["config"]["proxy"]["timeout_ms"], 10_000);
    let destination = team.new_destination(json!({ "url": receiver.url() })).await;
    team.connect(&source, &destination).await;

    let headers =
        [("content-type", "application/json"), ("x-tag", "7"), ("cookie", "c=d"), ("authorization", "Bearer b")];
    let path = format!("/in/{}/a/b?c=2", id(&source));
    let reply = server.client().send(Method::PUT, &path, &headers, r#"{"order":7}"#).await.unwrap();

    assert_eq!((reply.status, &reply.bytes[..]), (418, &b"<script>alert(1)</script>"[..]));
    assert_eq!(reply.header("content-type"), Some("text/html"));
    let pots: Vec<_> = reply.headers.get_all("x-pot").iter().collect();
    assert_eq!(pots, ["short", "stout"]);
    assert!(reply.header("set-cookie").is_none(), "what a browser would take as an order stays here");
    assert_eq!(reply.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    let request = request_of(&reply);
    let called = upstream.request(0);
    assert_eq!((called.method.as_str(), called.target.as_str()), ("PUT", "/base/a/b?k=1&c=2"));
    assert_eq!(&called.body[..], br#"{"order":7}"#);
    assert_eq!((called.header("x-tag"), called.header("cookie"), called.header("authorization")), ("7", "", ""));
    assert_eq!(called.header("hookyard-request-id"), request);

    let exchange = exchange_of(&team, &request).await;
    assert_eq!((&exchange["response_status"], &exchange["error_text"]), (&json!(418), &Value::Null));
    assert_eq!(exchange["target_url"], upstream.url_of("/base/a/b?k=1&c=2"));
    assert_eq!((&exchange["http_method"], &exchange["source_id"]), (&json!("PUT"), &source["id"]));
    assert_eq!(exchange["response_headers"]["x-pot"], json!(["short", "stout"]));
    assert_eq!(exchange["response_body"], "<script>alert(1)</script>");
    assert!(exchange["response_latency"].as_f64().unwrap() > 0.0);
    let trace = team.test.get(&format!("/v1/requests/{request}/trace")).await.expect(200);
    assert_eq!((&trace["proxy_exchange"], &trace["counts"]["proxy_exchanges"]), (&exchange, &json!(1)));
    let items = trace["timeline"].as_array().unwrap();
    let item = items.iter().find(|item| item["kind"] == "proxied").unwrap();
    assert_eq!((&item["proxy_exchange_id"], &item["status"]), (&exchange["id"], &json!("418")));
    until("the event all the same", async || receiver.count() == 1).await;
    assert_eq!(&receiver.request(0).body[..], br#"{"order":7}"#);
    assert_eq!(upstream.count(), 1, "once");
    server.stop().await;
}

async fn without_an_answer_the_request_stays_accepted(database: Database) {
    let server = TestServer::start(&database).await;
    let slow = Receiver::answering([Answer::Drip]).await;
    let half = Receiver::answering([Answer::half()]).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let destination = team.new_destination(json!({ "url": receiver.url() })).await;
    let cases = [
        ("nobody listens", NOBODY, json!({}), 502, "UPSTREAM_FAILED", "CONNECTION_REFUSED"),
        ("it does not end", slow.url(), json!({ "timeout_ms": 1000 }), 504, "UPSTREAM_TIMEOUT", "TIMEOUT"),
        ("it breaks off", half.url(), json!({}), 502, "UPSTREAM_FAILED", "CONNECTION_RESET"),
    ];
    for (number, (case, url, more, status, error, code)) in cases.into_iter().enumerate() {
        let source = proxy_for(&team, url, more).await;
        team.connect(&source, &destination).await;
        let reply = team.send_to(&source, "", &[], "{}").await;
        let request = request_of(&reply);
        let told = json!({ "ok": false, "error": error, "accepted": true, "request_id": request });
        assert_eq!(reply.expect(status), told, "{case}");
        let exchange = exchange_of(&team, &request).await;
        let text = exchange["error_text"].as_str().unwrap();
        assert!(text.starts_with(code), "{case}: {text}");
        let record = team.test.get(&format!("/v1/requests/{request}")).await.expect(200);
        assert_eq!(record["status"], "accepted", "{case}");
        until("the event all the same", async || receiver.count() == number + 1).await;
    }
    server.stop().await;
}

async fn an_address_that_is_denied_is_told_in_the_record_alone(database: Database) {
    let server = TestServer::start_with(&database, Setup::with_nothing_allowed()).await;
    let upstream = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let source = proxy_for(&team, upstream.url(), json!({})).await;
    let reply = team.send_to(&source, "", &[], "{}").await;
    let request = request_of(&reply);
    assert_eq!(reply.status, 502);
    assert_eq!(reply.body["error"], "UPSTREAM_FAILED");
    assert!(!String::from_utf8_lossy(&reply.bytes).contains("127.0.0.1"), "{}", reply.body);
    let exchange = exchange_of(&team, &request).await;
    assert!(exchange["error_text"].as_str().unwrap().starts_with("EGRESS_DENIED"), "{exchange}");
    assert_eq!((upstream.count(), &exchange["response_status"]), (0, &Value::Null));
    server.stop().await;
}

async fn what_is_long_is_stored_in_part_and_handed_on_whole(database: Database) {
    let server = TestServer::start(&database).await;
    let long = Bytes::from(vec![b'x'; 300_000]);
    let too_long = Bytes::from(vec![b'x'; (10 << 20) + 1]);
    let answers = [
        Answer::status(200).with_body(long.clone()),
        Answer::gzip_bomb(50_000_000),
        Answer::status(200).with_body(too_long),
    ];
    let upstream = Receiver::answering(answers).await;
    let team = server.new_team().await;
    let source = proxy_for(&team, upstream.url(), json!({ "response_limit": 1000 })).await;

    let reply = team.send_to(&source, "", &[], "{}").await;
    assert!(reply.status == 200 && reply.bytes == long, "all of it");
    let exchange = exchange_of(&team, &request_of(&reply)).await;
    assert_eq!(exchange["response_body"].as_str().unwrap().len(), 1000);
    assert_eq!((&exchange["response_body_truncated"], &exchange["error_text"]), (&json!(true), &Value::Null));

    let reply = team.send_to(&source, "", &[], "{}").await;
    assert_eq!((reply.status, reply.header("content-encoding")), (200, Some("gzip")), "as it came");
    assert!(reply.bytes.len() < 100_000);
    let exchange = exchange_of(&team, &request_of(&reply)).await;
    assert_eq!(exchange["response_body"].as_str().unwrap(), "0".repeat(1000), "as it reads");

    let reply = team.send_to(&source, "", &[], "{}").await;
    let request = request_of(&reply);
    assert_eq!(reply.expect(502)["error"], "UPSTREAM_FAILED");
    let exchange = exchange_of(&team, &request).await;
    assert!(exchange["error_text"].as_str().unwrap().contains("bytes"), "{exchange}");
    server.stop().await;
}

async fn what_is_refused_and_what_is_replayed_is_not_passed_on(database: Database) {
    let server = TestServer::start(&database).await;
    let upstream = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let source = proxy_for(&team, upstream.url(), json!({ "path_forwarding": false })).await;
    let reply = server.client().send(Method::GET, &format!("/in/{}", id(&source)), &[], "").await.unwrap();
    assert_eq!(reply.status, 405);
    assert_eq!(upstream.count(), 0);

    let reply = team.send_to(&source, "/a/../../b?c=d", &[], "{}").await;
    assert_eq!((reply.status, upstream.request(0).target.as_str()), (200, "/"));
    let request = request_of(&reply);
    exchange_of(&team, &request).await;
    let replayed = team.test.post(&format!("/v1/requests/{request}/retry"), json!({})).await.expect(202);
    let replay = replayed["replay_request_id"].as_str().unwrap();
    let record = team.test.get(&format!("/v1/requests/{replay}")).await.expect(200);
    assert_eq!(record["proxy_exchange"], Value::Null);
    assert_eq!(upstream.count(), 1);
    // What one team's upstream said is nobody else's.
    team.live.get(&format!("/v1/requests/{request}")).await.expect(404);
    server.stop().await;
}

async fn what_is_wrong_is_said_where_it_is(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let proxy = json!({ "target_url": "https://a.example" });
    let response = json!({ "content_type": "text/plain", "body": "ok" });
    for (config, pointer) in [
        (json!({ "mode": "proxy" }), "/config/proxy"),
        (json!({ "mode": "proxy", "proxy": { "target_url": "a" } }), "/config/proxy/target_url"),
        (
            json!({ "mode": "proxy", "proxy": { "target_url": "https://a", "timeout_ms": 999 } }),
            "/config/proxy/timeout_ms",
        ),
        (json!({ "mode": "proxy", "proxy": proxy, "custom_response": response }), "/config/custom_response"),
    ] {
        let problem = team.test.post("/v1/sources", json!({ "name": unique(), "config": config })).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    // It can be turned off, and its settings stay.
    let source = proxy_for(&team, "https://a.example", json!({})).await;
    let path = format!("/v1/sources/{}", id(&source));
    let off = team.test.patch(&path, json!({ "config": { "mode": null } })).await.expect(200);
    assert_eq!(
        (&off["config"]["mode"], &off["config"]["proxy"]["target_url"]),
        (&Value::Null, &json!("https://a.example"))
    );
    assert_eq!(team.send_to(&off, "", &[], "{}").await.expect(200)["ok"], true);
    server.stop().await;
}

async fn a_circle_of_proxies_comes_to_its_end(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = proxy_for(&team, "https://a.example", json!({})).await;
    let path = format!("/v1/sources/{}", id(&source));
    let circle = json!({ "config": { "proxy": { "target_url": source["url"] } } });
    team.test.patch(&path, circle).await.expect(200);
    assert_eq!(team.send_to(&source, "", &[], "{}").await.status, 502);
    assert_eq!(team.list(&format!("/v1/requests?source_id={}", id(&source))).await.len(), 5);
    server.stop().await;
}
