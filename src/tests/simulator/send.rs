//! Single simulations with a scenario, and what is shown of them before.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Careful, EXPORT, is_genuine, simulate};
use crate::{
    api::names,
    support::{Answer, Database, Process, Receiver, TestServer, id, on_both, serve, until},
};

on_both![
    what_is_to_be_refused_is_tried_once,
    a_simulated_failure_is_retried_and_never_disables,
    what_comes_twice_comes_in_order,
    the_preview_is_what_the_receiver_gets,
    a_delay_does_not_hold_up_what_is_simulated,
    the_log_has_no_payloads,
    a_replay_goes_to_the_webhook_that_it_was_simulated_for,
];

async fn what_is_to_be_refused_is_tried_once(database: Database) {
    let server = TestServer::start(&database).await;
    let careful = Careful::that(|_| Answer::status(200)).await;
    let team = server.new_team().await;
    let webhook = careful.webhook(&team).await;
    let verifier = careful.verifier.get().unwrap();
    for (number, scenario) in ["missing_signature", "wrong_signature", "stale_timestamp"].into_iter().enumerate() {
        let simulation = json!({ "type": EXPORT, "payload": { "data": {} }, "scenario": scenario });
        let sent = simulate(&team, &webhook, simulation).await.expect(202);
        let event = sent["event_ids"][0].as_str().unwrap();
        until("the refusal", async || team.event(event).await["status"] == "FAILED").await;
        let attempts = team.attempts(&format!("event_id={event}")).await;
        assert_eq!((attempts.len(), &attempts[0]["response_status"]), (1, &json!(401)), "{scenario}");
        let said = attempts[0]["error_message"].as_str().unwrap();
        assert!(said.contains("on purpose, so it is not tried again"), "{said}");
        let got = careful.receiver.request(number);
        assert!(!is_genuine(verifier, &got), "{scenario}");
        let sent_at: i64 = got.header("webhook-timestamp").parse().unwrap();
        let age = server.now().seconds() - sent_at;
        match scenario {
            "missing_signature" => assert!(!got.headers.iter().any(|(name, _)| name == "webhook-signature")),
            "wrong_signature" => assert_eq!((got.header("webhook-signature").len(), age < 300), (47, true)),
            _ => {
                assert!((3600..4000).contains(&age), "{age}");
                let signed = verifier.sign(got.header("webhook-id"), sent_at, &got.body).unwrap();
                assert_eq!(signed, got.header("webhook-signature"), "it is signed properly");
            }
        }
    }
    let health = &team.test.get(&format!("/v1/webhooks/{webhook}")).await.expect(200)["health"];
    assert_eq!((&health["state"], &health["consecutive_failures"]), (&json!("healthy"), &json!(0)));
    server.stop().await;
}

async fn a_simulated_failure_is_retried_and_never_disables(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([500]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, EXPORT).await);
    let mut events = Vec::new();
    for scenario in [Value::Null, json!("valid"), json!("unknown_fields"), json!("burst")] {
        let simulation = json!({ "type": EXPORT, "payload": { "data": {} }, "scenario": scenario });
        let sent = simulate(&team, &webhook, simulation).await.expect(202);
        events.extend(sent["event_ids"].as_array().unwrap().iter().map(|event| event.as_str().unwrap().to_owned()));
    }
    assert_eq!(events.len(), 53);
    until("the first failures", async || team.count_events("SCHEDULED").await == 53).await;
    server.advance(Duration::from_secs(10));
    until("the second failures", async || receiver.count() == 106).await;
    until("their outcomes", async || team.events("status=SCHEDULED").await.iter().all(|event| event["attempts"] == 2))
        .await;
    // As many real failures in a row disable it.
    let path = format!("/v1/webhooks/{webhook}");
    let found = team.test.get(&path).await.expect(200);
    assert_eq!((&found["status"], &found["health"]["consecutive_failures"]), (&json!("enabled"), &json!(0)));
    for _ in 0..20 {
        team.publish(EXPORT, json!({})).await;
    }
    until("it to be disabled", async || team.test.get(&path).await.expect(200)["status"] == "disabled").await;
    server.stop().await;
}

