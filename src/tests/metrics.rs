//! Metrics: what was counted as it happened is what counting gives, however long ago it was.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use crate::{
    api::whole::count,
    support::{Database, Receiver, Team, TestServer, id, on_both, until},
};

on_both![
    sums_equal_the_count_endpoints_also_when_seconds_become_minutes_and_hours,
    cards_say_the_last_24_hours_in_six_parts,
    what_was_not_taken_is_counted_by_source_and_by_connection,
    what_waits_is_said_by_destination_and_by_status,
    series_are_whole_and_bad_questions_are_refused,
    what_to_look_after_is_said_for_a_window,
    attempts_are_measured_with_their_latency,
    others_see_nothing_of_it,
];

const HOUR: Duration = Duration::from_hours(1);

/// The sum of a measure over a series.
async fn sum(team: &Team, of: &str, measure: &str, query: &str) -> u64 {
    let series = team.test.get(&format!("/v1/metrics/{of}?measures={measure}&{query}")).await.expect(200);
    series["series"].as_array().unwrap().iter().map(|point| point[measure].as_u64().unwrap()).sum()
}

async fn counted(team: &Team, of: &str, query: &str) -> u64 {
    team.test.get(&format!("/v1/{of}/count?{query}")).await.expect(200)["count"].as_u64().unwrap()
}

/// That each measure sums to what counting gives, for all and for these filters.
async fn assert_sums(team: &Team, filters: &[&str], time: &str) {
    const EVENTS: [(&str, &str); 7] = [
        ("count", ""),
        ("delivered_count", "status=SUCCESSFUL"),
        ("failed_count", "status=FAILED"),
        ("cancelled_count", "status=CANCELLED"),
        ("queued_count", "status=QUEUED"),
        ("processing_count", "status=SCHEDULED"),
        ("hold_count", "status=HOLD"),
    ];
    const REQUESTS: [(&str, &str); 3] =
        [("count", ""), ("accepted_count", "status=accepted"), ("rejected_count", "status=rejected")];
    for filter in filters {
        for (measure, status) in EVENTS {
            let found = counted(team, "events", &format!("{filter}&{status}")).await;
            let measured = sum(team, "events", measure, &format!("{filter}&{time}")).await;
            assert_eq!(measured, found, "{measure} of events, {filter} {time}");
            let alone = sum(team, "events", "count", &format!("{filter}&{time}&{status}")).await;
            assert_eq!(alone, found, "{status} of events, {filter} {time}");
        }
        if filter.contains("destination") || filter.contains("connection") {
            continue;
        }
        for (measure, status) in REQUESTS {
            let found = counted(team, "requests", &format!("{filter}&{status}")).await;
            let measured = sum(team, "requests", measure, &format!("{filter}&{time}")).await;
            assert_eq!(measured, found, "{measure} of requests, {filter} {time}");
        }
    }
}

