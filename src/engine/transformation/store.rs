//! The tables `transformation` and `past_env`.

use std::collections::BTreeMap;

use hookyard_model::{
    Actor, EventId, Mode, PageQuery, REDACTED, Rule, Secret, TeamId, Timestamp, Transformation, TransformationCard,
    TransformationFilter, TransformationId,
};
use sqlx::AssertSqlSafe;

use super::code_hash;
use crate::{
    db::{Db, Tx, on, within},
    error::Result,
    request::filter::Conditions,
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
    pub(super) fn shown(self, sealer: &Sealer, card: TransformationCard) -> Result<Transformation> {
        let env = self.open_env(sealer)?;
        Ok(Transformation {
            env: env.into_keys().map(|name| (name, Secret::new(REDACTED))).collect(),
            connections_count: u32::try_from(card.connections_count).unwrap_or(u32::MAX),
            executions_24h_count: card.executions_24h_count,
            executions_24h_successful_count: card.executions_24h_count.saturating_sub(card.executions_24h_failed_count),
            executions_24h_failed_count: card.executions_24h_failed_count,
            executions_24h_bins: card.executions_24h_bins,
            executions_24h_failed_bins: card.executions_24h_failed_bins,
            error_code_counts: card.error_code_counts,
            deleted_at: None,
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

/// The sealed environments of some transformations, and what they had before.
pub(super) async fn environments(db: &Db, who: &Actor, ids: &[TransformationId]) -> Result<Vec<(Vec<u8>,)>> {
    let now = Conditions::of(who, "t").one_of("t.id", ids).all("SELECT t.env FROM transformation t");
    let before = Conditions::of(who, "p").one_of("p.transformation_id", ids).all("SELECT p.env FROM past_env p");
    let mut found: Vec<_> = now.rows(db).await?;
    found.extend(before.rows(db).await?);
    Ok(found)
}

/// The transformations that made what these events carry, where that is not what their requests brought.
pub(super) async fn makers(db: &Db, who: &Actor, events: &[EventId]) -> Result<Vec<(EventId, TransformationId)>> {
    const SELECT: &str = "SELECT DISTINCT e.id, o.transformation_id FROM event e \
         JOIN transformation_run r ON r.team_id = e.team_id AND r.mode = e.mode AND r.id = e.data_id \
         JOIN transformation_run o ON o.team_id = e.team_id AND o.mode = e.mode \
             AND o.request_id = r.request_id AND o.event_id = r.event_id";
    Conditions::of(who, "e").and("e.data_id IS NOT NULL").one_of("e.id", events).all(SELECT).rows(db).await
}

/// Keeps what an environment has no more.
pub(super) async fn insert_past(
    tx: &mut Tx,
    of: &TransformationRow,
    id: &str,
    env: &[u8],
    until: Timestamp,
) -> Result<()> {
    const SQL: &str =
        "INSERT INTO past_env (team_id, mode, transformation_id, id, env, until) VALUES ($1, $2, $3, $4, $5, $6)";
    within!(tx, conn => sqlx::query(SQL)
        .bind(of.team_id).bind(of.mode).bind(of.id).bind(id).bind(env).bind(until).execute(conn).await.map(drop))?;
    Ok(())
}

/// Deletes some of what environments had `before` then and no run is left of; returns how many.
pub(crate) async fn delete_past(db: &Db, before: Timestamp, some: i64) -> Result<u64> {
    const ANY: &str = "SELECT 1 FROM past_env WHERE until < $1 LIMIT 1";
    // Another node may have run a script as it was for some seconds more.
    const SQL: &str = "DELETE FROM past_env WHERE (team_id, mode, transformation_id, id) IN \
         (SELECT p.team_id, p.mode, p.transformation_id, p.id FROM past_env p WHERE p.until < $1 AND NOT EXISTS \
         (SELECT 1 FROM transformation_run r WHERE r.team_id = p.team_id AND r.mode = p.mode \
         AND r.transformation_id = p.transformation_id AND r.created_at < p.until + 60000) LIMIT $2)";
    let any: Option<i32> = on!(db, read, pool => sqlx::query_scalar(ANY).bind(before).fetch_optional(pool).await)?;
    if any.is_none() {
        return Ok(0);
    }
    Ok(on!(db, write, pool => sqlx::query(SQL)
        .bind(before).bind(some).execute(pool).await.map(|done| done.rows_affected()))?)
}

#[derive(sqlx::FromRow)]
struct Using {
    name: String,
    rules: String,
}

/// The names of the connections that use a transformation.
pub(super) async fn used_by(tx: &mut Tx, team: TeamId, mode: Mode, id: TransformationId) -> Result<Vec<String>> {
    const SQL: &str = "SELECT name, rules FROM connection WHERE team_id = $1 AND mode = $2 AND rules LIKE '%trs_%'";
    let rows: Vec<Using> = within!(tx, conn => sqlx::query_as(SQL).bind(team).bind(mode).fetch_all(conn).await)?;
    let mut names = Vec::new();
    for Using { name, rules } in rows {
        let rules: Vec<Rule> = serde_json::from_str(&rules)?;
        if rules.iter().any(|rule| matches!(rule, Rule::Transform(rule) if rule.transformation_id == id)) {
            names.push(name);
        }
    }
    Ok(names)
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

pub(super) async fn page(
    db: &Db,
    who: &Actor,
    filter: &TransformationFilter,
    page: &PageQuery,
) -> Result<Vec<TransformationRow>> {
    let has = |column: &'static str| move |text: &str| db.dialect().contains(column, text);
    let found = Conditions::of(who, "t")
        .one_of("t.id", &filter.id.0)
        .containing(filter.q.as_deref(), &[&has("t.name"), &has("t.id")]);
    found.page_by(&format!("SELECT {COLUMNS} FROM transformation t"), "t", filter.order_by, page).rows(db).await
}

pub(super) async fn find_by_name(db: &Db, team: TeamId, mode: Mode, name: &str) -> Result<Option<TransformationId>> {
    const SQL: &str = "SELECT id FROM transformation WHERE team_id = $1 AND mode = $2 AND name = $3";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(team).bind(mode).bind(name).fetch_optional(pool).await)?)
}
