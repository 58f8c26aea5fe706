//! The space of what was deleted goes back to the file system. PostgreSQL's autovacuum looks after that by itself.

use sqlx::SqlitePool;

use crate::error::Result;

/// How many pages a step gives back: few, since deliveries wait for it.
const PAGES: u32 = 256;
/// One page in so many may be free: new rows will soon need some.
const SPARE: i64 = 50;

/// Gives some of a `SQLite` file's free pages back; returns whether there may be more.
pub(super) async fn give_back(write: &SqlitePool) -> Result<bool> {
    let (before, too_many) = free(write).await?;
    if !too_many {
        return Ok(false);
    }
    // Each row is a page: as far as the rows are fetched, so far it goes.
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA incremental_vacuum({PAGES})"))).fetch_all(write).await?;
    let (after, too_many) = free(write).await?;
    // A file that was not made for it, such as one from a dump, keeps its pages.
    let more = too_many && after < before;
    if !more {
        // The file is cut when the log of changes has been worked into it, which else waits until much was written.
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_all(write).await?;
    }
    Ok(more)
}

/// How many pages are free, and whether that is too many.
async fn free(write: &SqlitePool) -> Result<(i64, bool)> {
    let free: i64 = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(write).await?;
    let all: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(write).await?;
    Ok((free, free > all / SPARE))
}
