//! Sessions of those who signed in: a store for tower-sessions in our own database.

use async_trait::async_trait;
use hookyard_model::{Timestamp, UserId};
use ring::digest::{SHA256, digest};
use time::OffsetDateTime;
use tower_sessions_core::{
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::{
    Engine,
    clock::Clock,
    db::{Db, Tx, on, within},
};

/// Where sessions are kept. Their ids are stored as hashes: who reads the database cannot take a session over.
#[derive(Clone, Debug)]
pub struct SessionStore {
    db: Db,
    clock: Clock,
}

impl Engine {
    /// Where the sessions of this engine's users are kept.
    pub fn sessions(&self) -> SessionStore {
        SessionStore::new(self.db().clone(), self.0.clock.clone())
    }
}

impl SessionStore {
    pub(crate) const fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// Whether it was written; not when there is a session of this id and `overwrite` is not wanted.
    async fn write(&self, record: &Record, overwrite: bool) -> Result<bool> {
        const INSERT: &str =
            "INSERT INTO session (id, data, expires_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
        const SAVE: &str = "INSERT INTO session (id, data, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at";
        let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        let sql = if overwrite { SAVE } else { INSERT };
        let written = on!(&self.db, write, pool => sqlx::query(sql)
            .bind(key(&record.id)).bind(&data).bind(timestamp(record.expiry_date))
            .execute(pool).await.map(|done| done.rows_affected()));
        Ok(written.map_err(|error| failed(&error))? > 0)
    }
}

/// What stands in the database for a session's id.
fn key(id: &Id) -> String {
    hex::encode(digest(&SHA256, &id.0.to_be_bytes()))
}

fn timestamp(time: OffsetDateTime) -> Timestamp {
    let millis = i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX);
    Timestamp::from_millis(millis.min(Timestamp::NEVER.millis()))
}

fn failed(error: &sqlx::Error) -> Error {
    tracing::error!(error = error as &dyn std::error::Error, "the sessions cannot be used");
    Error::Backend("the database failed".to_owned())
}

#[async_trait]
impl tower_sessions_core::SessionStore for SessionStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        while !self.write(record, false).await? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.write(record, true).await.map(|_| ())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        const SQL: &str = "SELECT data, expires_at FROM session WHERE id = $1 AND expires_at > $2";
        let found: Option<(String, Timestamp)> = on!(&self.db, read, pool => sqlx::query_as(SQL)
            .bind(key(id)).bind(self.clock.now()).fetch_optional(pool).await)
        .map_err(|error| failed(&error))?;
        let Some((data, expires_at)) = found else { return Ok(None) };
        let data = serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(expires_at.millis()) * 1_000_000)
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        const SQL: &str = "DELETE FROM session WHERE id = $1";
        on!(&self.db, write, pool => sqlx::query(SQL).bind(key(id)).execute(pool).await.map(|_| ()))
            .map_err(|error| failed(&error))
    }
}

/// Ends the sessions of a user, whose id stands in their data as [`SessionStore`] writes them.
pub(crate) async fn end_all(tx: &mut Tx, user: UserId) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM session WHERE data LIKE $1";
    let pattern = format!("%\"{user}\"%");
    within!(tx, conn => sqlx::query(SQL).bind(pattern).execute(conn).await.map(|_| ()))
}

/// Deletes up to `limit` sessions that have ended; returns how many they were.
pub(crate) async fn delete_expired(db: &Db, now: Timestamp, limit: i64) -> sqlx::Result<u64> {
    const SQL: &str = "DELETE FROM session WHERE id IN \
         (SELECT id FROM session WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    on!(db, write, pool => sqlx::query(SQL).bind(now).bind(limit).execute(pool).await.map(|done| done.rows_affected()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_keeps_its_milliseconds() {
        let time = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_789).unwrap();
        assert_eq!(timestamp(time), Timestamp::from_millis(1_700_000_000_123));
    }

    #[test]
    fn a_stored_id_is_not_the_session_s() {
        let id = Id(7);
        assert_eq!(key(&id).len(), 64);
        assert!(!key(&id).contains(&id.to_string()));
    }
}
