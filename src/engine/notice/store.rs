//! Notices in the database, and what was last told of each webhook.

use hookyard_model::{
    Actor, AutoDisable, DestinationId, EventId, Health, IssueId, Mode, Notice, NoticeId, NoticeKind, Page, PageQuery,
    TeamId, Timestamp,
};
use sqlx::AssertSqlSafe;

use super::letter::Change;
use crate::{
    Engine,
    db::{Db, Tx, on, within},
    error::Result,
    request::filter::Conditions,
};

/// What was last told of a webhook, as its row says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announced {
    Healthy,
    Warning,
    Disabled,
    /// It was enabled after one of these two and has not delivered since.
    Enabled,
}

impl Announced {
    const fn of(kind: Change) -> &'static str {
        match kind {
            Change::Warning => "warning",
            Change::Disabled => "disabled",
            Change::Recovered => "healthy",
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Warning => "warning",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
        }
    }
}

/// A webhook of which there may be something to tell.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Webhook {
    pub(super) team_id: TeamId,
    pub(super) mode: Mode,
    pub(super) id: DestinationId,
    pub(super) url: Option<String>,
    pub(super) auto_disable: Option<String>,
    pub(super) disabled_at: Option<Timestamp>,
    pub(super) disabled_reason: Option<String>,
    pub(super) consecutive_failures: i64,
    pub(super) failing_since: Option<Timestamp>,
    pub(super) last_error: Option<String>,
    #[sqlx(try_from = "String")]
    pub(super) announced: Announced,
    pub(super) updated_at: Timestamp,
}

impl TryFrom<String> for Announced {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        [Self::Healthy, Self::Warning, Self::Disabled, Self::Enabled]
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| format!("`{text}` is nothing that is told of a webhook"))
    }
}

impl Webhook {
    pub(super) fn health(&self, now: Timestamp) -> Result<Health> {
        let rule: Option<AutoDisable> = self.auto_disable.as_deref().map(serde_json::from_str).transpose()?;
        let failures = u32::try_from(self.consecutive_failures).unwrap_or(u32::MAX);
        let (since, error) = (self.failing_since, self.last_error.clone());
        Ok(Health::assess(self.disabled_at.is_some(), failures, since, error, rule, now))
    }
}

const COLUMNS: &str = "team_id, mode, id, url, auto_disable, disabled_at, disabled_reason, consecutive_failures, \
     failing_since, last_error, announced, updated_at";

/// The webhooks that fail, were disabled by themselves, or were not well when something was last told of them; without
/// those of which all is told. The first condition is the index's.
pub(super) async fn uneasy(db: &Db) -> Result<Vec<Webhook>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM destination \
         WHERE is_webhook AND (failing_since IS NOT NULL OR disabled_reason IS NOT NULL OR announced <> 'healthy') \
             AND NOT (announced = 'disabled' AND disabled_at IS NOT NULL) \
             AND NOT (announced = 'warning' AND disabled_at IS NULL AND consecutive_failures > 0)"
    );
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql)).fetch_all(pool).await)?)
}

/// Whether anything but a simulated event was delivered since somebody last changed the webhook.
pub(super) async fn has_delivered(db: &Db, webhook: &Webhook) -> Result<bool> {
    const SQL: &str = "SELECT a.id FROM attempt a \
         JOIN event e ON e.team_id = a.team_id AND e.mode = a.mode AND e.id = a.event_id \
         WHERE a.team_id = $1 AND a.mode = $2 AND a.destination_id = $3 AND a.id >= $4 \
             AND a.status = 'SUCCESSFUL' AND NOT e.simulated \
         ORDER BY a.id DESC LIMIT 1";
    let since = hookyard_model::AttemptId::first_at(webhook.updated_at);
    let found: Option<String> = on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(webhook.team_id).bind(webhook.mode).bind(webhook.id).bind(since).fetch_optional(pool).await)?;
    Ok(found.is_some())
}