async fn sums_equal_the_count_endpoints_also_when_seconds_become_minutes_and_hours(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let (good, bad, gone) =
        (Receiver::answering([200]).await, Receiver::answering([500]).await, Receiver::answering([410]).await);
    let (source, well) = team.connected_to(&good).await;
    let (ill, ended) = (
        team.new_destination(json!({ "url": bad.url() })).await,
        team.new_destination(json!({ "url": gone.url() })).await,
    );
    let (failing, ending) = (team.connect(&source, &ill).await, team.connect(&source, &ended).await);
    for number in 0..3 {
        team.post_to(&source, &json!({ "n": number })).await;
        server.advance(Duration::from_secs(2));
    }
    let disabled = team.new_source().await;
    team.test.put(&format!("/v1/sources/{}/disable", id(&disabled)), json!({})).await.expect(200);
    assert_eq!(team.send_to(&disabled, "", &[], "x").await.status, 410);
    until("the deliveries", async || team.count_events("SUCCESSFUL").await == 3).await;
    until("the retries", async || team.count_events("SCHEDULED").await == 3).await;
    until("what is gone", async || team.count_events("FAILED").await > 0).await;
    let waiting = team.events(&format!("status=SCHEDULED&connection_id={}", id(&failing))).await;
    team.test.post(&format!("/v1/events/{}/cancel", id(&waiting[0])), json!({})).await.expect(200);
    team.test.put(&format!("/v1/connections/{}/pause", id(&failing)), json!({})).await.expect(200);
    // The lane finds them held when they are due.
    server.advance(Duration::from_mins(10));
    let others = format!("status=HOLD&connection_id={}", id(&failing));
    until("the others to be held", async || counted(&team, "events", &others).await == 2).await;
    // Also what came for the one that is gone before capture learned of that.
    until("nothing to move any more", async || team.count_events("QUEUED").await == 0).await;
    let again = team.events("status=SUCCESSFUL").await;
    team.test.post(&format!("/v1/events/{}/retry", id(&again[0])), json!({})).await.expect(202);
    until("it to be sent again", async || team.count_events("SUCCESSFUL").await == 4).await;

    let filters = [
        String::new(),
        format!("source_id={}", id(&source)),
        format!("destination_id={}", id(&ill)),
        format!("destination_id={},{}", id(&well), id(&ended)),
        format!("connection_id={}", id(&ending)),
    ];
    let filters: Vec<_> = filters.iter().map(String::as_str).collect();
    for granularity in ["1s", "5s", "1m", "1h"] {
        assert_sums(&team, &filters, &format!("from=now-1h&granularity={granularity}")).await;
    }
    server.advance(2 * HOUR);
    until("seconds to be minutes", async || {
        count(&database, "event_rollup WHERE span = 1000").await == 0
            && count(&database, "request_rollup WHERE span = 60000").await > 0
    })
    .await;
    assert_sums(&team, &filters, "from=now-5h&granularity=1m").await;
    // All that waits ends at once, and late.
    team.test.delete(&format!("/v1/connections/{}", id(&failing))).await.expect(204);
    assert_eq!(team.count_events("CANCELLED").await, 3);
    assert_sums(&team, &filters, "from=now-5h&granularity=15m").await;
    server.advance(80 * HOUR);
    until("minutes to be hours", async || {
        count(&database, "event_rollup WHERE span < 3600000").await == 0
            && count(&database, "attempt_rollup WHERE span < 3600000").await == 0
            && count(&database, "event_rollup").await > 0
    })
    .await;
    assert_sums(&team, &filters, "from=now-100h&granularity=1h").await;
    server.stop().await;
}

fn numbers(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
}

async fn cards_say_the_last_24_hours_in_six_parts(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;
    let connection = team.list("/v1/connections").await.remove(0);
    // One a while ago, then one every three hours for a day.
    for number in 1..=9 {
        team.post_to(&source, &json!({ "n": number })).await;
        until("its delivery", async || team.count_events("SUCCESSFUL").await == number).await;
        if number < 9 {
            server.advance(3 * HOUR + Duration::from_mins(10));
        }
    }
    let card = async |of: &str, thing: &Value| {
        let cards = team.test.get(&format!("/v1/metrics/{of}?id={}", id(thing))).await.expect(200);
        assert_eq!((&cards["count"], &cards["models"][0]["id"]), (&json!(1), &thing["id"]));
        cards["models"][0].clone()
    };
    let expected = counted(&team, "requests", "from=now-24h").await;
    assert_eq!(expected, 8);
    let of_source = card("sources", &source).await;
    let of_connection = card("connections", &connection).await;
    let of_destination = card("destinations", &destination).await;
    for (card, count, bins) in [
        (&of_source, "requests_24h_accepted_count", "requests_24h_accepted_bins"),
        (&of_source, "requests_24h_count", "requests_24h_accepted_bins"),
        (&of_connection, "events_24h_count", "events_24h_bins"),
        (&of_connection, "events_24h_successful_count", "events_24h_successful_bins"),
        (&of_destination, "attempts_24h_count", "attempts_24h_bins"),
    ] {
        let parts = numbers(&card[bins]);
        assert_eq!(parts.len(), 6, "{bins}");
        assert_eq!((card[count].as_u64().unwrap(), parts.iter().sum::<u64>()), (expected, expected), "{count}");
        assert!(parts.iter().all(|part| (1..=2).contains(part)), "{bins}: {parts:?}");
    }
    assert_eq!(of_source["connections_count"], 1);
    assert_eq!(of_connection["per_minute"], json!(0.2), "one in five minutes");
    // All of them, when none is named.
    let all = team.test.get("/v1/metrics/sources").await.expect(200);
    assert!(all["models"].as_array().unwrap().iter().any(|card| card["id"] == source["id"]));
    server.stop().await;
}

