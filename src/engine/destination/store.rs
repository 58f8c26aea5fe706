//! Destinations, their signing secrets and their lanes, in the database.

use hookyard_model::{
    Actor, AutoDisable, ConnectionId, DestinationConfig, DestinationFilter, DestinationId, DestinationInput,
    DestinationType, Mode, PageQuery, Secret, Status, TeamId, Timestamp,
};
use sqlx::AssertSqlSafe;

use super::breaker::{self, BreakerRow};
use crate::{
    db::{Db, Tx, on, within},
    error::Result,
    request::filter::Conditions,
    seal::Sealer,
};

const COLUMNS: &str = "team_id, mode, id, name, description, kind, is_webhook, url, config, secret, auto_disable, \
     disabled_at, disabled_reason, paused_at, consecutive_failures, failing_since, last_error, created_at, updated_at";

fn columns() -> String {
    format!("{COLUMNS}, {}", breaker::COLUMNS)
}

/// A destination as it is stored: the placeholder stands in `config` for the secret, which is sealed beside it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct DestinationRow {
    pub(crate) team_id: TeamId,
    pub(crate) mode: Mode,
    pub(crate) id: DestinationId,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) kind: DestinationType,
    pub(crate) is_webhook: bool,
    pub(crate) url: Option<String>,
    pub(crate) config: String,
    pub(crate) secret: Option<Vec<u8>>,
    pub(crate) auto_disable: Option<String>,
    pub(crate) disabled_at: Option<Timestamp>,
    pub(crate) disabled_reason: Option<String>,
    pub(crate) paused_at: Option<Timestamp>,
    pub(crate) consecutive_failures: i64,
    pub(crate) failing_since: Option<Timestamp>,
    pub(crate) last_error: Option<String>,
    #[sqlx(flatten)]
    pub(crate) breaker: BreakerRow,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl DestinationRow {
    /// The configuration with the placeholder for its secret.
    pub(crate) fn redacted(&self) -> Result<DestinationConfig> {
        Ok(serde_json::from_str(&self.config)?)
    }

    /// The configuration with its real secret.
    pub(crate) fn open(&self, sealer: &Sealer) -> Result<DestinationConfig> {
        let mut config = self.redacted()?;
        if let (Some(auth), Some(sealed)) = (&mut config.auth, &self.secret) {
            *auth.secret_mut() = Secret::new(sealer.open_text(sealed)?);
        }
        Ok(config)
    }

    /// When it is disabled by itself; `None`: never.
    pub(crate) fn auto_disable(&self) -> Result<Option<AutoDisable>> {
        Ok(self.auto_disable.as_deref().map(serde_json::from_str).transpose()?)
    }

    /// Takes over what `input` says, whose secret is a real one. Enabling forgets the failures.
    pub(crate) fn set(&mut self, input: DestinationInput, sealer: &Sealer, now: Timestamp) -> Result<()> {
        let mut config = input.config;
        self.secret = config.auth.as_ref().map(|auth| sealer.seal(auth.secret().reveal().as_bytes()));
        if let Some(auth) = &mut config.auth {
            *auth.secret_mut() = auth.secret().redacted();
        }
        let rule = input.auto_disable.unwrap_or(Some(AutoDisable::default_for(self.mode)));
        self.auto_disable = rule.map(|rule| serde_json::to_string(&rule)).transpose()?;
        self.config = serde_json::to_string(&config)?;
        self.url = config.url;
        (self.name, self.description, self.kind) = (input.name, input.description, input.kind);
        self.updated_at = now;
        match (input.status, self.disabled_at) {
            (Status::Enabled, Some(_)) => {
                (self.disabled_at, self.disabled_reason) = (None, None);
                (self.consecutive_failures, self.failing_since, self.last_error) = (0, None, None);
            }
            (Status::Disabled, None) => self.disabled_at = Some(now),
            (Status::Enabled, None) | (Status::Disabled, Some(_)) => {}
        }
        Ok(())
    }
}

