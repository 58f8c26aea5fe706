//! Signing secrets and private keys in the database, sealed.

use hookyard_model::{DestinationId, Mode, SecretId, SigningScheme, TeamId, Timestamp};

use crate::{
    db::{Db, Tx, on, within},
    error::Result,
};

/// Whose secrets: a destination, as every query names it.
pub(crate) type Owner = (TeamId, Mode, DestinationId);

#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) id: SecretId,
    pub(crate) scheme: SigningScheme,
    /// The bytes of a `v1` secret or the seed of a `v1a` key, sealed.
    pub(crate) secret: Vec<u8>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
}

/// `v1` sorts before `v1a`. The current one of a scheme is the one that does not end: nodes' clocks may differ, so its id
/// need not be the newest.
const LIVE: &str = "SELECT id, scheme, secret, created_at, expires_at FROM signing_secret \
     WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND (expires_at IS NULL OR expires_at > $4) \
     ORDER BY scheme, CASE WHEN expires_at IS NULL THEN 0 ELSE 1 END, id DESC";

/// What signs at `now`: `v1` first, and of each scheme the current one first.
pub(crate) async fn live(db: &Db, (team, mode, destination): Owner, now: Timestamp) -> Result<Vec<Row>> {
    Ok(on!(db, read, pool => sqlx::query_as(LIVE)
        .bind(team).bind(mode).bind(destination).bind(now).fetch_all(pool).await)?)
}

/// As [`live`], within a transaction.
pub(super) async fn live_within(tx: &mut Tx, (team, mode, destination): Owner, now: Timestamp) -> Result<Vec<Row>> {
    Ok(within!(tx, conn => sqlx::query_as(LIVE)
        .bind(team).bind(mode).bind(destination).bind(now).fetch_all(conn).await)?)
}

/// The `v1a` keys of a destination of whichever team, the current one first.
pub(super) async fn live_public(db: &Db, destination: DestinationId, now: Timestamp) -> Result<Vec<Row>> {
    const SQL: &str = "SELECT id, scheme, secret, created_at, expires_at FROM signing_secret \
         WHERE destination_id = $1 AND scheme = 'v1a' AND (expires_at IS NULL OR expires_at > $2) \
         ORDER BY CASE WHEN expires_at IS NULL THEN 0 ELSE 1 END, id DESC";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(destination).bind(now).fetch_all(pool).await)?)
}

pub(super) async fn insert(tx: &mut Tx, (team, mode, destination): Owner, row: &Row) -> Result<()> {
    const SQL: &str = "INSERT INTO signing_secret (team_id, mode, destination_id, id, scheme, secret, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(mode).bind(destination)
        .bind(row.id).bind(row.scheme).bind(&row.secret).bind(row.created_at).bind(row.expires_at)
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Lets everything of a scheme end at `at`, or before if it would anyway.
pub(super) async fn expire(
    tx: &mut Tx,
    (team, mode, destination): Owner,
    scheme: SigningScheme,
    at: Timestamp,
) -> Result<()> {
    const SQL: &str = "UPDATE signing_secret SET expires_at = $5 \
         WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND scheme = $4 \
         AND (expires_at IS NULL OR expires_at > $5)";
    within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(mode).bind(destination).bind(scheme).bind(at).execute(conn).await.map(drop))?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, (team, mode, destination): Owner, id: SecretId) -> Result<()> {
    const SQL: &str = "DELETE FROM signing_secret WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND id = $4";
    within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(mode).bind(destination).bind(id).execute(conn).await.map(drop))?;
    Ok(())
}

/// Deletes what has ended.
pub(super) async fn forget_ended(tx: &mut Tx, (team, mode, destination): Owner, now: Timestamp) -> Result<()> {
    const SQL: &str =
        "DELETE FROM signing_secret WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND expires_at <= $4";
    within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(mode).bind(destination).bind(now).execute(conn).await.map(drop))?;
    Ok(())
}
