//! How webhooks fare: what counts, what resets, and what they miss while they are disabled.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Database, Receiver, Team, TestServer, id, on_both, until};

on_both![
    one_success_resets_everything,
    simulated_events_never_count,
    a_disabled_webhook_misses_events_that_are_replayed_once,
    what_another_type_is_was_not_missed,
    a_deleted_webhook_leaves_nothing_missed,
    what_is_replayed_by_itself_is_not_missed_any_more,
];

async fn record(team: &Team, webhook: &Value) -> Value {
    team.test.get(&format!("/v1/webhooks/{}", id(webhook))).await.expect(200)
}

async fn one_success_resets_everything(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::deciding(|number, _| Answer::status(if number < 12 { 500 } else { 200 })).await;
    let team = server.new_team().await;
    let webhook = team.new_webhook(&receiver, "a.b").await;
    for number in 0..12 {
        team.publish("a.b", json!({ "n": number })).await;
    }
    until("the failures", async || record(&team, &webhook).await["health"]["consecutive_failures"] == 12).await;
    let health = record(&team, &webhook).await["health"].clone();
    assert_eq!((&health["state"], &health["disable_progress"]), (&json!("warning"), &json!(0.6)), "{health}");
    assert_eq!((&health["failures_left"], &health["disables_at"]), (&json!(8), &json!(null)), "{health}");

    server.advance(Duration::from_secs(6));

    until("the success", async || record(&team, &webhook).await["health"]["state"] == "healthy").await;
    let health = record(&team, &webhook).await["health"].clone();
    assert_eq!(
        health,
        json!({
            "state": "healthy", "consecutive_failures": 0, "failing_since": null, "disable_progress": 0.0,
            "last_error": null, "disables_at": null, "failures_left": 20,
        })
    );
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 12).await;
    server.stop().await;
}

async fn simulated_events_never_count(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::deciding(|_, request| {
        let payload = request.json();
        Answer::status(payload["data"]["answer"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(200))
    })
    .await;
    let team = server.new_team().await;
    let webhook = team.new_webhook(&receiver, "a.b").await;
    let path = format!("/v1/webhooks/{}", id(&webhook));
    let simulate = async |answer: u16| {
        let simulation = json!({ "type": "a.b", "payload": { "data": { "answer": answer } } });
        team.test.post(&format!("{path}/simulate"), simulation).await.expect(202);
    };
    let attempts = async |count: usize| {
        let path = format!("/v1/attempts?limit=255&destination_id={}", id(&webhook));
        until("the attempts", async || team.list(&path).await.len() == count).await;
    };
    for _ in 0..25 {
        simulate(500).await;
    }
    simulate(410).await;
    attempts(26).await;
    let record = record(&team, &webhook).await;
    assert_eq!((&record["status"], &record["health"]["consecutive_failures"]), (&json!("enabled"), &json!(0)));

    // Nor do they hide that real events fail.
    team.publish("a.b", json!({ "answer": 500 })).await;
    attempts(27).await;
    simulate(200).await;
    attempts(28).await;
    assert_eq!(self::record(&team, &webhook).await["health"]["consecutive_failures"], 1);
    server.stop().await;
}

async fn a_disabled_webhook_misses_events_that_are_replayed_once(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = team.new_webhook(&receiver, "a.b").await;
    let path = format!("/v1/webhooks/{}", id(&webhook));
    let missed = async || team.test.get(&format!("{path}/missed")).await.expect(200);
    assert_eq!(missed().await, json!({ "count": 0, "oldest": null, "newest": null }));
    team.test.post(&format!("{path}/disable"), json!({})).await.expect(200);
    let mut published = Vec::new();
    for number in 0..20 {
        let sent = team.publish("a.b", json!({ "n": number })).await;
        assert_eq!(sent["event_ids"], json!([]));
        published.push((sent["id"].as_str().unwrap().to_owned(), sent["request_id"].as_str().unwrap().to_owned()));
    }
    let ignored = team.list(&format!("/v1/requests/{}/ignored_events", published[0].1)).await;
    assert!(ignored.iter().any(|event| event["cause"] == "DESTINATION_DISABLED"), "{ignored:?}");
    let counted = missed().await;
    assert_eq!(counted["count"], 20, "also while it is disabled");
    assert!(counted["oldest"].as_str().unwrap() <= counted["newest"].as_str().unwrap(), "{counted}");
    let replay = format!("{path}/missed/replay");
    let refused = team.test.post(&replay, json!({})).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("enable it"), "{refused}");
    assert_eq!(receiver.count(), 0);

    team.test.post(&format!("{path}/enable"), json!({})).await.expect(200);
    for limit in [0, 1001] {
        team.test.post(&replay, json!({ "limit": limit })).await.expect(422);
    }
    let first = team.test.post(&replay, json!({ "limit": 4 })).await.expect(202);
    assert_eq!(first, json!({ "queued": 4, "left": 16 }));
    until("the first four", async || receiver.count() == 4).await;
    let mut ids: Vec<_> = receiver.requests().iter().map(|request| request.header("webhook-id").to_owned()).collect();
    let mut oldest: Vec<_> = published[..4].iter().map(|(id, _)| id.clone()).collect();
    ids.sort();
    oldest.sort();
    assert_eq!(ids, oldest, "the oldest first, under the ids that they were published with");
    // Several press at once.
    let calls = (0..6).map(|_| team.test.post(&replay, json!({ "limit": 10 })));
    let mut queued = 0;
    for reply in futures_util::future::join_all(calls).await {
        queued += reply.expect(202)["queued"].as_u64().unwrap();
    }
    assert_eq!((queued, &missed().await["count"]), (16, &json!(0)));
    assert_eq!(team.test.post(&replay, json!({})).await.expect(202), json!({ "queued": 0, "left": 0 }));
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 20).await;
    let mut ids: Vec<_> = receiver.requests().iter().map(|request| request.header("webhook-id").to_owned()).collect();
    let mut all: Vec<_> = published.iter().map(|(id, _)| id.clone()).collect();
    ids.sort();
    all.sort();
    assert_eq!(ids, all, "each once");
    let attempts = team.list(&format!("/v1/attempts?limit=255&destination_id={}", id(&webhook))).await;
    assert!(attempts.iter().all(|attempt| attempt["trigger"] == "MANUAL"), "{attempts:?}");
    let log = team.list(&format!("/v1/audit-log?subject={}", id(&webhook))).await;
    for action in ["webhook_disabled", "webhook_enabled", "missed_replayed"] {
        assert!(log.iter().any(|entry| entry["action"] == action), "{action} in {log:?}");
    }
    server.stop().await;
}

