//! PostgreSQL's statistics of tables that grow from nothing.
//!
//! A plan is chosen by them and kept. On a new database they say that the history is empty, and then any index looks as
//! good as the right one; autovacuum looks only once a minute, when thousands of rows a second have come. So we say when.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Db;

/// After how many rows written by this process the statistics are made anew; after that autovacuum keeps up.
const AFTER: [u64; 4] = [200, 2_000, 20_000, 200_000];

/// Counts rows written.
#[derive(Debug, Default)]
pub(crate) struct Statistics(AtomicU64);

impl Statistics {
    /// So many rows were written; says whether it is time to [`refresh`].
    pub(crate) fn written(&self, rows: u64) -> bool {
        let before = self.0.fetch_add(rows, Relaxed);
        AFTER.iter().any(|after| (before..before + rows).contains(after))
    }
}

/// Makes the statistics of the history and the queue anew. `SQLite` plans by the shape of its indexes alone.
pub(crate) async fn refresh(db: Db) {
    let Db::Postgres(pools) = db else { return };
    if let Err(error) = sqlx::query("ANALYZE request, event, attempt, pending").execute(&pools.write).await {
        tracing::warn!(%error, "the tables' statistics could not be made anew");
    }
}
