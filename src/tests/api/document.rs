//! The `OpenAPI` document and its page, and what those who watch the server ask.

use std::collections::HashSet;

use hyper::Method;
use serde_json::json;

use super::{Belongings, calls};
use crate::support::{Database, Receiver, TestServer, on_both, until};

on_both![the_document_is_true, the_page_has_every_call, whoever_watches_is_answered];

async fn the_document_is_true(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let document = server.client().get("/v1/openapi.json").await;
    assert_eq!(document.header("content-type"), Some("application/json"));
    let document = document.expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["servers"][0]["url"], server.url.as_str());
    // Every reference leads somewhere.
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }

    let belongings = Belongings::of(&team, &receiver).await;
    let mut calls = calls(&team).await;
    assert!(calls.len() > 60, "{}", calls.len());
    let ids: HashSet<_> = calls.iter().map(|(_, _, call)| call["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), calls.len(), "every call has an id of its own");
    // What deletes comes last, a thing's parts before the thing, so that until then all is there.
    calls.sort_by_key(|(method, path, _)| match *method {
        Method::DELETE => (true, usize::MAX - path.len()),
        _ => (false, path.len()),
    });
    for (method, path, call) in &calls {
        let headers: &[_] = if method == Method::GET { &[] } else { &[("content-type", "application/json")] };
        let filled = belongings.filled(path);
        // Without a key nothing is answered, whatever it is.
        let stranger = server.client().send(method.clone(), &filled, headers, "").await.unwrap();
        assert_eq!(stranger.status, 401, "{method} {filled}");
        let body = if method == Method::GET { "" } else { "{}" };
        let reply = team.test.send(method.clone(), &filled, headers, body).await.unwrap();
        // There is no run of what is not run.
        let may_be_gone = (filled.contains("/exe_") || filled == "/v1/verify") && reply.status == 404;
        assert!(may_be_gone || ![404, 405, 500, 503].contains(&reply.status), "{method} {filled}: {}", reply.body);
        if reply.status < 300 {
            let said = &call["responses"][reply.status.to_string()];
            assert!(said.is_object(), "{method} {path} answers {}, and only {}", reply.status, call["responses"]);
            assert_eq!(said["content"].is_null(), reply.bytes.is_empty(), "{method} {path}");
        } else {
            assert!(call["responses"]["default"].is_object(), "{method} {path}");
        }
    }
    until("the deliveries", async || team.count_events("QUEUED").await == 0).await;
    server.stop().await;
}

async fn the_page_has_every_call(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let page = server.client().get("/docs").await;
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(page.status, 200);
    let html = String::from_utf8(page.bytes.to_vec()).unwrap();
    for (method, path, call) in calls(&team).await {
        let shown = format!("{method}</b> <code>{path}</code>");
        assert!(html.contains(&shown), "{method} {path}");
        assert!(html.contains(call["summary"].as_str().unwrap()), "{method} {path}");
    }
    // A problem's type leads to where it is explained.
    let problem = team.test.get("/v1/nothing").await.body;
    let (page, place) = problem["type"].as_str().unwrap().split_once('#').unwrap();
    assert_eq!(page, "/docs");
    assert!(html.contains(&format!("id=\"{place}\"")));
    // All that it needs comes from here.
    for part in html.split("src=\"").skip(1).chain(html.split("rel=\"stylesheet\" href=\"").skip(1)) {
        let url = part.split('"').next().unwrap();
        assert!(url.starts_with('/'), "{url}");
        assert_eq!(server.client().get(url).await.status, 200, "{url}");
    }
    server.stop().await;
}

async fn whoever_watches_is_answered(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.client().get(path).await.status, 200, "{path}");
    }
    let (source, _) = team.connected_to(&receiver).await;
    team.post_to(&source, &json!({})).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    let reply = server.client().get("/metrics").await;
    assert!(reply.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    let text = String::from_utf8(reply.bytes.to_vec()).unwrap();
    let mut known = HashSet::new();
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(known.insert(name), "{name} is told twice");
        } else if !line.starts_with("# HELP ") {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(known.contains(series.split('{').next().unwrap()), "{line}");
        }
    }
    assert!(text.ends_with('\n'));
    for line in ["hookyard_requests_total{status=\"accepted\"} 1", "hookyard_attempts_total{status=\"successful\"} 1"] {
        assert!(text.lines().any(|told| told == line), "{line} is not in {text}");
    }
    server.stop().await;
}
