//! The tables `transformation` and what counts its runs.

use std::collections::BTreeMap;

use hookyard_model::{
    ConnectionId, Mode, PageQuery, REDACTED, Rule, Secret, TeamId, Timestamp, Transformation, TransformationId,
};
use sqlx::AssertSqlSafe;

use super::code_hash;
use crate::{
    db::{Db, Tx, on, within},
    error::Result,
    page::{cursor_id, keyset},
    seal::Sealer,
};

const COLUMNS: &str = "team_id, mode, id, name, code, env, created_at, updated_at";

/// A transformation as it is stored, its environment sealed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct TransformationRow {
    pub(super) team_id: TeamId,
    pub(super) mode: Mode,
    pub(super) id: TransformationId,
    pub(super) name: String,
    pub(super) code: String,
    pub(super) env: Vec<u8>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl TransformationRow {
    pub(super) fn open_env(&self, sealer: &Sealer) -> Result<BTreeMap<String, Secret>> {
        open_env(&self.env, sealer)
    }

    /// A transformation as its team sees it.
    pub(super) fn shown(self, sealer: &Sealer, usage: &Usage) -> Result<Transformation> {
        let env = self.open_env(sealer)?;
        let (successful, failed) = usage.runs.get(&self.id).copied().unwrap_or_default();
        Ok(Transformation {
            env: env.into_keys().map(|name| (name, Secret::new(REDACTED))).collect(),
            connections_count: u32::try_from(usage.connections_of(self.id).count()).unwrap_or(u32::MAX),
            executions_24h_count: successful + failed,
            executions_24h_successful_count: successful,
            executions_24h_failed_count: failed,
            runtime: super::sandbox::RUNTIME.to_owned(),
            code_hash: code_hash(&self.code),
            id: self.id,
            team_id: self.team_id,
            name: self.name,
            code: self.code,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

pub(super) fn open_env(env: &[u8], sealer: &Sealer) -> Result<BTreeMap<String, Secret>> {
    Ok(serde_json::from_str(&sealer.open_text(env)?)?)
}

/// The sealed environments of all transformations of a team.
pub(super) async fn environments(db: &Db, team: TeamId, mode: Mode) -> Result<Vec<Vec<u8>>> {
    const SQL: &str = "SELECT env FROM transformation WHERE team_id = $1 AND mode = $2";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL).bind(team).bind(mode).fetch_all(pool).await)?)
}

/// What a team's transformations are used for.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// The connections that have transformations among their rules, by name.
    connections: Vec<(ConnectionId, String, Vec<TransformationId>)>,
    /// How many runs were successful and how many failed in the last 24 hours.
    runs: BTreeMap<TransformationId, (u64, u64)>,
}

impl Usage {
    /// The ids and names of the connections that use `id`.
    pub(super) fn connections_of(&self, id: TransformationId) -> impl Iterator<Item = (ConnectionId, &str)> {
        self.connections
            .iter()
            .filter(move |(_, _, used)| used.contains(&id))
            .map(|(connection, name, _)| (*connection, name.as_str()))
    }
}

#[derive(sqlx::FromRow)]
struct Using {
    id: ConnectionId,
    name: String,
    rules: String,
}

fn using(rows: Vec<Using>) -> Result<Vec<(ConnectionId, String, Vec<TransformationId>)>> {
    let read = |row: Using| {
        let rules: Vec<Rule> = serde_json::from_str(&row.rules)?;
        let used = rules.iter().filter_map(|rule| match rule {
            Rule::Transform(rule) => Some(rule.transformation_id),
            _ => None,
        });
        Ok((row.id, row.name, used.collect()))
    };
    rows.into_iter().map(read).collect()
}

const USING: &str = "SELECT id, name, rules FROM connection WHERE team_id = $1 AND mode = $2 AND rules LIKE '%trs_%'";

