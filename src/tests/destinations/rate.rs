//! At most so many in a period, over all connections, restarts and nodes.

use std::time::Duration;

use hookyard_model::Timestamp;
use serde_json::{Value, json};

use crate::support::{Database, Receiver, Setup, Team, TestServer, id, on_both, until};

on_both![
    never_more_than_the_limit_go_out_in_any_second,
    a_limit_by_the_hour_survives_a_restart,
    a_destination_counts_its_attempts_of_a_day,
];

/// Checks by the attempts' own times that no period had more than `limit` of them.
async fn assert_kept(team: &Team, limit: usize, period: Duration) {
    let attempts = team.list("/v1/attempts?limit=255&dir=asc").await;
    let mut sent: Vec<i64> = attempts.iter().map(|attempt| millis(&attempt["created_at"])).collect();
    sent.sort_unstable();
    for window in sent.windows(limit + 1) {
        let took = window[limit] - window[0];
        assert!(u128::from(took.unsigned_abs()) >= period.as_millis(), "{} within {took} ms", limit + 1);
    }
}

fn millis(at: &Value) -> i64 {
    at.as_str().unwrap().parse::<Timestamp>().unwrap().millis()
}

async fn never_more_than_the_limit_go_out_in_any_second(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    // Two sources that lead to one destination share its limit.
    let (one, destination) = team.connected_with(json!({ "url": receiver.url(), "rate_limit": 10 })).await;
    let two = team.new_source().await;
    team.connect(&two, &destination).await;
    for number in 0..50 {
        team.post_to(&one, &json!(number)).await;
        team.post_to(&two, &json!(number)).await;
    }

    until("all deliveries", async || {
        server.advance(Duration::from_millis(20));
        receiver.count() == 100
    })
    .await;

    until("the records", async || team.count_events("SUCCESSFUL").await == 100).await;
    assert_kept(&team, 10, Duration::from_secs(1)).await;
    for event in team.events("").await {
        assert_eq!(event["attempts"], 1, "to wait uses up no attempt");
    }
    server.stop().await;
}

async fn a_limit_by_the_hour_survives_a_restart(database: Database) {
    let setup = Setup::with_manual_clock();
    let server = TestServer::start_with(&database, setup.clone()).await;
    let receiver = Receiver::answering([200]).await;
    let mut team = server.new_team().await;
    let config = json!({ "url": receiver.url(), "rate_limit": 2, "rate_limit_period": "hour" });
    let (source, _) = team.connected_with(config).await;
    for number in 0..4 {
        team.post_to(&source, &json!(number)).await;
    }
    until("the first", async || team.count_events("SUCCESSFUL").await == 1).await;
    server.advance(Duration::from_mins(31));
    until("the second", async || team.count_events("SUCCESSFUL").await == 2).await;
    server.stop().await;

    let server = TestServer::start_with(&database, setup).await;
    team = team.at(&server.url);
    // 31 minutes after the first one; the second one counts for the rest of its hour, too.
    for _ in 0..28 {
        server.advance(Duration::from_mins(1));
        assert_eq!(receiver.count(), 2);
    }
    until("the others", async || {
        server.advance(Duration::from_mins(1));
        team.count_events("SUCCESSFUL").await == 4
    })
    .await;
    assert_kept(&team, 2, Duration::from_hours(1)).await;
    server.stop().await;
}

async fn a_destination_counts_its_attempts_of_a_day(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;
    for count in 1..=2 {
        team.post_to(&source, &json!(count)).await;
        until("the delivery", async || team.count_events("SUCCESSFUL").await == count).await;
        server.advance(Duration::from_hours(8));
    }
    let path = format!("/v1/destinations/{}", id(&destination));
    let shown = team.test.get(&path).await.expect(200);
    assert_eq!(shown["attempts_24h_count"], 2);
    let bins: Vec<_> = shown["attempts_24h_bins"].as_array().unwrap().iter().map(|bin| bin.as_u64().unwrap()).collect();
    assert_eq!((bins.len(), bins.iter().sum::<u64>(), bins[5]), (6, 2, 0), "{bins:?}");
    for (query, count) in [("", 0), ("?include_metrics=true", 2), ("?q=nothing+like+it", 99)] {
        let list = team.list(&format!("/v1/destinations{query}")).await;
        let found = list.first().map_or(99, |destination| destination["attempts_24h_count"].as_u64().unwrap());
        assert_eq!(found, count, "{query}");
    }
    server.stop().await;
}
