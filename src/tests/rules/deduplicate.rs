//! Of requests that are the same, only the first in a window makes an event.

use std::time::Duration;

use serde_json::{Value, json};

use super::{branch, ignored, request, ruled};
use crate::support::{Database, Process, Receiver, Team, TestServer, id, on_both, on_postgres, until, verify};

on_both![
    the_first_of_those_that_are_the_same_is_sent,
    of_many_copies_at_once_one_is_sent,
    what_was_seen_is_known_after_a_kill,
    what_made_no_event_is_nothing_that_others_are_the_same_as,
];

mod on_nodes {
    use super::*;

    on_postgres![of_copies_on_two_nodes_one_is_sent];

    async fn of_copies_on_two_nodes_one_is_sent(database: Database) {
        super::of_copies_on_two_nodes_one_is_sent(database).await;
    }
}

async fn is_sent(team: &Team, request: &str) -> bool {
    !team.events_of(request).await.is_empty()
}

async fn the_first_of_those_that_are_the_same_is_sent(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let by_id = json!({ "type": "deduplicate", "window": 60_000, "include_fields": ["body.id"] });
    let (source, connection) = ruled(&team, &receiver, json!([by_id])).await;
    let whole = branch(&team, &source, &receiver, json!([{ "type": "deduplicate", "window": 3_600_000 }])).await;

    let first = team.post_to(&source, &json!({ "id": 1, "n": 1 })).await;
    server.advance(Duration::from_secs(59));
    let other_text = team.post_to(&source, &json!({ "id": 1.0, "n": 2 })).await;
    let [only] = team.events_of(&other_text).await.try_into().unwrap();
    assert_eq!(only["connection_id"], whole["id"], "its body is another, its id is not");
    let [same] = ignored(&team, &other_text).await.try_into().unwrap();
    assert_eq!((&same["cause"], &same["connection_id"]), (&json!("DEDUPLICATED"), &connection["id"]));
    assert_eq!((&same["same_as"], &same["reason"]), (&json!(first), &json!(format!("it is the same as {first}"))));
    let shown = request(&team, &other_text).await;
    assert_eq!((&shown["events_count"], &shown["ignored_count"]), (&json!(1), &json!(1)));
    let again = team.post_to(&source, &json!({ "id": 1, "n": 1 })).await;
    assert!(!is_sent(&team, &again).await, "both remember it");
    assert_eq!(ignored(&team, &again).await.len(), 2);
    for without in [json!({ "n": 3 }), json!({ "n": 4 })] {
        let sent = team.post_to(&source, &without).await;
        assert_eq!(team.events_of(&sent).await.len(), 2, "there is nothing to compare: {without}");
    }

    // The window is counted from the first, whatever came since.
    server.advance(Duration::from_secs(1));
    let later = team.post_to(&source, &json!({ "id": 1, "n": 9 })).await;
    assert_eq!(team.events_of(&later).await.len(), 2);
    let replayed = team.test.post(&format!("/v1/requests/{later}/retry"), json!({})).await.expect(202);
    assert_eq!(replayed["event_ids"].as_array().unwrap().len(), 2, "a replay is never a duplicate");
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 2 + 1 + 4 + 2 + 2).await;
    server.stop().await;
}

/// Sends copies to each of these teams' servers at once; returns the requests.
async fn copies(teams: &[Team], source: &Value, body: &Value, count: usize) -> Vec<String> {
    let sending: Vec<_> = (0..count)
        .map(|number| {
            let (team, source, body) = (teams[number % teams.len()].clone(), source.clone(), body.clone());
            tokio::spawn(async move { team.post_to(&source, &body).await })
        })
        .collect();
    let mut requests = Vec::new();
    for sent in sending {
        requests.push(sent.await.unwrap());
    }
    requests
}

/// Of these requests one is sent, and the others say which.
async fn assert_one_is_sent(team: &Team, requests: &[String]) {
    let mut sent = Vec::new();
    let mut same_as = Vec::new();
    for request in requests {
        match team.events_of(request).await.len() {
            0 => same_as.push(ignored(team, request).await[0]["same_as"].as_str().unwrap().to_owned()),
            _ => sent.push(request.clone()),
        }
    }
    assert_eq!(sent.len(), 1, "{sent:?} of {}", requests.len());
    assert!(same_as.iter().all(|of| *of == sent[0]), "{same_as:?}");
}

async fn of_many_copies_at_once_one_is_sent(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = ruled(&team, &receiver, json!([{ "type": "deduplicate", "window": 600_000 }])).await;
    for number in 0..5 {
        let requests = copies(std::slice::from_ref(&team), &source, &json!({ "n": number }), 20).await;
        assert_one_is_sent(&team, &requests).await;
    }
    until("the deliveries", async || team.count_events("SUCCESSFUL").await == 5).await;
    assert_eq!(receiver.count(), 5);
    server.stop().await;
}

