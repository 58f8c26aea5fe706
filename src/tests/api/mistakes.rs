//! Every mistake is named.

use hyper::Method;
use serde_json::{Value, json};

use super::{names, problem};
use crate::support::{Database, Team, TestServer, id, on_both};

on_both![
    a_bad_field_is_named_by_its_pointer,
    a_bad_parameter_is_named,
    a_body_that_cannot_be_read_is_refused,
    what_is_not_there_is_404_and_what_is_not_done_there_405,
];

async fn a_bad_field_is_named_by_its_pointer(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let (source, destination) =
        (id(&team.new_source().await), id(&team.new_destination(json!({ "url": "https://a.example" })).await));
    let to = |config: Value| json!({ "name": "d", "config": config });
    let from = |config: Value| json!({ "name": "s", "config": config });
    let joins = |more: Value| {
        let mut input = json!({ "name": "c", "source_id": source, "destination_id": destination });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let url = "https://a.example";
    for (list, body, pointer) in [
        ("sources", json!({}), "/name"),
        ("sources", json!({ "name": "" }), "/name"),
        ("sources", json!({ "name": "x".repeat(156) }), "/name"),
        ("sources", json!({ "name": "a\u{0}b" }), "/name"),
        ("sources", json!({ "name": 5 }), "/name"),
        ("sources", json!({ "name": null }), "/name"),
        ("sources", json!({ "name": "s", "nmae": 1 }), "/nmae"),
        ("sources", json!({ "name": "s", "id": "src_1" }), "/id"),
        ("sources", json!({ "name": "s", "a/b~c": 1 }), "/a~1b~0c"),
        ("sources", json!({ "name": "s", "type": "EVENTS" }), "/type"),
        ("sources", json!({ "name": "s", "type": "FAX" }), "/type"),
        ("sources", json!({ "name": "s", "status": "maybe" }), "/status"),
        ("sources", json!({ "name": "s", "description": "a\u{0}b" }), "/description"),
        ("sources", json!({ "name": "s", "description": "x".repeat(2001) }), "/description"),
        ("sources", json!({ "name": "s", "config": "open" }), "/config"),
        ("sources", json!({ "name": "s", "config": [] }), "/config"),
        ("destinations", json!({ "name": "d", "config": [url] }), "/config"),
        ("sources", from(json!({ "allowed_http_methods": [] })), "/config/allowed_http_methods"),
        ("sources", from(json!({ "allowed_http_methods": ["POST", "BREW"] })), "/config/allowed_http_methods/1"),
        ("sources", from(json!({ "allowed_http_methods": "POST" })), "/config/allowed_http_methods"),
        ("sources", from(json!({ "auth_type": "MAGIC" })), "/config/auth_type"),
        ("sources", from(json!({ "auth": { "value": "x" } })), "/config"),
        ("sources", from(json!({ "auth_type": "API_KEY", "auth": { "header_name": "x" } })), "/config/auth/value"),
        (
            "sources",
            from(json!({ "auth_type": "API_KEY", "auth": { "header_name": "x", "value": "" } })),
            "/config/auth/value",
        ),
        (
            "sources",
            from(json!({ "auth_type": "API_KEY", "auth": { "header_name": "x y", "value": "v" } })),
            "/config/auth/header_name",
        ),
        (
            "sources",
            from(
                json!({ "auth_type": "HMAC", "auth": { "signature_header": "x", "secret": "s", "algoritm": "sha1" } }),
            ),
            "/config/auth/algoritm",
        ),
        ("destinations", to(json!({})), "/config/url"),
        ("destinations", to(json!({ "url": "ftp://a.example" })), "/config/url"),
        ("destinations", to(json!({ "url": "https://u:p@a.example" })), "/config/url"),
        ("destinations", to(json!({ "url": "not a url" })), "/config/url"),
        ("destinations", json!({ "name": "d", "type": "MOCK", "config": { "url": url } }), "/config/url"),
        ("destinations", to(json!({ "url": url, "timeout_ms": 999 })), "/config/timeout_ms"),
        ("destinations", to(json!({ "url": url, "timeout_ms": 60_001 })), "/config/timeout_ms"),
        ("destinations", to(json!({ "url": url, "timeout_ms": -1 })), "/config/timeout_ms"),
        ("destinations", to(json!({ "url": url, "rate_limit": 0 })), "/config/rate_limit"),
        ("destinations", to(json!({ "url": url, "max_concurrency": 0 })), "/config/max_concurrency"),
        ("destinations", to(json!({ "url": url, "http_method": "GET" })), "/config/http_method"),
        ("destinations", to(json!({ "url": url, "headers": { "webhook-id": "x" } })), "/config/headers/webhook-id"),
        ("destinations", to(json!({ "url": url, "headers": { "x-a": "a\r\nb: c" } })), "/config/headers/x-a"),
        ("destinations", to(json!({ "url": url, "colour": "red" })), "/config/colour"),
        (
            "destinations",
            json!({
                "name": "d", "config": { "url": url },
                "auto_disable": { "consecutive_failures": 0, "failing_for_seconds": 0 },
            }),
            "/auto_disable/consecutive_failures",
        ),
        ("connections", json!({ "name": "c" }), "/source_id"),
        ("connections", joins(json!({ "source_id": "des_1" })), "/source_id"),
        ("connections", joins(json!({ "event_types": ["a.b", "a b"] })), "/event_types/1"),
        ("connections", joins(json!({ "rules": [{ "type": "sort" }] })), "/rules/0/type"),
        ("event-types", json!({ "name": "a..b" }), "/name"),
        ("event-types", json!({ "name": "a.b", "schema": 5 }), "/schema"),
        ("event-types", json!({ "name": "a.b", "default_enabled": "yes" }), "/default_enabled"),
    ] {
        let reply = team.test.post(&format!("/v1/{list}"), body.clone()).await;
        assert_eq!(reply.status, 422, "{list} {body}: {}", reply.body);
        names(&reply, pointer);
    }
    // All of them at once, not only the first.
    let both = json!({ "name": "", "config": { "url": url, "timeout_ms": 1, "rate_limit": 0 } });
    let reply = team.test.post("/v1/destinations", both).await;
    for pointer in ["/name", "/config/timeout_ms", "/config/rate_limit"] {
        names(&reply, pointer);
    }
    // By the other verbs too.
    let path = format!("/v1/sources/{source}");
    names(&team.test.put(&path, json!({ "name": "s", "nmae": 1 })).await, "/nmae");
    names(&team.test.put("/v1/sources", json!({ "name": "s", "nmae": 1 })).await, "/nmae");
    names(&team.test.patch(&path, json!({ "nmae": 1 })).await, "/nmae");
    names(&team.test.patch(&path, json!({ "name": null })).await, "/name");
    names(
        &team.test.patch(&path, json!({ "config": { "allowed_http_methods": [1] } })).await,
        "/config/allowed_http_methods/0",
    );
    assert_eq!(team.list("/v1/sources").await.len(), 2, "nothing was made");
    server.stop().await;
}

async fn a_bad_parameter_is_named(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=256", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("dir=sideways", "dir"),
        ("order_by=colour", "order_by"),
        ("cursor=x", "cursor"),
        ("cursor=%27%20OR%201%3D1", "cursor"),
    ] {
        for list in ["sources", "destinations", "connections", "webhooks", "requests", "events", "attempts"] {
            names(&team.test.get(&format!("/v1/{list}?{query}")).await, name);
        }
    }
    for (path, name) in [
        ("requests?status=LOST", "status"),
        ("requests?from=yesterday", "from"),
        ("requests/count?to=now-1y", "to"),
        ("requests?source_id=des_1", "source_id"),
        ("events?status=QUEUED,LOST", "status"),
        ("events/count?status=LOST", "status"),
        ("events?destination_id=des_1", "destination_id"),
        ("attempts?event_id=x", "event_id"),
        ("attempts?status=HOLD", "status"),
    ] {
        names(&team.test.get(&format!("/v1/{path}")).await, name);
    }
    server.stop().await;
}

