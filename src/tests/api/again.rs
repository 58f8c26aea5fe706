//! Sending again, issues, recovery and verification: what is wrong with a call is said in words of JSON, at its place.

use hyper::Method;
use serde_json::json;

use super::{names, problem};
use crate::support::{Database, Receiver, TestServer, id, on_both, until};

on_both![a_mistake_is_said_in_words_of_json, a_window_has_an_order, what_takes_no_body_takes_no_field];

const BULK: [&str; 2] = ["/v1/events/bulk_operations", "/v1/requests/bulk_operations"];

async fn a_mistake_is_said_in_words_of_json(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for (input, pointer, said) in [
        (json!(null), "", "expected an object"),
        (json!("all"), "", "expected an object"),
        (json!([]), "", "send an object"),
        (json!({ "filter": [] }), "/filter", "expected an object"),
        (json!({ "filter": {}, "rate_limit": "ten" }), "/rate_limit", "a whole number"),
        (json!({ "filter": {}, "rate_limit": -1 }), "/rate_limit", "a whole number"),
        (json!({ "filter": {}, "rate_limit": 1.5 }), "/rate_limit", "a whole number"),
        (json!({ "filter": {}, "rate_limit": u64::MAX }), "/rate_limit", "out of range"),
        (json!({ "filter": {}, "rate_limit": 10, "rate_limit_period": 5 }), "/rate_limit_period", "expected a string"),
        (json!({ "filter": {}, "dry_run": "yes" }), "/dry_run", "expected a boolean"),
        (json!({ "filter": { "is_retry": 5 } }), "/filter/is_retry", "must be true or false"),
        (json!({ "filter": { "q": ["a", "b"] } }), "/filter/q", "one value"),
        (json!({ "filter": { "from": ["now-1h"] } }), "/filter/from", "one value"),
        (json!({ "filter": { "from": "now-1h", "to": "now-2h" } }), "/filter/from", "later than"),
        (json!({ "filter": { "status": ["FAILED", null] } }), "/filter/status", "a list of texts"),
        (json!({ "filter": { "limit": 5 } }), "/filter/limit", "no such filter"),
    ] {
        for list in BULK {
            let detail = names(&team.test.post(list, input.clone()).await, pointer);
            assert!(detail.contains(said), "{input}: {detail}");
        }
    }
    for list in BULK {
        let nothing = json!({ "filter": {}, "rate_limit": null, "rate_limit_period": null, "dry_run": true });
        team.test.post(list, nothing).await.expect(200);
        assert!(team.list(list).await.is_empty(), "nothing was made");
        let operation = id(&team.test.post(list, json!({ "filter": {}, "dry_run": null })).await.expect(201));
        for (change, pointer) in [
            (json!({}), "/rate_limit"),
            (json!({ "rate_limit": "many" }), "/rate_limit"),
            (json!({ "rate_limit": null, "rate_limit_period": "minute" }), "/rate_limit"),
            (json!({ "rate_limit": 1, "colour": 1 }), "/colour"),
        ] {
            names(&team.test.patch(&format!("{list}/{operation}"), change).await, pointer);
        }
    }
    let nothing_yet = team.test.get("/v1/verify").await;
    let detail = problem(&nothing_yet, 404, "RESOURCE_NOT_FOUND")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("POST /v1/verify"), "{detail}");
    server.stop().await;
}

async fn a_window_has_an_order(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let (source, destination) =
        (team.new_source().await, team.new_destination(json!({ "url": "https://a.example" })).await);
    for path in
        [format!("/v1/destinations/{}/recovery", id(&destination)), format!("/v1/sources/{}/refused", id(&source))]
    {
        team.test.get(&format!("{path}?from=now-2h&to=now-1h")).await.expect(200);
        names(&team.test.get(&format!("{path}?from=now-1h&to=now-2h")).await, "from");
        names(&team.test.get(&format!("{path}?from=yesterday")).await, "from");
    }
    server.stop().await;
}

async fn what_takes_no_body_takes_no_field(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([500]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    team.post_to(&source, &json!({})).await;
    until("the issue", async || !team.list("/v1/issues").await.is_empty()).await;
    let event = id(&team.events("").await[0]);
    let issue = id(&team.list("/v1/issues").await[0]);
    let operation = id(&team.test.post(BULK[0], json!({ "filter": {} })).await.expect(201));
    for path in [
        format!("/v1/events/{event}/retry"),
        format!("/v1/events/{event}/cancel"),
        format!("{}/{operation}/pause", BULK[0]),
        format!("{}/{operation}/resume", BULK[0]),
        format!("{}/{operation}/cancel", BULK[0]),
        format!("/v1/issues/{issue}/acknowledge"),
        format!("/v1/issues/{issue}/resolve"),
        "/v1/verify".to_owned(),
        "/v1/verify/stop".to_owned(),
    ] {
        names(&team.test.post(&path, json!({ "body": "other" })).await, "/body");
        names(&team.test.post(&path, json!(["other"])).await, "");
        let typed = [("content-type", "application/json")];
        let unread = team.test.send(Method::POST, &path, &typed, "{").await.unwrap();
        problem(&unread, 400, "INVALID_JSON");
    }
    assert_eq!(team.events("").await.len(), 1, "nothing was sent again");
    assert_eq!(team.test.get(&format!("/v1/issues/{issue}")).await.expect(200)["state"], "OPEN");
    // No body, an empty one and an empty object are the same.
    let acknowledge = format!("/v1/issues/{issue}/acknowledge");
    assert_eq!(team.test.send(Method::POST, &acknowledge, &[], "").await.unwrap().status, 200);
    team.test.post(&acknowledge, json!({})).await.expect(200);
    server.stop().await;
}
