//! The tables `saved_payload` and `receiver_check`, and the attempts that a report rests on.

use std::collections::HashMap;

use hookyard_model::{
    Actor, AttemptId, AttemptStatus, DestinationId, EventId, PageQuery, ReceiverCheckId, SavedPayload, SavedPayloadId,
    SavedPayloadInput, Timestamp, Timings,
};

use super::{plan::Plan, report::Tried};
use crate::{
    db::{Db, Tx, on, within},
    error::Result,
    page::{cursor_id, keyset},
    request::{filter::Conditions, payload::narrow},
};

/// How many events are looked up by one statement.
const SOME: usize = 100;

#[derive(sqlx::FromRow)]
struct SavedRow {
    id: SavedPayloadId,
    name: String,
    event_type: String,
    payload: String,
    exact: bool,
    updated_at: Timestamp,
}

impl From<SavedRow> for SavedPayload {
    fn from(row: SavedRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            kind: row.event_type,
            payload: row.payload,
            exact: row.exact,
            updated_at: row.updated_at,
        }
    }
}

pub(super) async fn saved(db: &Db, who: &Actor) -> Result<Vec<SavedPayload>> {
    const SQL: &str = "SELECT id, name, event_type, payload, exact, updated_at FROM saved_payload \
         WHERE team_id = $1 AND mode = $2 ORDER BY name";
    let rows: Vec<SavedRow> =
        on!(db, read, pool => sqlx::query_as(SQL).bind(who.team).bind(who.mode).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(SavedPayload::from).collect())
}

/// How many payloads there are under other names than this, and how many bytes they have.
pub(super) async fn other_saved(tx: &mut Tx, who: &Actor, name: &str) -> Result<(i64, i64)> {
    const SQL: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(OCTET_LENGTH(payload)), 0) AS BIGINT) FROM saved_payload \
         WHERE team_id = $1 AND mode = $2 AND name <> $3";
    Ok(within!(tx, conn => sqlx::query_as(SQL).bind(who.team).bind(who.mode).bind(name).fetch_one(conn).await)?)
}

/// Keeps a payload under its name.
pub(super) async fn save(
    tx: &mut Tx,
    who: &Actor,
    id: SavedPayloadId,
    input: &SavedPayloadInput,
    now: Timestamp,
) -> Result<SavedPayload> {
    const SAVE: &str = "INSERT INTO saved_payload (team_id, mode, id, name, event_type, payload, exact, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (team_id, mode, name) DO UPDATE SET event_type = excluded.event_type, \
             payload = excluded.payload, exact = excluded.exact, updated_at = excluded.updated_at \
         RETURNING id, name, event_type, payload, exact, updated_at";
    let row: SavedRow = within!(tx, conn => sqlx::query_as(SAVE)
        .bind(who.team).bind(who.mode).bind(id)
        .bind(&input.name).bind(&input.kind).bind(&input.payload).bind(input.exact).bind(now)
        .fetch_one(conn).await)?;
    Ok(row.into())
}

/// Deletes a payload; says whether there was one.
pub(super) async fn delete_saved(db: &Db, who: &Actor, id: SavedPayloadId) -> Result<bool> {
    const SQL: &str = "DELETE FROM saved_payload WHERE team_id = $1 AND mode = $2 AND id = $3";
    let done = on!(db, write, pool => sqlx::query(SQL)
        .bind(who.team).bind(who.mode).bind(id).execute(pool).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// A receiver check as it was planned.
pub(super) struct Check {
    pub(super) id: ReceiverCheckId,
    pub(super) destination_id: DestinationId,
    pub(super) event_type: String,
    pub(super) created_at: Timestamp,
    pub(super) plan: Plan,
}

#[derive(sqlx::FromRow)]
struct CheckRow {
    id: ReceiverCheckId,
    destination_id: DestinationId,
    event_type: String,
    plan: String,
    created_at: Timestamp,
}

impl CheckRow {
    fn into_check(self) -> Result<Check> {
        Ok(Check {
            id: self.id,
            destination_id: self.destination_id,
            event_type: self.event_type,
            created_at: self.created_at,
            plan: serde_json::from_str(&self.plan)?,
        })
    }
}

pub(super) async fn insert_check(tx: &mut Tx, who: &Actor, check: &Check) -> Result<()> {
    const SQL: &str = "INSERT INTO receiver_check (team_id, mode, id, destination_id, event_type, plan, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let plan = serde_json::to_string(&check.plan)?;
    within!(tx, conn => sqlx::query(SQL)
        .bind(who.team).bind(who.mode).bind(check.id).bind(check.destination_id).bind(&check.event_type).bind(plan)
        .bind(check.created_at).execute(conn).await.map(drop))?;
    Ok(())
}

pub(super) async fn delete_check(db: &Db, who: &Actor, id: ReceiverCheckId) -> Result<()> {
    const SQL: &str = "DELETE FROM receiver_check WHERE team_id = $1 AND mode = $2 AND id = $3";
    on!(db, write, pool => sqlx::query(SQL).bind(who.team).bind(who.mode).bind(id).execute(pool).await.map(drop))?;
    Ok(())
}

pub(super) async fn check(db: &Db, who: &Actor, id: ReceiverCheckId) -> Result<Option<Check>> {
    const SQL: &str = "SELECT id, destination_id, event_type, plan, created_at FROM receiver_check \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    let row: Option<CheckRow> = on!(db, read, pool => sqlx::query_as(SQL)
        .bind(who.team).bind(who.mode).bind(id).fetch_optional(pool).await)?;
    row.map(CheckRow::into_check).transpose()
}

pub(super) async fn checks(db: &Db, who: &Actor, id: DestinationId, page: &PageQuery) -> Result<Vec<Check>> {
    let sql = format!(
        "SELECT id, destination_id, event_type, plan, created_at FROM receiver_check \
         WHERE team_id = $1 AND mode = $2 AND destination_id = $3{}",
        keyset(page, "id", 4)
    );
    let rows: Vec<CheckRow> = on!(db, read, pool => sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str()))
        .bind(who.team).bind(who.mode).bind(id).bind(cursor_id(page)).fetch_all(pool).await)?;
    rows.into_iter().map(CheckRow::into_check).collect()
}

#[derive(sqlx::FromRow)]
struct AttemptRow {
    id: AttemptId,
    event_id: EventId,
    status: AttemptStatus,
    response_status: Option<i64>,
    error_message: Option<String>,
    timings: String,
}

/// What came of the first attempt of each of these events, as far as there is one.
pub(super) async fn first_attempts(db: &Db, who: &Actor, events: &[EventId]) -> Result<HashMap<EventId, Tried>> {
    const SELECT: &str =
        "SELECT a.id, a.event_id, a.status, a.response_status, a.error_message, a.timings FROM attempt a";
    let mut found = HashMap::with_capacity(events.len());
    for events in events.chunks(SOME) {
        let conditions = Conditions::of(who, "a").and("a.attempt_number = 1").one_of("a.event_id", events);
        let rows: Vec<AttemptRow> = conditions.all(SELECT).rows(db).await?;
        for row in rows {
            let timings: Timings = serde_json::from_str(&row.timings)?;
            let tried = Tried {
                attempt: row.id,
                status: row.status,
                response_status: row.response_status.map(narrow),
                error_message: row.error_message,
                latency: timings.total_ms,
            };
            // A node that lost its lane while it sent leaves a second one.
            let first = found.entry(row.event_id).or_insert_with(|| tried.clone());
            if tried.attempt < first.attempt {
                *first = tried;
            }
        }
    }
    Ok(found)
}
