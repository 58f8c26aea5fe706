//! The delivery log: what can be asked of attempts, counted over time, and explained.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Client, Database, NOBODY, Receiver, Team, TestServer, id, on_both, unique, until};

on_both![
    every_filter_selects_and_the_histogram_agrees,
    a_filtered_list_is_stable_while_attempts_arrive,
    attempts_are_counted_by_the_minute,
    a_webhook_shows_its_last_day_by_the_hour,
    a_failure_is_explained,
    what_is_asked_wrongly_is_named,
];

/// How many attempts a list has, and how many a histogram with the same query counts: successful and failed.
async fn both(client: &Client, query: &str) -> (usize, u64) {
    let list = client.get(&format!("/v1/attempts?limit=255&{query}")).await.expect(200);
    let (successful, failed) = total(&histogram(client, query).await);
    (list["models"].as_array().unwrap().len(), successful + failed)
}

async fn histogram(client: &Client, query: &str) -> Value {
    client.get(&format!("/v1/attempts/histogram?{query}")).await.expect(200)
}

fn total(histogram: &Value) -> (u64, u64) {
    let sum = |name: &str| histogram["buckets"].as_array().unwrap().iter().map(|b| b[name].as_u64().unwrap()).sum();
    (sum("successful"), sum("failed"))
}

async fn every_filter_selects_and_the_histogram_agrees(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let works = Receiver::answering([Answer::status(200).with_body("Thank You")]).await;
    let fails = Receiver::answering([Answer::status(503).with_body("no such tenant")]).await;
    let refuses = Receiver::answering([404]).await;
    let (good, bad) = (team.new_webhook(&works, "order.paid").await, team.new_webhook(&fails, "order.paid").await);
    let other = team.new_webhook(&refuses, "order.lost").await;
    let dead = json!({ "url": format!("{NOBODY}/{}", unique()), "event_types": ["order.lost"] });
    let dead = team.test.post("/v1/webhooks", dead).await.expect(201);
    team.publish("order.paid", json!({ "note": "Größe 42" })).await;
    team.publish("order.lost", json!({ "note": "MIXED Case" })).await;
    until("the first attempts", async || both(&team.test, "").await.0 == 4).await;
    server.advance(Duration::from_secs(10));
    until("the retries", async || both(&team.test, "").await.0 == 7).await;

    let event = team.list(&format!("/v1/attempts?destination_id={}", id(&bad))).await[0]["event_id"].clone();
    let event = event.as_str().unwrap();
    let (good, bad, other, dead) = (id(&good), id(&bad), id(&other), id(&dead));
    for (query, expected) in [
        (String::new(), 7),
        ("status=SUCCESSFUL".into(), 1),
        ("status=FAILED".into(), 6),
        (format!("destination_id={bad}"), 2),
        (format!("destination_id={good},{other}&status=FAILED"), 2),
        ("event_type=order.paid".into(), 3),
        ("event_type=order.paid,order.lost".into(), 7),
        ("event_type=order".into(), 0),
        ("event_type=%00".into(), 0),
        ("response_status=503".into(), 2),
        ("response_status=5xx".into(), 2),
        ("response_status=4xx,5xx".into(), 4),
        ("response_status=200,none".into(), 3),
        ("response_status=none&response_status=404".into(), 4),
        ("response_status=2xx&status=FAILED".into(), 0),
        ("error_code=BAD_STATUS".into(), 4),
        ("error_code=CONNECTION_REFUSED,DNS".into(), 2),
        (format!("error_code=CONNECTION_REFUSED&destination_id={dead}&trigger=AUTOMATIC"), 1),
        ("trigger=INITIAL".into(), 4),
        ("trigger=AUTOMATIC".into(), 3),
        ("trigger=MANUAL,BULK_RETRY".into(), 0),
        (format!("event_id={event}"), 2),
        (format!("q={event}"), 2),
        ("q=no%20such%20TENANT".into(), 2),
        ("q=thank%20you".into(), 1),
        ("q=mixed%20case".into(), 4),
        ("q=Gr%C3%B6%C3%9Fe%2042".into(), 3),
        ("q=refused%20the%20connection".into(), 2),
        ("q=ORDER.LOST".into(), 4),
        ("q=order.paid&response_status=5xx&trigger=INITIAL".into(), 1),
        ("q=%00".into(), 7),
        ("q=nothing%20like%20this".into(), 0),
        ("from=now-5s".into(), 3),
        ("to=now-5s".into(), 4),
        ("from=now-1h&to=now-5s&status=SUCCESSFUL".into(), 1),
    ] {
        let (list, counted) = both(&team.test, &format!("{query}&buckets=300")).await;
        assert_eq!(list, expected, "{query}");
        // The histogram's window begins and ends at whole buckets, so time is left out of this comparison.
        if !query.contains("now") {
            assert_eq!(counted, expected as u64, "the histogram of {query}");
        }
    }
    assert_eq!(both(&team.live, "").await, (0, 0), "live mode has none");
    // A histogram of seconds is counted from the attempts themselves, and says the same as that of minutes.
    let seconds = histogram(&team.test, "from=now-30s&buckets=60").await;
    assert_eq!((seconds["step_ms"].as_u64(), total(&seconds)), (Some(1000), (1, 6)));
    let now = server.now().plus(Duration::from_secs(1));
    let last = seconds["buckets"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["failed"], seconds["to"].as_str()), (&json!(3), Some(now.to_string().as_str())));
    server.stop().await;
}

