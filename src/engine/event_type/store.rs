//! The table `event_type`.

use hookyard_model::{EventType, EventTypeId, EventTypeInput, Mode, SchemaCheck, TeamId, Timestamp};

use crate::{
    db::{Db, Tx, on, within},
    error::Result,
};

#[derive(sqlx::FromRow)]
struct Row {
    id: EventTypeId,
    name: String,
    label: String,
    description: Option<String>,
    schema_json: Option<String>,
    example_json: Option<String>,
    default_enabled: bool,
    deprecated_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Row {
    fn into_event_type(self) -> Result<EventType> {
        let read = |json: Option<String>| json.as_deref().map(serde_json::from_str).transpose();
        Ok(EventType {
            id: self.id,
            name: self.name,
            label: self.label,
            description: self.description,
            schema: read(self.schema_json)?,
            example: read(self.example_json)?,
            default_enabled: self.default_enabled,
            deprecated_at: self.deprecated_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

fn json(value: Option<&serde_json::Value>) -> Option<String> {
    value.map(ToString::to_string)
}

pub(super) async fn all(db: &Db, team: TeamId, mode: Mode) -> Result<Vec<EventType>> {
    const SQL: &str = "SELECT id, name, label, description, schema_json, example_json, default_enabled, deprecated_at, \
         created_at, updated_at FROM event_type WHERE team_id = $1 AND mode = $2 ORDER BY name";
    let rows: Vec<Row> = on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).fetch_all(pool).await)?;
    rows.into_iter().map(Row::into_event_type).collect()
}

pub(super) async fn names(db: &Db, team: TeamId, mode: Mode) -> Result<Vec<String>> {
    const SQL: &str = "SELECT name FROM event_type WHERE team_id = $1 AND mode = $2 ORDER BY name";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL).bind(team).bind(mode).fetch_all(pool).await)?)
}

pub(super) async fn find(db: &Db, team: TeamId, mode: Mode, id: EventTypeId) -> Result<Option<EventType>> {
    const SQL: &str = "SELECT id, name, label, description, schema_json, example_json, default_enabled, deprecated_at, \
         created_at, updated_at FROM event_type WHERE team_id = $1 AND mode = $2 AND id = $3";
    let row: Option<Row> =
        on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).bind(id).fetch_optional(pool).await)?;
    row.map(Row::into_event_type).transpose()
}

pub(super) async fn named(db: &Db, team: TeamId, mode: Mode, name: &str) -> Result<Option<EventType>> {
    const SQL: &str = "SELECT id, name, label, description, schema_json, example_json, default_enabled, deprecated_at, \
         created_at, updated_at FROM event_type WHERE team_id = $1 AND mode = $2 AND name = $3";
    let row: Option<Row> =
        on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).bind(name).fetch_optional(pool).await)?;
    row.map(Row::into_event_type).transpose()
}

pub(super) async fn count(tx: &mut Tx, team: TeamId, mode: Mode) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM event_type WHERE team_id = $1 AND mode = $2";
    Ok(within!(tx, conn => sqlx::query_scalar(SQL).bind(team).bind(mode).fetch_one(conn).await)?)
}

/// What happens to events of this type that do not fit, and its schema if it has one.
pub(super) async fn schema(db: &Db, team: TeamId, mode: Mode, name: &str) -> Result<(SchemaCheck, Option<String>)> {
    const SQL: &str = "SELECT t.schema_check, e.schema_json FROM team t LEFT JOIN event_type e \
         ON e.team_id = t.id AND e.mode = $2 AND e.name = $3 WHERE t.id = $1";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).bind(name).fetch_one(pool).await)?)
}

/// Which event type has this name.
pub(super) async fn find_by_name(tx: &mut Tx, team: TeamId, mode: Mode, name: &str) -> Result<Option<EventTypeId>> {
    const SQL: &str = "SELECT id FROM event_type WHERE team_id = $1 AND mode = $2 AND name = $3";
    Ok(within!(tx, conn => sqlx::query_scalar(SQL)
        .bind(team).bind(mode).bind(name).fetch_optional(conn).await)?)
}

/// Adds an event type unless there is one of this name; says whether it did.
pub(super) async fn insert(
    tx: &mut Tx,
    (team, mode): (TeamId, Mode),
    id: EventTypeId,
    input: &EventTypeInput,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "INSERT INTO event_type (team_id, mode, id, name, label, description, schema_json, example_json, \
         default_enabled, deprecated_at, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) \
         ON CONFLICT (team_id, mode, name) DO NOTHING";
    let done = within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(mode).bind(id)
        .bind(&input.name).bind(input.label()).bind(&input.description)
        .bind(json(input.schema.as_ref())).bind(json(input.example.as_ref()))
        .bind(input.default_enabled).bind(input.deprecated.then_some(now)).bind(now)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// Writes all but the name; says whether there is such an event type. What was deprecated before stays so since then.
pub(super) async fn update(
    tx: &mut Tx,
    (team, mode): (TeamId, Mode),
    id: EventTypeId,
    input: &EventTypeInput,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "UPDATE event_type SET label = $4, description = $5, schema_json = $6, example_json = $7, \
         default_enabled = $8, deprecated_at = CASE WHEN $9 THEN COALESCE(deprecated_at, $10) END, updated_at = $10 \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    let done = within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(mode).bind(id)
        .bind(input.label()).bind(&input.description)
        .bind(json(input.schema.as_ref())).bind(json(input.example.as_ref()))
        .bind(input.default_enabled).bind(input.deprecated).bind(now)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// Deletes an event type; says whether there was one.
pub(super) async fn delete(db: &Db, team: TeamId, mode: Mode, id: EventTypeId) -> Result<bool> {
    const SQL: &str = "DELETE FROM event_type WHERE team_id = $1 AND mode = $2 AND id = $3";
    let done = on!(db, write, pool => sqlx::query(SQL)
        .bind(team).bind(mode).bind(id).execute(pool).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}