async fn send(team: &Team, content_type: &str, body: impl Into<bytes::Bytes>) -> crate::support::Reply {
    team.test.send(Method::POST, "/v1/sources", &[("content-type", content_type)], body).await.unwrap()
}

async fn a_body_that_cannot_be_read_is_refused(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for (body, line) in [("{\n \"name\": \"s\",\n}", "line 3"), ("{\"name\":", "line 1"), ("\u{feff}{}", "line 1")] {
        let told = problem(&send(&team, "application/json", body).await, 400, "INVALID_JSON");
        assert!(told["detail"].as_str().unwrap().contains(line), "{told}");
    }
    problem(&send(&team, "application/json", &b"{\"name\":\"\xff\"}"[..]).await, 400, "INVALID_JSON");
    for body in ["[]", "[\"s\"]", "5", "null", "\"text\""] {
        problem(&send(&team, "application/json", body).await, 422, "INVALID_INPUT");
    }
    // A level of nesting costs a byte, and a stack frame for whoever does not count.
    problem(&send(&team, "application/json", "[".repeat(1_000_000)).await, 400, "INVALID_JSON");
    for other in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        problem(&send(&team, other, "{\"name\":\"s\"}").await, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let reply = team.test.send(Method::POST, "/v1/sources", &[], "{\"name\":\"s\"}").await.unwrap();
    problem(&reply, 415, "UNSUPPORTED_MEDIA_TYPE");
    let (least, limit) = (b"{\"name\":\"fits\"}", 10 << 20);
    let fits = [&least[..], &vec![b' '; limit - least.len()]].concat();
    send(&team, "application/json; charset=utf-8", fits.clone()).await.expect(201);
    problem(&send(&team, "application/json", [&fits[..], b" "].concat()).await, 413, "PAYLOAD_TOO_LARGE");
    assert_eq!(team.list("/v1/sources").await.len(), 2);
    server.stop().await;
}

async fn what_is_not_there_is_404_and_what_is_not_done_there_405(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = id(&team.new_source().await);
    for path in [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/sources/src_1",
        "/v1/sources/des_01HF7YAT000000000000000007",
        "/v1/sources/src_01HF7YAT000000000000000007",
        "/v1/sources/%00",
        "/v1/sources/%FF",
        &format!("/v1/sources/{}", source.to_lowercase()),
        &format!("/v1/sources/{source}/nothing"),
        &format!("/v1/destinations/{source}"),
        "/v1/requests/req_01HF7YAT000000000000000007/events",
        "/v1/requests/req_01HF7YAT000000000000000007/ignored_events",
    ] {
        problem(&team.test.get(path).await, 404, "RESOURCE_NOT_FOUND");
    }
    for (method, path, allowed) in [
        (Method::DELETE, "/v1/sources".to_owned(), vec!["GET", "POST", "PUT"]),
        (Method::POST, format!("/v1/sources/{source}"), vec!["GET", "PUT", "PATCH", "DELETE"]),
        (Method::GET, format!("/v1/sources/{source}/enable"), vec!["PUT", "POST"]),
        (Method::GET, "/v1/publish".to_owned(), vec!["POST"]),
        (Method::PUT, "/v1/event-types".to_owned(), vec!["GET", "POST"]),
        (Method::PATCH, "/v1/requests/count".to_owned(), vec!["GET"]),
    ] {
        let reply = team.test.send(method, &path, &[], "").await.unwrap();
        problem(&reply, 405, "METHOD_NOT_ALLOWED");
        let allow = reply.header("allow").unwrap();
        for method in allowed {
            assert!(allow.split(',').any(|told| told.trim() == method), "{path}: {method} is not in {allow}");
        }
    }
    server.stop().await;
}
