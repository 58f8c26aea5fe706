//! What can go wrong inside the engine, and the one place where it becomes what a caller sees.

use hookyard_model::{Code, Problem};

use crate::seal::Unopenable;

/// What can go wrong inside the engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody's mistake, in words for them.
    #[error("{0}")]
    Problem(#[from] Problem),
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("the migrations failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error(transparent)]
    Seal(#[from] Unopenable),
    #[error("stored JSON is damaged")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Broken(String),
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Whether the database cannot be used just now (gone, full, locked), rather than the statement being wrong.
pub(crate) fn is_outage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => match error.code().as_deref() {
            // SQLite (primary codes, and extended ones whose low byte is the primary): BUSY, LOCKED, READONLY, IOERR,
            // FULL, CANTOPEN
            Some(code) if code.len() < 5 => {
                code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
            }
            // PostgreSQL classes: 08 connection, 25006 read-only (a former primary), 40 rollback, 53 resources, 55 state, 57 operator
            Some(code) => ["08", "25006", "40", "53", "55", "57"].iter().any(|class| code.starts_with(class)),
            None => false,
        },
        _ => false,
    }
}

/// Whether the database undid a transaction because of another (PostgreSQL's class 40: deadlock, serialization).
pub(crate) fn is_collision(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code.len() == 5 && code.starts_with("40"))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Problem(problem) => problem,
            Error::Database(ref cause) if is_outage(cause) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the database is not available");
                Self::new(Code::Unavailable, "the database cannot be used just now; try again in a moment")
            }
            Error::Database(_) | Error::Migration(_) | Error::Seal(_) | Error::Json(_) | Error::Broken(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "internal error");
                Self::new(Code::Internal, "something went wrong on our side; the log says more")
            }
        }
    }
}

/// Why the engine does not start: one line for whoever starts it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the data dir {path} cannot be used: {source}")]
    DataDir { path: String, source: std::io::Error },
    #[error("{setting} is not usable: {reason}")]
    Setting { setting: &'static str, reason: String },
    #[error("the database cannot be opened: {0}")]
    Database(String),
    #[error("the master key does not fit this database: set HOOKYARD_MASTER_KEY to the key it was made with")]
    MasterKey,
}

/// Why the engine's long-running parts ended by themselves.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(
        "the data dir {0} is in use by another hookyard serve; with SQLite there is one process, use PostgreSQL for more"
    )]
    DataDirInUse(String),
    #[error("the part `{0}` ended by itself")]
    Ended(&'static str),
}