async fn a_filtered_list_is_stable_while_attempts_arrive(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::deciding(|number, _| Answer::status(if number % 2 == 0 { 400 } else { 200 })).await;
    let webhook = team.new_webhook(&receiver, "order.paid").await;
    let list = format!("/v1/attempts?limit=3&trigger=INITIAL&response_status=4xx&destination_id={}", id(&webhook));
    let mut sent = 0;
    let mut send = async |more: usize| {
        for _ in 0..more {
            team.publish("order.paid", json!({})).await;
        }
        sent += more;
        let all = async || team.list("/v1/attempts?limit=255&trigger=INITIAL").await.len();
        until("the attempts", async || all().await == sent).await;
    };
    send(20).await;
    let ids = async |path: &str| {
        let page = team.test.get(path).await.expect(200);
        let ids: Vec<_> = page["models"].as_array().unwrap().iter().map(id).collect();
        (ids, page["pagination"]["next"].as_str().map(str::to_owned))
    };
    let all = ids(&list.replace("limit=3", "limit=255")).await.0;
    assert!(!all.is_empty() && all.len() < 20, "{}", all.len());
    let (mut seen, mut next) = ids(&list).await;
    while let Some(cursor) = next {
        send(2).await;
        let page = ids(&format!("{list}&cursor={cursor}")).await;
        seen.extend(page.0);
        next = page.1;
    }
    assert_eq!(seen, all, "what arrived meanwhile moved nothing");
    server.stop().await;
}

async fn attempts_are_counted_by_the_minute(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let works = Receiver::answering([200]).await;
    let (source, destination) = team.connected_to(&works).await;
    let start = server.now();
    for minute in 1..=3 {
        for _ in 0..minute {
            team.post_to(&source, &json!({})).await;
        }
        let all = minute * (minute + 1) / 2;
        until("the deliveries", async || team.count_events("SUCCESSFUL").await == all).await;
        server.advance(Duration::from_mins(2));
    }
    let path = format!("destination_id={}&from={start}&buckets=10", id(&destination));
    let counted = histogram(&team.test, &path).await;
    assert_eq!(counted["step_ms"], 60_000);
    let buckets = counted["buckets"].as_array().unwrap();
    let successful: Vec<_> = buckets.iter().map(|bucket| bucket["successful"].as_u64().unwrap()).collect();
    assert_eq!(successful, [1, 0, 2, 0, 3, 0, 0], "no bucket is left out");
    assert_eq!(buckets[0]["at"], start.to_string());
    assert_eq!(total(&histogram(&team.test, &format!("{path}&status=FAILED")).await), (0, 0));
    assert_eq!(total(&histogram(&team.test, "destination_id=des_00000000000000000000000001").await), (0, 0));
    // A day in hours, and as far back as history goes, no further.
    let day = histogram(&team.test, "from=now-24h&buckets=24").await;
    assert_eq!((day["step_ms"].as_u64(), total(&day)), (Some(3_600_000), (6, 0)));
    let all = histogram(&team.test, "from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z").await;
    let oldest = server.now().minus(Duration::from_hours(15 * 24)).to_string();
    assert!(all["from"].as_str().unwrap() <= oldest.as_str(), "{}", all["from"]);
    assert!(all["from"].as_str().unwrap()[..10] == oldest[..10] && all["buckets"].as_array().unwrap().len() < 80);
    assert_eq!(total(&all), (6, 0));
    for nothing in ["from=now&to=now-1h", "from=2098-01-01T00:00:00Z", "to=2020-01-01T00:00:00Z"] {
        assert_eq!(total(&histogram(&team.test, nothing).await), (0, 0), "{nothing}");
    }
    server.stop().await;
}