/// Takes it upon us to tell this, and returns the webhook as it now is; `None` when another did, or when it is not so
/// any more.
pub(super) async fn announce(tx: &mut Tx, webhook: &Webhook, kind: Change) -> Result<Option<Webhook>> {
    let still_so = match kind {
        Change::Warning => "disabled_at IS NULL AND consecutive_failures > 0",
        Change::Disabled => "disabled_at IS NOT NULL AND disabled_reason IS NOT NULL",
        Change::Recovered => "disabled_at IS NULL AND consecutive_failures = 0",
    };
    let sql = format!(
        "UPDATE destination SET announced = $5 \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND announced = $4 AND {still_so} RETURNING {COLUMNS}"
    );
    Ok(within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql))
        .bind(webhook.team_id).bind(webhook.mode).bind(webhook.id)
        .bind(webhook.announced.as_str()).bind(Announced::of(kind))
        .fetch_optional(conn).await)?)
}

/// A notice to be given.
pub(super) struct NewNotice {
    pub(super) id: NoticeId,
    pub(super) kind: NoticeKind,
    pub(super) text: String,
    /// JSON of the operational event's data.
    pub(super) data: String,
}

pub(super) async fn insert(tx: &mut Tx, new: &NewNotice, webhook: &Webhook, now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO notice (team_id, mode, id, destination_id, kind, url, text, data, published_at, \
         mailed_to, mailed_at, mail_error, mail_tries, due_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL, NULL, NULL, 0, $9, $9)";
    within!(tx, conn => sqlx::query(SQL)
        .bind(webhook.team_id).bind(webhook.mode).bind(new.id).bind(webhook.id).bind(new.kind)
        .bind(&webhook.url).bind(&new.text).bind(&new.data).bind(now)
        .execute(conn).await.map(|_| ()))?;
    Ok(())
}

/// Which of a destination's issues a notice is about.
pub(super) struct About {
    pub(super) team: TeamId,
    pub(super) mode: Mode,
    pub(super) destination: DestinationId,
    pub(super) issue: IssueId,
    /// Whether members are to be mailed, too.
    pub(super) is_mailed: bool,
}

/// Writes a notice of an issue; it goes to the team's chat, too, where there is one.
pub(super) async fn insert_issue(tx: &mut Tx, new: &NewNotice, about: &About, now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO notice (team_id, mode, id, destination_id, kind, url, text, data, published_at, \
         mailed_to, mailed_at, mail_error, mail_tries, due_at, created_at, issue_id, is_mailed, slack_due_at) \
         SELECT $1, $2, $3, $4, $5, NULL, $6, $7, NULL, NULL, NULL, NULL, 0, $8, $8, $9, $10, \
             CASE WHEN team.slack_url IS NULL THEN NULL ELSE CAST($8 AS BIGINT) END FROM team WHERE team.id = $1";
    within!(tx, conn => sqlx::query(SQL)
        .bind(about.team).bind(about.mode).bind(new.id).bind(about.destination).bind(new.kind)
        .bind(&new.text).bind(&new.data).bind(now).bind(about.issue).bind(about.is_mailed)
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// The type of an event, if it has one and is there.
pub(super) async fn event_type(db: &Db, (team, mode): (TeamId, Mode), event: EventId) -> Result<Option<String>> {
    const SQL: &str = "SELECT event_type FROM event WHERE team_id = $1 AND mode = $2 AND id = $3";
    let found: Option<Option<String>> = on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(team).bind(mode).bind(event).fetch_optional(pool).await)?;
    Ok(found.flatten())
}

/// What is still to be done of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Publish,
    Mail,
}

/// A notice that is ours until its `due_at`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Claimed {
    pub(super) team_id: TeamId,
    pub(super) mode: Mode,
    pub(super) id: NoticeId,
    pub(super) destination_id: DestinationId,
    pub(super) kind: NoticeKind,
    pub(super) data: String,
    mailed_to: Option<String>,
    pub(super) mail_tries: i64,
    due_at: Timestamp,
}

impl Claimed {
    /// Who has got it.
    pub(super) fn mailed_to(&self) -> Result<Vec<String>> {
        Ok(self.mailed_to.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default())
    }
}

