//! Webhooks in the database: a destination, its one connection and its last attempt.

use hookyard_model::{
    Actor, AttemptStatus, AutoDisable, ConnectionId, DestinationId, DestinationType, ErrorCode, Health, LastDelivery,
    Mode, PageQuery, TeamId, Timestamp, Webhook, WebhookStatus,
};
use sqlx::AssertSqlSafe;

use crate::{
    db::{Db, Tx, on, within},
    error::Result,
    page::{cursor_id, keyset},
};

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: DestinationId,
    kind: DestinationType,
    url: Option<String>,
    description: Option<String>,
    event_types: Option<String>,
    auto_disable: Option<String>,
    disabled_at: Option<Timestamp>,
    disabled_reason: Option<String>,
    paused_at: Option<Timestamp>,
    breaker_opened_at: Option<Timestamp>,
    consecutive_failures: i64,
    failing_since: Option<Timestamp>,
    last_error: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    last_at: Option<Timestamp>,
    last_status: Option<AttemptStatus>,
    last_response: Option<i64>,
    last_error_code: Option<ErrorCode>,
}

impl Row {
    pub(super) fn into_webhook(self, mode: Mode, now: Timestamp) -> Result<Webhook> {
        let rule: Option<AutoDisable> = self.auto_disable.as_deref().map(serde_json::from_str).transpose()?;
        let disabled = self.disabled_at.is_some();
        let failures = u32::try_from(self.consecutive_failures).unwrap_or(u32::MAX);
        let response_status = self.last_response.and_then(|status| u16::try_from(status).ok());
        let last_delivery = self.last_at.zip(self.last_status);
        Ok(Webhook {
            id: self.id,
            mode,
            kind: self.kind,
            url: self.url,
            description: self.description,
            event_types: self.event_types.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default(),
            status: if disabled { WebhookStatus::Disabled } else { WebhookStatus::Enabled },
            health: Health::assess(disabled, failures, self.failing_since, self.last_error, rule, now),
            auto_disable: rule,
            last_delivery: last_delivery.map(|(at, status)| LastDelivery {
                at,
                status,
                response_status,
                error_code: self.last_error_code,
            }),
            disabled_at: self.disabled_at,
            disabled_reason: self.disabled_reason,
            paused_at: self.paused_at,
            breaker_opened_at: self.breaker_opened_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// Each webhook looks up its last attempt at the end of its index; the attempts before it are not read.
fn select(condition: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "SELECT d.id, d.kind, d.url, d.description, c.event_types, d.auto_disable, d.disabled_at, d.disabled_reason, COALESCE(c.paused_at, d.paused_at) AS paused_at, \
             d.breaker_opened_at, d.consecutive_failures, d.failing_since, d.last_error, d.created_at, d.updated_at, \
             a.sent_at AS last_at, a.status AS last_status, a.response_status AS last_response, a.error_code AS last_error_code \
         FROM destination d \
         JOIN connection c ON c.team_id = d.team_id AND c.mode = d.mode AND c.destination_id = d.id \
         LEFT JOIN attempt a ON a.team_id = d.team_id AND a.mode = d.mode AND a.id = \
             (SELECT l.id FROM attempt l WHERE l.team_id = d.team_id AND l.mode = d.mode AND l.destination_id = d.id \
             ORDER BY l.id DESC LIMIT 1) \
         WHERE d.team_id = $1 AND d.mode = $2 AND d.is_webhook{condition}"
    ))
}

pub(super) async fn page(db: &Db, who: &Actor, page: &PageQuery) -> Result<Vec<Row>> {
    let sql = select(&keyset(page, "d.id", 3));
    Ok(on!(db, read, pool => sqlx::query_as(sql)
        .bind(who.team).bind(who.mode).bind(cursor_id(page)).fetch_all(pool).await)?)
}

pub(super) async fn find(db: &Db, who: &Actor, id: DestinationId) -> Result<Option<Row>> {
    let sql = select(" AND d.id = $3");
    Ok(on!(db, read, pool => sqlx::query_as(sql)
        .bind(who.team).bind(who.mode).bind(id).fetch_optional(pool).await)?)
}

/// The team's webhook that sends to `url`, in whichever mode.
pub(super) async fn find_by_url(db: &Db, team: TeamId, url: &str) -> Result<Option<(DestinationId, Mode)>> {
    const SQL: &str = "SELECT id, mode FROM destination WHERE team_id = $1 AND url = $2 AND is_webhook";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(url).fetch_optional(pool).await)?)
}

/// Whether a destination other than `id` has this name.
pub(super) async fn is_named(tx: &mut Tx, who: &Actor, id: DestinationId, name: &str) -> Result<bool> {
    const SQL: &str = "SELECT id FROM destination WHERE team_id = $1 AND mode = $2 AND name = $3 AND id <> $4";
    let other: Option<DestinationId> = within!(tx, conn => sqlx::query_scalar(SQL)
        .bind(who.team).bind(who.mode).bind(name).bind(id).fetch_optional(conn).await)?;
    Ok(other.is_some())
}

/// The connections that lead to a webhook, and the event types that they let pass.
pub(super) async fn connections(
    tx: &mut Tx,
    who: &Actor,
    id: DestinationId,
) -> Result<Vec<(ConnectionId, Option<String>)>> {
    const SQL: &str = "SELECT id, event_types FROM connection WHERE team_id = $1 AND mode = $2 AND destination_id = $3";
    Ok(within!(tx, conn => sqlx::query_as(SQL).bind(who.team).bind(who.mode).bind(id).fetch_all(conn).await)?)
}

pub(super) async fn set_event_types(
    tx: &mut Tx,
    who: &Actor,
    id: DestinationId,
    event_types: &[String],
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "UPDATE connection SET event_types = $4, updated_at = $5, configured_at = $5 \
         WHERE team_id = $1 AND mode = $2 AND destination_id = $3";
    let event_types = serde_json::to_string(event_types)?;
    within!(tx, conn => sqlx::query(SQL)
        .bind(who.team).bind(who.mode).bind(id).bind(event_types).bind(now).execute(conn).await.map(drop))?;
    Ok(())
}
