//! Receiver checks, against receivers good and bad.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Careful, EXPORT, checked, findings, report};
use crate::{
    api::problem,
    support::{Answer, Database, Receiver, Setup, Team, TestServer, id, on_both, until},
};

on_both![
    a_good_receiver_passes,
    a_careless_receiver_is_told_what_it_does_wrong,
    the_built_in_receiver_is_told_apart,
    a_receiver_that_refuses_everything_says_nothing_more,
    a_check_goes_on_over_a_restart,
    a_check_does_not_go_before_live_events_or_slow_them_down,
    a_webhook_that_takes_nothing_is_not_checked,
];

const SIGNATURES: [&str; 3] = ["stale_timestamp", "wrong_signature", "missing_signature"];

/// A check's report when it is done, of a server whose clock stands still. Time goes on when all that was due went out, so
/// that the second of a pair comes after the first.
async fn report_step_by_step(server: &TestServer, team: &Team, check: &str) -> Value {
    let path = format!("/v1/receiver-checks/{check}");
    until("the check to end", async || {
        if team.count_events("QUEUED").await == 0 && team.count_events("SCHEDULED").await > 0 {
            server.advance(Duration::from_secs(1));
        }
        team.test.get(&path).await.expect(200)["done"] == true
    })
    .await;
    report(team, check).await
}