async fn what_another_type_is_was_not_missed(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (webhook, other) = (team.new_webhook(&receiver, "a.b").await, team.new_webhook(&receiver, "a.c").await);
    let path = format!("/v1/webhooks/{}", id(&webhook));
    team.test.post(&format!("{path}/disable"), json!({})).await.expect(200);

    let sent = team.publish("a.c", json!({})).await;

    let ignored = team.list(&format!("/v1/requests/{}/ignored_events", sent["request_id"].as_str().unwrap())).await;
    assert_eq!((ignored.len(), &ignored[0]["cause"]), (1, &json!("FILTERED")), "{ignored:?}");
    for webhook in [&webhook, &other] {
        let missed = team.test.get(&format!("/v1/webhooks/{}/missed", id(webhook))).await.expect(200);
        assert_eq!(missed["count"], 0);
    }
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    server.stop().await;
}

async fn a_deleted_webhook_leaves_nothing_missed(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = team.new_webhook(&receiver, "a.b").await;
    let path = format!("/v1/webhooks/{}", id(&webhook));
    team.test.post(&format!("{path}/disable"), json!({})).await.expect(200);
    team.publish("a.b", json!({})).await;
    assert_eq!(team.test.get(&format!("{path}/missed")).await.expect(200)["count"], 1);
    team.test.delete(&path).await.expect(204);
    team.test.get(&format!("{path}/missed")).await.expect(404);
    team.test.post(&format!("{path}/missed/replay"), json!({})).await.expect(404);
    let log = team.list(&format!("/v1/audit-log?subject={}&action=webhook_deleted", id(&webhook))).await;
    assert_eq!((log.len(), &log[0]["detail"]), (1, &webhook["url"]));
    server.stop().await;
}

async fn what_is_replayed_by_itself_is_not_missed_any_more(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = team.new_webhook(&receiver, "a.b").await;
    let path = format!("/v1/webhooks/{}", id(&webhook));
    let missed = async || team.test.get(&format!("{path}/missed")).await.expect(200)["count"].clone();
    team.test.post(&format!("{path}/disable"), json!({})).await.expect(200);
    let mut requests = Vec::new();
    for number in 0..2 {
        requests.push(team.publish("a.b", json!({ "n": number })).await["request_id"].as_str().unwrap().to_owned());
    }
    // While it is disabled, the replay is missed instead.
    team.test.post(&format!("/v1/requests/{}/retry", requests[1]), json!({})).await.expect(202);
    assert_eq!(missed().await, 2);
    team.test.post(&format!("{path}/enable"), json!({})).await.expect(200);

    team.test.post(&format!("/v1/requests/{}/retry", requests[0]), json!({})).await.expect(202);

    assert_eq!(missed().await, 1);
    let replayed = team.test.post(&format!("{path}/missed/replay"), json!({})).await.expect(202);
    assert_eq!(replayed, json!({ "queued": 1, "left": 0 }));
    until("both", async || team.count_events("SUCCESSFUL").await == 2).await;
    let mut numbers: Vec<_> = receiver.requests().iter().map(|request| request.json()["data"]["n"].as_u64()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [Some(0), Some(1)], "each once");
    server.stop().await;
}
