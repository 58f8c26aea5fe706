//! Connections in the database.

use std::collections::HashMap;

use hookyard_model::{
    Actor, Connection, ConnectionFilter, ConnectionId, ConnectionInput, DestinationId, DestinationType, End, Mode,
    PageQuery, Retries, Rule, SourceId, SourceType, TeamId, Timestamp, TransformationId,
};
use sqlx::AssertSqlSafe;

use super::NewConnection;
use crate::{
    db::{Db, Tx, on, within},
    error::Result,
    request::filter::Conditions,
    rule::keep_past,
};

/// What routing must know of a connection.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionRow {
    pub(crate) id: ConnectionId,
    pub(crate) destination_id: DestinationId,
    /// The event types that pass; all of them when absent.
    pub(crate) event_types: Option<Vec<String>>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) disabled_at: Option<Timestamp>,
    pub(crate) destination_disabled_at: Option<Timestamp>,
}

/// A connection with what is shown of its ends.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: ConnectionId,
    team_id: TeamId,
    name: String,
    description: Option<String>,
    pub(super) source_id: SourceId,
    source_name: String,
    source_kind: SourceType,
    pub(super) destination_id: DestinationId,
    destination_name: String,
    destination_kind: DestinationType,
    is_webhook: bool,
    event_types: Option<String>,
    rules: String,
    pub(super) paused_at: Option<Timestamp>,
    pub(super) disabled_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Row {
    /// Whether it is the one connection of a webhook, which lives and dies with it.
    pub(super) fn is_of_webhook(&self) -> bool {
        self.is_webhook && self.source_kind == SourceType::EVENTS
    }

    fn event_types(&self) -> Result<Option<Vec<String>>> {
        Ok(self.event_types.as_deref().map(serde_json::from_str).transpose()?)
    }

    pub(super) fn rules(&self) -> Result<Vec<Rule>> {
        Ok(serde_json::from_str(&self.rules)?)
    }

    /// What a team would say to make it as it is.
    pub(super) fn input(&self) -> Result<ConnectionInput> {
        Ok(ConnectionInput {
            name: self.name.clone(),
            description: self.description.clone(),
            source_id: self.source_id,
            destination_id: self.destination_id,
            event_types: self.event_types()?,
            rules: self.rules()?,
            paused_at: self.paused_at,
            disabled_at: self.disabled_at,
        })
    }

    /// A connection as its team sees it.
    pub(super) fn shown(self) -> Result<Connection> {
        Ok(Connection {
            event_types: self.event_types()?,
            rules: self.rules()?,
            id: self.id,
            team_id: self.team_id,
            name: self.name,
            description: self.description,
            source_id: self.source_id,
            destination_id: self.destination_id,
            source: End { id: self.source_id, name: self.source_name, kind: self.source_kind.to_string() },
            destination: End {
                id: self.destination_id,
                name: self.destination_name,
                kind: self.destination_kind.to_string(),
            },
            paused_at: self.paused_at,
            disabled_at: self.disabled_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

const SELECT: &str = "SELECT c.id, c.team_id, c.name, c.description, c.source_id, s.name AS source_name, s.kind AS source_kind, \
         c.destination_id, d.name AS destination_name, d.kind AS destination_kind, d.is_webhook, c.event_types, c.rules, \
         c.paused_at, c.disabled_at, c.created_at, c.updated_at \
     FROM connection c \
     JOIN source s ON s.team_id = c.team_id AND s.mode = c.mode AND s.id = c.source_id \
     JOIN destination d ON d.team_id = c.team_id AND d.mode = c.mode AND d.id = c.destination_id";

fn select(condition: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("{SELECT} WHERE c.team_id = $1 AND c.mode = $2{condition}"))
}

pub(super) async fn find(db: &Db, team: TeamId, mode: Mode, id: ConnectionId) -> Result<Option<Row>> {
    let sql = select(" AND c.id = $3");
    Ok(on!(db, read, pool => sqlx::query_as(sql).bind(team).bind(mode).bind(id).fetch_optional(pool).await)?)
}

/// Reads a connection and keeps others from changing it until the commit: an update locks the row on both databases.
pub(super) async fn lock(tx: &mut Tx, team: TeamId, mode: Mode, id: ConnectionId) -> Result<Option<Row>> {
    const SQL: &str = "UPDATE connection SET updated_at = updated_at WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(&mut *tx, conn => sqlx::query(SQL).bind(team).bind(mode).bind(id).execute(conn).await.map(|_| ()))?;
    let sql = select(" AND c.id = $3");
    Ok(within!(tx, conn => sqlx::query_as(sql).bind(team).bind(mode).bind(id).fetch_optional(conn).await)?)
}

pub(super) async fn page(db: &Db, who: &Actor, filter: &ConnectionFilter, page: &PageQuery) -> Result<Vec<Row>> {
    let has = |column: &'static str| move |text: &str| db.dialect().contains(column, text);
    let found = Conditions::of(who, "c")
        .one_of("c.id", &filter.id.0)
        .one_of("c.source_id", &filter.source_id.0)
        .one_of("c.destination_id", &filter.destination_id.0)
        .containing(
            filter.q.as_deref(),
            &[&has("c.name"), &has("COALESCE(c.description, '')"), &has("c.id"), &has("s.name"), &has("d.name")],
        );
    found.page_by(SELECT, "c", filter.order_by, page).rows(db).await
}

/// How many events of a connection wait: for its destination, and for its scripts.
pub(super) async fn count_waiting(tx: &mut Tx, (team, mode): (TeamId, Mode), row: &Row) -> Result<(i64, i64)> {
    const SQL: &str = "SELECT \
         (SELECT COUNT(*) FROM pending WHERE team_id = $1 AND mode = $2 AND destination_id = $4 AND connection_id = $3), \
         (SELECT COUNT(*) FROM transforming WHERE team_id = $1 AND mode = $2 AND connection_id = $3)";
    Ok(within!(tx, conn => sqlx::query_as(SQL)
        .bind(team).bind(mode).bind(row.id).bind(row.destination_id).fetch_one(conn).await)?)
}

/// The destinations that events of a connection wait for; events that are sent again go where they went before.
pub(super) async fn awaited(tx: &mut Tx, team: TeamId, mode: Mode, id: ConnectionId) -> Result<Vec<DestinationId>> {
    const SQL: &str =
        "SELECT DISTINCT destination_id FROM pending WHERE team_id = $1 AND mode = $2 AND connection_id = $3";
    Ok(within!(tx, conn => sqlx::query_scalar(SQL).bind(team).bind(mode).bind(id).fetch_all(conn).await)?)
}

pub(super) async fn find_by_name(
    db: &Db,
    team: TeamId,
    mode: Mode,
    source: SourceId,
    name: &str,
) -> Result<Option<ConnectionId>> {
    const SQL: &str = "SELECT id FROM connection WHERE team_id = $1 AND mode = $2 AND source_id = $3 AND name = $4";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(team).bind(mode).bind(source).bind(name).fetch_optional(pool).await)?)
}

/// What leads away from a source, oldest first.
pub(crate) async fn of_source(db: &Db, team: TeamId, mode: Mode, source: SourceId) -> Result<Vec<ConnectionRow>> {
    const SQL: &str = "SELECT c.id, c.destination_id, c.event_types, c.rules, c.disabled_at, d.disabled_at \
         FROM connection c \
         JOIN destination d ON d.team_id = c.team_id AND d.mode = c.mode AND d.id = c.destination_id \
         WHERE c.team_id = $1 AND c.mode = $2 AND c.source_id = $3 ORDER BY c.id";
    type Columns = (ConnectionId, DestinationId, Option<String>, String, Option<Timestamp>, Option<Timestamp>);
    let rows: Vec<Columns> =
        on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).bind(source).fetch_all(pool).await)?;
    rows.into_iter()
        .map(|(id, destination_id, event_types, rules, disabled_at, destination_disabled_at)| {
            let event_types = event_types.as_deref().map(serde_json::from_str).transpose()?;
            let rules = serde_json::from_str(&rules)?;
            Ok(ConnectionRow { id, destination_id, event_types, rules, disabled_at, destination_disabled_at })
        })
        .collect()
}