pub(super) async fn insert(tx: &mut Tx, row: &DestinationRow) -> Result<()> {
    const SQL: &str = "INSERT INTO destination (team_id, mode, id, name, description, kind, is_webhook, url, config, \
         secret, auto_disable, disabled_at, disabled_reason, consecutive_failures, failing_since, last_error, \
         created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    within!(tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id)
        .bind(&row.name).bind(&row.description).bind(row.kind).bind(row.is_webhook)
        .bind(&row.url).bind(&row.config).bind(&row.secret).bind(&row.auto_disable)
        .bind(row.disabled_at).bind(&row.disabled_reason)
        .bind(row.consecutive_failures).bind(row.failing_since).bind(&row.last_error)
        .bind(row.created_at).bind(row.updated_at)
        .execute(conn).await.map(|_| ()))?;
    Ok(())
}

/// Writes all that may change of a destination's row, which is locked by [`lock`].
pub(crate) async fn update_row(tx: &mut Tx, row: &DestinationRow) -> Result<()> {
    const SQL: &str = "UPDATE destination SET name = $4, description = $5, kind = $6, url = $7, config = $8, \
         secret = $9, auto_disable = $10, disabled_at = $11, disabled_reason = $12, consecutive_failures = $13, \
         failing_since = $14, last_error = $15, updated_at = $16 \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(&mut *tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id)
        .bind(&row.name).bind(&row.description).bind(row.kind)
        .bind(&row.url).bind(&row.config).bind(&row.secret).bind(&row.auto_disable)
        .bind(row.disabled_at).bind(&row.disabled_reason)
        .bind(row.consecutive_failures).bind(row.failing_since).bind(&row.last_error)
        .bind(row.updated_at)
        .execute(conn).await.map(|_| ()))?;
    forget_wait(tx, (row.team_id, row.mode, row.id)).await
}

/// What the receiver asked for in `Retry-After` is of the past once somebody changed the destination. A lane that is held
/// finds that out by itself.
async fn forget_wait(tx: &mut Tx, (team, mode, id): (TeamId, Mode, DestinationId)) -> Result<()> {
    const SQL: &str = "UPDATE lane SET slow_until = 0 \
         WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND slow_until > 0";
    within!(tx, conn => sqlx::query(SQL).bind(team).bind(mode).bind(id).execute(conn).await.map(|_| ()))?;
    Ok(())
}

/// Where it sends or how was changed, and locks its row until the commit.
pub(crate) async fn configured(tx: &mut Tx, who: &Actor, id: DestinationId, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE destination SET configured_at = $4 WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(tx, conn => sqlx::query(SQL)
        .bind(who.team).bind(who.mode).bind(id).bind(now).execute(conn).await.map(drop))?;
    Ok(())
}

/// Pauses a destination or lets it go on, and locks its row until the commit.
pub(super) async fn set_paused(
    tx: &mut Tx,
    (team, mode, id): (TeamId, Mode, DestinationId),
    paused_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str =
        "UPDATE destination SET paused_at = $4, updated_at = $5 WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(&mut *tx, conn => sqlx::query(SQL)
        .bind(team).bind(mode).bind(id).bind(paused_at).bind(now).execute(conn).await.map(|_| ()))?;
    forget_wait(tx, (team, mode, id)).await
}

/// Somebody enabled it: what was told before is of the past, and a change from now on is news.
pub(super) async fn reset_announced(tx: &mut Tx, team: TeamId, mode: Mode, id: DestinationId) -> Result<()> {
    const SQL: &str = "UPDATE destination SET announced = 'enabled' \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND announced <> 'healthy'";
    within!(tx, conn => sqlx::query(SQL).bind(team).bind(mode).bind(id).execute(conn).await.map(|_| ()))?;
    Ok(())
}

pub(crate) async fn find(db: &Db, team: TeamId, mode: Mode, id: DestinationId) -> Result<Option<DestinationRow>> {
    let sql = format!("SELECT {} FROM destination WHERE team_id = $1 AND mode = $2 AND id = $3", columns());
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(team).bind(mode).bind(id).fetch_optional(pool).await)?)
}