async fn what_was_not_taken_is_counted_by_source_and_by_connection(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
    let input = json!({
        "name": "picky", "source_id": id(&source), "destination_id": id(&destination), "event_types": ["a.b"],
    });
    let connection = team.test.post("/v1/connections", input).await.expect(201);
    for kind in ["a.b", "a.c", "a.d"] {
        team.post_to(&source, &json!({ "type": kind })).await;
    }
    assert_eq!(sum(&team, "requests", "ignored_count", "from=now-1h").await, 2);
    assert_eq!(sum(&team, "events", "ignored_count", "from=now-1h").await, 2);
    for filter in ["connection_id", "destination_id"] {
        let thing = if filter == "connection_id" { &connection } else { &destination };
        let query = format!("from=now-1h&{filter}={}", id(thing));
        until("what it ignored", async || sum(&team, "events", "ignored_count", &query).await == 2).await;
    }
    let card = team.test.get(&format!("/v1/metrics/connections?id={}", id(&connection))).await.expect(200);
    assert_eq!(card["models"][0]["events_24h_ignored_count"], 2);
    server.stop().await;
}

async fn what_waits_is_said_by_destination_and_by_status(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (bad, good) = (Receiver::answering([500]).await, Receiver::answering([200]).await);
    let team = server.new_team().await;
    let (source, ill) = team.connected_to(&bad).await;
    let well = team.new_destination(json!({ "url": good.url() })).await;
    let connection = team.connect(&source, &well).await;
    team.test.put(&format!("/v1/connections/{}/pause", id(&connection)), json!({})).await.expect(200);
    let began = server.now();
    team.post_to(&source, &json!(1)).await;
    server.advance(Duration::from_secs(1));
    team.post_to(&source, &json!(2)).await;
    until("both to be held", async || team.count_events("HOLD").await == 2).await;
    until("both to fail", async || team.count_events("SCHEDULED").await == 2).await;
    let of = async |destination: &Value| {
        let path = format!("/v1/metrics/backlog?destination_id={}", id(destination));
        team.test.get(&path).await.expect(200)["models"][0].clone()
    };
    until("what was found before to be forgotten", async || of(&ill).await["scheduled"] == 2).await;
    for (destination, status) in [(&ill, "scheduled"), (&well, "held")] {
        until("what waits", async || of(destination).await[status] == 2).await;
        let backlog = of(destination).await;
        assert_eq!((&backlog["count"], &backlog["estimated"]), (&json!(2), &json!(false)), "{backlog}");
        let oldest: hookyard_model::Timestamp = backlog["oldest_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(oldest, began, "{backlog}");
    }
    let card = team.test.get(&format!("/v1/metrics/connections?id={}", id(&connection))).await.expect(200);
    assert_eq!(card["models"][0]["backlog"]["held"], 2);
    assert_eq!(card["models"][0]["events_24h_pending_count"], 2);
    team.test.put(&format!("/v1/connections/{}/unpause", id(&connection)), json!({})).await.expect(200);
    until("none to wait", async || of(&well).await["count"] == 0).await;
    assert_eq!(sum(&team, "events", "hold_count", "").await, 0);
    server.stop().await;
}

async fn series_are_whole_and_bad_questions_are_refused(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let series = team.test.get("/v1/metrics/requests?measures=count,rejected_count&granularity=1h").await.expect(200);
    let points = series["series"].as_array().unwrap();
    assert_eq!(points.len(), 25);
    assert!(points.iter().all(|point| point["count"] == 0 && point["rejected_count"] == 0), "{series}");
    assert_eq!((&points[0]["timestamp"], &series["granularity"]), (&series["date_range"]["start"], &json!("1h")));
    assert_eq!(series["partial"], json!(false));
    for (query, expected) in [("from=now-1h", "30s"), ("from=now-15d", "1h"), ("from=now-6h&to=now-5h", "1m")] {
        let found = team.test.get(&format!("/v1/metrics/events?measures=count&{query}")).await.expect(200);
        assert_eq!(found["granularity"], expected, "{query}");
    }
    for (query, field, says) in [
        ("", "measures", "accepted_count"),
        ("measures=sum", "measures", "accepted_count"),
        ("measures=count&granularity=2m", "granularity", "5m"),
        ("measures=count&granularity=1s&from=now-24h", "granularity", "86400 points"),
        ("measures=count&granularity=30s&from=now-3h", "granularity", "now-1h"),
        ("measures=count&from=now&to=now-1h", "from", "later than"),
        ("measures=count&source_id=nonsense", "source_id", "src_"),
        ("measures=count&from=yesterday", "from", "now-24h"),
        ("measures=count&q=text", "q", ""),
    ] {
        let problem = team.test.get(&format!("/v1/metrics/requests?{query}")).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], field, "{query}: {problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(says), "{query}: {problem}");
    }
    server.stop().await;
}

