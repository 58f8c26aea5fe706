//! History is kept so many days, then deleted, oldest first: requests with their events and attempts. What still waits
//! to be delivered stays, and with it its request.

use std::time::Duration;

use hookyard_model::{Mode, TeamId, Timestamp};
use sqlx::AssertSqlSafe;

use crate::{
    Engine,
    db::{Db, on, within},
    error::Result,
};

/// Deletes some of what is past its time; returns whether there may be more.
pub(super) async fn step(engine: &Engine, now: Timestamp, some: i64) -> Result<bool> {
    const TEAMS: &str = "SELECT id FROM team";
    let before = now.minus(Duration::from_hours(24) * engine.0.config.retention_days);
    let teams: Vec<TeamId> = on!(engine.db(), read, pool => sqlx::query_scalar(TEAMS).fetch_all(pool).await)?;
    let mut more = false;
    for team in teams {
        for mode in Mode::ALL {
            more |= delete_some(engine.db(), team, *mode, before, some).await?;
        }
    }
    if more && let Db::Sqlite(pools) = engine.db() {
        // The space of what was deleted goes back to the file system, a little at a time.
        sqlx::query("PRAGMA incremental_vacuum(2000)").execute(&pools.write).await?;
    }
    Ok(more)
}

async fn delete_some(db: &Db, team: TeamId, mode: Mode, before: Timestamp, some: i64) -> Result<bool> {
    const OLD: &str = "
        SELECT id FROM request WHERE team_id = $1 AND mode = $2 AND id < $3
            AND NOT EXISTS (SELECT 1 FROM event WHERE event.team_id = $1 AND event.mode = $2 AND event.request_id = request.id
                AND event.status IN ('QUEUED', 'SCHEDULED', 'HOLD'))
        ORDER BY id LIMIT $4";
    let first_kept = hookyard_model::RequestId::first_at(before);
    let mut tx = db.begin().await?;
    let old: Vec<hookyard_model::RequestId> = within!(&mut tx, conn => sqlx::query_scalar(OLD)
        .bind(team)
        .bind(mode)
        .bind(first_kept)
        .bind(some)
        .fetch_all(conn)
        .await)?;
    if old.is_empty() {
        return Ok(false);
    }
    let list = (0..old.len()).map(|n| format!("${}", n + 3)).collect::<Vec<_>>().join(", ");
    let events = format!("SELECT id FROM event WHERE team_id = $1 AND mode = $2 AND request_id IN ({list})");
    let statements = [
        format!("DELETE FROM attempt WHERE team_id = $1 AND mode = $2 AND event_id IN ({events})"),
        format!("DELETE FROM event WHERE team_id = $1 AND mode = $2 AND request_id IN ({list})"),
        format!("DELETE FROM request WHERE team_id = $1 AND mode = $2 AND id IN ({list})"),
    ];
    for sql in &statements {
        within!(&mut tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(sql.as_str())).bind(team).bind(mode);
            for id in &old {
                query = query.bind(id);
            }
            query.execute(conn).await.map(|_| ())
        })?;
    }
    tx.commit().await?;
    Ok(i64::try_from(old.len()).is_ok_and(|deleted| deleted == some))
}
