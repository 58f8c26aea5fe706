//! The trace: what became of a request, told in one line.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Database, Receiver, Team, TestServer, id, on_both, unique, until};

on_both![
    every_branch_is_told_in_the_order_of_time,
    a_refusal_is_told_with_its_reason,
    what_was_held_says_from_when_to_when,
    retries_and_replays_lead_both_ways,
    a_trace_of_very_much_is_cut_and_says_so,
    the_curl_of_the_guide_works_as_it_stands,
];

async fn trace(team: &Team, request: &str) -> Value {
    let trace = team.test.get(&format!("/v1/requests/{request}/trace")).await.expect(200);
    let times: Vec<_> = items(&trace).iter().map(|item| item["at"].as_str().unwrap().to_owned()).collect();
    assert!(times.is_sorted(), "in the order of time: {times:?}");
    let ids: std::collections::HashSet<_> = items(&trace).iter().map(|item| item["id"].to_string()).collect();
    assert_eq!(ids.len(), times.len(), "each has an id of its own");
    trace
}

fn items(trace: &Value) -> &Vec<Value> {
    trace["timeline"].as_array().unwrap()
}

/// What the timeline has, by kind, of one event or of no event.
fn kinds(trace: &Value, event: Option<&str>) -> Vec<String> {
    let of = |item: &&Value| item["event_id"].as_str() == event;
    items(trace).iter().filter(of).map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
}

fn item<'a>(trace: &'a Value, kind: &str) -> &'a Value {
    let found = items(trace).iter().find(|item| item["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} among {:?}", items(trace)))
}

/// Connects a source with a new destination for a receiver, by these rules; returns the connection.
async fn branch(team: &Team, source: &Value, receiver: &Receiver, rules: Value) -> Value {
    let destination = team.new_destination(json!({ "url": receiver.url_of(&format!("/{}", unique())) })).await;
    let input =
        json!({ "name": unique(), "source_id": id(source), "destination_id": id(&destination), "rules": rules });
    team.test.post("/v1/connections", input).await.expect(201)
}

