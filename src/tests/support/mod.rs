//! What the tests stand on: databases, servers, clients and receivers, all real.

mod client;
mod database;
mod process;
mod receiver;
mod server;
mod smtp;
mod team;
mod until;

pub(crate) use client::{Client, Reply};
pub(crate) use database::Database;
pub(crate) use process::{Process, hookyard, serve, serve_despite_full_files, verify};
pub(crate) use receiver::{Answer, NOBODY, Received, Receiver};
pub(crate) use server::{Setup, TestServer, config};
pub(crate) use smtp::{MailServer, Mailed};
pub(crate) use team::{Team, id};
pub(crate) use until::until;

/// The tests of a file, each once on `SQLite` and once on PostgreSQL: `async fn name(database: Database)`.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        crate::support::on_sqlite!($($test),+);
        crate::support::on_postgres!($($test),+);
    };
}

/// Tests of what only `SQLite` does.
macro_rules! on_sqlite {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::support::Database::sqlite()).await;
            })+
        }
    };
}

/// Tests of what only PostgreSQL does, such as serving several nodes.
macro_rules! on_postgres {
    ($($test:ident),+ $(,)?) => {
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(database) = crate::support::Database::postgres().await {
                    super::$test(database).await;
                }
            })+
        }
    };
}

pub(crate) use {on_both, on_postgres, on_sqlite};

/// A name that nobody else has.
pub(crate) fn unique() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    format!("{nanos:x}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
