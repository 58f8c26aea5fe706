//! A database of one's own.

use std::{
    collections::HashSet,
    env, fs,
    path::{Path, PathBuf},
    str::FromStr as _,
    sync::Arc,
};

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};

use super::{unique, until};

/// A fresh database and data dir, gone with the last clone.
#[derive(Clone)]
pub(crate) struct Database(Arc<Kept>);

struct Kept {
    url: String,
    data_dir: PathBuf,
    /// Where PostgreSQL databases are created, and the name of this one.
    postgres: Option<(String, String)>,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let data_dir = folder();
        let url = format!("sqlite://{}", data_dir.join("hookyard.db").display());
        Self(Arc::new(Kept { url, data_dir, postgres: None }))
    }

    /// `None` where there is no server to create it on, which in CI is a failure.
    pub(crate) async fn postgres() -> Option<Self> {
        let Ok(server) = env::var("TEST_POSTGRES_URL") else {
            assert!(env::var_os("CI").is_none(), "TEST_POSTGRES_URL is not set");
            println!("skipped on PostgreSQL: TEST_POSTGRES_URL is not set");
            return None;
        };
        let name = format!("hy_{}", unique());
        execute(&server, &format!("CREATE DATABASE {name}")).await;
        let mut url = PgConnectOptions::from_str(&server).unwrap().database(&name).to_url_lossy();
        url.set_query(None);
        Some(Self(Arc::new(Kept { url: url.into(), data_dir: folder(), postgres: Some((server, name)) })))
    }

    pub(crate) fn url(&self) -> &str {
        &self.0.url
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.0.data_dir
    }

    /// Takes PostgreSQL away, as when its server stops: connections end, and there are no new ones.
    pub(crate) async fn go_away(&self) {
        let (server, name) = self.0.postgres.as_ref().unwrap();
        execute(server, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
        until("the connections to end", async || self.disconnect_all().await == 0).await;
    }

    pub(crate) async fn come_back(&self) {
        let (server, name) = self.0.postgres.as_ref().unwrap();
        execute(server, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    }

    /// Ends the connections to PostgreSQL that there are, also those that are only being made; returns when they have
    /// ended, with their number.
    pub(crate) async fn disconnect_all(&self) -> usize {
        let (server, name) = self.0.postgres.as_ref().unwrap();
        let there = format!(
            "SELECT pid FROM pg_stat_activity WHERE datname = '{name}'
            UNION
            SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.objid
            WHERE l.classid = 'pg_database'::regclass AND d.datname = '{name}'"
        );
        let ended = pids(server, &there).await;
        for pid in &ended {
            execute(server, &format!("SELECT pg_terminate_backend({pid})")).await;
        }
        until("the connections to end", async || pids(server, &there).await.is_disjoint(&ended)).await;
        ended.len()
    }
}

fn folder() -> PathBuf {
    let folder = env::temp_dir().join(format!("hookyard-test-{}", unique()));
    fs::create_dir(&folder).unwrap();
    folder
}

async fn pids(server: &str, sql: &str) -> HashSet<i32> {
    let mut connection = PgConnection::connect(server).await.unwrap();
    let found = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    found.into_iter().collect()
}

async fn execute(server: &str, sql: &str) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some((server, name)) = self.postgres.take() {
            // A drop cannot wait, and the test's runtime may be ending.
            let dropped = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(execute(&server, &format!("DROP DATABASE {name} WITH (FORCE)")));
            });
            let _ = dropped.join();
        }
        let _ = fs::remove_dir_all(&self.data_dir);
    }
}