async fn what_comes_twice_comes_in_order(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, EXPORT).await);
    let begun = server.now();
    for (number, scenario) in ["duplicate", "out_of_order"].into_iter().enumerate() {
        let simulation = json!({ "type": EXPORT, "payload": { "data": { "n": 1 } }, "scenario": scenario });
        let sent = simulate(&team, &webhook, simulation).await.expect(202);
        assert_eq!(sent["event_ids"].as_array().unwrap().len(), 2, "{scenario}");
        until("the first", async || team.count_events("SUCCESSFUL").await == 2 * number as u64 + 1).await;
        assert_eq!((receiver.count(), team.count_events("SCHEDULED").await), (2 * number + 1, 1), "the second waits");
        server.advance(Duration::from_secs(1));
        until("the second", async || team.count_events("SUCCESSFUL").await == 2 * number as u64 + 2).await;
    }
    let ids = receiver.webhook_ids();
    assert!(ids[0] == ids[1] && ids[2] != ids[3], "{ids:?}");
    let date = |number| receiver.request(number).json()["date"].as_str().unwrap().to_owned();
    assert_eq!(date(2), begun.plus(Duration::from_secs(1)).to_string());
    assert_eq!(date(3), begun.plus(Duration::from_secs(1)).minus(Duration::from_mins(1)).to_string());
    server.stop().await;
}

async fn the_preview_is_what_the_receiver_gets(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, EXPORT).await);
    let auth = json!({ "config": { "headers": { "x-own": "yes" }, "auth_type": "BEARER", "auth": { "token": "s3cret-token" } } });
    team.test.patch(&format!("/v1/destinations/{webhook}"), auth).await.expect(200);
    team.test.post(&format!("/v1/webhooks/{webhook}/secret/rotate"), json!({ "overlap_hours": 24 })).await.expect(200);
    let payload = json!({ "id": "own-1", "data": { "download_links": 5 }, "note": "as typed" });
    for (number, (exact, scenario)) in [
        (true, "valid"),
        (false, "valid"),
        (true, "stale_timestamp"),
        (true, "missing_signature"),
        (true, "unknown_fields"),
    ]
    .into_iter()
    .enumerate()
    {
        let simulation = json!({ "type": EXPORT, "payload": payload, "exact": exact, "scenario": scenario });
        let before = team.test.get("/v1/events/count").await.expect(200);
        let preview = team.test.post(&format!("/v1/webhooks/{webhook}/simulate/preview"), simulation.clone()).await;
        let preview = preview.expect(200);
        assert_eq!(team.test.get("/v1/events/count").await.expect(200), before, "nothing was made");
        assert!(!preview.to_string().contains("s3cret-token"));
        let warned: Vec<_> =
            preview["warnings"].as_array().unwrap().iter().map(|warning| &warning["pointer"]).collect();
        assert!(warned.contains(&&json!("/data/download_links")), "{warned:?}");

        let sent = simulate(&team, &webhook, simulation).await.expect(202);
        assert_eq!(sent["warnings"], preview["warnings"]);
        until("the delivery", async || receiver.count() == number + 1).await;
        let got = receiver.request(number);
        assert_eq!(
            (&preview["method"], preview["url"].as_str()),
            (&json!(got.method), Some(receiver.url_of(&got.target).as_str()))
        );
        let body = String::from_utf8(got.body.to_vec()).unwrap();
        let new = if exact { "own-1" } else { sent["id"].as_str().unwrap() };
        let previewed = preview["headers"]["webhook-id"].as_str().unwrap();
        assert_eq!(preview["body"].as_str().unwrap().replace(previewed, new), body);
        let base = match scenario {
            "missing_signature" => String::new(),
            _ => format!("{}.{}.{body}", got.header("webhook-id"), got.header("webhook-timestamp")),
        };
        assert_eq!(preview["signature_base"].as_str().unwrap().replace(previewed, new), base);
        // The clock stands still, so even signatures are the same, of both secrets.
        let made = ["hookyard-event-id", "hookyard-request-id", "host", "content-length"];
        let mut shown: Vec<_> = preview["headers"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut came: Vec<_> = got.headers.iter().map(|(name, _)| name.as_str()).collect();
        came.retain(|name| !made[2..].contains(name));
        shown.sort_unstable();
        came.sort_unstable();
        assert_eq!(shown, came, "{scenario}");
        for name in came.into_iter().filter(|name| !made.contains(name)) {
            let value = match name {
                "authorization" => "Bearer s3cret-token",
                "webhook-id" | "webhook-signature" if !exact => continue,
                name => preview["headers"][name].as_str().unwrap(),
            };
            let expected = if name == "authorization" { "Bearer s3cret-token" } else { value };
            assert_eq!(got.header(name), expected, "{scenario}: {name}");
        }
        let signatures = got.header("webhook-signature").split(' ').filter(|one| !one.is_empty()).count();
        assert_eq!(signatures, if scenario == "missing_signature" { 0 } else { 2 });
    }
    let bad = json!({ "type": EXPORT, "payload": { "data": [] }, "scenario": "large_payload" });
    names(&simulate(&team, &webhook, bad).await, "/scenario");
    until("the outcomes", async || team.count_events("QUEUED").await == 0).await;
    server.stop().await;
}

