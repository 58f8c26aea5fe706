//! The runbook: what failed and why, whether the rest may be sent again, and what only the provider can send again.

mod audit;
mod many;
mod proof;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use hyper::Method;
use serde_json::{Value, json};

use crate::api::whole::execute;
use crate::support::{Answer, Client, Database, Receiver, Reply, Team, TestServer, id, on_both, unique, until};

on_both![
    failures_are_grouped_by_why,
    what_is_tried_again_by_itself_is_among_the_failures,
    the_window_is_the_last_stretch_of_failures,
    who_confirms_idempotency_is_written_down,
    requests_that_were_refused_are_found_again,
    no_more_refused_requests_are_looked_at_than_some,
];

/// A destination whose failures are not tried again by themselves.
struct Scene {
    team: Team,
    source: Value,
    destination: Value,
    connection: Value,
    /// What the receiver answers.
    answer: Arc<AtomicU16>,
    _receiver: Receiver,
}

impl Scene {
    async fn new(server: &TestServer) -> Self {
        let answer = Arc::new(AtomicU16::new(503));
        let told = Arc::clone(&answer);
        let receiver = Receiver::deciding(move |_, request| {
            let status = request.header("x-answer").parse().unwrap_or_else(|_| told.load(Ordering::SeqCst));
            Answer::status(status).with_body(format!("says {status}"))
        })
        .await;
        let team = server.new_team().await;
        let (source, destination) =
            (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
        let once = json!({ "type": "retry", "strategy": "linear", "count": 1, "interval": 1000, "response_status_codes": ["599"] });
        let input = json!({
            "name": unique(), "source_id": id(&source), "destination_id": id(&destination), "rules": [once],
        });
        let connection = team.test.post("/v1/connections", input).await.expect(201);
        Self { team, source, destination, connection, answer, _receiver: receiver }
    }

    fn answers(&self, status: u16) {
        self.answer.store(status, Ordering::SeqCst);
    }

    /// Sends a request and waits for its event to end so; returns the event's id.
    async fn event(&self, status: &str) -> String {
        let request = self.team.post_to(&self.source, &json!({ "n": unique() })).await;
        let event = id(&self.team.events_of(&request).await[0]);
        self.ends(&event, status).await;
        event
    }

    async fn ends(&self, event: &str, status: &str) {
        until(status, async || self.team.event(event).await["status"] == status).await;
    }

    /// Retries an event and waits for the new one to end so; returns its id.
    async fn retry(&self, event: &str, status: &str) -> String {
        let retried = self.team.test.post(&format!("/v1/events/{event}/retry"), json!({})).await.expect(202);
        let again = retried["replay_event_id"].as_str().unwrap().to_owned();
        self.ends(&again, status).await;
        again
    }

    async fn recovery(&self) -> Value {
        self.recovery_with("").await
    }

    async fn recovery_with(&self, query: &str) -> Value {
        let path = format!("/v1/destinations/{}/recovery{query}", id(&self.destination));
        self.team.test.get(&path).await.expect(200)
    }
}

async fn failures_are_grouped_by_why(database: Database) {
    let server = TestServer::start(&database).await;
    let scene = Scene::new(&server).await;
    let calm = scene.recovery().await;
    assert_eq!((&calm["groups"], &calm["locked"], &calm["failed"]), (&json!([]), &Value::Null, &json!(0)));

    let mut refused = Vec::new();
    for _ in 0..3 {
        refused.push(scene.event("FAILED").await);
    }
    scene.answers(401);
    let unauthorized = scene.event("FAILED").await;
    scene.answers(200);
    scene.event("SUCCESSFUL").await;

    let found = scene.recovery().await;
    assert_eq!((&found["failed"], &found["delivered_since"], &found["retrying"]), (&json!(4), &json!(0), &json!(0)));
    assert_eq!((&found["is_part"], &found["event_types"]), (&json!(false), &json!([""])));
    let [outage, rights] = found["groups"].as_array().unwrap().as_slice() else { panic!("two groups: {found}") };
    assert_eq!((&outage["cause"], &outage["failed"]), (&json!("HTTP_503"), &json!(3)));
    assert_eq!(outage["answer"], "says 503");
    assert_eq!(outage["title"], "It is not available just now");
    assert!(!outage["diagnosis"]["next_steps"].as_array().unwrap().is_empty());
    let bins: u64 = outage["bins"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(bins, 3);
    let examples: Vec<_> = outage["examples"].as_array().unwrap().iter().map(|one| one["event_id"].clone()).collect();
    refused.reverse();
    assert_eq!(json!(examples), json!(refused), "the newest first");
    assert_eq!((&rights["cause"], &rights["failed"]), (&json!("HTTP_401"), &json!(1)));
    assert_eq!(rights["examples"][0]["event_id"], json!(unauthorized));
    // The window holds all that failed, and can be asked for as it is.
    let query = format!("?from={}&to={}", found["from"].as_str().unwrap(), found["to"].as_str().unwrap());
    assert_eq!(scene.recovery_with(&query).await["failed"], 4);
    assert_eq!(scene.recovery_with("?to=now-1h").await["failed"], 0);

    scene.retry(&refused[0], "SUCCESSFUL").await;
    let request = scene.team.event(&refused[1]).await["request_id"].as_str().unwrap().to_owned();
    let replayed = scene.team.test.post(&format!("/v1/requests/{request}/retry"), json!({})).await.expect(202);
    let again = replayed["event_ids"][0].as_str().unwrap().to_owned();
    scene.ends(&again, "SUCCESSFUL").await;
    let found = scene.recovery().await;
    assert_eq!((&found["failed"], &found["delivered_since"]), (&json!(4), &json!(2)), "retried or replayed");
    assert_eq!(found["groups"][0]["examples"].as_array().unwrap().len(), 1);

    for stranger in [&server.new_team().await.test, &scene.team.live] {
        let path = format!("/v1/destinations/{}/recovery", id(&scene.destination));
        assert_eq!(stranger.get(&path).await.status, 404);
    }
    server.stop().await;
}

async fn what_is_tried_again_by_itself_is_among_the_failures(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([500]).await;
    let team = server.new_team().await;
    let webhook = team.new_webhook(&receiver, "invoice.paid").await;
    team.publish("invoice.paid", json!({ "n": 1 })).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;

    let found = team.test.get(&format!("/v1/destinations/{}/recovery", id(&webhook))).await.expect(200);
    assert_eq!((&found["failed"], &found["retrying"]), (&json!(0), &json!(1)));
    assert_eq!((&found["groups"][0]["cause"], &found["groups"][0]["examples"]), (&json!("HTTP_500"), &json!([])));
    assert_eq!(found["event_types"], json!(["invoice.paid"]));
    // What a breaker let go and what is of a bulk operation has a rank of its own, which a failure keeps.
    for rank in [2, 3] {
        let sql = format!("UPDATE pending SET rank = {rank} WHERE destination_id = '{}'", id(&webhook));
        assert_eq!(execute(&database, &sql).await, 1);
        let found = team.test.get(&format!("/v1/destinations/{}/recovery", id(&webhook))).await.expect(200);
        assert_eq!(found["retrying"], 1, "of rank {rank}");
    }
    server.stop().await;
}

async fn the_window_is_the_last_stretch_of_failures(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let scene = Scene::new(&server).await;
    scene.event("FAILED").await;
    server.advance(Duration::from_hours(2));
    for _ in 0..2 {
        scene.event("FAILED").await;
        server.advance(Duration::from_mins(50));
    }
    assert_eq!(scene.recovery().await["failed"], 2, "not what failed two hours before");
    assert_eq!(scene.recovery_with("?from=now-1d").await["failed"], 3, "unless it is asked for");
    server.stop().await;
}

/// Posts a form to the dashboard's server.
pub(super) async fn call(client: &Client, session: &str, what: &str, fields: &[(&str, &str)]) -> Reply {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let headers =
        [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"), ("cookie", session)];
    client.send(Method::POST, &format!("/api/{what}"), &headers, form).await.unwrap()
}

/// A new member of the team in the dashboard; returns the session's cookie and the address.
pub(super) async fn person(server: &TestServer, team: &Team) -> (String, String) {
    let (email, password) = (format!("ada.{}@example.com", unique()), "correct horse");
    team.test.post("/v1/team/members", json!({ "email": email, "password": password })).await.expect(201);
    let reply = call(&server.client(), "", "sign_in", &[("email", &email), ("password", password)]).await;
    let cookies = reply.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let session = cookies.filter_map(|cookie| cookie.split(';').next()).find(|cookie| cookie.contains("session"));
    (session.unwrap_or_else(|| panic!("no session: {reply:?}")).to_owned(), email)
}

async fn who_confirms_idempotency_is_written_down(database: Database) {
    let server = TestServer::start(&database).await;
    let scene = Scene::new(&server).await;
    let path = format!("/v1/destinations/{}/recovery/confirm_idempotency", id(&scene.destination));
    for (input, pointer) in [
        (json!({}), "/event_types"),
        (json!({ "event_types": [] }), "/event_types"),
        (json!({ "event_types": ["a.b", "nul\0"] }), "/event_types/1"),
    ] {
        let problem = scene.team.test.post(&path, input).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    for stranger in [&server.new_team().await.test, &scene.team.live] {
        assert_eq!(stranger.post(&path, json!({ "event_types": [""] })).await.status, 404);
    }
    assert_eq!(scene.recovery().await["idempotency"], json!([]));

    let first = scene.team.test.post(&path, json!({ "event_types": ["a.b"] })).await.expect(200);
    scene.team.test.post(&path, json!({ "event_types": ["", "a.b", ""] })).await.expect(200);

    let known = scene.recovery().await["idempotency"].clone();
    let types: Vec<_> = known.as_array().unwrap().iter().map(|one| one["event_type"].as_str().unwrap()).collect();
    assert_eq!(types, ["", "a.b"]);
    let key = scene.team.test.get("/v1/keys").await.expect(200)["models"][0]["public"].clone();
    assert_eq!(known[0]["confirmed_by_name"], key);
    assert!(known[1]["confirmed_at"].as_str().unwrap() >= first["models"][0]["confirmed_at"].as_str().unwrap());
    let log = scene.team.list("/v1/audit-log?action=idempotency_confirmed").await;
    assert_eq!((log.len(), &log[0]["subject"]), (2, &scene.destination["id"]));
    assert!(log[0]["detail"].as_str().unwrap().ends_with("events without a type, a.b"), "{}", log[0]);
    server.stop().await;
}

async fn requests_that_were_refused_are_found_again(database: Database) {
    let server = TestServer::start(&database).await;
    let scene = Scene::new(&server).await;
    scene.answers(200);
    let (team, source) = (&scene.team, &scene.source);
    let path = format!("/v1/sources/{}", id(source));
    let send = async |delivery: Option<&str>, body: &str| {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(delivery.map(|delivery| ("x-github-delivery", delivery)));
        let reply = team.send_to(source, "", &headers, body.to_owned()).await;
        reply.body["request_id"].as_str().map(str::to_owned)
    };
    // The same delivery as one that is refused later is none of it.
    send(Some("early"), r#"{"some":"body of its own"}"#).await;
    team.test.put(&format!("{path}/disable"), json!({})).await.expect(200);
    for (delivery, body) in [
        (Some("early"), r#"{"n":"the first of them"}"#),
        (Some("known"), r#"{"n":"the second of them"}"#),
        (None, r#"{"n":"the third of them"}"#),
        (None, r#"{"n":"never seen again"}"#),
    ] {
        send(delivery, body).await;
    }
    team.test.put(&format!("{path}/enable"), json!({})).await.expect(200);
    let by_header = send(Some("known"), r#"{"n":"another body"}"#).await.unwrap();
    let by_body = send(Some("other"), r#"{"n":"the third of them"}"#).await.unwrap();

    let found = team.test.get(&format!("{path}/refused")).await.expect(200);
    assert_eq!(found["causes"], json!([{ "cause": "SOURCE_DISABLED", "count": 4, "redelivered": 2 }]));
    assert_eq!((&found["is_part"], &found["compared_with"]), (&json!(false), &json!(2)));
    let again: Vec<_> = found["requests"].as_array().unwrap().iter().map(|one| one["redelivery"].clone()).collect();
    assert_eq!((&again[0], &again[3]), (&Value::Null, &Value::Null), "the newest first");
    assert_eq!((&again[1]["request_id"], &again[1]["header"]), (&json!(by_body), &Value::Null));
    assert_eq!((&again[2]["request_id"], &again[2]["header"]), (&json!(by_header), &json!("x-github-delivery")));
    let earlier = team.test.get(&format!("{path}/refused?from=now-2d&to=now-1d")).await.expect(200);
    assert_eq!(earlier["causes"], json!([]));
    for stranger in [&server.new_team().await.test, &team.live] {
        assert_eq!(stranger.get(&format!("{path}/refused")).await.status, 404);
    }
    server.stop().await;
}

async fn no_more_refused_requests_are_looked_at_than_some(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let path = format!("/v1/sources/{}", id(&source));
    team.test.put(&format!("{path}/disable"), json!({})).await.expect(200);
    for number in 0..301 {
        team.send_to(&source, "", &[], format!("{number}")).await;
    }
    let found = team.test.get(&format!("{path}/refused")).await.expect(200);
    assert_eq!((found["requests"].as_array().unwrap().len(), &found["is_part"]), (300, &json!(true)));
    assert_eq!(found["causes"][0]["count"], 300);
    server.stop().await;
}