async fn every_branch_is_told_in_the_order_of_time(database: Database) {
    const SHOUT: &str =
        r#"addHandler("transform", (request) => ({ ...request, body: { loud: request.body.note.toUpperCase() } }))"#;
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let (works, fails) = (Receiver::answering([200]).await, Receiver::answering([500, 200]).await);
    let shout = team.test.post("/v1/transformations", json!({ "name": unique(), "code": SHOUT })).await.expect(201);
    let broken =
        json!({ "name": unique(), "code": r#"addHandler("transform", () => { throw new Error("no tenant") })"# });
    let broken = team.test.post("/v1/transformations", broken).await.expect(201);
    let source = team.new_source().await;
    let filter = json!([{ "type": "filter", "body": { "amount": { "$gte": 100 } } }]);
    let missed = branch(&team, &source, &works, filter).await;
    let retried = branch(&team, &source, &fails, json!([])).await;
    let by = |script: &Value| json!([{ "type": "transform", "transformation_id": id(script) }]);
    let changed = branch(&team, &source, &works, by(&shout)).await;
    let failed = branch(&team, &source, &works, by(&broken)).await;
    let request = team.post_to(&source, &json!({ "amount": 50, "note": "hello" })).await;
    let is_done = async |status: &str, count: u64| team.count_events(status).await == count;
    until("the delivery of what was changed", async || is_done("SUCCESSFUL", 1).await).await;
    until("the failure of the other script", async || is_done("FAILED", 1).await).await;
    until("the first attempt", async || is_done("SCHEDULED", 1).await).await;
    let waiting = item(&trace(&team, &request).await, "retry_scheduled").clone();
    assert!(waiting["until"].as_str() > waiting["at"].as_str(), "it is to come: {waiting}");
    assert_eq!(waiting["status"], "SCHEDULED");
    server.advance(Duration::from_secs(10));
    until("the second attempt", async || is_done("SUCCESSFUL", 2).await).await;

    let trace = trace(&team, &request).await;
    assert_eq!(trace["request"]["data"]["body"]["amount"], 50);
    let counts = json!({
        "events": 3, "ignored_events": 1, "attempts": 3, "transformations": 2, "replays": 0, "proxy_exchanges": 0,
    });
    assert_eq!(trace["counts"], counts);
    assert_eq!(kinds(&trace, None), ["received", "unchecked", "filtered"]);
    let filtered = item(&trace, "filtered");
    assert_eq!(filtered["connection_id"], id(&missed));
    let reason = filtered["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("50") && reason.contains("100"), "the condition and the value: {filtered}");
    let event_of = |connection: &Value| {
        let events = trace["events"].as_array().unwrap();
        id(events.iter().find(|event| event["connection_id"] == id(connection)).unwrap())
    };
    let (retried, changed, failed) = (event_of(&retried), event_of(&changed), event_of(&failed));
    let all = ["event_created", "attempt", "retry_scheduled", "attempt", "delivered"];
    assert_eq!(kinds(&trace, Some(&retried)), all);
    assert_eq!(kinds(&trace, Some(&changed)), ["event_created", "transformed", "attempt", "delivered"]);
    assert_eq!(kinds(&trace, Some(&failed)), ["event_created", "transform_failed", "failed"]);
    assert!(item(&trace, "transform_failed")["reason"].as_str().unwrap().contains("no tenant"));
    assert_eq!(trace["attempts_by_event_id"][&retried].as_array().unwrap().len(), 2);
    let run = &trace["transformations_by_event_id"][&changed][0];
    assert_eq!(item(&trace, "transformed")["transformation_execution_id"], *run);
    let event = team.event(&changed).await;
    assert_eq!((&event["transformed"], &event["data"]["body"]["loud"]), (&json!(true), &json!("HELLO")));
    let sent = &team.attempts(&format!("event_id={changed}")).await[0];
    assert_eq!(sent["request_body"], r#"{"loud":"HELLO"}"#, "the log shows what was sent");
    // What is told belongs to the team's mode alone.
    team.live.get(&format!("/v1/requests/{request}/trace")).await.expect(404);
    server.new_team().await.test.get(&format!("/v1/requests/{request}/trace")).await.expect(404);
    server.stop().await;
}

async fn a_refusal_is_told_with_its_reason(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let auth = json!({ "auth_type": "HMAC", "auth": { "signature_header": "x-sign", "secret": "s3cret" } });
    let source = team.test.post("/v1/sources", json!({ "name": unique(), "config": auth })).await.expect(201);
    team.send_to(&source, "", &[("x-sign", "00")], "{}").await.expect(401);
    let request = team.list("/v1/requests?status=rejected&verified=false&rejection_cause=SOURCE_AUTH_FAILED").await;
    let trace = trace(&team, &id(&request[0])).await;
    assert_eq!(kinds(&trace, None), ["received", "refused"]);
    let refused = item(&trace, "refused");
    assert!(!refused["reason"].as_str().unwrap().is_empty(), "{refused}");
    assert_eq!((&refused["status"], &trace["events"]), (&json!("rejected"), &json!([])));
    server.stop().await;
}

async fn what_was_held_says_from_when_to_when(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let source = team.new_source().await;
    let connection = branch(&team, &source, &receiver, json!([])).await;
    let pause = |verb: &str| format!("/v1/connections/{}/{verb}", id(&connection));
    team.test.put(&pause("pause"), json!({})).await.expect(200);
    let request = team.post_to(&source, &json!({})).await;
    until("it is held", async || team.count_events("HOLD").await == 1).await;
    server.advance(Duration::from_mins(5));
    let open = trace(&team, &request).await;
    assert_eq!(item(&open, "held")["until"], Value::Null, "nobody knows until when");
    team.test.put(&pause("unpause"), json!({})).await.expect(200);
    until("it is delivered", async || team.count_events("SUCCESSFUL").await == 1).await;
    let trace = trace(&team, &request).await;
    let event = id(&trace["events"][0]);
    assert_eq!(kinds(&trace, Some(&event)), ["event_created", "held", "released", "attempt", "delivered"]);
    assert_eq!(item(&trace, "held")["until"], item(&trace, "released")["at"]);
    server.stop().await;
}

async fn retries_and_replays_lead_both_ways(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let (source, _) = team.connected_to(&receiver).await;
    let request = team.post_to(&source, &json!({})).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    let first = id(&team.events_of(&request).await[0]);
    let again = team.test.post(&format!("/v1/events/{first}/retry"), json!({})).await.expect(202);
    let replay = team.test.post(&format!("/v1/requests/{request}/retry"), json!({})).await.expect(202);
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 3).await;

    let told = trace(&team, &request).await;
    let retried = item(&told, "retried");
    assert_eq!((&retried["event_id"], &retried["other_event_id"]), (&again["replay_event_id"], &json!(first)));
    assert_eq!(item(&told, "replayed")["other_request_id"], replay["replay_request_id"]);
    assert_eq!((&told["replays"], &told["counts"]["events"]), (&json!([replay["replay_request_id"]]), &json!(2)));
    let other = trace(&team, replay["replay_request_id"].as_str().unwrap()).await;
    assert_eq!(item(&other, "received")["other_request_id"], request);
    server.stop().await;
}

async fn a_trace_of_very_much_is_cut_and_says_so(database: Database) {
    const BRANCHES: usize = 205;
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let mock = json!({ "name": unique(), "type": "MOCK" });
    let mock = team.test.post("/v1/destinations", mock).await.expect(201);
    for _ in 0..BRANCHES {
        team.connect(&source, &mock).await;
    }
    let request = team.post_to(&source, &json!({})).await;
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == BRANCHES as u64).await;
    let trace = trace(&team, &request).await;
    assert_eq!(trace["events"].as_array().unwrap().len(), 200);
    assert_eq!(trace["attempts"].as_array().unwrap().len(), 200);
    assert_eq!((&trace["counts"]["events"], &trace["counts"]["attempts"]), (&json!(BRANCHES), &json!(BRANCHES)));
    server.stop().await;
}

async fn the_curl_of_the_guide_works_as_it_stands(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([Answer::status(503).with_body("come back later")]).await;
    let (source, _) = team.connected_to(&receiver).await;
    let request = team.post_to(&source, &json!({})).await;
    until("the attempt", async || team.list("/v1/attempts").await.len() == 1).await;
    let event = id(&team.events_of(&request).await[0]);
    // The guide's, but for the host and the keys.
    let guide = [
        format!("{}/v1/attempts?event_id={event}&order_by=created_at&dir=desc&limit=20", server.url),
        "-H".to_owned(),
        format!("Authorization: Bearer {}", team.made.test.private.reveal()),
        "-H".to_owned(),
        format!("x-team-id: {}", team.made.team_id),
    ];
    let said = tokio::task::spawn_blocking(move || {
        std::process::Command::new("curl").args(["--silent", "--show-error", "--fail"]).args(guide).output()
    });
    let said = said.await.unwrap().expect("curl is installed");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let page: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(page["pagination"]["order_by"], "created_at");
    let attempt = &page["models"][0];
    assert_eq!((&attempt["event_id"], &attempt["response_status"]), (&json!(event), &json!(503)));
    assert_eq!(attempt["body"], "come back later");
    server.stop().await;
}