pub(super) async fn usage(db: &Db, team: TeamId, mode: Mode, now: Timestamp) -> Result<Usage> {
    const RUNS: &str = "SELECT transformation_id, CAST(SUM(successful) AS BIGINT), CAST(SUM(failed) AS BIGINT) \
         FROM transformation_rollup WHERE team_id = $1 AND mode = $2 AND minute >= $3 GROUP BY transformation_id";
    let connections = on!(db, read, pool => sqlx::query_as(USING).bind(team).bind(mode).fetch_all(pool).await)?;
    let since = now.minus(std::time::Duration::from_hours(24));
    let runs: Vec<(TransformationId, i64, i64)> =
        on!(db, read, pool => sqlx::query_as(RUNS).bind(team).bind(mode).bind(since).fetch_all(pool).await)?;
    let count = |(id, successful, failed): (_, i64, i64)| (id, (successful.unsigned_abs(), failed.unsigned_abs()));
    Ok(Usage { connections: using(connections)?, runs: runs.into_iter().map(count).collect() })
}

/// The names of the connections that use a transformation.
pub(super) async fn used_by(tx: &mut Tx, team: TeamId, mode: Mode, id: TransformationId) -> Result<Vec<String>> {
    let rows = within!(tx, conn => sqlx::query_as(USING).bind(team).bind(mode).fetch_all(conn).await)?;
    let usage = Usage { connections: using(rows)?, runs: BTreeMap::new() };
    Ok(usage.connections_of(id).map(|(_, name)| name.to_owned()).collect())
}

pub(super) async fn insert(tx: &mut Tx, row: &TransformationRow) -> Result<()> {
    const SQL: &str = "INSERT INTO transformation (team_id, mode, id, name, code, env, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    within!(tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id)
        .bind(&row.name).bind(&row.code).bind(&row.env).bind(row.created_at).bind(row.updated_at)
        .execute(conn).await.map(drop))?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, row: &TransformationRow) -> Result<()> {
    const SQL: &str = "UPDATE transformation SET name = $4, code = $5, env = $6, updated_at = $7 \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id)
        .bind(&row.name).bind(&row.code).bind(&row.env).bind(row.updated_at)
        .execute(conn).await.map(drop))?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, team: TeamId, mode: Mode, id: TransformationId) -> Result<()> {
    const SQL: &str = "DELETE FROM transformation WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(tx, conn => sqlx::query(SQL).bind(team).bind(mode).bind(id).execute(conn).await.map(drop))?;
    Ok(())
}

pub(super) async fn find(db: &Db, team: TeamId, mode: Mode, id: TransformationId) -> Result<Option<TransformationRow>> {
    let sql = format!("SELECT {COLUMNS} FROM transformation WHERE team_id = $1 AND mode = $2 AND id = $3");
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(team).bind(mode).bind(id).fetch_optional(pool).await)?)
}

/// Reads a transformation and keeps others from changing it until the commit: an update locks the row on both databases.
pub(super) async fn lock(
    tx: &mut Tx,
    team: TeamId,
    mode: Mode,
    id: TransformationId,
) -> Result<Option<TransformationRow>> {
    let sql = format!(
        "UPDATE transformation SET updated_at = updated_at WHERE team_id = $1 AND mode = $2 AND id = $3 RETURNING {COLUMNS}"
    );
    Ok(within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql))
        .bind(team).bind(mode).bind(id).fetch_optional(conn).await)?)
}

pub(super) async fn page(db: &Db, team: TeamId, mode: Mode, page: &PageQuery) -> Result<Vec<TransformationRow>> {
    let tail = keyset(page, "id", 3);
    let sql = format!("SELECT {COLUMNS} FROM transformation WHERE team_id = $1 AND mode = $2{tail}");
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(team).bind(mode).bind(cursor_id(page)).fetch_all(pool).await)?)
}

pub(super) async fn find_by_name(db: &Db, team: TeamId, mode: Mode, name: &str) -> Result<Option<TransformationId>> {
    const SQL: &str = "SELECT id FROM transformation WHERE team_id = $1 AND mode = $2 AND name = $3";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(team).bind(mode).bind(name).fetch_optional(pool).await)?)
}
