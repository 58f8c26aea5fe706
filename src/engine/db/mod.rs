//! Two databases behind one: typed pools of `SQLite` and PostgreSQL, and statements that are written once.

pub(crate) mod bulk;
mod dialect;
mod open;
pub(crate) mod statistics;

pub(crate) use dialect::Dialect;
pub(crate) use open::open;

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

/// The database, whichever it is.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    Sqlite(Pools<SqlitePool>),
    Postgres(Pools<PgPool>),
}

/// `SQLite` has one writer at a time: its own pool of one connection is a fair queue for it. PostgreSQL plans differently on
/// connections that write.
#[derive(Clone, Debug)]
pub(crate) struct Pools<P> {
    pub(crate) read: P,
    pub(crate) write: P,
}

/// Runs one statement on whichever database this is: written once, and checked by the compiler against both drivers.
macro_rules! on {
    ($db:expr, $side:ident, $conn:ident => $run:expr) => {
        match $db {
            $crate::db::Db::Sqlite(pools) => {
                let $conn = &pools.$side;
                $run
            }
            $crate::db::Db::Postgres(pools) => {
                let $conn = &pools.$side;
                $run
            }
        }
    };
}

/// Runs one statement within a transaction, like [`on!`].
macro_rules! within {
    ($tx:expr, $conn:ident => $run:expr) => {
        match $tx {
            $crate::db::Tx::Sqlite(tx) => {
                let $conn = &mut **tx;
                $run
            }
            $crate::db::Tx::Postgres(tx) => {
                let $conn = &mut **tx;
                $run
            }
        }
    };
}

pub(crate) use {on, within};

/// A transaction that writes. Dropped without [`Tx::commit`], it is rolled back.
#[derive(Debug)]
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Begins a transaction that will write. `SQLite` must say so at once: a deferred transaction that reads and then
    /// writes fails without waiting when another wrote in between.
    pub(crate) async fn begin(&self) -> sqlx::Result<Tx> {
        match self {
            Self::Sqlite(pools) => Ok(Tx::Sqlite(pools.write.begin_with("BEGIN IMMEDIATE").await?)),
            Self::Postgres(pools) => Ok(Tx::Postgres(pools.write.begin().await?)),
        }
    }

    pub(crate) const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(pools) => {
                pools.read.close().await;
                pools.write.close().await;
            }
            Self::Postgres(pools) => {
                pools.read.close().await;
                pools.write.close().await;
            }
        }
    }
}

impl Tx {
    pub(crate) async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }

    pub(crate) async fn rollback(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await,
            Self::Postgres(tx) => tx.rollback().await,
        }
    }
}

/// Whether a statement failed since a row of this key is there already. `SQLite` does not say which constraint it was.
pub(crate) fn is_duplicate(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
