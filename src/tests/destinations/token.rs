//! Access tokens: OAuth 2 client credentials.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Database, Received, Receiver, TestServer, id, on_both, until};

on_both![
    one_token_serves_many_and_is_never_shown,
    a_token_is_fetched_anew_before_it_ends,
    a_token_that_is_refused_is_fetched_anew_once,
    without_a_token_nothing_is_sent,
    credentials_go_into_the_body_where_the_header_is_not_understood,
    a_token_endpoint_is_reached_by_the_same_rules,
];

fn token(number: usize) -> Answer {
    let answer = json!({ "access_token": format!("tok-{number}"), "token_type": "Bearer", "expires_in": 100 });
    Answer::status(200).with_header("content-type", "application/json").with_body(answer.to_string())
}

fn refusal(status: u16, error: &str) -> Answer {
    Answer::status(status).with_body(json!({ "error": error, "error_description": "it was s3cr3t" }).to_string())
}

/// Gives out tokens with numbers, from 0.
async fn endpoint() -> Receiver {
    Receiver::deciding(|number, _| token(number)).await
}

fn config(receiver: &Receiver, endpoint: &Receiver) -> Value {
    json!({
        "url": receiver.url(),
        "auth_type": "OAUTH2_CLIENT_CREDENTIALS",
        "auth": {
            "token_url": endpoint.url_of("/token"), "client_id": "ad:a", "client_secret": "s3cr3t/+", "scope": "a b",
        },
    })
}

fn refuses(token: &'static str) -> impl Fn(usize, &Received) -> Answer {
    move |_, request| {
        Answer::status(if request.header("authorization") == format!("Bearer {token}") { 401 } else { 200 })
    }
}

async fn one_token_serves_many_and_is_never_shown(database: Database) {
    let server = TestServer::start(&database).await;
    let (receiver, endpoint) = (Receiver::answering([200]).await, endpoint().await);
    let team = server.new_team().await;
    let (source, destination) = team.connected_with(config(&receiver, &endpoint)).await;

    for number in 0..40 {
        team.post_to(&source, &json!(number)).await;
    }

    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 40).await;
    assert_eq!(endpoint.count(), 1);
    let asked = endpoint.request(0);
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/token"));
    // ad%3Aa:s3cr3t%2F%2B
    assert_eq!(asked.header("authorization"), "Basic YWQlM0FhOnMzY3IzdCUyRiUyQg==");
    assert_eq!(&asked.body[..], b"grant_type=client_credentials&scope=a+b");
    for received in receiver.requests() {
        assert_eq!(received.header("authorization"), "Bearer tok-0");
        assert!(received.header("webhook-signature").starts_with("v1,"));
    }
    let shown = team.test.get(&format!("/v1/destinations/{}", id(&destination))).await.expect(200);
    assert_eq!(shown["config"]["auth"]["client_secret"], "••••••••");
    for text in [shown.to_string(), Value::from(team.attempts("").await).to_string()] {
        assert!(!text.contains("tok-") && !text.contains("s3cr3t"), "{text}");
    }
    server.stop().await;
}

async fn a_token_is_fetched_anew_before_it_ends(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, endpoint) = (Receiver::answering([200]).await, endpoint().await);
    let team = server.new_team().await;
    let (source, _) = team.connected_with(config(&receiver, &endpoint)).await;
    for (number, (later, fetched)) in [(0, 1), (20, 1), (75, 2), (10, 2)].into_iter().enumerate() {
        server.advance(Duration::from_secs(later));
        team.post_to(&source, &json!(number)).await;
        until("the delivery", async || team.count_events("SUCCESSFUL").await == number as u64 + 1).await;
        assert_eq!(endpoint.count(), fetched, "{later} s later");
    }
    server.stop().await;
}

