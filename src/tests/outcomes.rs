//! What receivers do, and what is made of it.

use std::time::Duration;

use hookyard_model::Timestamp;
use serde_json::{Value, json};
use time::{OffsetDateTime, macros::format_description};

use crate::support::{Answer, Database, NOBODY, Receiver, Team, TestServer, id, on_both, until};

on_both![
    every_outcome_is_told_apart,
    a_redirect_is_not_followed,
    a_receiver_that_is_busy_is_left_alone_as_a_whole,
    gone_fails_the_event_and_disables_the_destination,
    failures_in_a_row_disable_the_destination,
];

/// Of an attempt: status, error code, and the answer's status.
type Expected = (&'static str, Option<&'static str>, Option<u16>);

type Check = fn(&Value);

fn nothing_more(_: &Value) {}

/// Kept bytes, and whether there were more.
fn kept(attempt: &Value) -> (usize, bool) {
    (attempt["body"].as_str().map_or(0, str::len), attempt["response_body_truncated"].as_bool().unwrap())
}

async fn every_outcome_is_told_apart(database: Database) {
    const BAD: Option<&str> = Some("BAD_STATUS");
    const RESET: Option<&str> = Some("CONNECTION_RESET");
    let script: Vec<(&str, Answer, Expected, Check)> = vec![
        ("success", 200.into(), ("SUCCESSFUL", None, Some(200)), |attempt| assert_eq!(attempt["body"], "noted")),
        ("no content", Answer::status(204).with_body(""), ("SUCCESSFUL", None, Some(204)), nothing_more),
        ("an error", 500.into(), ("FAILED", BAD, Some(500)), |attempt| assert_eq!(attempt["body"], "noted")),
        ("not found", 404.into(), ("FAILED", BAD, Some(404)), nothing_more),
        ("hangs", Answer::Hold, ("FAILED", Some("TIMEOUT"), None), nothing_more),
        ("drips", Answer::Drip, ("FAILED", Some("TIMEOUT"), Some(200)), |attempt| {
            assert!(attempt["body"].as_str().unwrap().starts_with(".."));
        }),
        ("a bomb", Answer::gzip_bomb(50 << 20), ("SUCCESSFUL", None, Some(200)), |attempt| {
            assert_eq!(kept(attempt), (64 << 10, true));
        }),
        ("long", Answer::status(200).with_body(vec![b'x'; 200_000]), ("SUCCESSFUL", None, Some(200)), |attempt| {
            assert_eq!(kept(attempt), (64 << 10, true));
        }),
        ("half a body", Answer::half(), ("FAILED", RESET, Some(200)), |attempt| assert_eq!(attempt["body"], "half")),
        ("hangs up", Answer::Raw("".into()), ("FAILED", RESET, None), nothing_more),
        ("garbage", Answer::garbage(), ("FAILED", Some("PROTOCOL"), None), nothing_more),
    ];
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let mut cases = Vec::new();
    for (name, answer, expected, check) in script {
        // Only those who never end need a deadline that comes soon; an answer that began needs the time to begin.
        let timeout_ms = match (expected.1, expected.2) {
            (Some("TIMEOUT"), None) => 1_000,
            (Some("TIMEOUT"), Some(_)) => 5_000,
            _ => 20_000,
        };
        let receiver = Receiver::answering([answer]).await;
        let destination = team.new_destination(json!({ "url": receiver.url(), "timeout_ms": timeout_ms })).await;
        team.connect(&source, &destination).await;
        cases.push((name, id(&destination), Some(receiver), expected, check));
    }
    let plain = Receiver::answering([200]).await;
    for (name, url, code) in [
        ("nobody listens", NOBODY.to_owned(), "CONNECTION_REFUSED"),
        // Too long for a name: the machine's resolver says so without asking others.
        ("no such host", format!("http://{}.invalid/", "n".repeat(64)), "DNS"),
        ("TLS to a plain port", plain.url().replace("http:", "https:"), "TLS"),
        ("a private address", "http://10.0.0.1/".to_owned(), "EGRESS_DENIED"),
    ] {
        let destination = team.new_destination(json!({ "url": url })).await;
        team.connect(&source, &destination).await;
        cases.push((name, id(&destination), None, ("FAILED", Some(code), None), nothing_more));
    }

    team.post_to(&source, &json!({ "order": 7 })).await;

    until("all outcomes", async || team.list("/v1/attempts?limit=255").await.len() == cases.len()).await;
    for (name, destination, receiver, (status, error_code, response_status), check) in cases {
        let attempt = &team.attempts(&format!("destination_id={destination}")).await[0];
        assert_eq!(
            (&attempt["status"], &attempt["error_code"], &attempt["response_status"]),
            (&json!(status), &json!(error_code), &json!(response_status)),
            "{name}: {attempt}"
        );
        assert_eq!(attempt["error_message"].is_string(), error_code.is_some(), "{name}");
        assert_eq!(attempt["request_body"], r#"{"order":7}"#, "{name}");
        assert!(attempt["timings"]["total_ms"].is_number(), "{name}");
        check(attempt);
        assert!(receiver.is_none_or(|receiver| receiver.count() == 1), "{name}: sent once");
    }
    assert_eq!(plain.count(), 0);
    server.stop().await;
}

async fn a_redirect_is_not_followed(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let elsewhere = Receiver::answering([200]).await;
    let team = server.new_team().await;
    for status in [301, 302, 307, 308] {
        let answer = Answer::status(status).with_header("location", elsewhere.url());
        let receiver = Receiver::answering([answer]).await;
        let (source, destination) = team.connected_to(&receiver).await;
        team.post_to(&source, &json!({})).await;
        let attempts = async || team.attempts(&format!("destination_id={}", id(&destination))).await;
        until("the outcome", async || attempts().await.len() == 1).await;
        let attempt = &attempts().await[0];
        assert_eq!((&attempt["error_code"], &attempt["response_status"]), (&json!("BAD_STATUS"), &json!(status)));
        assert_eq!(attempt["response_headers"]["location"], elsewhere.url());
    }
    assert_eq!(elsewhere.count(), 0);
    server.stop().await;
}

/// When the attempts of a destination were made, in milliseconds after the first.
async fn times(team: &Team, destination: &Value) -> Vec<i64> {
    let attempts = team.attempts(&format!("destination_id={}", id(destination))).await;
    let at = |attempt: &Value| {
        let time: Timestamp = attempt["delivered_at"].as_str().unwrap().parse().unwrap();
        time.millis()
    };
    let first = attempts.first().map_or(0, at);
    attempts.iter().map(|attempt| at(attempt) - first).collect()
}

/// As `Retry-After` writes it.
fn http_date(time: Timestamp) -> String {
    let format =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    OffsetDateTime::from_unix_timestamp(time.seconds()).unwrap().format(format).unwrap()
}

async fn a_receiver_that_is_busy_is_left_alone_as_a_whole(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    for (case, status, says, wait) in [
        ("429 that says how long", 429, Some("120"), 120),
        ("503 that says until when", 503, Some("date"), 120),
        ("500 that says how long", 500, Some("120"), 120),
        ("429 that does not say", 429, None, 1),
        ("502 that does not say", 502, None, 1),
        ("504 that says nonsense", 504, Some("soon"), 1),
    ] {
        let date = http_date(server.now().plus(Duration::from_mins(2)));
        let answer = match says {
            None => Answer::status(status),
            Some("date") => Answer::status(status).with_header("retry-after", &date),
            Some(says) => Answer::status(status).with_header("retry-after", says),
        };
        let (busy, other) = (Receiver::answering([answer, 200.into()]).await, Receiver::answering([200]).await);
        let (source, destination) = team.connected_to(&busy).await;
        let beside = team.new_destination(json!({ "url": other.url() })).await;
        team.connect(&source, &beside).await;
        team.post_to(&source, &json!({ "n": 1 })).await;
        until("the first outcome", async || times(&team, &destination).await.len() == 1).await;

        team.post_to(&source, &json!({ "n": 2 })).await;
        until("both at the other destination", async || other.count() == 2).await;
        server.advance(Duration::from_secs(wait));
        until("the event that waited", async || times(&team, &destination).await.len() >= 2).await;
        server.advance(Duration::from_secs(10));
        until("the event that failed", async || times(&team, &destination).await.len() == 3).await;
        let times = times(&team, &destination).await;
        let wait = i64::try_from(wait * 1000).unwrap();
        assert!(times[1..].iter().all(|time| *time >= wait), "{case}: {times:?}");
    }
    server.stop().await;
}

async fn gone_fails_the_event_and_disables_the_destination(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([410, 200]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;

    team.post_to(&source, &json!({ "n": 1 })).await;

    until("the event to fail", async || team.count_events("FAILED").await == 1).await;
    let path = format!("/v1/destinations/{}", id(&destination));
    let record = team.test.get(&path).await.expect(200);
    assert_eq!((&record["status"], &record["health"]["state"]), (&json!("disabled"), &json!("disabled")));
    assert!(record["disabled_reason"].as_str().unwrap().contains("410"), "{record}");
    // Capture learns it a moment later; from then on nothing is queued.
    let ignored = async |request: &str| team.list(&format!("/v1/requests/{request}/ignored_events")).await;
    until("requests to be ignored", async || {
        let request = team.post_to(&source, &json!({ "n": 2 })).await;
        ignored(&request).await.first().is_some_and(|event| event["cause"] == "DESTINATION_DISABLED")
    })
    .await;
    let enabled = team.test.post(&format!("{path}/enable"), json!({})).await.expect(200);
    assert_eq!((&enabled["status"], &enabled["health"]["consecutive_failures"]), (&json!("enabled"), &json!(0)));
    let request = team.post_to(&source, &json!({ "n": 3 })).await;
    until("the delivery after it was enabled", async || {
        team.events_of(&request).await.first().is_some_and(|event| event["status"] == "SUCCESSFUL")
    })
    .await;
    server.stop().await;
}

async fn failures_in_a_row_disable_the_destination(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([500]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;
    let rule = json!({ "auto_disable": { "consecutive_failures": 3, "failing_for_seconds": 60 } });
    let path = format!("/v1/destinations/{}", id(&destination));
    team.test.patch(&path, rule).await.expect(200);
    for number in 1..=3 {
        team.post_to(&source, &json!({ "n": number })).await;
        until("the failure", async || team.count_events("SCHEDULED").await == number).await;
    }
    let record = team.test.get(&path).await.expect(200);
    assert_eq!((&record["status"], &record["health"]["consecutive_failures"]), (&json!("enabled"), &json!(3)));

    server.advance(Duration::from_secs(61));

    until("the destination to be disabled", async || team.test.get(&path).await.body["status"] == "disabled").await;
    until("what waits to be held", async || team.count_events("HOLD").await == 3).await;
    server.stop().await;
}
