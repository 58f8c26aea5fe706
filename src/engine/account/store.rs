//! People, teams and who belongs to which, in the database.

use hookyard_model::{Team, TeamId, Timestamp, UserId};

use crate::{
    db::{Db, Tx, on, within},
    error::Result,
};

/// What is stored of a person.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) password_hash: String,
}

pub(super) async fn is_empty(db: &Db) -> Result<bool> {
    const SQL: &str = "SELECT id FROM person LIMIT 1";
    let found: Option<UserId> = on!(db, read, pool => sqlx::query_scalar(SQL).fetch_optional(pool).await)?;
    Ok(found.is_none())
}

/// Whether there is nobody; nobody else finds so until the commit.
///
/// No row of a person can be locked when there is none, so the one row of `seal` is: it is there since the first start.
pub(super) async fn is_empty_alone(tx: &mut Tx) -> Result<bool> {
    const LOCK: &str = "UPDATE seal SET id = id";
    const SQL: &str = "SELECT id FROM person LIMIT 1";
    within!(&mut *tx, conn => sqlx::query(LOCK).execute(conn).await.map(|_| ()))?;
    let found: Option<UserId> = within!(tx, conn => sqlx::query_scalar(SQL).fetch_optional(conn).await)?;
    Ok(found.is_none())
}

/// Whether the person was written; not when the e-mail address has an account.
pub(crate) async fn insert_person(tx: &mut Tx, person: &Person, now: Timestamp) -> Result<bool> {
    const SQL: &str = "INSERT INTO person (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (email) DO NOTHING";
    let written = within!(tx, conn => sqlx::query(SQL)
        .bind(person.id).bind(&person.email).bind(&person.password_hash).bind(now)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(written > 0)
}

/// Writes a team with its owner.
pub(super) async fn insert_team(tx: &mut Tx, team: &Team, owner: UserId, now: Timestamp) -> Result<()> {
    const TEAM: &str = "INSERT INTO team (id, name, created_at) VALUES ($1, $2, $3)";
    const MEMBERSHIP: &str = "INSERT INTO membership (team_id, user_id, role, created_at) VALUES ($1, $2, 'owner', $3)";
    within!(&mut *tx, conn => sqlx::query(TEAM)
        .bind(team.id).bind(&team.name).bind(now).execute(conn).await.map(|_| ()))?;
    within!(tx, conn => sqlx::query(MEMBERSHIP)
        .bind(team.id).bind(owner).bind(now).execute(conn).await.map(|_| ()))?;
    Ok(())
}

pub(super) async fn find_by_email(db: &Db, email: &str) -> Result<Option<Person>> {
    const SQL: &str = "SELECT id, email, password_hash FROM person WHERE email = $1";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(email).fetch_optional(pool).await)?)
}

pub(super) async fn find(db: &Db, id: UserId) -> Result<Option<Person>> {
    const SQL: &str = "SELECT id, email, password_hash FROM person WHERE id = $1";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(id).fetch_optional(pool).await)?)
}

/// Whether the password was changed; not when somebody changed it since `person` was read.
pub(super) async fn change_password(tx: &mut Tx, person: &Person, hash: &str) -> Result<bool> {
    const SQL: &str = "UPDATE person SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    let changed = within!(tx, conn => sqlx::query(SQL)
        .bind(person.id).bind(&person.password_hash).bind(hash)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// The teams that a person belongs to, oldest first.
pub(super) async fn teams(db: &Db, user: UserId) -> Result<Vec<Team>> {
    const SQL: &str = "SELECT t.id, t.name FROM membership m JOIN team t ON t.id = m.team_id \
         WHERE m.user_id = $1 ORDER BY t.id";
    let rows: Vec<(TeamId, String)> = on!(db, read, pool => sqlx::query_as(SQL).bind(user).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|(id, name)| Team { id, name }).collect())
}
