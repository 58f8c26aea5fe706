//! A team's settings and members, in the database.

use hookyard_model::{Member, SchemaCheck, TeamId, TeamSettings, Timestamp, UserId};

use crate::{
    db::{Db, Tx, on, within},
    error::Result,
};

pub(super) async fn settings(db: &Db, team: TeamId) -> Result<TeamSettings> {
    const SQL: &str = "SELECT schema_check FROM team WHERE id = $1";
    let schema_check: SchemaCheck = on!(db, read, pool => sqlx::query_scalar(SQL).bind(team).fetch_one(pool).await)?;
    Ok(TeamSettings { schema_check })
}

/// Reads the settings and keeps others from changing them and the members until the commit.
pub(super) async fn lock_settings(tx: &mut Tx, team: TeamId) -> Result<TeamSettings> {
    const SQL: &str = "UPDATE team SET id = id WHERE id = $1 RETURNING schema_check";
    let schema_check: SchemaCheck = within!(tx, conn => sqlx::query_scalar(SQL).bind(team).fetch_one(conn).await)?;
    Ok(TeamSettings { schema_check })
}

pub(super) async fn set_settings(tx: &mut Tx, team: TeamId, settings: TeamSettings) -> Result<()> {
    const SQL: &str = "UPDATE team SET schema_check = $2 WHERE id = $1";
    within!(tx, conn => sqlx::query(SQL).bind(team).bind(settings.schema_check).execute(conn).await.map(|_| ()))?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    user_id: UserId,
    email: String,
    role: String,
    notices: bool,
    created_at: Timestamp,
}

/// The team's members by their e-mail address, or the one who is asked for.
pub(super) async fn members(db: &Db, team: TeamId, user: Option<UserId>) -> Result<Vec<Member>> {
    const SQL: &str = "SELECT m.user_id, p.email, m.role, m.notices, m.created_at \
         FROM membership m JOIN person p ON p.id = m.user_id \
         WHERE m.team_id = $1 AND (CAST($2 AS TEXT) IS NULL OR m.user_id = $2) ORDER BY p.email";
    let rows: Vec<Row> = on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(user).fetch_all(pool).await)?;
    let member =
        |Row { user_id, email, role, notices, created_at }| Member { user_id, email, role, notices, created_at };
    Ok(rows.into_iter().map(member).collect())
}

/// The addresses of those whom notices are mailed to.
pub(crate) async fn member_emails(db: &Db, team: TeamId) -> Result<Vec<String>> {
    Ok(members(db, team, None).await?.into_iter().filter(|member| member.notices).map(|member| member.email).collect())
}

/// What somebody is in the team; `None` when they do not belong to it.
pub(crate) async fn role(db: &Db, team: TeamId, user: UserId) -> Result<Option<String>> {
    const SQL: &str = "SELECT role FROM membership WHERE team_id = $1 AND user_id = $2";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL).bind(team).bind(user).fetch_optional(pool).await)?)
}

/// Whether somebody was added; not when they belong to the team.
pub(super) async fn insert_member(tx: &mut Tx, team: TeamId, user: UserId, role: &str, now: Timestamp) -> Result<bool> {
    const SQL: &str = "INSERT INTO membership (team_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (team_id, user_id) DO NOTHING";
    let written = within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(user).bind(role).bind(now).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(written > 0)
}

pub(super) async fn delete_member(tx: &mut Tx, team: TeamId, user: UserId) -> Result<bool> {
    const SQL: &str = "DELETE FROM membership WHERE team_id = $1 AND user_id = $2";
    let deleted = within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(user).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(deleted > 0)
}

pub(super) async fn count_owners(tx: &mut Tx, team: TeamId) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM membership WHERE team_id = $1 AND role = 'owner'";
    Ok(within!(tx, conn => sqlx::query_scalar(SQL).bind(team).fetch_one(conn).await)?)
}

pub(super) async fn set_notices(tx: &mut Tx, team: TeamId, user: UserId, notices: bool) -> Result<bool> {
    const SQL: &str = "UPDATE membership SET notices = $3 WHERE team_id = $1 AND user_id = $2";
    let changed = within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(user).bind(notices).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}