/// What leads to a destination, oldest first, at most 255.
pub(crate) async fn to_destination(
    db: &Db,
    team: TeamId,
    mode: Mode,
    destination: DestinationId,
) -> Result<Vec<Connection>> {
    let sql = select(" AND c.destination_id = $3 ORDER BY c.id LIMIT 255");
    let rows: Vec<Row> =
        on!(db, read, pool => sqlx::query_as(sql).bind(team).bind(mode).bind(destination).fetch_all(pool).await)?;
    rows.into_iter().map(Row::shown).collect()
}

/// The paused connections that lead to a destination.
pub(crate) async fn paused_of_destination(
    db: &Db,
    team: TeamId,
    mode: Mode,
    destination: DestinationId,
) -> Result<Vec<ConnectionId>> {
    const SQL: &str = "SELECT id FROM connection \
         WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND paused_at IS NOT NULL ORDER BY id";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(team).bind(mode).bind(destination).fetch_all(pool).await)?)
}

/// The retry rules of the connections that lead to a destination.
pub(crate) async fn retries_of_destination(
    db: &Db,
    team: TeamId,
    mode: Mode,
    destination: DestinationId,
) -> Result<HashMap<ConnectionId, Retries>> {
    const SQL: &str = "SELECT id, rules FROM connection \
         WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rules LIKE '%\"retry\"%'";
    let rows: Vec<(ConnectionId, String)> = on!(db, read, pool => sqlx::query_as(SQL)
        .bind(team).bind(mode).bind(destination).fetch_all(pool).await)?;
    let mut found = HashMap::new();
    for (id, rules) in rows {
        let rules: Vec<Rule> = serde_json::from_str(&rules)?;
        let retries = rules.iter().find_map(|rule| match rule {
            Rule::Retry(rule) => Some(Retries::new(rule)),
            _ => None,
        });
        found.extend(retries.map(|retries| (id, retries)));
    }
    Ok(found)
}

