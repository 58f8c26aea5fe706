//! Seconds become minutes and minutes hours when nobody looks so closely any more, and hours go with the history.

use std::time::Duration;

use hookyard_model::{Mode, TeamId, Timestamp};
use sqlx::AssertSqlSafe;

use super::{
    HOUR, MINUTE, SECOND,
    table::{ALL, Table},
};
use crate::{
    db::{Db, Dialect, on, within},
    error::Result,
};

/// How long seconds and minutes are kept: some more than is promised in [`super::is_kept`].
const SECONDS: Duration = Duration::from_mins(65);
const MINUTES: Duration = Duration::from_hours(74);
/// About how many rows a step folds or deletes.
const SOME: i64 = 500;

/// Folds and deletes some of what a team's mode has counted before; returns whether there may be more.
pub(crate) async fn step(db: &Db, team: TeamId, mode: Mode, now: Timestamp, kept: Duration) -> Result<bool> {
    let mut more = false;
    for table in ALL {
        for (span, into, after) in [(SECOND, MINUTE, SECONDS), (MINUTE, HOUR, MINUTES)] {
            more |= fold(db, table, (team, mode), (span, into), now.minus(after)).await?;
        }
        // An hour goes when its end is past its time.
        more |= delete(db, table, (team, mode), now.minus(kept).minus(Duration::from_hours(1))).await?;
    }
    Ok(more)
}

type Whose = (TeamId, Mode);

/// Makes of the oldest rows of one span rows of another.
async fn fold(db: &Db, table: &Table, whose: Whose, (span, into): (i64, i64), before: Timestamp) -> Result<bool> {
    let before = before.millis().div_euclid(into) * into;
    let Some((from, end)) = oldest(db, table, whose, span, before).await? else { return Ok(false) };
    // Whole stretches, one at least.
    let from = from.div_euclid(into) * into;
    let to = end.map_or(before, |end| (end.div_euclid(into) * into).max(from + into)).min(before);
    let old = format!(
        "FROM {} WHERE team_id = $1 AND mode = $2 AND span = {span} AND begins >= $3 AND begins < $4",
        table.name
    );
    // What another adds between reading and deleting would be lost: PostgreSQL folds what it deleted. `SQLite` has no such
    // statement, and one writer.
    let statements = match db.dialect() {
        Dialect::Postgres => {
            let folded = table.adding(&table.folded("gone", into));
            vec![format!("WITH gone AS (DELETE {old} RETURNING *) {folded}")]
        }
        Dialect::Sqlite => {
            let folded = table.adding(&table.folded(&format!("(SELECT * {old})"), into));
            vec![folded, format!("DELETE {old}")]
        }
    };
    let mut tx = db.begin().await?;
    for sql in statements {
        within!(&mut tx, conn => sqlx::query(AssertSqlSafe(sql.as_str()))
            .bind(whose.0).bind(whose.1).bind(from).bind(to).execute(conn).await.map(drop))?;
    }
    tx.commit().await?;
    Ok(end.is_some())
}

/// When the oldest row begins, if there is one before `before`, and the one that is some rows after it.
async fn oldest(
    db: &Db,
    table: &Table,
    (team, mode): Whose,
    span: i64,
    before: i64,
) -> Result<Option<(i64, Option<i64>)>> {
    let sql = |skipped: i64| {
        AssertSqlSafe(format!(
            "SELECT begins FROM {} WHERE team_id = $1 AND mode = $2 AND span = {span} AND begins < $3 \
             ORDER BY begins LIMIT 1 OFFSET {skipped}",
            table.name
        ))
    };
    let first: Option<i64> = on!(db, read, pool => sqlx::query_scalar(sql(0))
        .bind(team).bind(mode).bind(before).fetch_optional(pool).await)?;
    let Some(first) = first else { return Ok(None) };
    let end = on!(db, read, pool => sqlx::query_scalar(sql(SOME))
        .bind(team).bind(mode).bind(before).fetch_optional(pool).await)?;
    Ok(Some((first, end)))
}

async fn delete(db: &Db, table: &Table, (team, mode): Whose, before: Timestamp) -> Result<bool> {
    let key = table.key().join(", ");
    let old = format!("FROM {} WHERE team_id = $1 AND mode = $2 AND span = {HOUR} AND begins < $3", table.name);
    let any: Option<i64> = on!(db, read, pool => sqlx::query_scalar(AssertSqlSafe(format!("SELECT begins {old} LIMIT 1")))
        .bind(team).bind(mode).bind(before).fetch_optional(pool).await)?;
    if any.is_none() {
        return Ok(false);
    }
    let sql = format!("DELETE FROM {} WHERE ({key}) IN (SELECT {key} {old} LIMIT {SOME})", table.name);
    let deleted = on!(db, write, pool => sqlx::query(AssertSqlSafe(sql.as_str()))
        .bind(team).bind(mode).bind(before).execute(pool).await.map(|done| done.rows_affected()))?;
    Ok(deleted >= SOME.cast_unsigned())
}