/// Whether there is anything to be done: asked before, since a statement that writes takes the writer's turn.
pub(super) async fn is_any_due(db: &Db, now: Timestamp) -> Result<bool> {
    const SQL: &str = "SELECT id FROM notice WHERE due_at IS NOT NULL AND due_at <= $1 LIMIT 1";
    let due: Option<NoticeId> = on!(db, read, pool => sqlx::query_scalar(SQL).bind(now).fetch_optional(pool).await)?;
    Ok(due.is_some())
}

/// Takes up to `some` notices that are due, until `until`.
pub(super) async fn claim(db: &Db, part: Part, some: u32, now: Timestamp, until: Timestamp) -> Result<Vec<Claimed>> {
    let published = match part {
        Part::Publish => "IS NULL",
        Part::Mail => "IS NOT NULL",
    };
    let skip_locked = db.dialect().skip_locked();
    let sql = format!(
        "UPDATE notice SET due_at = $2 WHERE (team_id, mode, id) IN \
             (SELECT team_id, mode, id FROM notice WHERE due_at IS NOT NULL AND due_at <= $1 AND published_at {published} \
             ORDER BY due_at LIMIT {some}{skip_locked}) \
         RETURNING team_id, mode, id, destination_id, kind, data, mailed_to, mail_tries, due_at"
    );
    Ok(on!(db, write, pool => sqlx::query_as(AssertSqlSafe(sql)).bind(now).bind(until).fetch_all(pool).await)?)
}