/// Whether the source is there; it stays so until the commit, for an update locks the row.
pub(super) async fn has_source(tx: &mut Tx, team: TeamId, mode: Mode, id: SourceId) -> Result<bool> {
    const SQL: &str = "UPDATE source SET updated_at = updated_at WHERE team_id = $1 AND mode = $2 AND id = $3";
    let found = within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(mode).bind(id).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(found > 0)
}

/// Whether the destination is a webhook, if it is there; it stays so until the commit, for an update locks the row.
pub(super) async fn is_webhook(tx: &mut Tx, team: TeamId, mode: Mode, id: DestinationId) -> Result<Option<bool>> {
    const SQL: &str = "UPDATE destination SET updated_at = updated_at \
         WHERE team_id = $1 AND mode = $2 AND id = $3 RETURNING is_webhook";
    Ok(within!(tx, conn => sqlx::query_scalar(SQL).bind(team).bind(mode).bind(id).fetch_optional(conn).await)?)
}

/// Whether the transformation is there; it stays so until the commit, for an update locks the row.
pub(super) async fn has_transformation(tx: &mut Tx, team: TeamId, mode: Mode, id: TransformationId) -> Result<bool> {
    const SQL: &str = "UPDATE transformation SET updated_at = updated_at WHERE team_id = $1 AND mode = $2 AND id = $3";
    let found = within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(mode).bind(id).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(found > 0)
}

/// Writes a new connection whose ends are there and whose input has been checked.
pub(crate) async fn insert(tx: &mut Tx, new: &NewConnection, now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO connection (team_id, mode, id, source_id, destination_id, name, description, \
         event_types, rules, paused_at, disabled_at, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)";
    let input = &new.input;
    let event_types = input.event_types.as_ref().map(serde_json::to_string).transpose()?;
    within!(tx, conn => sqlx::query(SQL)
        .bind(new.team).bind(new.mode).bind(new.id)
        .bind(input.source_id).bind(input.destination_id).bind(&input.name).bind(&input.description)
        .bind(&event_types).bind(serde_json::to_string(&input.rules)?).bind(input.paused_at).bind(input.disabled_at).bind(now)
        .execute(conn).await.map(|_| ()))?;
    Ok(())
}

/// Writes all that may change of a connection's row, which is locked by [`lock`].
pub(super) async fn update(
    tx: &mut Tx,
    changed: &NewConnection,
    configured_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "UPDATE connection SET source_id = $4, destination_id = $5, name = $6, description = $7, \
         event_types = $8, rules = $9, paused_at = $10, disabled_at = $11, updated_at = $12, \
         configured_at = COALESCE($13, configured_at) \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    let input = &changed.input;
    let event_types = input.event_types.as_ref().map(serde_json::to_string).transpose()?;
    within!(tx, conn => sqlx::query(SQL)
        .bind(changed.team).bind(changed.mode).bind(changed.id)
        .bind(input.source_id).bind(input.destination_id).bind(&input.name).bind(&input.description)
        .bind(&event_types).bind(serde_json::to_string(&input.rules)?).bind(input.paused_at).bind(input.disabled_at).bind(now)
        .bind(configured_at).execute(conn).await.map(|_| ()))?;
    Ok(())
}

/// Deletes a connection; the rules that it had until `now` are kept for whoever asks what they did.
pub(crate) async fn delete(tx: &mut Tx, team: TeamId, mode: Mode, id: ConnectionId, now: Timestamp) -> Result<()> {
    const SQL: &str = "DELETE FROM connection WHERE team_id = $1 AND mode = $2 AND id = $3";
    keep_past(tx, team, mode, id, now).await?;
    within!(tx, conn => sqlx::query(SQL).bind(team).bind(mode).bind(id).execute(conn).await.map(|_| ()))?;
    Ok(())
}