async fn a_good_receiver_passes(database: Database) {
    let server = TestServer::start_with(&database, Setup::standing_still()).await;
    let careful = Careful::that(|_| Answer::status(204)).await;
    let team = server.new_team().await;
    let webhook = careful.webhook(&team).await;
    let path = format!("/v1/webhooks/{webhook}/receiver-checks");
    let begun = team.test.post(&path, json!({ "answers_within_ms": 30_000 })).await.expect(202);
    assert_eq!(begun["done"], false);
    let report = report_step_by_step(&server, &team, &id(&begun)).await;
    let found = findings(&report);
    assert!(found.as_object().unwrap().values().all(|finding| finding == "pass"), "{report:#}");
    assert_eq!(
        (found.as_object().unwrap().len(), &report["deliveries"], &report["tried"]),
        (12, &json!(62), &json!(62))
    );
    assert_eq!((&report["type"], &report["destination_id"]), (&json!(EXPORT), &json!(webhook)));
    let listed = team.list(&path).await;
    assert_eq!(listed, std::slice::from_ref(&report));

    // Each was tried once, whatever came of it, and none of it is held against the webhook.
    let events = team.events("").await;
    assert!(events.len() == 62 && events.iter().all(|event| event["simulated"] == true && event["attempts"] == 1));
    let failed: Vec<_> = events.iter().filter(|event| event["status"] == "FAILED").map(id).collect();
    let item = |scenario: &str| {
        let items = report["items"].as_array().unwrap();
        items.iter().find(|item| item["scenario"] == scenario).unwrap().clone()
    };
    let refused: Vec<_> = SIGNATURES
        .iter()
        .map(|scenario| item(scenario)["deliveries"][0]["event_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(failed.len(), 3);
    assert!(refused.iter().all(|event| failed.contains(event)), "{refused:?}");
    let health = &team.test.get(&format!("/v1/webhooks/{webhook}")).await.expect(200)["health"];
    assert_eq!((&health["state"], &health["consecutive_failures"]), (&json!("healthy"), &json!(0)));

    // What the receiver got is what the scenarios say.
    let of = |scenario: &str| {
        let events = item(scenario)["deliveries"].as_array().unwrap().clone();
        let got = |event: &Value| {
            let requests = careful.receiver.requests();
            let request = requests.iter().find(|request| request.header("hookyard-event-id") == event["event_id"]);
            request.unwrap().clone()
        };
        events.iter().map(got).collect::<Vec<_>>()
    };
    let twice = of("duplicate");
    assert_eq!(twice[0].header("webhook-id"), twice[1].header("webhook-id"));
    let ordered = of("out_of_order");
    let place = |event: &crate::support::Received| {
        let ids = careful.receiver.webhook_ids();
        ids.iter().position(|known| known == event.header("webhook-id")).unwrap()
    };
    assert!(ordered[0].json()["date"].as_str() > ordered[1].json()["date"].as_str(), "newer and older");
    assert!(place(&ordered[0]) < place(&ordered[1]), "the newer one came first");
    let less = &of("missing_optional_fields")[0].json()["data"];
    assert_eq!(less["stats"], json!({ "total_resources": 42 }));
    assert!(less["download_links"].is_array() && less["task_id"].is_null());
    let large = String::from_utf8(of("large_payload")[0].body.to_vec()).unwrap();
    assert_eq!(large.split_once(r#""data":"#).unwrap().1.len() - 1, 1 << 20);
    assert!(of("unknown_event_type")[0].json()["type"].as_str().unwrap().starts_with("hookyard_check.unknown_"));
    assert!(of("unknown_fields")[0].json()["data"]["hookyard_check_unknown"].is_object());
    server.stop().await;
}

async fn a_careless_receiver_is_told_what_it_does_wrong(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    // It accepts everything.
    let careless = Receiver::answering([200]).await;
    let webhook = id(&team.new_webhook(&careless, EXPORT).await);
    let report = checked(&team, &webhook, json!({ "answers_within_ms": 30_000 })).await;
    let found = findings(&report);
    for (scenario, finding) in found.as_object().unwrap() {
        let expected = if SIGNATURES.contains(&scenario.as_str()) { "fail" } else { "pass" };
        assert_eq!(finding, expected, "{scenario}: {report:#}");
    }
    // It knows its three fields and breaks on anything else.
    let brittle = Careful::that(|request| {
        let body = request.json();
        let known = body["type"] == EXPORT
            && body["data"]["task_id"].is_string()
            && body["data"].as_object().unwrap().len() == 5;
        Answer::status(if request.body.len() > 100_000 {
            413
        } else if known {
            200
        } else {
            500
        })
    })
    .await;
    let webhook = brittle.webhook(&team).await;
    let scenarios =
        ["unknown_event_type", "missing_optional_fields", "unknown_fields", "large_payload", "wrong_signature"];
    let report = checked(&team, &webhook, json!({ "scenarios": scenarios, "answers_within_ms": 30_000 })).await;
    let found = findings(&report);
    let expected = json!({
        "valid": "pass", "unknown_event_type": "fail", "missing_optional_fields": "fail", "unknown_fields": "fail",
        "large_payload": "fail", "wrong_signature": "pass", "speed": "pass",
    });
    assert_eq!(found, expected, "{report:#}");
    let large = report["items"].as_array().unwrap().iter().find(|item| item["scenario"] == "large_payload").unwrap();
    assert!(large["evidence"].as_str().unwrap().contains("413"), "{large}");
    assert!(large["advice"].as_str().unwrap().contains("limit"), "{large}");
    // It takes its time.
    let slow = Careful::that(|_| {
        std::thread::sleep(Duration::from_millis(60));
        Answer::status(200)
    })
    .await;
    let webhook = slow.webhook(&team).await;
    let report = checked(&team, &webhook, json!({ "scenarios": ["valid"], "answers_within_ms": 50 })).await;
    assert_eq!(findings(&report), json!({ "valid": "pass", "speed": "fail" }), "{report:#}");
    server.stop().await;
}

async fn the_built_in_receiver_is_told_apart(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    // A type without a schema has no optional fields.
    team.test.post("/v1/event-types", json!({ "name": "a.b" })).await.expect(201);
    let mock = json!({ "type": "MOCK", "event_types": ["a.b"] });
    let webhook = id(&team.test.post("/v1/webhooks", mock).await.expect(201));
    let report = checked(&team, &webhook, json!({ "scenarios": ["wrong_signature", "missing_optional_fields"] })).await;
    let items = &report["items"];
    assert_eq!((&items[1]["scenario"], &items[1]["finding"]), (&json!("wrong_signature"), &json!("fail")));
    assert!(items[1]["evidence"].as_str().unwrap().contains("does not verify signatures"), "{items}");
    assert_eq!((&items[2]["finding"], &items[2]["deliveries"]), (&json!("not_applicable"), &json!([])));
    server.stop().await;
}

async fn a_receiver_that_refuses_everything_says_nothing_more(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([401]).await;
    let webhook = id(&team.new_webhook(&receiver, EXPORT).await);
    let report = checked(&team, &webhook, json!({ "scenarios": ["wrong_signature", "duplicate"] })).await;
    let expected = json!({
        "valid": "fail", "duplicate": "not_applicable", "wrong_signature": "not_applicable", "speed": "not_applicable",
    });
    assert_eq!(findings(&report), expected, "{report:#}");
    assert_eq!(team.count_events("FAILED").await, 4);
    server.stop().await;
}

async fn a_check_goes_on_over_a_restart(database: Database) {
    // Some of it is due only when the clock goes on.
    let setup = Setup::standing_still();
    let server = TestServer::start_with(&database, setup.clone()).await;
    let careful = Careful::that(|_| Answer::status(200)).await;
    let team = server.new_team().await;
    let webhook = careful.webhook(&team).await;
    let input = json!({ "scenarios": ["duplicate", "burst"], "answers_within_ms": 30_000 });
    let begun = team.test.post(&format!("/v1/webhooks/{webhook}/receiver-checks"), input).await.expect(202);
    assert_eq!(
        findings(&begun),
        json!({ "valid": "waiting", "duplicate": "waiting", "burst": "waiting", "speed": "waiting" })
    );
    // One at a time.
    let again = team.test.post(&format!("/v1/webhooks/{webhook}/receiver-checks"), json!({})).await;
    assert_eq!(problem(&again, 409, "CONFLICT")["resource_id"], begun["id"]);
    server.stop().await;

    let server = TestServer::start_with(&database, setup).await;
    let report = report_step_by_step(&server, &team.at(&server.url), &id(&begun)).await;
    assert!(findings(&report).as_object().unwrap().values().all(|finding| finding == "pass"), "{report:#}");
    server.stop().await;
}

async fn a_check_does_not_go_before_live_events_or_slow_them_down(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::deciding(|number, _| if number == 0 { Answer::Hold } else { Answer::status(200) }).await;
    let webhook = id(&team.new_webhook(&receiver, EXPORT).await);
    let limit = json!({ "config": { "max_concurrency": 1 } });
    team.test.patch(&format!("/v1/destinations/{webhook}"), limit).await.expect(200);
    let path = format!("/v1/webhooks/{webhook}/receiver-checks");
    let check = id(&team.test.post(&path, json!({ "scenarios": SIGNATURES })).await.expect(202));
    until("the first delivery of the check", async || receiver.open() == 1).await;
    let published = team.publish(EXPORT, json!({})).await;
    receiver.release();
    report(&team, &check).await;
    assert_eq!(receiver.webhook_ids()[1], published["id"].as_str().unwrap(), "before the rest of the check");

    // A receiver that hangs is not taken up by the check alone.
    let hanging = Receiver::deciding(|number, _| if number < 40 { Answer::Hold } else { Answer::status(200) }).await;
    let webhook = id(&team.new_webhook(&hanging, EXPORT).await);
    let path = format!("/v1/webhooks/{webhook}/receiver-checks");
    team.test.post(&path, json!({ "scenarios": ["burst"] })).await.expect(202);
    until("half of the room to be taken", async || hanging.open() == 16).await;
    let published = team.publish(EXPORT, json!({})).await;
    until("a live event", async || hanging.count() == 17).await;
    assert_eq!(hanging.webhook_ids()[16], published["id"].as_str().unwrap());
    hanging.release();
    until("the outcomes", async || team.count_events("QUEUED").await == 0).await;

    // Refusals that were asked for say nothing of how fast to send, whatever they ask for.
    let careful = Careful::that(|_| Answer::status(200)).await;
    let webhook = careful.webhook(&team).await;
    checked(&team, &webhook, json!({ "scenarios": SIGNATURES })).await;
    let before = careful.receiver.count();
    team.publish(EXPORT, json!({})).await;
    until("a live event", async || careful.receiver.count() > before).await;
    until("the outcomes", async || team.count_events("QUEUED").await == 0).await;
    server.stop().await;
}

async fn a_webhook_that_takes_nothing_is_not_checked(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let webhook = format!("/v1/webhooks/{}", id(&team.new_webhook(&receiver, EXPORT).await));
    let path = format!("{webhook}/receiver-checks");
    for (there, back, said) in [("disable", "enable", "disabled"), ("pause", "unpause", "paused")] {
        team.test.put(&format!("{webhook}/{there}"), json!({})).await.expect(200);
        let refused = problem(&team.test.post(&path, json!({})).await, 409, "CONFLICT");
        assert!(refused["detail"].as_str().unwrap().contains(said), "{refused}");
        team.test.put(&format!("{webhook}/{back}"), json!({})).await.expect(200);
    }
    for (bad, pointer) in [
        (json!({ "answers_within_ms": 49 }), "/answers_within_ms"),
        (json!({ "answers_within_ms": 30_001 }), "/answers_within_ms"),
        (json!({ "type": "a b" }), "/type"),
        (json!({ "scenarios": ["valid", "luck"] }), "/scenarios/1"),
    ] {
        crate::api::names(&team.test.post(&path, bad).await, pointer);
    }
    assert!(team.list(&path).await.is_empty() && receiver.count() == 0);
    server.stop().await;
}
