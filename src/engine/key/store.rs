//! Key pairs in the database.

use hookyard_model::{KeyId, KeyPair, Mode, TeamId, Timestamp};

use crate::{
    db::{Db, Tx, on, within},
    error::Result,
};

/// Whose private key has a hash.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Owner {
    pub(super) team_id: TeamId,
    pub(super) mode: Mode,
    pub(super) id: KeyId,
    pub(super) public: String,
}

/// A key pair as it is stored: of the private key its hash and a hint.
#[derive(Debug, Clone)]
pub(super) struct NewRow<'a> {
    pub(super) team: TeamId,
    pub(super) mode: Mode,
    pub(super) id: KeyId,
    pub(super) public: &'a str,
    pub(super) private_hash: String,
    pub(super) private_hint: String,
    pub(super) created_at: Timestamp,
}

pub(super) async fn insert(tx: &mut Tx, row: &NewRow<'_>) -> Result<()> {
    const SQL: &str = "INSERT INTO key_pair \
         (team_id, mode, id, public, private_hash, private_hint, created_at, revoked_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)";
    within!(tx, conn => sqlx::query(SQL)
        .bind(row.team).bind(row.mode).bind(row.id)
        .bind(row.public).bind(&row.private_hash).bind(&row.private_hint).bind(row.created_at)
        .execute(conn).await.map(|_| ()))?;
    Ok(())
}

/// The key pairs that are not revoked, newest first.
pub(super) async fn list(db: &Db, team: TeamId, mode: Mode) -> Result<Vec<KeyPair>> {
    const SQL: &str = "SELECT id, public, private_hint, created_at FROM key_pair \
         WHERE team_id = $1 AND mode = $2 AND revoked_at IS NULL ORDER BY id DESC";
    let rows: Vec<(KeyId, String, String, Timestamp)> =
        on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).fetch_all(pool).await)?;
    let key = |(id, public, private_hint, created_at)| KeyPair { id, mode, public, private_hint, created_at };
    Ok(rows.into_iter().map(key).collect())
}

/// Revokes a key pair and returns its public id; `None` when it was revoked before or never was.
pub(super) async fn revoke(tx: &mut Tx, team: TeamId, mode: Mode, id: KeyId, now: Timestamp) -> Result<Option<String>> {
    const SQL: &str = "UPDATE key_pair SET revoked_at = $4 \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND revoked_at IS NULL RETURNING public";
    Ok(within!(tx, conn => sqlx::query_scalar(SQL)
        .bind(team).bind(mode).bind(id).bind(now).fetch_optional(conn).await)?)
}

/// Whether there is such a key pair, revoked or not.
pub(super) async fn is_known(tx: &mut Tx, team: TeamId, mode: Mode, id: KeyId) -> Result<bool> {
    const SQL: &str = "SELECT id FROM key_pair WHERE team_id = $1 AND mode = $2 AND id = $3";
    let found: Option<KeyId> = within!(tx, conn => sqlx::query_scalar(SQL)
        .bind(team).bind(mode).bind(id).fetch_optional(conn).await)?;
    Ok(found.is_some())
}

pub(super) async fn find_owner(db: &Db, private_hash: &str) -> Result<Option<Owner>> {
    const SQL: &str = "SELECT team_id, mode, id, public FROM key_pair WHERE private_hash = $1 AND revoked_at IS NULL";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(private_hash).fetch_optional(pool).await)?)
}
