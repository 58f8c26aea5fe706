//! Idempotency keys: the same call again gets the same answer again.
//!
//! A claim is one statement, so that of two calls at once one makes it and the other sees that it is under way.

use std::time::Duration;

use hookyard_model::{
    Actor, Timestamp,
    service::{IdempotencyClaim, StoredAnswer},
};

use crate::{
    Engine,
    db::{Db, on},
    error::Result,
};

/// How long a call may take. One that is not answered then has died with its process; the next may be made.
const UNDER_WAY: Duration = Duration::from_mins(1);

/// How long an answer is given again.
const KEPT: Duration = Duration::from_hours(24);

#[derive(Debug, sqlx::FromRow)]
struct Row {
    fingerprint: String,
    status: Option<i64>,
    content_type: Option<String>,
    location: Option<String>,
    answer: Option<Vec<u8>>,
}

/// Claims a key for a call with this fingerprint, or says what became of the call that has it.
pub(crate) async fn claim(engine: &Engine, who: &Actor, key: &str, fingerprint: &str) -> Result<IdempotencyClaim> {
    const CLAIM: &str = "INSERT INTO idempotency \
         (team_id, mode, key, fingerprint, claimed_at, status, content_type, answer) \
         VALUES ($1, $2, $3, $4, $5, NULL, NULL, NULL) \
         ON CONFLICT (team_id, mode, key) DO UPDATE SET fingerprint = excluded.fingerprint, \
             claimed_at = excluded.claimed_at, status = NULL, content_type = NULL, answer = NULL, location = NULL \
         WHERE idempotency.claimed_at <= $6 OR (idempotency.status IS NULL AND idempotency.claimed_at <= $7)";
    const FIND: &str = "SELECT fingerprint, status, content_type, location, answer FROM idempotency \
         WHERE team_id = $1 AND mode = $2 AND key = $3";
    loop {
        let now = engine.now();
        let claimed = on!(engine.db(), write, pool => sqlx::query(CLAIM)
            .bind(who.team).bind(who.mode).bind(key).bind(fingerprint)
            .bind(now).bind(now.minus(KEPT)).bind(now.minus(UNDER_WAY))
            .execute(pool).await.map(|done| done.rows_affected()))?;
        if claimed > 0 {
            return Ok(IdempotencyClaim::Yours);
        }
        let found: Option<Row> = on!(engine.db(), read, pool => sqlx::query_as(FIND)
            .bind(who.team).bind(who.mode).bind(key).fetch_optional(pool).await)?;
        // Given up or deleted in between: claim again.
        let Some(row) = found else { continue };
        return match row {
            Row { fingerprint: other, .. } if other != fingerprint => Ok(IdempotencyClaim::OtherCall),
            Row { status: Some(status), content_type, location, answer, .. } => {
                let body = answer.map(|sealed| engine.sealer().open(&sealed)).transpose()?.unwrap_or_default();
                let status = u16::try_from(status).unwrap_or(500);
                Ok(IdempotencyClaim::Answered(StoredAnswer { status, content_type, location, body }))
            }
            Row { status: None, .. } => Ok(IdempotencyClaim::UnderWay),
        };
    }
}

/// Keeps the answer of a claimed call; without an answer the claim is given up.
pub(crate) async fn settle(engine: &Engine, who: &Actor, key: &str, answer: Option<StoredAnswer>) -> Result<()> {
    const GIVE_UP: &str = "DELETE FROM idempotency WHERE team_id = $1 AND mode = $2 AND key = $3 AND status IS NULL";
    const KEEP: &str = "UPDATE idempotency SET status = $4, content_type = $5, answer = $6, location = $7 \
         WHERE team_id = $1 AND mode = $2 AND key = $3 AND status IS NULL";
    let Some(answer) = answer else {
        return Ok(on!(engine.db(), write, pool => sqlx::query(GIVE_UP)
            .bind(who.team).bind(who.mode).bind(key).execute(pool).await.map(|_| ()))?);
    };
    let sealed = engine.sealer().seal(&answer.body);
    Ok(on!(engine.db(), write, pool => sqlx::query(KEEP)
        .bind(who.team).bind(who.mode).bind(key)
        .bind(i64::from(answer.status)).bind(&answer.content_type).bind(&sealed).bind(&answer.location)
        .execute(pool).await.map(|_| ()))?)
}

/// Deletes up to `limit` keys whose time is over; returns how many they were.
pub(crate) async fn delete_expired(db: &Db, now: Timestamp, limit: i64) -> sqlx::Result<u64> {
    const SQL: &str = "DELETE FROM idempotency WHERE (team_id, mode, key) IN \
         (SELECT team_id, mode, key FROM idempotency WHERE claimed_at <= $1 ORDER BY claimed_at LIMIT $2)";
    on!(db, write, pool => sqlx::query(SQL)
        .bind(now.minus(KEPT)).bind(limit).execute(pool).await.map(|done| done.rows_affected()))
}
