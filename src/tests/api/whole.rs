//! `hookyard verify`: what is missing is found and named.

use std::{str::FromStr as _, time::Duration};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::support::{Database, Receiver, Setup, Team, TestServer, id, on_both, until, verify};

on_both![what_adds_up_passes, what_is_missing_is_named];

/// A connection past the server, which waits as long for others as a test waits for anything.
async fn sqlite(database: &Database) -> SqliteConnection {
    let options = SqliteConnectOptions::from_str(database.url()).unwrap().busy_timeout(Duration::from_secs(30));
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// Runs a statement past the server; returns how many rows it changed.
pub(crate) async fn execute(database: &Database, sql: &str) -> u64 {
    let sql = AssertSqlSafe(sql.to_owned());
    if database.url().starts_with("sqlite") {
        let mut connection = sqlite(database).await;
        let done = sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected();
        connection.close().await.unwrap();
        done
    } else {
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        let done = sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected();
        connection.close().await.unwrap();
        done
    }
}

/// How many rows a table has.
pub(crate) async fn count(database: &Database, table: &str) -> i64 {
    number(database, &format!("SELECT count(*) FROM {table}")).await
}

/// The number that a query past the server gives.
pub(crate) async fn number(database: &Database, sql: &str) -> i64 {
    let sql = AssertSqlSafe(sql.to_owned());
    if database.url().starts_with("sqlite") {
        let mut connection = sqlite(database).await;
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    } else {
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    }
}

/// A delivered event, one that failed and waits, and a request that was rejected. The clock stands still, so that it waits on.
async fn history(database: &Database) -> (TestServer, Team, Value, Value) {
    let server = TestServer::start_with(database, Setup::standing_still()).await;
    let (works, fails) = (Receiver::answering([200]).await, Receiver::answering([500]).await);
    let team = server.new_team().await;
    let mut events = Vec::new();
    for receiver in [&works, &fails] {
        let (source, _) = team.connected_to(receiver).await;
        let request = team.post_to(&source, &json!({})).await;
        events.push(team.events_of(&request).await[0].clone());
    }
    let closed = team.new_source().await;
    team.test.put(&format!("/v1/sources/{}/disable", id(&closed)), json!({})).await.expect(200);
    team.send_to(&closed, "", &[], "x").await.expect(410);
    until("the outcomes", async || {
        team.count_events("SUCCESSFUL").await == 1 && team.count_events("SCHEDULED").await == 1
    })
    .await;
    let failed = events.pop().unwrap();
    (server, team, events.pop().unwrap(), failed)
}

async fn what_adds_up_passes(database: Database) {
    let (server, _, _, _) = history(&database).await;
    let expected = json!({
        "requests": 3, "events": 2, "attempts": 2, "ignored": 0, "queued": 1, "bulk_items": 0, "discrepancies": [],
    });
    assert_eq!(verify(&database).await, (true, expected.clone()), "on a running server");
    server.stop().await;
    assert_eq!(verify(&database).await, (true, expected), "on a stopped one");
}

async fn what_is_missing_is_named(database: Database) {
    let (server, _, delivered, waiting) = history(&database).await;
    server.stop().await;
    let (delivered_id, waiting_id) = (id(&delivered), id(&waiting));
    let request = delivered["request_id"].as_str().unwrap();
    for (what, sql, back, named) in [
        (
            "an event that is not due any more",
            format!("UPDATE event SET next_attempt_at = next_attempt_at + 1 WHERE id = '{waiting_id}'"),
            Some(format!("UPDATE event SET next_attempt_at = next_attempt_at - 1 WHERE id = '{waiting_id}'")),
            waiting_id.as_str(),
        ),
        (
            "a request that says that it made more",
            format!("UPDATE request SET events_count = 2 WHERE id = '{request}'"),
            Some(format!("UPDATE request SET events_count = 1 WHERE id = '{request}'")),
            request,
        ),
        (
            "a request that ended in nothing",
            format!("UPDATE request SET events_count = 0 WHERE id = '{request}'"),
            Some(format!("UPDATE request SET events_count = 1 WHERE id = '{request}'")),
            request,
        ),
        (
            "an event that says that it arrived",
            format!("UPDATE event SET status = 'FAILED' WHERE id = '{waiting_id}'"),
            Some(format!("UPDATE event SET status = 'SCHEDULED' WHERE id = '{waiting_id}'")),
            &waiting_id,
        ),
        ("a row of the queue", format!("DELETE FROM pending WHERE event_id = '{waiting_id}'"), None, &waiting_id),
        ("an attempt", format!("DELETE FROM attempt WHERE event_id = '{delivered_id}'"), None, &delivered_id),
        ("an event", format!("DELETE FROM event WHERE id = '{delivered_id}'"), None, request),
    ] {
        assert_eq!(execute(&database, &sql).await, 1, "{what}");
        let (well, printed) = verify(&database).await;
        let told = printed["discrepancies"].as_array().unwrap();
        assert!(!well && !told.is_empty(), "{what} is not missed: {printed}");
        assert!(
            told.iter().any(|one| one.as_str().unwrap().contains(named)),
            "{what}: {named} is not named in {printed}"
        );
        if let Some(back) = back {
            assert_eq!(execute(&database, &back).await, 1, "{what}");
            assert!(verify(&database).await.0, "{what}");
        }
    }
}
