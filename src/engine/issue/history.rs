//! What became of each issue, in the table `issue_change`.

use hookyard_model::{Actor, IssueChange, IssueChangeKind, IssueId, IssueResolution, Timestamp};
use sqlx::AssertSqlSafe;

use super::store::{Row, name_of};
use crate::{
    db::{Db, Tx, on, within},
    error::Result,
};

/// Adds to an issue's history, and forgets what is further back than anybody looks.
pub(super) async fn record(
    tx: &mut Tx,
    row: &Row,
    (kind, resolution, actor): (IssueChangeKind, Option<IssueResolution>, Option<&str>),
    now: Timestamp,
) -> Result<()> {
    const OPENINGS: i64 = 100;
    const SQL: &str = "INSERT INTO issue_change (team_id, mode, issue_id, opening, kind, at, actor, resolution, attempts, events) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
    const TRIM: &str = "DELETE FROM issue_change WHERE team_id = $1 AND mode = $2 AND issue_id = $3 AND opening <= $4";
    within!(&mut *tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id).bind(row.times_opened).bind(kind).bind(now).bind(actor)
        .bind(resolution).bind(row.attempts).bind(row.events).execute(conn).await.map(drop))?;
    if row.times_opened > OPENINGS {
        within!(tx, conn => sqlx::query(TRIM)
            .bind(row.team_id).bind(row.mode).bind(row.id).bind(row.times_opened - OPENINGS)
            .execute(conn).await.map(drop))?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    kind: IssueChangeKind,
    at: Timestamp,
    opening: i64,
    actor: Option<String>,
    actor_name: Option<String>,
    resolution: Option<IssueResolution>,
    attempts: i64,
    events: i64,
}

pub(super) async fn of(db: &Db, who: &Actor, id: IssueId) -> Result<Vec<IssueChange>> {
    let sql = format!(
        "SELECT c.kind, c.at, c.opening, c.actor, {} AS actor_name, c.resolution, c.attempts, c.events FROM issue_change c \
         WHERE c.team_id = $1 AND c.mode = $2 AND c.issue_id = $3 \
         ORDER BY c.opening DESC, CASE c.kind WHEN 'OPENED' THEN 0 WHEN 'ACKNOWLEDGED' THEN 1 ELSE 2 END DESC LIMIT 100",
        name_of("actor", "c")
    );
    let rows: Vec<ChangeRow> = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(id).fetch_all(pool).await)?;
    let change = |row: ChangeRow| IssueChange {
        kind: row.kind,
        at: row.at,
        opening: u32::try_from(row.opening).unwrap_or(u32::MAX),
        actor: row.actor,
        actor_name: row.actor_name,
        resolution: row.resolution,
        attempts: row.attempts.unsigned_abs(),
        events: row.events.unsigned_abs(),
    };
    Ok(rows.into_iter().map(change).collect())
}
