//! What failed at a destination, and who confirmed what, in the database.

use hookyard_model::{
    Actor, ConnectionId, DestinationId, ErrorCode, EventId, IdempotencyConfirmation, IssueCause, RecoveryChange,
    Timestamp, Who,
};
use sqlx::AssertSqlSafe;

use crate::{
    db::{Db, Dialect, Tx, on, within},
    error::Result,
    request::{filter::by_index, payload::narrow},
};

/// How many of those that are tried again by themselves are looked at.
pub(super) const MOST_RETRYING: usize = 2000;
/// How many of those that nobody looked at are counted.
const MOST_COUNTED: usize = 1_000_000;
/// How many characters an event's id has, and its time.
pub(super) const WHOLE: usize = 30;

/// Events that failed for one reason at about one time, which are of one type: one of them, or some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    /// The newest of them, and the oldest.
    pub(super) id: EventId,
    pub(super) first_id: EventId,
    /// The newest of them that was not delivered since.
    pub(super) left_id: Option<EventId>,
    pub(super) cause: IssueCause,
    pub(super) event_type: Option<String>,
    pub(super) count: u64,
    /// How many of them were delivered since, sent again or with their request.
    pub(super) delivered: u64,
    /// Whether they are tried again by themselves.
    pub(super) is_retrying: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: EventId,
    first_id: EventId,
    left_id: Option<EventId>,
    error_code: Option<ErrorCode>,
    response_status: Option<i64>,
    event_type: Option<String>,
    count: i64,
    delivered: i64,
}

impl Row {
    fn read(self, is_retrying: bool) -> Failed {
        let code = self.error_code.unwrap_or(ErrorCode::BadStatus);
        Failed {
            id: self.id,
            first_id: self.first_id,
            left_id: self.left_id,
            cause: IssueCause::of(code, self.response_status.map(narrow)),
            event_type: self.event_type,
            count: self.count.unsigned_abs(),
            delivered: self.delivered.unsigned_abs(),
            is_retrying,
        }
    }
}

/// Whether what the statement calls `event` was delivered since, sent again or with its request: found by the request, of
/// which there are few events. The first parameters are the team, the mode and the destination.
pub(super) fn delivered_since(dialect: Dialect, event: &str) -> String {
    let index = |name| by_index(dialect, Some(name));
    // SQLite takes what is joined by CROSS JOIN in the order that it stands in: by the few replays, not by all events.
    let is_delivered = format!(
        "x.team_id = $1 AND x.mode = $2 AND x.connection_id = {event}.connection_id AND x.destination_id = $3 \
         AND x.status = 'SUCCESSFUL' AND x.id > {event}.id"
    );
    format!(
        "(EXISTS (SELECT 1 FROM event x{by_request} WHERE {is_delivered} \
             AND x.request_id = {event}.request_id AND x.webhook_id = {event}.webhook_id) \
         OR EXISTS (SELECT 1 FROM request r{by_parent} CROSS JOIN event x{by_request} \
             WHERE r.team_id = $1 AND r.mode = $2 AND r.retry_parent_id = {event}.request_id \
             AND x.request_id = r.id AND {is_delivered}))",
        by_request = index("event_request"),
        by_parent = index("request_parent"),
    )
}

/// Those that were given up and are no simulation: ids from the first to before the second.
fn given_up_where(dialect: Dialect) -> String {
    let index = by_index(dialect, Some("event_failed_of"));
    format!(
        "FROM event e{index} WHERE e.team_id = $1 AND e.mode = $2 AND e.destination_id = $3 AND e.status = 'FAILED' \
         AND e.id >= $4 AND e.id < $5 AND NOT e.simulated"
    )
}

/// The oldest event that was given up, or the newest.
pub(super) async fn end_of_given_up(
    db: &Db,
    who: &Actor,
    destination: DestinationId,
    (from, before): (EventId, EventId),
    is_newest: bool,
) -> Result<Option<EventId>> {
    let way = if is_newest { "DESC" } else { "ASC" };
    let sql = format!("SELECT e.id {} ORDER BY e.id {way} LIMIT 1", given_up_where(db.dialect()));
    Ok(on!(db, read, pool => sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(destination).bind(from).bind(before).fetch_optional(pool).await)?)
}

