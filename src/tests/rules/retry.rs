//! Delays before the first attempt, and rules for the attempts after it.

use std::time::Duration;

use hookyard_model::Timestamp;
use serde_json::{Value, json};

use super::{branch, ruled};
use crate::support::{Database, Receiver, TestServer, id, on_both, until};

on_both![
    a_delayed_event_goes_out_when_it_is_due,
    a_delayed_event_can_be_cancelled_and_held,
    a_retry_rule_stands_in_for_the_schedule,
    what_is_not_among_the_codes_is_not_tried_again,
];

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap_or_else(|| panic!("no time: {value}")).parse().unwrap()
}

async fn a_delayed_event_goes_out_when_it_is_due(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = ruled(&team, &receiver, json!([{ "type": "delay", "delay": 60_000 }])).await;
    branch(&team, &source, &receiver, json!([])).await;

    let first = team.post_to(&source, &json!({ "n": 1 })).await;
    until("the one that does not wait", async || team.count_events("SUCCESSFUL").await == 1).await;
    let waits = async |request: &str| {
        let events = team.events_of(request).await;
        events.into_iter().find(|event| event["status"] == "SCHEDULED").unwrap()
    };
    let event = waits(&first).await;
    assert_eq!(time(&event["next_attempt_at"]).since(server.now()), Duration::from_mins(1));
    server.advance(Duration::from_secs(30));
    let second = team.post_to(&source, &json!({ "n": 2 })).await;
    until("the next", async || team.count_events("SUCCESSFUL").await == 2).await;
    assert_eq!((waits(&first).await["attempts"].clone(), receiver.count()), (json!(0), 2));

    server.advance(Duration::from_secs(30));
    until("the first that waited", async || team.event(&id(&event)).await["status"] == "SUCCESSFUL").await;
    assert_eq!(team.attempts_of(&event).await[0]["trigger"], "INITIAL");
    waits(&second).await;
    server.advance(Duration::from_secs(30));
    until("the other", async || team.count_events("SUCCESSFUL").await == 4).await;
    server.stop().await;
}

async fn a_delayed_event_can_be_cancelled_and_held(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, connection) = ruled(&team, &receiver, json!([{ "type": "delay", "delay": 600_000 }])).await;
    let path = format!("/v1/connections/{}", id(&connection));
    let [cancelled] = team.events_of(&team.post_to(&source, &json!(1)).await).await.try_into().unwrap();
    team.test.post(&format!("/v1/events/{}/cancel", id(&cancelled)), json!({})).await.expect(200);
    let [event] = team.events_of(&team.post_to(&source, &json!(2)).await).await.try_into().unwrap();

    team.test.put(&format!("{path}/pause"), json!({})).await.expect(200);
    server.advance(Duration::from_mins(11));
    until("it to be held", async || team.event(&id(&event)).await["status"] == "HOLD").await;
    assert_eq!(receiver.count(), 0);
    team.test.put(&format!("{path}/unpause"), json!({})).await.expect(200);
    until("the delivery", async || team.event(&id(&event)).await["status"] == "SUCCESSFUL").await;
    assert_eq!((receiver.count(), team.event(&id(&cancelled)).await["status"].clone()), (1, json!("CANCELLED")));

    // What was paused before it was due is not due any sooner.
    let [event] = team.events_of(&team.post_to(&source, &json!(3)).await).await.try_into().unwrap();
    let due = event["next_attempt_at"].clone();
    team.test.put(&format!("{path}/pause"), json!({})).await.expect(200);
    team.test.put(&format!("{path}/unpause"), json!({})).await.expect(200);
    until("it to wait again", async || team.event(&id(&event)).await["status"] == "SCHEDULED").await;
    assert_eq!(team.event(&id(&event)).await["next_attempt_at"], due);
    server.advance(Duration::from_mins(10));
    until("the delivery", async || team.event(&id(&event)).await["status"] == "SUCCESSFUL").await;
    server.stop().await;
}

async fn a_retry_rule_stands_in_for_the_schedule(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([500]).await;
    let team = server.new_team().await;
    let rule =
        json!({ "type": "retry", "strategy": "exponential", "count": 3, "interval": 60_000, "max_interval": 150_000 });
    let (source, connection) = ruled(&team, &receiver, json!([rule])).await;
    let [event] = team.events_of(&team.post_to(&source, &json!(1)).await).await.try_into().unwrap();
    for (index, wait) in [60, 120, 150].into_iter().enumerate() {
        until("the next failure", async || team.event(&id(&event)).await["attempts"] == index + 1).await;
        let failed = team.event(&id(&event)).await;
        let gap = time(&failed["next_attempt_at"]).since(server.now());
        let wait = Duration::from_secs(wait);
        assert!(gap >= wait.mul_f64(0.9) && gap <= wait.mul_f64(1.1).min(Duration::from_secs(150)), "{index}: {gap:?}");
        server.advance(gap);
    }
    until("the last", async || team.event(&id(&event)).await["status"] == "FAILED").await;
    assert_eq!(team.event(&id(&event)).await["attempts"], 4);

    // The rule counts as it is when an attempt ends.
    let path = format!("/v1/connections/{}", id(&connection));
    let list = json!([{ "type": "retry", "strategy": "custom", "intervals": [7_200_000] }]);
    team.test.patch(&path, json!({ "rules": list })).await.expect(200);
    let [event] = team.events_of(&team.post_to(&source, &json!(2)).await).await.try_into().unwrap();
    until("its failure", async || team.event(&id(&event)).await["attempts"] == 1).await;
    let gap = time(&team.event(&id(&event)).await["next_attempt_at"]).since(server.now());
    assert!(gap >= Duration::from_mins(108) && gap <= Duration::from_mins(132), "{gap:?}");
    server.stop().await;
}

async fn what_is_not_among_the_codes_is_not_tried_again(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let rule = json!([{
        "type": "retry", "strategy": "linear", "count": 5, "interval": 60_000, "response_status_codes": ["429", "500-599"],
    }]);
    for (answer, status) in [(400, "FAILED"), (503, "SCHEDULED"), (410, "FAILED")] {
        let receiver = Receiver::answering([answer]).await;
        let (source, _) = ruled(&team, &receiver, rule.clone()).await;
        let [event] = team.events_of(&team.post_to(&source, &json!(1)).await).await.try_into().unwrap();
        until("the attempt", async || team.event(&id(&event)).await["attempts"] == 1).await;
        assert_eq!(team.event(&id(&event)).await["status"], status, "{answer}");
    }
    server.stop().await;
}
