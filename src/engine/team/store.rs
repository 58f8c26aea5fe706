//! A team's settings and members, in the database.

use hookyard_model::{Member, SchemaCheck, Secret, TeamId, TeamSettings, Timestamp, UserId};

use crate::{
    Engine,
    db::{Db, Tx, on, within},
    error::Result,
    seal::Sealer,
};

#[derive(sqlx::FromRow)]
struct Settings {
    schema_check: SchemaCheck,
    issue_quiet_minutes: i64,
    slack_url: Option<Vec<u8>>,
}

impl Settings {
    fn opened(self, sealer: &Sealer) -> Result<TeamSettings> {
        let slack_url = self.slack_url.map(|sealed| sealer.open_text(&sealed)).transpose()?;
        Ok(TeamSettings {
            schema_check: self.schema_check,
            issue_quiet_minutes: u32::try_from(self.issue_quiet_minutes).unwrap_or(TeamSettings::MOST_QUIET_MINUTES),
            slack_url: slack_url.map(Secret::new),
        })
    }
}

pub(super) async fn settings(db: &Db, team: TeamId, sealer: &Sealer) -> Result<TeamSettings> {
    const SQL: &str = "SELECT schema_check, issue_quiet_minutes, slack_url FROM team WHERE id = $1";
    let found: Settings = on!(db, read, pool => sqlx::query_as(SQL).bind(team).fetch_one(pool).await)?;
    found.opened(sealer)
}

/// Where the team's chat takes messages, if it has one.
pub(crate) async fn slack_url(engine: &Engine, team: TeamId) -> Result<Option<Secret>> {
    Ok(settings(engine.db(), team, engine.sealer()).await?.slack_url)
}

/// Reads the settings and keeps others from changing them and the members until the commit.
pub(super) async fn lock_settings(tx: &mut Tx, team: TeamId, sealer: &Sealer) -> Result<TeamSettings> {
    const SQL: &str = "UPDATE team SET id = id WHERE id = $1 RETURNING schema_check, issue_quiet_minutes, slack_url";
    let found: Settings = within!(tx, conn => sqlx::query_as(SQL).bind(team).fetch_one(conn).await)?;
    found.opened(sealer)
}

pub(super) async fn set_settings(tx: &mut Tx, team: TeamId, settings: &TeamSettings, sealer: &Sealer) -> Result<()> {
    const SQL: &str = "UPDATE team SET schema_check = $2, issue_quiet_minutes = $3, slack_url = $4 WHERE id = $1";
    let slack_url = settings.slack_url.as_ref().map(|url| sealer.seal(url.reveal().as_bytes()));
    within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(settings.schema_check).bind(i64::from(settings.issue_quiet_minutes)).bind(slack_url)
        .execute(conn).await.map(|_| ()))?;
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
