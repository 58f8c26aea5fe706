//! History is kept so many days, then deleted, oldest first and a little at a time, and its space given back.
//!
//! Each attempt goes when it is past its own time: a log of so many days is what people are promised. A request goes with
//! its events when it is past its time, none of its events waits to be delivered, and none was made or tried within that
//! time, so that every attempt in the log has its payload. What rests on attempts goes with their time too: the counts and
//! the receiver checks.

use std::time::Duration;

use hookyard_model::{AttemptId, AuditId, Mode, ReceiverCheckId, RequestId, TeamId, Timestamp};
use sqlx::AssertSqlSafe;

use super::{SOME, space};
use crate::{
    Engine,
    db::{
        Db, Tx,
        bulk::{Bulk, Kind::Text},
        on, within,
    },
    error::Result,
    rollup,
};

/// How many bytes of bodies a step deletes about at most: a database goes through all pages of what it deletes.
const BYTES: i64 = 4 << 20;
/// The audit log is asked about much later than deliveries, and is small.
const AUDIT: Duration = Duration::from_hours(24 * 365);

/// What goes with a request: its body, those that transformations made of it, and what an upstream answered.
const REQUEST_SIZE: &str = "LENGTH(t.body) + COALESCE((SELECT SUM(LENGTH(d.body)) FROM event_data d WHERE d.team_id = t.team_id \
     AND d.mode = t.mode AND d.request_id = t.id), 0) + COALESCE((SELECT SUM(LENGTH(p.response_body)) FROM proxy_exchange p \
     WHERE p.team_id = t.team_id AND p.mode = t.mode AND p.request_id = t.id), 0)";

/// A request that waits, or whose attempts are in the log, stays.
const NOT_NEEDED: &str = "NOT EXISTS (SELECT 1 FROM event e WHERE e.team_id = t.team_id AND e.mode = t.mode AND \
    e.request_id = t.id \
     AND (e.status IN ('QUEUED', 'SCHEDULED', 'HOLD') OR e.created_at >= $3 OR e.last_attempt_at >= $3))";

/// Deletes some of what is past its time; returns whether there may be more.
pub(super) async fn step(engine: &Engine, now: Timestamp) -> Result<bool> {
    const TEAMS: &str = "SELECT id FROM team";
    let db = engine.db();
    let kept = Duration::from_hours(24) * engine.0.config.retention_days;
    let (before, audit_before) = (now.minus(kept), now.minus(kept.max(AUDIT)));
    let teams: Vec<TeamId> = on!(db, read, pool => sqlx::query_scalar(TEAMS).fetch_all(pool).await)?;
    let mut more = false;
    for team in teams {
        for mode in Mode::ALL {
            let whose = Whose { db, team, mode: *mode };
            more |= whose.history(before).await?;
            more |= whose.rows("receiver_check", ReceiverCheckId::first_at(before), before).await?;
            more |= rollup::fold(db, team, *mode, now, kept).await?;
            more |= whose.rows("audit", AuditId::first_at(audit_before), audit_before).await?;
        }
    }
    more |= run_counts(db, before).await?;
    if !more && let Db::Sqlite(pools) = db {
        more = space::give_back(&pools.write).await?;
    }
    Ok(more)
}

#[derive(sqlx::FromRow)]
struct Old {
    id: String,
    size: i64,
}

/// The rows of a team's mode.
struct Whose<'a> {
    db: &'a Db,
    team: TeamId,
    mode: Mode,
}

