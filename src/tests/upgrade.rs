//! What was there before an upgrade, after it.

use std::path::Path;

use sqlx::{Connection as _, PgConnection, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};

use crate::{
    api::whole::{count, execute},
    support::{Database, Setup, config, on_both},
};

on_both![what_was_disabled_is_no_news_and_charts_begin_full];

/// Makes the tables as they were before the Developer tab.
async fn first_tables(database: &Database) {
    let folder = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(name);
    if database.url().starts_with("sqlite") {
        let options: SqliteConnectOptions = database.url().parse().unwrap();
        let mut connection = SqliteConnection::connect_with(&options.create_if_missing(true)).await.unwrap();
        Migrator::new(folder("sqlite")).await.unwrap().run_to(1, &mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        Migrator::new(folder("postgres")).await.unwrap().run_to(1, &mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

async fn what_was_disabled_is_no_news_and_charts_begin_full(database: Database) {
    first_tables(&database).await;
    for (name, disabled) in [("itself", "5, 'it failed'"), ("person", "5, NULL"), ("well", "NULL, NULL")] {
        let sql = format!(
            "INSERT INTO destination (team_id, mode, id, name, kind, is_webhook, config, disabled_at, disabled_reason, \
             consecutive_failures, created_at, updated_at) \
             VALUES ('tm', 'test', '{name}', '{name}', 'HTTP', TRUE, '{{}}', {disabled}, 0, 1, 1)"
        );
        execute(&database, &sql).await;
    }
    for (id, status, sent_at) in
        [("a", "SUCCESSFUL", 60_000), ("b", "FAILED", 119_999), ("c", "FAILED", 61_000), ("d", "FAILED", 120_000)]
    {
        let sql = format!(
            "INSERT INTO attempt (team_id, mode, id, event_id, destination_id, attempt_number, cause, status, method, \
             request_headers, response_truncated, timings, sent_at) \
             VALUES ('tm', 'test', '{id}', 'e', 'itself', 1, 'INITIAL', '{status}', 'POST', '[]', FALSE, '{{}}', {sent_at})"
        );
        execute(&database, &sql).await;
    }

    // It does not run: what is made up here is not all there.
    drop(
        hookyard_engine::Engine::open(
            config(&database, &Setup::default(), String::new()),
            hookyard_engine::Clock::system(),
        )
        .await
        .unwrap(),
    );

    let told = "destination WHERE announced = 'disabled'";
    assert_eq!(count(&database, told).await, 1);
    assert_eq!(count(&database, &format!("{told} AND id = 'itself'")).await, 1);
    for (minute, successful, failed) in [(60_000, 1, 2), (120_000, 0, 1)] {
        let row = format!(
            "attempt_rollup WHERE destination_id = 'itself' AND span = 60000 AND begins = {minute} AND successful = {successful} \
             AND failed = {failed}"
        );
        assert_eq!(count(&database, &row).await, 1, "{row}");
    }
    assert_eq!(count(&database, "attempt_rollup").await, 2);
}