async fn what_to_look_after_is_said_for_a_window(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([410]).await;
    let (source, _) = team.connected_to(&receiver).await;
    team.post_to(&source, &json!(1)).await;
    until("the failure", async || team.count_events("FAILED").await == 1).await;
    for (query, window) in [("", "24h"), ("?window=1h", "1h")] {
        let alerts = team.test.get(&format!("/v1/alerts{query}")).await.expect(200);
        assert_eq!((&alerts["window"], &alerts["failed_events"]), (&json!(window), &json!(1)), "{alerts}");
        assert_eq!(alerts["recent_failed_events"][0]["status"], "FAILED", "{alerts}");
    }
    for (query, field) in [("window=2h", "window"), ("q=text", "q")] {
        let problem = team.test.get(&format!("/v1/alerts?{query}")).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], field, "{problem}");
    }
    server.stop().await;
}

async fn attempts_are_measured_with_their_latency(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200, 500, 200]).await;
    let (source, destination) = team.connected_to(&receiver).await;
    for number in 1..=3 {
        team.post_to(&source, &json!(number)).await;
        until("its attempt", async || receiver.count() == number).await;
    }
    until("all attempts", async || team.list("/v1/attempts").await.len() == 3).await;
    let attempts = team.attempts("").await;
    let longest = attempts.iter().map(|attempt| attempt["delivery_latency"].as_f64().unwrap()).fold(0.0, f64::max);
    let query = format!("destination_id={}&from=now-1h", id(&destination));
    assert_eq!(sum(&team, "attempts", "count", &query).await, 3);
    assert_eq!(sum(&team, "attempts", "failed_count", &query).await, 1);
    let path = format!("/v1/metrics/attempts?measures=latency_p50,latency_p99&granularity=1h&{query}");
    let latest = async || {
        let series = team.test.get(&path).await.expect(200);
        series["series"].as_array().unwrap().iter().find(|point| !point["latency_p99"].is_null()).cloned()
    };
    // The counts of how long attempts took come a moment later.
    until("the longest to be there", async || {
        latest().await.is_some_and(|point| (point["latency_p99"].as_f64().unwrap() / longest - 1.0).abs() < 0.15)
    })
    .await;
    server.stop().await;
}

async fn others_see_nothing_of_it(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    let (source, destination) = team.connected_to(&receiver).await;
    team.post_to(&source, &json!(1)).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    for stranger in [&other.test, &team.live] {
        for (of, filter) in [("requests", "source_id"), ("events", "source_id"), ("attempts", "destination_id")] {
            let thing = if filter == "source_id" { &source } else { &destination };
            for query in [String::new(), format!("&{filter}={}", id(thing))] {
                let path = format!("/v1/metrics/{of}?measures=count&granularity=1h{query}");
                let series = stranger.get(&path).await.expect(200);
                assert!(series["series"].as_array().unwrap().iter().all(|point| point["count"] == 0), "{path}");
            }
        }
        for (of, thing) in [("sources", &source), ("destinations", &destination)] {
            let cards = stranger.get(&format!("/v1/metrics/{of}?id={}", id(thing))).await.expect(200);
            assert_eq!(cards["count"], 0, "{of}");
        }
    }
    let anybody = server.client().send(Method::GET, "/v1/metrics/requests?measures=count", &[], "").await.unwrap();
    assert_eq!(anybody.status, 401);
    server.stop().await;
}
