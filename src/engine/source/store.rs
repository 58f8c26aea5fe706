//! Sources in the database.

use hookyard_model::{Mode, PageQuery, SourceConfig, SourceId, SourceInput, SourceType, Status, TeamId, Timestamp};
use sqlx::AssertSqlSafe;

use crate::{
    db::{Db, Tx, on, within},
    error::{Error, Result},
    page::{cursor_id, keyset},
    seal::Sealer,
};

const COLUMNS: &str = "team_id, mode, id, name, description, kind, config, secret, disabled_at, created_at, updated_at";

/// A source as it is stored: the placeholder stands in `config` for the secret, which is sealed beside it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct SourceRow {
    pub(crate) team_id: TeamId,
    pub(crate) mode: Mode,
    pub(crate) id: SourceId,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) kind: SourceType,
    pub(crate) config: String,
    pub(crate) secret: Option<Vec<u8>>,
    pub(crate) disabled_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl SourceRow {
    /// The configuration with the placeholder for its secret.
    pub(super) fn redacted(&self) -> Result<SourceConfig> {
        Ok(serde_json::from_str(&self.config)?)
    }

    /// The configuration with its real secret.
    pub(crate) fn open(&self, sealer: &Sealer) -> Result<SourceConfig> {
        let mut config = self.redacted()?;
        if let (Some(auth), Some(sealed)) = (&mut config.auth, &self.secret) {
            if !auth.unseal(sealer.open_text(sealed)?) {
                return Err(Error::Broken(format!("the secrets of the source {} are not what was stored", self.id)));
            }
        }
        Ok(config)
    }

    /// Takes over what `input` says, whose secret is a real one.
    pub(super) fn set(&mut self, input: SourceInput, sealer: &Sealer, now: Timestamp) -> Result<()> {
        let mut config = input.config;
        self.secret = config.auth.as_ref().map(|auth| sealer.seal(auth.sealable().as_bytes()));
        if let Some(auth) = &mut config.auth {
            auth.redact();
        }
        self.config = serde_json::to_string(&config)?;
        (self.name, self.description, self.kind) = (input.name, input.description, input.kind);
        self.updated_at = now;
        self.disabled_at = match input.status {
            Status::Enabled => None,
            Status::Disabled => self.disabled_at.or(Some(now)),
        };
        Ok(())
    }
}

pub(super) async fn insert(tx: &mut Tx, row: &SourceRow) -> Result<()> {
    const SQL: &str = "INSERT INTO source \
         (team_id, mode, id, name, description, kind, config, secret, disabled_at, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    within!(tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id)
        .bind(&row.name).bind(&row.description).bind(row.kind).bind(&row.config).bind(&row.secret)
        .bind(row.disabled_at).bind(row.created_at).bind(row.updated_at)
        .execute(conn).await.map(|_| ()))?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, row: &SourceRow) -> Result<()> {
    const SQL: &str = "UPDATE source SET name = $4, description = $5, kind = $6, config = $7, secret = $8, \
         disabled_at = $9, updated_at = $10 WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id)
        .bind(&row.name).bind(&row.description).bind(row.kind).bind(&row.config).bind(&row.secret)
        .bind(row.disabled_at).bind(row.updated_at)
        .execute(conn).await.map(|_| ()))?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, team: TeamId, mode: Mode, id: SourceId) -> Result<()> {
    const SQL: &str = "DELETE FROM source WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(tx, conn => sqlx::query(SQL).bind(team).bind(mode).bind(id).execute(conn).await.map(|_| ()))?;
    Ok(())
}

pub(super) async fn find(db: &Db, team: TeamId, mode: Mode, id: SourceId) -> Result<Option<SourceRow>> {
    let sql = format!("SELECT {COLUMNS} FROM source WHERE team_id = $1 AND mode = $2 AND id = $3");
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(team).bind(mode).bind(id).fetch_optional(pool).await)?)
}

/// A source by its id alone, as its URL has it, before anybody knows whose it is.
pub(crate) async fn find_anywhere(db: &Db, id: SourceId) -> Result<Option<SourceRow>> {
    let sql = format!("SELECT {COLUMNS} FROM source WHERE id = $1");
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(pool).await)?)
}

/// The built-in source that published events enter by.
pub(crate) async fn find_events_source(db: &Db, team: TeamId, mode: Mode) -> Result<SourceRow> {
    let sql = format!("SELECT {COLUMNS} FROM source WHERE team_id = $1 AND mode = $2 AND kind = $3");
    let row = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(team).bind(mode).bind(SourceType::EVENTS).fetch_optional(pool).await)?;
    row.ok_or_else(|| Error::Broken(format!("the team {team} has no built-in source in {mode} mode")))
}

/// Reads a source and keeps others from changing it until the commit: an update locks the row on both databases.
pub(super) async fn lock(tx: &mut Tx, team: TeamId, mode: Mode, id: SourceId) -> Result<Option<SourceRow>> {
    let sql = format!(
        "UPDATE source SET updated_at = updated_at WHERE team_id = $1 AND mode = $2 AND id = $3 RETURNING {COLUMNS}"
    );
    Ok(within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql))
        .bind(team).bind(mode).bind(id).fetch_optional(conn).await)?)
}

pub(super) async fn page(db: &Db, team: TeamId, mode: Mode, page: &PageQuery) -> Result<Vec<SourceRow>> {
    let tail = keyset(page, "id", 3);
    let sql = format!("SELECT {COLUMNS} FROM source WHERE team_id = $1 AND mode = $2{tail}");
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(team).bind(mode).bind(cursor_id(page)).fetch_all(pool).await)?)
}

pub(super) async fn find_by_name(db: &Db, team: TeamId, mode: Mode, name: &str) -> Result<Option<SourceId>> {
    const SQL: &str = "SELECT id FROM source WHERE team_id = $1 AND mode = $2 AND name = $3";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(team).bind(mode).bind(name).fetch_optional(pool).await)?)
}

pub(super) async fn count_connections(tx: &mut Tx, team: TeamId, mode: Mode, id: SourceId) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM connection WHERE team_id = $1 AND mode = $2 AND source_id = $3";
    Ok(within!(tx, conn => sqlx::query_scalar(SQL).bind(team).bind(mode).bind(id).fetch_one(conn).await)?)
}