async fn of_copies_on_two_nodes_one_is_sent(database: Database) {
    let receiver = Receiver::answering([200]).await;
    let (one, two) = tokio::join!(Process::serve(&database), Process::serve(&database));
    let team = one.new_team(&database).await;
    let nodes = [team.clone(), team.at(&two.url)];
    let rule = json!([{ "type": "deduplicate", "window": 600_000, "include_fields": ["body.id"] }]);
    let (source, _) = ruled(&team, &receiver, rule.clone()).await;
    branch(&team, &source, &receiver, rule).await;
    for number in 0..10 {
        let requests = copies(&nodes, &source, &json!({ "id": number }), 12).await;
        let mut sent = 0;
        for request in &requests {
            sent += team.events_of(request).await.len();
        }
        assert_eq!(sent, 2, "one a connection");
    }
    until("the deliveries", async || team.count_events("SUCCESSFUL").await == 20).await;
    assert_eq!(receiver.count(), 20);
    assert_eq!((one.terminate().await, two.terminate().await), (Some(0), Some(0)));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn what_was_seen_is_known_after_a_kill(database: Database) {
    let receiver = Receiver::answering([200]).await;
    let process = Process::serve(&database).await;
    let team = process.new_team(&database).await;
    let (source, _) = ruled(&team, &receiver, json!([{ "type": "deduplicate", "window": 600_000 }])).await;
    let first = team.post_to(&source, &json!({ "n": 1 })).await;
    process.kill().await;

    let process = Process::serve(&database).await;
    let team = team.at(&process.url);
    let second = team.post_to(&source, &json!({ "n": 1 })).await;
    assert_eq!(ignored(&team, &second).await[0]["same_as"], json!(first));
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!(process.terminate().await, Some(0));
}

async fn what_made_no_event_is_nothing_that_others_are_the_same_as(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let once = json!({ "type": "deduplicate", "window": 60_000, "include_fields": ["body.id"] });
    let rules = json!([{ "type": "filter", "body": { "ok": true } }, once]);
    let (source, connection) = ruled(&team, &receiver, rules.clone()).await;
    let cause = async |request: &str| ignored(&team, request).await[0]["cause"].clone();

    let filtered = team.post_to(&source, &json!({ "id": 1, "ok": false })).await;
    assert_eq!(cause(&filtered).await, "FILTERED");
    let first = team.post_to(&source, &json!({ "id": 1, "ok": true })).await;
    assert!(is_sent(&team, &first).await, "what was filtered is not what it repeats");
    let same = team.post_to(&source, &json!({ "id": 1, "ok": true })).await;
    assert_eq!(ignored(&team, &same).await[0]["same_as"], json!(first));
    let filtered = team.post_to(&source, &json!({ "id": 1, "ok": false })).await;
    assert_eq!(cause(&filtered).await, "FILTERED");
    // Trying the same rules says the same.
    let input = json!({ "source_id": id(&source), "rules": rules });
    let trial = team.test.post("/v1/connections/try", input).await.expect(200);
    let outcomes: Vec<_> = trial["requests"].as_array().unwrap().iter().map(|tried| tried["outcome"].clone()).collect();
    assert_eq!(outcomes, ["FILTERED", "DEDUPLICATED", "SENT", "FILTERED"]);

    let destination = format!("/v1/destinations/{}", connection["destination_id"].as_str().unwrap());
    team.test.put(&format!("{destination}/disable"), json!({})).await.expect(200);
    let missed = team.post_to(&source, &json!({ "id": 2, "ok": true })).await;
    assert_eq!(cause(&missed).await, "DESTINATION_DISABLED");
    team.test.put(&format!("{destination}/enable"), json!({})).await.expect(200);
    let redelivered = team.post_to(&source, &json!({ "id": 2, "ok": true })).await;
    assert!(is_sent(&team, &redelivered).await, "what was sent again after enabling is not swallowed");

    let path = format!("/v1/connections/{}", id(&connection));
    team.test
        .patch(&path, json!({ "rules": [{ "type": "deduplicate", "window": 1000, "include_fields": ["body.id"] }] }))
        .await
        .expect(200);
    server.advance(Duration::from_secs(2));
    let later = team.post_to(&source, &json!({ "id": 1, "ok": true })).await;
    assert!(is_sent(&team, &later).await, "the window is that of the rule as it is now");
    until("the deliveries", async || team.count_events("SUCCESSFUL").await == 3).await;
    server.stop().await;
}