/// It is published, and is to be mailed from now on.
pub(super) async fn published(db: &Db, notice: &Claimed, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE notice SET published_at = $5, due_at = CASE WHEN is_mailed THEN $5 ELSE NULL END \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND due_at = $4";
    on!(db, write, pool => sqlx::query(SQL)
        .bind(notice.team_id).bind(notice.mode).bind(notice.id).bind(notice.due_at).bind(now)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Writes down who has got it and keeps it until `until`; false when it is not ours any more.
pub(super) async fn keep(db: &Db, notice: &mut Claimed, mailed_to: &[String], until: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE notice SET mailed_to = $5, due_at = $6 \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND due_at = $4";
    let mailed_to = serde_json::to_string(mailed_to)?;
    let kept = on!(db, write, pool => sqlx::query(SQL)
        .bind(notice.team_id).bind(notice.mode).bind(notice.id).bind(notice.due_at).bind(mailed_to).bind(until)
        .execute(pool).await.map(|done| done.rows_affected()))?;
    notice.due_at = until;
    Ok(kept > 0)
}

/// Writes down what came of a try; it is tried again at `due_at`, if that is set.
pub(super) async fn settle(
    db: &Db,
    notice: &Claimed,
    mailed_at: Option<Timestamp>,
    error: Option<&str>,
    due_at: Option<Timestamp>,
) -> Result<()> {
    const SQL: &str = "UPDATE notice SET mailed_at = $5, mail_error = $6, due_at = $7, mail_tries = mail_tries + 1 \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND due_at = $4";
    on!(db, write, pool => sqlx::query(SQL)
        .bind(notice.team_id).bind(notice.mode).bind(notice.id).bind(notice.due_at)
        .bind(mailed_at).bind(error).bind(due_at)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// A notice for the team's chat that is ours until its `slack_due_at`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct ToChat {
    pub(super) team_id: TeamId,
    pub(super) mode: Mode,
    pub(super) id: NoticeId,
    pub(super) destination_id: DestinationId,
    pub(super) data: String,
    pub(super) slack_tries: i64,
    slack_due_at: Timestamp,
    pub(super) created_at: Timestamp,
}

pub(super) async fn is_chat_due(db: &Db, now: Timestamp) -> Result<bool> {
    const SQL: &str = "SELECT id FROM notice WHERE slack_due_at IS NOT NULL AND slack_due_at <= $1 LIMIT 1";
    let due: Option<NoticeId> = on!(db, read, pool => sqlx::query_scalar(SQL).bind(now).fetch_optional(pool).await)?;
    Ok(due.is_some())
}

/// Takes a notice that is due for the team's chat, until `until`.
pub(super) async fn claim_chat(db: &Db, now: Timestamp, until: Timestamp) -> Result<Option<ToChat>> {
    let skip_locked = db.dialect().skip_locked();
    let sql = format!(
        "UPDATE notice SET slack_due_at = $2 WHERE (team_id, mode, id) IN \
             (SELECT team_id, mode, id FROM notice WHERE slack_due_at IS NOT NULL AND slack_due_at <= $1 \
             ORDER BY slack_due_at LIMIT 1{skip_locked}) \
         RETURNING team_id, mode, id, destination_id, data, slack_tries, slack_due_at, created_at"
    );
    Ok(on!(db, write, pool => sqlx::query_as(AssertSqlSafe(sql)).bind(now).bind(until).fetch_optional(pool).await)?)
}

/// Writes down what came of a message; it is tried again at `due_at`, if that is set.
pub(super) async fn settle_chat(
    db: &Db,
    notice: &ToChat,
    at: Option<Timestamp>,
    error: Option<&str>,
    due_at: Option<Timestamp>,
) -> Result<()> {
    const SQL: &str = "UPDATE notice SET slack_at = $5, slack_error = $6, slack_due_at = $7, slack_tries = slack_tries + 1 \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND slack_due_at = $4";
    on!(db, write, pool => sqlx::query(SQL)
        .bind(notice.team_id).bind(notice.mode).bind(notice.id).bind(notice.slack_due_at)
        .bind(at).bind(error).bind(due_at).execute(pool).await.map(drop))?;
    Ok(())
}

/// What was made before `before` and is due has been tried long enough.
pub(super) async fn give_up(db: &Db, before: Timestamp, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE notice SET due_at = NULL \
         WHERE due_at IS NOT NULL AND due_at <= $1 AND created_at < $2 AND published_at IS NOT NULL";
    on!(db, write, pool => sqlx::query(SQL).bind(now).bind(before).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Deletes some notices that were given before `before`; returns how many they were.
pub(crate) async fn delete_old(db: &Db, before: Timestamp, some: i64) -> Result<u64> {
    const SQL: &str = "DELETE FROM notice WHERE (team_id, mode, id) IN \
         (SELECT team_id, mode, id FROM notice WHERE created_at < $1 LIMIT $2)";
    Ok(on!(db, write, pool => sqlx::query(SQL)
        .bind(before).bind(some).execute(pool).await.map(|done| done.rows_affected()))?)
}

pub(super) async fn team_name(db: &Db, team: TeamId) -> Result<String> {
    const SQL: &str = "SELECT name FROM team WHERE id = $1";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL).bind(team).fetch_one(pool).await)?)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: NoticeId,
    mode: Mode,
    kind: NoticeKind,
    destination_id: DestinationId,
    issue_id: Option<IssueId>,
    url: Option<String>,
    text: String,
    mailed_to: Option<String>,
    mailed_at: Option<Timestamp>,
    mail_error: Option<String>,
    slack_at: Option<Timestamp>,
    slack_error: Option<String>,
    created_at: Timestamp,
}

/// The notices that were given in the team's mode, of one webhook where it is named.
pub(crate) async fn page(
    engine: &Engine,
    who: &Actor,
    webhook: Option<DestinationId>,
    page: &PageQuery,
) -> Result<Page<Notice>> {
    const SELECT: &str = "SELECT n.id, n.mode, n.kind, n.destination_id, n.issue_id, n.url, n.text, n.mailed_to, \
         n.mailed_at, n.mail_error, n.slack_at, n.slack_error, n.created_at FROM notice n";
    let conditions = Conditions::of(who, "n").one_of("n.destination_id", webhook.as_slice());
    let rows: Vec<Row> = conditions.page(SELECT, "n.id", page).rows(engine.db()).await?;
    let notice = |row: Row| {
        Ok(Notice {
            id: row.id,
            mode: row.mode,
            kind: row.kind,
            destination_id: row.destination_id,
            issue_id: row.issue_id,
            url: row.url,
            text: row.text,
            mailed_to: row.mailed_to.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default(),
            mailed_at: row.mailed_at,
            mail_error: row.mail_error,
            slack_at: row.slack_at,
            slack_error: row.slack_error,
            created_at: row.created_at,
        })
    };
    let notices: Vec<_> = rows.into_iter().map(notice).collect::<Result<_>>()?;
    Ok(Page::cut(page, notices, |notice| notice.id.to_string()))
}
