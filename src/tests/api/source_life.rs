//! The life of a source: its answers, its URLs, and being disabled with its connections.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use crate::support::{Database, Receiver, Reply, Team, TestServer, id, on_both, unique, until};

on_both![
    senders_are_answered_as_the_source_says,
    an_answer_never_goes_to_the_rejected,
    a_url_changes_with_an_overlap,
    a_url_ends_at_once,
    a_disabled_source_takes_its_connections_with_it,
];

async fn source_with(team: &Team, config: Value) -> Value {
    team.test.post("/v1/sources", json!({ "name": unique(), "config": config })).await.expect(201)
}

async fn send(server: &TestServer, url: &str, method: Method, headers: &[(&str, &str)], body: &str) -> Reply {
    server.client().send(method, url, headers, body.to_owned()).await.unwrap()
}

async fn senders_are_answered_as_the_source_says(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let source = source_with(
        &team,
        json!({ "allowed_http_methods": ["POST", "PUT"], "custom_response": {
            "status": 202, "content_type": "application/json", "headers": { "x-mode": "{{query.mode}}" },
            "body": r#"{"got":"{{body.id}}","id":"{{request.id}}","raw":{{body.id}}}"#,
            "rules": [
                { "enabled": false, "match": {}, "content_type": "text/plain", "body": "off" },
                { "name": "ping", "match": { "body": { "type": "ping" } }, "content_type": "text/plain", "body": "pong {{headers.x-request-id}} {{path}}" },
                { "match": { "method": "PUT", "path": { "$startsWith": "/x" } }, "status": 409, "content_type": "application/xml", "body": "<r>{{body.name}}</r>" },
                { "match": { "query": { "mode": "quiet" }, "headers": { "x-tag": "1" } }, "status": 204, "content_type": "text/plain", "body": "" },
            ],
        } }),
    )
    .await;
    let destination = team.new_destination(json!({ "url": receiver.url() })).await;
    team.connect(&source, &destination).await;
    let url = source["url"].as_str().unwrap();
    for (method, more, headers, body, status, kind, expected) in [
        (Method::POST, "/a/b", vec![("x-request-id", "r-1")], r#"{"type":"ping"}"#, 200, "text/plain", "pong r-1 /a/b"),
        (
            Method::PUT,
            "/x",
            vec![],
            r#"{"name":"<b>&\"'"}"#,
            409,
            "application/xml",
            "<r>&lt;b&gt;&amp;&quot;&#39;</r>",
        ),
        (Method::POST, "?mode=quiet", vec![("x-tag", "1")], "{}", 204, "text/plain", ""),
        (
            Method::POST,
            "",
            vec![],
            r#"{"id":"a\"b"}"#,
            202,
            "application/json",
            r#"{"got":"a\"b","id":"REQ","raw":"a\"b"}"#,
        ),
        (Method::POST, "", vec![], r#"{"id":7}"#, 202, "application/json", r#"{"got":"7","id":"REQ","raw":7}"#),
        (Method::POST, "", vec![], "not JSON", 202, "application/json", r#"{"got":"","id":"REQ","raw":null}"#),
    ] {
        let reply = send(&server, &format!("{url}{more}"), method, &headers, body).await;
        let request = reply.header("hookyard-request-id").unwrap().to_owned();
        assert_eq!((reply.status, reply.header("content-type")), (status, Some(kind)), "{body}");
        assert_eq!(String::from_utf8_lossy(&reply.bytes), expected.replace("REQ", &request), "{body}");
        // It comes from where the dashboard is.
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("content-security-policy"), Some("default-src 'none'; sandbox"));
        let stored = team.test.get(&format!("/v1/requests/{request}")).await.expect(200);
        assert_eq!((&stored["status"], &stored["events_count"]), (&json!("accepted"), &json!(1)), "{body}");
    }
    until("all deliveries", async || receiver.count() == 6).await;
    let reply = send(&server, &format!("{url}?mode=a%0d%0ab"), Method::POST, &[], "{}").await;
    assert_eq!((reply.status, reply.header("x-mode")), (202, Some("ab")), "a value makes no lines of its own");
    server.stop().await;
}

async fn an_answer_never_goes_to_the_rejected(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let config = json!({
        "auth_type": "API_KEY", "auth": { "header_name": "x-key", "value": "k" },
        "custom_response": { "content_type": "text/plain", "body": "ours" },
    });
    let source = source_with(&team, config).await;
    let url = source["url"].as_str().unwrap();
    let asks = async |key: &str, method: Method| send(&server, url, method, &[("x-key", key)], "x").await;
    assert_eq!(asks("k", Method::POST).await.bytes, "ours");
    for (reply, status) in [(asks("no", Method::POST).await, 401), (asks("k", Method::GET).await, 405)] {
        assert_eq!(reply.expect(status)["ok"], false);
    }
    team.test.post(&format!("/v1/sources/{}/disable", id(&source)), json!({})).await.expect(200);
    assert_eq!(asks("k", Method::POST).await.expect(410)["error"], "SOURCE_DISABLED");
    server.stop().await;
}

async fn a_url_changes_with_an_overlap(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let path = format!("/v1/sources/{}", id(&source));
    let first = source["url"].as_str().unwrap().to_owned();
    assert_eq!(source["urls"].as_array().unwrap().len(), 1);
    assert_eq!(source["urls"][0]["expires_at"], json!(null));

    let rotated = team.test.post(&format!("{path}/rotate-url"), json!({ "overlap_hours": 2 })).await.expect(200);
    let second = rotated["url"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let token = second.rsplit('/').next().unwrap();
    assert!(token.starts_with("src_") && token.len() == 30, "{second}");
    let urls: Vec<_> = rotated["urls"].as_array().unwrap().iter().map(|url| url["url"].as_str().unwrap()).collect();
    assert_eq!(urls, [&second, &first]);
    assert!(rotated["urls"][1]["expires_at"].is_string());
    assert_eq!(team.test.get(&path).await.expect(200), rotated);
    let listed = team.list("/v1/sources").await;
    assert_eq!(listed.iter().find(|listed| id(listed) == id(&source)), Some(&rotated), "a list says the same");

    for url in [&first, &second] {
        let request = send(&server, url, Method::POST, &[], "x").await.expect(200)["request_id"].clone();
        let stored = team.test.get(&format!("/v1/requests/{}", request.as_str().unwrap())).await.expect(200);
        assert_eq!(stored["source_id"], source["id"]);
        assert!(!stored.to_string().contains(token), "a record does not show what the URL ends in");
    }
    server.advance(Duration::from_secs(2 * 3600 - 1));
    send(&server, &first, Method::POST, &[], "x").await.expect(200);
    server.advance(Duration::from_secs(1));
    send(&server, &first, Method::POST, &[], "x").await.expect(404);
    send(&server, &second, Method::POST, &[], "x").await.expect(200);
    assert_eq!(team.test.get(&path).await.expect(200)["urls"].as_array().unwrap().len(), 1);
    // A request that came by a URL that is gone can still be taken in again.
    let request = id(&team.list("/v1/requests").await[0]);
    team.test.post(&format!("/v1/requests/{request}/retry"), json!({})).await.expect(202);

    let audit = team.list(&format!("/v1/audit-log?subject={}", id(&source))).await;
    assert_eq!(audit[0]["action"], "source_url_rotated");
    for (body, pointer) in [(json!({ "overlap_hours": 721 }), "/overlap_hours"), (json!({ "hours": 1 }), "/hours")] {
        let problem = team.test.post(&format!("{path}/rotate-url"), body).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    // Nobody has endlessly many.
    let mut last = 200;
    for _ in 0..10 {
        last = team.test.post(&format!("{path}/rotate-url"), json!({})).await.status;
    }
    assert_eq!(last, 409);
    let built_in = team.list("/v1/sources?type=EVENTS").await;
    team.test.post(&format!("/v1/sources/{}/rotate-url", id(&built_in[0])), json!({})).await.expect(409);
    server.stop().await;
}

async fn a_url_ends_at_once(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let path = format!("/v1/sources/{}", id(&source));
    let rotate = async |hours: u32| {
        team.test.post(&format!("{path}/rotate-url"), json!({ "overlap_hours": hours })).await.expect(200)
    };
    let urls = |source: &Value| -> Vec<String> {
        source["urls"].as_array().unwrap().iter().map(|url| url["url"].as_str().unwrap().to_owned()).collect()
    };
    let (first, rotated) = (urls(&source).remove(0), rotate(24).await);
    send(&server, &first, Method::POST, &[], "x").await.expect(200);
    let token = rotated["urls"][1]["token"].as_str().unwrap();
    let other = team.new_source().await;
    team.test.delete(&format!("/v1/sources/{}/urls/{token}", id(&other))).await.expect(404);
    team.live.delete(&format!("{path}/urls/{token}")).await.expect(404);
    team.test.delete(&format!("{path}/urls/{token}")).await.expect(204);
    team.test.delete(&format!("{path}/urls/{token}")).await.expect(404);
    team.test.delete(&format!("{path}/urls/nonsense")).await.expect(404);
    send(&server, &first, Method::POST, &[], "x").await.expect(404);
    let current = rotated["urls"][0]["token"].as_str().unwrap();
    team.test.delete(&format!("{path}/urls/{current}")).await.expect(409);
    // Without an overlap the one until now ends with the change.
    let third = rotate(0).await;
    assert_eq!(urls(&third).len(), 1);
    send(&server, &urls(&rotated)[0], Method::POST, &[], "x").await.expect(404);
    let url = urls(&third).remove(0);
    send(&server, &url, Method::POST, &[], "x").await.expect(200);
    team.test.delete(&path).await.expect(204);
    send(&server, &url, Method::POST, &[], "x").await.expect(404);
    server.stop().await;
}

async fn a_disabled_source_takes_its_connections_with_it(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, other) = (team.new_source().await, team.new_source().await);
    let destination = team.new_destination(json!({ "url": receiver.url() })).await;
    let [on, off, paused] = [
        team.connect(&source, &destination).await,
        team.connect(&source, &destination).await,
        team.connect(&source, &destination).await,
    ];
    let elsewhere = team.connect(&other, &destination).await;
    let of = |connection: &Value| format!("/v1/connections/{}", id(connection));
    let disabled =
        async |connection: &Value| team.test.get(&of(connection)).await.expect(200)["disabled_at"].is_string();
    team.test.post(&format!("{}/disable", of(&off)), json!({})).await.expect(200);
    team.test.post(&format!("{}/pause", of(&paused)), json!({})).await.expect(200);
    let path = format!("/v1/sources/{}", id(&source));

    team.test.post(&format!("{path}/disable"), json!({})).await.expect(200);
    for (connection, expected) in [(&on, true), (&off, true), (&paused, true), (&elsewhere, false)] {
        assert_eq!(disabled(connection).await, expected);
    }
    let url = source["url"].as_str().unwrap();
    let refused = send(&server, url, Method::POST, &[], "x").await.expect(410);
    assert_eq!(refused["error"], "SOURCE_DISABLED");
    // By hand none of them comes back before the source does, and a new one waits for it too.
    let problem = team.test.post(&format!("{}/enable", of(&on)), json!({})).await.expect(409);
    assert!(problem["detail"].as_str().unwrap().contains(&id(&source)), "{problem}");
    let new = team.connect(&source, &destination).await;
    assert!(disabled(&new).await);
    // What somebody disables meanwhile stays disabled; what is moved elsewhere follows its new source.
    team.test.post(&format!("{}/disable", of(&paused)), json!({})).await.expect(200);
    team.test.post(&format!("{}/unpause", of(&paused)), json!({})).await.expect(200);
    let moved = team.connect(&source, &destination).await;
    team.test.patch(&of(&moved), json!({ "source_id": id(&other) })).await.expect(200);
    assert!(!disabled(&moved).await);
    // Disabling it again changes nothing about who comes back, nor does changing something else of one.
    team.test.patch(&path, json!({ "status": "disabled", "description": "off" })).await.expect(200);
    team.test.patch(&of(&on), json!({ "description": "still off" })).await.expect(200);
    assert!(disabled(&on).await);

    team.test.patch(&path, json!({ "status": "enabled" })).await.expect(200);
    for (connection, expected) in [(&on, false), (&off, true), (&paused, true), (&new, false), (&elsewhere, false)] {
        assert_eq!(disabled(connection).await, expected);
    }
    team.post_to(&source, &json!({})).await;
    until("what comes back to deliver", async || team.count_events("SUCCESSFUL").await == 2).await;
    let actions: Vec<_> = team.list(&format!("/v1/audit-log?subject={}", id(&source))).await;
    let actions: Vec<_> = actions.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["source_enabled", "source_disabled"]);
    server.stop().await;
}