impl Whose<'_> {
    /// Attempts, and when none is left, requests with their events.
    async fn history(&self, before: Timestamp) -> Result<bool> {
        if self.rows("attempt", AttemptId::first_at(before), before).await? {
            return Ok(true);
        }
        let old = self.old("request", RequestId::first_at(before), before).await?;
        if old.is_empty() {
            return Ok(false);
        }
        // Meanwhile one may have become needed again: each is asked once more as it is deleted, and what hangs on it
        // goes only with it.
        let deletions = [
            format!(
                "DELETE FROM request AS t WHERE {} AND {}",
                among("t.id"),
                NOT_NEEDED.replace("$3", &before.millis().to_string())
            ),
            format!("DELETE FROM event AS t WHERE {} AND {GONE}", among("t.request_id")),
            format!("DELETE FROM missed AS t WHERE {} AND {GONE}", among("t.request_id")),
            format!("DELETE FROM transformation_run AS t WHERE {} AND {GONE}", among("t.request_id")),
            format!("DELETE FROM proxy_exchange AS t WHERE {} AND {GONE}", among("t.request_id")),
            format!("DELETE FROM event_data AS t WHERE {} AND {GONE}", among("t.request_id")),
        ];
        let mut tx = self.db.begin().await?;
        for sql in &deletions {
            self.delete(&mut tx, sql, &old).await?;
        }
        note_deleted(&mut tx, before).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Those of `table` whose id is less than `first_kept`.
    async fn rows(&self, table: &str, first_kept: impl ToString, before: Timestamp) -> Result<bool> {
        let old = self.old(table, first_kept, before).await?;
        if old.is_empty() {
            return Ok(false);
        }
        let mut tx = self.db.begin().await?;
        self.delete(&mut tx, &format!("DELETE FROM {table} AS t WHERE {}", among("t.id")), &old).await?;
        note_deleted(&mut tx, before).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The oldest rows past their time, no more than a step deletes. Looked for without a transaction that writes, which
    /// deliveries would have to wait for.
    async fn old(&self, table: &str, first_kept: impl ToString, before: Timestamp) -> Result<Vec<String>> {
        let (size, condition) = match table {
            "attempt" => ("COALESCE(LENGTH(t.response_body), 0)", "$3 = $3"),
            "request" => (REQUEST_SIZE, NOT_NEEDED),
            _ => ("0", "$3 = $3"),
        };
        let sql = format!(
            "SELECT t.id, CAST({size} AS BIGINT) AS size FROM {table} t \
             WHERE t.team_id = $1 AND t.mode = $2 AND t.id < $4 AND {condition} ORDER BY t.id LIMIT $5"
        );
        let rows: Vec<Old> = on!(self.db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
            .bind(self.team).bind(self.mode).bind(before).bind(first_kept.to_string()).bind(SOME)
            .fetch_all(pool).await)?;
        let mut bytes = 0;
        let fits = |row: &Old| {
            let fits = bytes < BYTES;
            bytes += row.size;
            fits
        };
        Ok(rows.into_iter().take_while(fits).map(|row| row.id).collect())
    }

    async fn delete(&self, tx: &mut Tx, sql: &str, ids: &[String]) -> Result<()> {
        let mut rows = Bulk::new(&[("team_id", Text), ("mode", Text), ("id", Text)]);
        for id in ids {
            rows.row().text(self.team).text(self.mode).text(id);
        }
        rows.run(tx, sql).await?;
        Ok(())
    }
}

/// From this commit on, some of what was made before may be gone, whatever the setting is later.
pub(crate) async fn note_deleted(tx: &mut Tx, before: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE retained SET since = $1 WHERE since < $1";
    Ok(within!(tx, conn => sqlx::query(SQL).bind(before).execute(conn).await.map(drop))?)
}

/// Since when nothing that was made can have been deleted by its age.
pub(crate) async fn kept_since(db: &Db) -> Result<Timestamp> {
    const SQL: &str = "SELECT since FROM retained";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL).fetch_one(pool).await)?)
}

/// What hangs on a request that was deleted.
const GONE: &str =
    "NOT EXISTS (SELECT 1 FROM request r WHERE r.team_id = t.team_id AND r.mode = t.mode AND r.id = t.request_id)";

/// A condition that `column` is among the ids of `u`. The casts tell `SQLite` that the types are the columns' own.
fn among(column: &str) -> String {
    format!(
        "(t.team_id, t.mode, {column}) IN \
         (SELECT CAST(u.team_id AS TEXT), CAST(u.mode AS TEXT), CAST(u.id AS TEXT) FROM u)"
    )
}

/// What runs of transformations came to by the minute.
async fn run_counts(db: &Db, before: Timestamp) -> Result<bool> {
    const ANY: &str = "SELECT minute FROM transformation_rollup WHERE minute < $1 LIMIT 1";
    const SQL: &str = "DELETE FROM transformation_rollup WHERE (team_id, mode, transformation_id, minute) IN \
         (SELECT team_id, mode, transformation_id, minute FROM transformation_rollup WHERE minute < $1 LIMIT $2)";
    // A minute goes when its end is past its time.
    let before = before.minus(Duration::from_mins(1));
    let any: Option<i64> = on!(db, read, pool => sqlx::query_scalar(ANY).bind(before).fetch_optional(pool).await)?;
    if any.is_none() {
        return Ok(false);
    }
    let deleted = on!(db, write, pool => sqlx::query(SQL)
        .bind(before).bind(SOME).execute(pool).await.map(|done| done.rows_affected()))?;
    Ok(deleted >= SOME.cast_unsigned())
}
