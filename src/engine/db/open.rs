//! Opening and migrating.

use std::{str::FromStr, time::Duration};

use sqlx::{
    Connection as _,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Db, Pools};
use crate::error::OpenError;

/// After how long a connection that writes is asked whether it still is one.
const SILENCE: Duration = Duration::from_secs(1);

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Opens the database that `url` names and brings its schema up to date; safe when several processes do so at once.
pub(crate) async fn open(url: &str) -> Result<Db, OpenError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        postgres(url).await
    } else if url.starts_with("sqlite:") {
        sqlite(url).await
    } else {
        let reason = "a database URL starts with sqlite:// or postgres://".to_owned();
        Err(OpenError::Setting { setting: "--database-url / HOOKYARD_DATABASE_URL", reason })
    }
}

fn failed(error: &dyn std::error::Error) -> OpenError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        if !text.contains(&error.to_string()) {
            text = format!("{text}: {error}");
        }
        cause = error.source();
    }
    OpenError::Database(text.replace('\n', " "))
}

async fn sqlite(url: &str) -> Result<Db, OpenError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| failed(&error))?
        .create_if_missing(true)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit is on the disk when it returns; NORMAL would lose the last ones with the power.
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(300)
        .busy_timeout(Duration::from_secs(15))
        .pragma("journal_size_limit", "67108864")
        .pragma("mmap_size", "268435456")
        .pragma("temp_store", "memory");
    // Rarer checkpoints of more pages cost less in all, and a larger cache keeps the indexes' hot ends.
    let writer = options.clone().pragma("cache_size", "-65536").pragma("wal_autocheckpoint", "4000");
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(20))
        .test_before_acquire(false)
        // When a write fails, as on a full disk, SQLite ends the transaction by itself; the driver, which then cannot roll
        // it back, counts it for ever. Such a connection is replaced.
        .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
        .connect_with(writer)
        .await
        .map_err(|error| failed(&error))?;
    migrate_sqlite(&write).await?;
    let read = SqlitePoolOptions::new()
        .max_connections(4)
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(|error| failed(&error))?;
    Ok(Db::Sqlite(Pools { read, write }))
}

/// `SQLite` has no lock that spans the whole of a migration run, so another process may be half way: what it did
/// meanwhile makes ours fail, and looking again finds it done.
async fn migrate_sqlite(pool: &sqlx::SqlitePool) -> Result<(), OpenError> {
    const TRIES: u32 = 20;
    let mut tried = 0;
    loop {
        match SQLITE.run(pool).await {
            Ok(()) => return Ok(()),
            Err(error) if tried == TRIES => return Err(failed(&error)),
            Err(_) => {
                tried += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn postgres(url: &str) -> Result<Db, OpenError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| failed(&error))?
        .application_name("hookyard")
        .statement_cache_capacity(300)
        // Our statements are short; compiling one costs more than it can save.
        .options([("jit", "off")]);
    // What is written is found by key, always. On tables that grow from nothing the statistics lag behind, and the
    // planner would read whole tables for a batch of a few rows.
    let writer =
        options.clone().options([("enable_seqscan", "off"), ("enable_hashjoin", "off"), ("enable_mergejoin", "off")]);
    let pool = |most| PgPoolOptions::new().max_connections(most).acquire_timeout(Duration::from_secs(5));
    // Connections break while they are idle, as when the server starts anew. Nobody who reads is to be told of it, whereas
    // a commit is worth a question only after a silence: under load it would cost more than the one refusal it saves.
    let read = pool(10).connect_with(options).await.map_err(|error| failed(&error))?;
    let write = pool(6)
        .test_before_acquire(false)
        .before_acquire(|connection, seen| {
            Box::pin(async move {
                if seen.idle_for >= SILENCE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(writer)
        .await
        .map_err(|error| failed(&error))?;
    // sqlx takes an advisory lock around the run, so that nodes that start together take turns.
    POSTGRES.run(&write).await.map_err(|error| failed(&error))?;
    Ok(Db::Postgres(Pools { read, write }))
}
