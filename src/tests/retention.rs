//! Retention: what is past its time is gone, from the API, the tables and the disk, and nothing else is.

use std::{fs, time::Duration};

use hookyard_model::{AuditId, ReceiverCheckId};
use serde_json::json;

use crate::{
    api::whole::{count, execute},
    support::{Database, Receiver, TestServer, id, on_both, until},
};

on_both![
    what_is_past_its_time_is_gone_and_nothing_else,
    what_waits_stays_with_its_payload,
    an_attempt_in_the_log_keeps_its_payload,
    checks_go_with_history_and_the_audit_log_a_year_later,
];

mod space {
    use super::the_file_shrinks;

    crate::support::on_sqlite!(the_file_shrinks);
}

const FIFTEEN_DAYS: Duration = Duration::from_hours(15 * 24);
const FIFTEEN_DAYS_LESS_AN_HOUR: Duration = Duration::from_hours(15 * 24 - 1);
const HOUR: Duration = Duration::from_hours(1);
const SECOND: Duration = Duration::from_secs(1);

async fn what_is_past_its_time_is_gone_and_nothing_else(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let (source, _) = team.connected_to(&receiver).await;
    let old = team.post_to(&source, &json!({ "n": 1 })).await;
    until("the first delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    let attempt = team.list("/v1/attempts").await[0].clone();
    server.advance(HOUR);
    let young = team.post_to(&source, &json!({ "n": 2 })).await;
    until("the second delivery", async || team.count_events("SUCCESSFUL").await == 2).await;
    assert_eq!(team.list("/v1/attempts").await.len(), 2);

    // The first is 15 days and a second old now, the second 14 days and 23 hours.
    server.advance(FIFTEEN_DAYS_LESS_AN_HOUR + SECOND);

    until("the first to be gone", async || team.test.get(&format!("/v1/requests/{old}")).await.status == 404).await;
    assert_eq!(team.test.get(&format!("/v1/attempts/{}", id(&attempt))).await.status, 404);
    let requests: Vec<_> = team.list("/v1/requests").await.iter().map(id).collect();
    assert_eq!(requests, [young], "what is 14 days and 23 hours old is kept");
    assert_eq!((team.list("/v1/events").await.len(), team.list("/v1/attempts").await.len()), (1, 1));
    for table in ["request", "event", "attempt"] {
        assert_eq!(count(&database, table).await, 1, "{table}");
    }
    server.advance(HOUR);
    until("its hour to be gone", async || count(&database, "attempt_rollup").await == 1).await;
    server.advance(FIFTEEN_DAYS);
    for table in ["request", "event", "attempt", "attempt_rollup"] {
        until("all to be gone", async || count(&database, table).await == 0).await;
    }
    server.stop().await;
}

async fn what_waits_stays_with_its_payload(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([500, 200]).await;
    let source = team.new_source().await;
    let destination = team.new_destination(json!({ "url": receiver.url() })).await;
    let connection = team.connect(&source, &destination).await;
    team.post_to(&source, &json!({ "n": 1 })).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;
    let path = format!("/v1/connections/{}", id(&connection));
    team.test.put(&format!("{path}/pause"), json!({})).await.expect(200);
    server.advance(Duration::from_secs(6));
    until("the event to be held", async || team.count_events("HOLD").await == 1).await;

    server.advance(FIFTEEN_DAYS + HOUR);

    until("the attempt to be gone", async || count(&database, "attempt").await == 0).await;
    assert_eq!((team.count_events("HOLD").await, team.list("/v1/requests").await.len()), (1, 1));
    team.test.put(&format!("{path}/unpause"), json!({})).await.expect(200);
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!(receiver.request(1).json(), json!({ "n": 1 }));
    server.stop().await;
}

async fn an_attempt_in_the_log_keeps_its_payload(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let (source, _) = team.connected_to(&receiver).await;
    let request = team.post_to(&source, &json!({ "n": 1 })).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    let event = id(&team.events_of(&request).await[0]);
    server.advance(FIFTEEN_DAYS_LESS_AN_HOUR);
    team.test.post(&format!("/v1/events/{event}/retry"), json!({})).await.expect(202);
    until("the repetition", async || team.count_events("SUCCESSFUL").await == 2).await;

    server.advance(2 * HOUR);

    until("the first attempt to be gone", async || team.list("/v1/attempts").await.len() == 1).await;
    let attempt = team.attempts("").await.remove(0);
    assert_eq!(attempt["request_body"], r#"{"n":1}"#);
    server.advance(FIFTEEN_DAYS);
    until("all to be gone", async || count(&database, "request").await == 0).await;
    server.stop().await;
}

async fn checks_go_with_history_and_the_audit_log_a_year_later(database: Database) {
    const DAY: Duration = Duration::from_hours(24);
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let whose = team.made.team_id;
    let (audit, checks) = (count(&database, "audit").await, count(&database, "receiver_check").await);
    for days in [14, 16, 364, 366] {
        let at = server.now().minus(DAY * days);
        let (entry, check) = (AuditId::first_at(at), ReceiverCheckId::first_at(at));
        for sql in [
            format!(
                "INSERT INTO audit (team_id, mode, id, action, actor, subject, created_at) \
                 VALUES ('{whose}', 'live', '{entry}', 'x', 'x', 'x', {})",
                at.millis()
            ),
            format!(
                "INSERT INTO receiver_check (team_id, mode, id, destination_id, event_type, plan, created_at) \
                 VALUES ('{whose}', 'test', '{check}', 'x', 'x', '{{}}', {})",
                at.millis()
            ),
        ] {
            assert_eq!(execute(&database, &sql).await, 1);
        }
    }
    server.advance(HOUR);
    until("the old checks to be gone", async || count(&database, "receiver_check").await == checks + 1).await;
    until("the old entry to be gone", async || count(&database, "audit").await == audit + 3).await;
    server.stop().await;
}

async fn the_file_shrinks(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let (source, _) = team.connected_to(&receiver).await;
    let text = "x".repeat(1 << 20);
    for number in 1..=24 {
        team.post_to(&source, &json!({ "text": text })).await;
        until("the delivery", async || team.count_events("SUCCESSFUL").await == number).await;
    }
    let file = database.data_dir().join("hookyard.db");
    let size = || fs::metadata(&file).unwrap().len();
    assert!(size() > 8 << 20, "what was written is in the file: {}", size());
    server.advance(FIFTEEN_DAYS + SECOND);
    until("the requests to be gone", async || count(&database, "request").await == 0).await;
    until("the space to be given back", async || size() < 4 << 20).await;
    server.stop().await;
    assert!(size() < 2 << 20, "{}", size());
}