/// Reads a destination and keeps others from changing it until the commit: an update locks the row on both databases.
pub(crate) async fn lock(tx: &mut Tx, team: TeamId, mode: Mode, id: DestinationId) -> Result<Option<DestinationRow>> {
    let sql = format!(
        "UPDATE destination SET updated_at = updated_at WHERE team_id = $1 AND mode = $2 AND id = $3 RETURNING {}",
        columns()
    );
    Ok(within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql))
        .bind(team).bind(mode).bind(id).fetch_optional(conn).await)?)
}

pub(super) async fn page(
    db: &Db,
    who: &Actor,
    filter: &DestinationFilter,
    page: &PageQuery,
) -> Result<Vec<DestinationRow>> {
    let has = |column: &'static str| move |text: &str| db.dialect().contains(column, text);
    let is_id = |text: &str| format!("LOWER(d.id) = LOWER({text})");
    let found = Conditions::of(who, "d").containing(
        filter.q.as_deref().map(str::trim),
        &[&has("d.name"), &has("COALESCE(d.description, '')"), &has("COALESCE(d.url, '')"), &is_id],
    );
    found.page_by(&format!("SELECT {} FROM destination d", columns()), "d", filter.order_by, page).rows(db).await
}

pub(super) async fn find_by_name(db: &Db, team: TeamId, mode: Mode, name: &str) -> Result<Option<DestinationId>> {
    const SQL: &str = "SELECT id FROM destination WHERE team_id = $1 AND mode = $2 AND name = $3";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(team).bind(mode).bind(name).fetch_optional(pool).await)?)
}

/// The webhook of the team that sends to `url`, in whichever mode: one URL is one webhook.
pub(super) async fn find_webhook_by_url(db: &Db, team: TeamId, url: &str) -> Result<Option<(DestinationId, Mode)>> {
    const SQL: &str = "SELECT id, mode FROM destination WHERE team_id = $1 AND url = $2 AND is_webhook";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(url).fetch_optional(pool).await)?)
}

pub(super) async fn insert_lane(tx: &mut Tx, team: TeamId, mode: Mode, id: DestinationId) -> Result<()> {
    const SQL: &str = "INSERT INTO lane \
         (team_id, mode, destination_id, holder, held_until, epoch, due_at, nudges, slow_until) \
         VALUES ($1, $2, $3, NULL, 0, 0, $4, 0, 0)";
    within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(mode).bind(id).bind(Timestamp::NEVER).execute(conn).await.map(|_| ()))?;
    Ok(())
}

/// Deletes a destination with its signing secrets and its lane.
pub(crate) async fn delete(tx: &mut Tx, team: TeamId, mode: Mode, id: DestinationId) -> Result<()> {
    const SQL: [&str; 5] = [
        "DELETE FROM destination WHERE team_id = $1 AND mode = $2 AND id = $3",
        "DELETE FROM signing_secret WHERE team_id = $1 AND mode = $2 AND destination_id = $3",
        "DELETE FROM lane WHERE team_id = $1 AND mode = $2 AND destination_id = $3",
        "DELETE FROM pace WHERE team_id = $1 AND mode = $2 AND destination_id = $3",
        "DELETE FROM idempotency_confirmation WHERE team_id = $1 AND mode = $2 AND destination_id = $3",
    ];
    for sql in SQL {
        within!(tx, conn => sqlx::query(sql).bind(team).bind(mode).bind(id).execute(conn).await.map(|_| ()))?;
    }
    Ok(())
}

pub(super) async fn count_connections(tx: &mut Tx, team: TeamId, mode: Mode, id: DestinationId) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM connection WHERE team_id = $1 AND mode = $2 AND destination_id = $3";
    Ok(within!(tx, conn => sqlx::query_scalar(SQL).bind(team).bind(mode).bind(id).fetch_one(conn).await)?)
}

/// The connections, though they lead elsewhere or are gone, whose events still wait for this destination.
pub(super) async fn awaited_by(tx: &mut Tx, team: TeamId, mode: Mode, id: DestinationId) -> Result<Vec<ConnectionId>> {
    const SQL: &str =
        "SELECT DISTINCT connection_id FROM pending WHERE team_id = $1 AND mode = $2 AND destination_id = $3";
    Ok(within!(tx, conn => sqlx::query_scalar(SQL).bind(team).bind(mode).bind(id).fetch_all(conn).await)?)
}