/// The newest events that were given up, so many, those together whose ids begin with the same characters.
pub(super) async fn given_up(
    db: &Db,
    who: &Actor,
    destination: DestinationId,
    (from, before): (EventId, EventId),
    (limit, characters): (u64, usize),
) -> Result<Vec<Failed>> {
    let sql = format!(
        "WITH d AS MATERIALIZED (SELECT f.id, f.error_code, f.response_status, f.event_type, \
             CASE WHEN {delivered} THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS delivered \
             FROM (SELECT e.id, e.request_id, e.connection_id, e.webhook_id, e.error_code, e.response_status, e.event_type \
                 {given_up} ORDER BY e.id DESC LIMIT {limit}) f) \
         SELECT MAX(d.id) AS id, MIN(d.id) AS first_id, MAX(CASE WHEN d.delivered = 0 THEN d.id END) AS left_id, \
             d.error_code, d.response_status, d.event_type, COUNT(*) AS count, \
             CAST(SUM(d.delivered) AS BIGINT) AS delivered \
         FROM d GROUP BY SUBSTR(d.id, 1, {characters}), d.error_code, d.response_status, d.event_type",
        delivered = delivered_since(db.dialect(), "f"),
        given_up = given_up_where(db.dialect()),
    );
    let rows: Vec<Row> = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(destination).bind(from).bind(before).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|row| row.read(false)).collect())
}

/// How many were given up, at most those that are counted.
pub(super) async fn count_given_up(
    db: &Db,
    who: &Actor,
    destination: DestinationId,
    (from, before): (EventId, EventId),
) -> Result<u64> {
    let sql = format!("SELECT COUNT(*) FROM (SELECT 1 {} LIMIT {MOST_COUNTED}) f", given_up_where(db.dialect()));
    let count: i64 = on!(db, read, pool => sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(destination).bind(from).bind(before).fetch_one(pool).await)?;
    Ok(count.unsigned_abs())
}

/// Events that failed and are tried again by themselves, one more than are looked at.
pub(super) async fn retrying(
    db: &Db,
    who: &Actor,
    destination: DestinationId,
    (from, before): (EventId, EventId),
) -> Result<Vec<Failed>> {
    // A failure keeps its rank, but that of a first attempt.
    let sql = format!(
        "SELECT e.id, e.id AS first_id, e.id AS left_id, e.error_code, e.response_status, e.event_type, \
             CAST(1 AS BIGINT) AS count, CAST(0 AS BIGINT) AS delivered FROM pending p \
         CROSS JOIN event e WHERE e.team_id = p.team_id AND e.mode = p.mode AND e.id = p.event_id \
         AND p.team_id = $1 AND p.mode = $2 AND p.destination_id = $3 AND p.rank IN (1, 2, 3) AND p.attempts > 0 \
         AND e.id >= $4 AND e.id < $5 AND e.error_code IS NOT NULL AND NOT e.simulated LIMIT {}",
        MOST_RETRYING + 1
    );
    let rows: Vec<Row> = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(destination).bind(from).bind(before).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|row| row.read(true)).collect())
}

#[derive(sqlx::FromRow)]
struct Change {
    connection_id: Option<ConnectionId>,
    name: String,
    at: Timestamp,
}

/// The destination and the connections to it, as far as where they send, how, or their rules were changed since then.
pub(super) async fn changes(
    db: &Db,
    who: &Actor,
    destination: DestinationId,
    since: Timestamp,
) -> Result<Vec<RecoveryChange>> {
    const SQL: &str = "SELECT CAST(NULL AS TEXT) AS connection_id, name, configured_at AS at FROM destination \
             WHERE team_id = $1 AND mode = $2 AND id = $3 AND configured_at > $4 \
         UNION ALL SELECT id AS connection_id, name, configured_at AS at FROM connection \
             WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND configured_at > $4";
    let rows: Vec<Change> = on!(db, read, pool => sqlx::query_as(SQL)
        .bind(who.team).bind(who.mode).bind(destination).bind(since).fetch_all(pool).await)?;
    let read = |Change { connection_id, name, at }| RecoveryChange { connection_id, name, at };
    let mut changes: Vec<_> = rows.into_iter().map(read).collect();
    changes.sort_by_key(|change| change.connection_id);
    Ok(changes)
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