async fn a_webhook_shows_its_last_day_by_the_hour(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200, 410]).await;
    let webhook = team.new_webhook(&receiver, "order.paid").await;
    let attempts = async || team.list("/v1/attempts").await.len();
    team.publish("order.paid", json!({})).await;
    until("the delivery", async || attempts().await == 1).await;
    server.advance(Duration::from_hours(3));
    team.publish("order.paid", json!({})).await;
    until("the failure", async || attempts().await == 2).await;
    let path = format!("/v1/webhooks/{}/activity", id(&webhook));
    let activity = team.test.get(&path).await.expect(200);
    let hours = activity["hours"].as_array().unwrap();
    let told: Vec<_> = hours.iter().map(|hour| (hour["successful"].as_u64(), hour["failed"].as_u64())).collect();
    assert_eq!((hours.len(), activity["id"].as_str().unwrap()), (24, id(&webhook).as_str()));
    for (index, counts) in told.into_iter().enumerate() {
        let expected = match index {
            20 => (Some(1), Some(0)),
            23 => (Some(0), Some(1)),
            _ => (Some(0), Some(0)),
        };
        assert_eq!(counts, expected, "hour {index}");
    }
    server.advance(Duration::from_hours(24));
    let later = team.test.get(&path).await.expect(200);
    assert!(later["hours"].as_array().unwrap().iter().all(|hour| hour["failed"] == 0 && hour["successful"] == 0));
    assert_eq!(team.live.get(&path).await.status, 404);
    server.stop().await;
}

/// The one attempt at this destination, as the list and as its own page have it.
async fn only_attempt(team: &Team, destination: &Value) -> Value {
    let path = format!("/v1/attempts?destination_id={}", id(destination));
    until("the attempt", async || team.list(&path).await.len() == 1).await;
    let listed = team.list(&path).await.remove(0);
    let attempt = team.test.get(&format!("/v1/attempts/{}", id(&listed))).await.expect(200);
    assert_eq!(listed["diagnosis"], attempt["diagnosis"]);
    attempt
}

async fn a_failure_is_explained(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let plain = Receiver::answering([200]).await;
    let wants_token = Answer::status(401).with_header("www-authenticate", "Bearer realm=\"hooks\"");
    let signature = Answer::status(400).with_body(r#"{"error":"invalid signature"}"#);
    let moved = Answer::status(301).with_header("location", "https://elsewhere.example/hook");
    let busy = Answer::status(429).with_header("retry-after", "60");
    for (case, answer, title, evidence) in [
        ("401", wants_token, "It wants other credentials", "Bearer realm"),
        ("signature", signature, "It does not accept the signature", "it says “invalid signature”"),
        ("redirect", moved, "It redirects to another host", "https://elsewhere.example/hook"),
        ("429", busy, "It wants fewer requests", "it asks to be left alone until "),
        ("hung up", Answer::Raw("".into()), "It hung up without an answer", "before an answer came"),
        ("half", Answer::half(), "The connection broke within the answer", "it announced 100 bytes"),
        ("garbage", Answer::garbage(), "What answers does not speak HTTP", "not valid HTTP"),
    ] {
        let receiver = Receiver::answering([answer]).await;
        let (source, destination) = team.connected_to(&receiver).await;
        team.post_to(&source, &json!({})).await;
        let attempt = only_attempt(&team, &destination).await;
        let diagnosis = &attempt["diagnosis"];
        assert_eq!(diagnosis["title"], title, "{case}: {attempt}");
        assert!(diagnosis["evidence"].to_string().contains(&evidence.replace('"', "\\\"")), "{case}: {diagnosis}");
        assert!(!diagnosis["next_steps"].as_array().unwrap().is_empty(), "{case}");
    }
    for (case, url, title) in [
        ("a private address", "http://10.0.0.1/".to_owned(), "The address is not public"),
        ("TLS to a plain port", plain.url().replace("http:", "https:"), "What answers does not speak TLS"),
    ] {
        let (source, destination) = team.connected_with(json!({ "url": url })).await;
        team.post_to(&source, &json!({})).await;
        assert_eq!(only_attempt(&team, &destination).await["diagnosis"]["title"], title, "{case}");
    }
    let (source, destination) = team.connected_to(&plain).await;
    team.post_to(&source, &json!({})).await;
    assert!(only_attempt(&team, &destination).await["diagnosis"].is_null(), "what succeeded needs none");
    server.stop().await;
}

async fn what_is_asked_wrongly_is_named(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for (query, name, expected) in [
        ("response_status=6xx", "response_status", "503"),
        ("response_status=5xx,1000", "response_status", "5xx"),
        ("error_code=OOPS", "error_code", "BAD_STATUS"),
        ("trigger=WHIM", "trigger", "AUTOMATIC"),
        ("status=BROKEN", "status", "FAILED"),
        ("from=yesterday", "from", "now-24h"),
        ("buckets=0", "buckets", "1 to 300"),
        ("buckets=301", "buckets", "1 to 300"),
    ] {
        let reply = team.test.get(&format!("/v1/attempts/histogram?{query}")).await;
        assert_eq!(reply.status, 422, "{query}");
        let error = &reply.body["errors"][0];
        assert_eq!(error["pointer"], name, "{query}");
        assert!(error["detail"].as_str().unwrap().contains(expected), "{query}: {error}");
    }
    server.stop().await;
}