async fn a_delay_does_not_hold_up_what_is_simulated(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, EXPORT).await);
    let connections = team.list("/v1/connections?limit=255").await;
    let connection = connections.iter().find(|one| one["destination_id"] == webhook).unwrap();
    let rules = json!({ "rules": [{ "type": "delay", "delay": 60_000 }] });
    team.test.patch(&format!("/v1/connections/{}", id(connection)), rules).await.expect(200);
    let simulation = json!({ "type": EXPORT, "payload": { "data": {} } });
    let path = format!("/v1/webhooks/{webhook}/simulate/preview");
    let preview = team.test.post(&path, simulation.clone()).await.expect(200);
    assert_eq!(preview["method"], "POST");
    simulate(&team, &webhook, simulation).await.expect(202);
    // The clock stands still.
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    team.publish(EXPORT, json!({})).await;
    until("what is real to wait", async || team.count_events("SCHEDULED").await == 1).await;
    assert_eq!(receiver.count(), 1);
    server.stop().await;
}

async fn the_log_has_no_payloads(database: Database) {
    let mut command = serve(&database);
    command.env("HOOKYARD_LOG", "trace");
    let process = Process::start(command).await;
    let receiver = Receiver::answering([200, 500]).await;
    let team = process.new_team(&database).await;
    let webhook = id(&team.new_webhook(&receiver, EXPORT).await);
    // A word, because the times, ids and ports in a log are any digits by chance.
    let is_told = |text: &str| text.to_ascii_lowercase().contains("quokka");
    let data =
        json!({ "user_name": "Ada Quokka", "user_email": "ada@quokka.example", "request_content": "quokka secret" });
    let payload = json!({ "data": data });
    for _ in 0..2 {
        let simulation = json!({ "type": "patient.request_support", "payload": payload });
        let preview = team.test.post(&format!("/v1/webhooks/{webhook}/simulate/preview"), simulation.clone()).await;
        assert!(is_told(preview.expect(200)["body"].as_str().unwrap()));
        simulate(&team, &webhook, simulation).await.expect(202);
    }
    let saved = json!({ "name": "Ada", "type": "patient.request_support", "payload": payload.to_string() });
    team.test.post("/v1/saved-payloads", saved).await.expect(201);
    until("the deliveries", async || team.count_events("QUEUED").await == 0).await;
    let events = team.events("").await;
    let of = team.attempts_of(&events[0]).await;
    assert!(is_told(of[0]["request_body"].as_str().unwrap()), "the log of deliveries has it");
    let log = process.log();
    assert!(log.contains("simulate"), "it logs much");
    assert_eq!(log.lines().find(|line| is_told(line)), None);
    assert_eq!(process.terminate().await, Some(0));
}

async fn a_replay_goes_to_the_webhook_that_it_was_simulated_for(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, other) = (Receiver::answering([200]).await, Receiver::answering([200]).await);
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, EXPORT).await);
    team.new_webhook(&other, EXPORT).await;
    let sent = simulate(&team, &webhook, json!({ "type": EXPORT, "payload": { "data": {} } })).await.expect(202);
    let replay = format!("/v1/requests/{}/retry", sent["request_id"].as_str().unwrap());

    let again = team.test.post(&replay, json!({})).await.expect(202);

    assert_eq!(again["event_ids"].as_array().unwrap().len(), 1, "{again}");
    until("both", async || team.count_events("SUCCESSFUL").await == 2).await;
    assert_eq!((receiver.count(), other.count()), (2, 0));
    team.test.post(&format!("/v1/webhooks/{webhook}/disable"), json!({})).await.expect(200);
    let refused = team.test.post(&replay, json!({})).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("disabled"), "{refused}");
    team.test.delete(&format!("/v1/webhooks/{webhook}")).await.expect(204);
    let refused = team.test.post(&replay, json!({})).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("gone"), "{refused}");
    assert_eq!(other.count(), 0);
    server.stop().await;
}
