//! What failed at a destination, and who confirmed what, in the database.

use hookyard_model::{Actor, DestinationId, ErrorCode, EventId, IdempotencyConfirmation, IssueCause, Timestamp, Who};
use sqlx::AssertSqlSafe;

use crate::{
    db::{Db, Tx, on, within},
    error::Result,
    request::{filter::by_index, payload::narrow},
};

/// How many events that were given up are looked at, the newest.
pub(super) const MOST_FAILED: usize = 10_000;
/// How many of those that are tried again by themselves.
pub(super) const MOST_RETRYING: usize = 2000;

/// An event that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) id: EventId,
    pub(super) cause: IssueCause,
    pub(super) event_type: Option<String>,
    /// Whether it is tried again by itself.
    pub(super) is_retrying: bool,
    /// Whether it was delivered since, sent again or with its request.
    pub(super) was_delivered: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: EventId,
    error_code: Option<ErrorCode>,
    response_status: Option<i64>,
    event_type: Option<String>,
    delivered: i64,
}

impl Row {
    fn read(self, is_retrying: bool) -> Failed {
        let code = self.error_code.unwrap_or(ErrorCode::BadStatus);
        Failed {
            id: self.id,
            cause: IssueCause::of(code, self.response_status.map(narrow)),
            event_type: self.event_type,
            is_retrying,
            was_delivered: self.delivered != 0,
        }
    }
}

/// The newest events that were given up, one more than are looked at: ids from the first to before the second.
pub(super) async fn given_up(
    db: &Db,
    who: &Actor,
    destination: DestinationId,
    (from, before): (EventId, EventId),
) -> Result<Vec<Failed>> {
    let index = |name| by_index(db.dialect(), Some(name));
    // By the request, of which there are few events, however the event was sent again.
    let sql = format!(
        "SELECT f.id, f.error_code, f.response_status, f.event_type, \
             CASE WHEN EXISTS (SELECT 1 FROM event x{by_request} WHERE x.team_id = $1 AND x.mode = $2 \
                 AND x.request_id = f.request_id AND x.connection_id = f.connection_id AND x.destination_id = $3 \
                 AND x.status = 'SUCCESSFUL' AND x.webhook_id = f.webhook_id AND x.id > f.id) \
             OR EXISTS (SELECT 1 FROM request r{by_parent} \
                 JOIN event x{by_request} ON x.team_id = r.team_id AND x.mode = r.mode AND x.request_id = r.id \
                 WHERE r.team_id = $1 AND r.mode = $2 AND r.retry_parent_id = f.request_id \
                 AND x.connection_id = f.connection_id AND x.destination_id = $3 AND x.status = 'SUCCESSFUL' \
                 AND x.id > f.id) \
             THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS delivered \
         FROM (SELECT e.id, e.request_id, e.connection_id, e.webhook_id, e.error_code, e.response_status, e.event_type \
             FROM event e{failed} WHERE e.team_id = $1 AND e.mode = $2 AND e.destination_id = $3 AND e.status = 'FAILED' \
             AND e.id >= $4 AND e.id < $5 AND NOT e.simulated ORDER BY e.id DESC LIMIT {limit}) f",
        by_request = index("event_request"),
        by_parent = index("request_parent"),
        failed = index("event_failed_of"),
        limit = MOST_FAILED + 1,
    );
    let mut rows: Vec<Row> = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(destination).bind(from).bind(before).fetch_all(pool).await)?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    Ok(rows.into_iter().map(|row| row.read(false)).collect())
}

/// Events that failed and are tried again by themselves, one more than are looked at.
pub(super) async fn retrying(
    db: &Db,
    who: &Actor,
    destination: DestinationId,
    (from, before): (EventId, EventId),
) -> Result<Vec<Failed>> {
    let sql = format!(
        "SELECT e.id, e.error_code, e.response_status, e.event_type, CAST(0 AS BIGINT) AS delivered FROM pending p \
         JOIN event e ON e.team_id = p.team_id AND e.mode = p.mode AND e.id = p.event_id \
         WHERE p.team_id = $1 AND p.mode = $2 AND p.destination_id = $3 AND p.rank = 1 AND p.attempts > 0 \
         AND e.id >= $4 AND e.id < $5 AND e.error_code IS NOT NULL AND NOT e.simulated LIMIT {}",
        MOST_RETRYING + 1
    );
    let rows: Vec<Row> = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(destination).bind(from).bind(before).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|row| row.read(true)).collect())
}

#[derive(sqlx::FromRow)]
struct Confirmation {
    event_type: String,
    confirmed_by: String,
    confirmed_by_name: Option<String>,
    confirmed_at: Timestamp,
}

pub(super) async fn confirmations(
    db: &Db,
    who: &Actor,
    destination: DestinationId,
) -> Result<Vec<IdempotencyConfirmation>> {
    const SQL: &str = "SELECT c.event_type, c.confirmed_by, COALESCE((SELECT p.email FROM person p WHERE p.id = c.confirmed_by), \
             (SELECT k.public FROM key_pair k WHERE k.team_id = c.team_id AND k.mode = c.mode AND k.id = c.confirmed_by)) \
             AS confirmed_by_name, c.confirmed_at \
         FROM idempotency_confirmation c WHERE c.team_id = $1 AND c.mode = $2 AND c.destination_id = $3 \
         ORDER BY c.event_type LIMIT 1000";
    let rows: Vec<Confirmation> = on!(db, read, pool => sqlx::query_as(SQL)
        .bind(who.team).bind(who.mode).bind(destination).fetch_all(pool).await)?;
    let read = |row: Confirmation| IdempotencyConfirmation {
        event_type: row.event_type,
        confirmed_by: row.confirmed_by,
        confirmed_by_name: row.confirmed_by_name,
        confirmed_at: row.confirmed_at,
    };
    Ok(rows.into_iter().map(read).collect())
}

pub(super) async fn confirm(
    tx: &mut Tx,
    who: &Actor,
    destination: DestinationId,
    event_type: &str,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "INSERT INTO idempotency_confirmation \
         (team_id, mode, destination_id, event_type, confirmed_by, confirmed_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (team_id, mode, destination_id, event_type) \
         DO UPDATE SET confirmed_by = excluded.confirmed_by, confirmed_at = excluded.confirmed_at";
    let by = match who.who {
        Who::User(user) => user.to_string(),
        Who::Key(key) => key.to_string(),
    };
    within!(tx, conn => sqlx::query(SQL)
        .bind(who.team).bind(who.mode).bind(destination).bind(event_type).bind(by).bind(now)
        .execute(conn).await.map(|_| ()))?;
    Ok(())
}