async fn a_token_that_is_refused_is_fetched_anew_once(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (receiver, endpoint) = (Receiver::deciding(refuses("tok-0")).await, endpoint().await);
    let team = server.new_team().await;
    let (source, _) = team.connected_with(config(&receiver, &endpoint)).await;

    // The first one is new, and refused all the same: that is the receiver's answer.
    let first = team.post_to(&source, &json!("first")).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;
    assert_eq!((endpoint.count(), receiver.count()), (1, 1));
    let event = team.events_of(&first).await.remove(0);
    assert_eq!(team.attempts_of(&event).await[0]["response_status"], 401);

    // Now it is an old one, which may have been taken back.
    let second = team.post_to(&source, &json!("second")).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!((endpoint.count(), receiver.count()), (2, 3));
    let event = team.events_of(&second).await.remove(0);
    let attempts = team.attempts_of(&event).await;
    assert_eq!((attempts.len(), &attempts[0]["response_status"]), (1, &json!(200)));
    assert_eq!(receiver.request(2).header("authorization"), "Bearer tok-1");
    server.stop().await;
}

async fn without_a_token_nothing_is_sent(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let endpoint = Receiver::deciding(|number, _| match number {
        0 | 1 => refusal(401, "invalid_client"),
        2 => Answer::status(503),
        3 => Answer::status(200).with_body("<html>"),
        number => token(number),
    })
    .await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_with(config(&receiver, &endpoint)).await;
    team.post_to(&source, &json!(1)).await;
    for (number, wait) in [(1, 6), (2, 400), (3, 2400)] {
        until("the failure", async || team.attempts("").await.len() == number).await;
        server.advance(Duration::from_secs(wait));
    }
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    let attempts = team.attempts("").await;
    let messages: Vec<_> =
        attempts.iter().map(|attempt| attempt["error_message"].as_str().unwrap_or_default()).collect();
    assert_eq!(
        messages,
        [
            "the token endpoint answered 401 invalid_client",
            "the token endpoint answered 503",
            "the token endpoint answered 200 with something that is not the JSON of a token",
            "",
        ]
    );
    for attempt in &attempts[..3] {
        assert_eq!((&attempt["error_code"], &attempt["status"]), (&json!("PROTOCOL"), &json!("FAILED")));
        assert!(attempt["response_status"].is_null() && attempt["request_headers"] == json!({}), "{attempt}");
    }
    assert_eq!(receiver.count(), 1);
    let shown = team.test.get(&format!("/v1/destinations/{}", id(&destination))).await.expect(200);
    assert!(!shown.to_string().contains("s3cr3t"), "{shown}");
    server.stop().await;
}

async fn credentials_go_into_the_body_where_the_header_is_not_understood(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let endpoint = Receiver::deciding(|number, request| {
        let body = String::from_utf8_lossy(&request.body);
        if body.contains("client_id=ad%3Aa&client_secret=s3cr3t%2F%2B") && request.header("authorization").is_empty() {
            token(number)
        } else {
            refusal(400, "invalid_client")
        }
    })
    .await;
    let team = server.new_team().await;
    let (source, _) = team.connected_with(config(&receiver, &endpoint)).await;
    team.post_to(&source, &json!(1)).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!(endpoint.count(), 2);

    server.advance(Duration::from_secs(200));
    team.post_to(&source, &json!(2)).await;
    until("the second delivery", async || team.count_events("SUCCESSFUL").await == 2).await;
    assert_eq!(endpoint.count(), 3, "it is known by now");
    server.stop().await;
}

async fn a_token_endpoint_is_reached_by_the_same_rules(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let mut config = config(&receiver, &receiver);
    config["auth"]["token_url"] = json!("http://10.0.0.1/token");
    let (source, _) = team.connected_with(config).await;
    team.post_to(&source, &json!(1)).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;
    let attempt = team.attempts("").await.remove(0);
    assert_eq!(attempt["error_code"], "EGRESS_DENIED", "{attempt}");
    assert!(attempt["error_message"].as_str().unwrap().starts_with("the token endpoint: "), "{attempt}");
    assert_eq!(receiver.count(), 0);
    server.stop().await;
}
