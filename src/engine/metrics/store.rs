//! What metrics ask of the tables of things and of queues.

use hookyard_model::{
    Actor, AutoDisable, ConnectionId, DestinationId, EventMetricsQuery, EventStatus, Health, SourceId, Timestamp,
    TransformationId,
};
use sqlx::AssertSqlSafe;

use crate::{
    db::{Db, on},
    error::Result,
    request::filter::Conditions,
    rollup::Stretches,
};

/// How many rows of the queue are looked at to say what of it is held, queued or scheduled.
const MOST: i64 = 20_000;

/// Events that wait, by when they were made.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct WaitingRow {
    pub(super) number: i64,
    pub(super) status: EventStatus,
    pub(super) events: i64,
}

pub(super) struct Waiting {
    pub(super) rows: Vec<WaitingRow>,
    /// Whether there are more than were looked at.
    pub(super) partial: bool,
}

/// The events that wait, those made in `when`.
pub(super) async fn waiting(db: &Db, who: &Actor, query: &EventMetricsQuery, when: Stretches) -> Result<Waiting> {
    let mut rows = Vec::new();
    let mut partial = false;
    for queue in ["pending", "transforming"] {
        let looked_at: i64 = {
            let sql = format!(
                "SELECT COUNT(*) FROM (SELECT 1 FROM {queue} WHERE team_id = $1 AND mode = $2 LIMIT {}) AS part",
                MOST + 1
            );
            on!(db, read, pool => sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
                .bind(who.team).bind(who.mode).fetch_one(pool).await)?
        };
        partial |= looked_at > MOST;
        let select = format!(
            "SELECT (e.created_at - {}) / {} AS number, e.status, COUNT(*) AS events \
             FROM (SELECT team_id, mode, event_id FROM {queue} WHERE team_id = $1 AND mode = $2 LIMIT {MOST}) p \
             JOIN event e ON e.team_id = p.team_id AND e.mode = p.mode AND e.id = p.event_id",
            when.from.millis(),
            when.length.max(1)
        );
        let mut statement = Conditions::of(who, "e")
            .between("e.created_at", when.from.millis(), when.to.millis())
            .one_of("e.source_id", &query.source_id.0)
            .one_of("e.connection_id", &query.connection_id.0)
            .one_of("e.destination_id", &query.destination_id.0)
            .all(&select);
        statement.sql.push_str(" GROUP BY 1, 2");
        rows.extend(statement.rows::<WaitingRow>(db).await?);
    }
    Ok(Waiting { rows, partial })
}

/// The connections that a query is about.
pub(super) async fn connections_between(db: &Db, who: &Actor, query: &EventMetricsQuery) -> Result<Vec<ConnectionId>> {
    if query.source_id.is_empty() && query.destination_id.is_empty() {
        return Ok(query.connection_id.0.clone());
    }
    let found = Conditions::of(who, "c")
        .one_of("c.id", &query.connection_id.0)
        .one_of("c.source_id", &query.source_id.0)
        .one_of("c.destination_id", &query.destination_id.0);
    let rows: Vec<(ConnectionId,)> = found.all("SELECT c.id FROM connection c").rows(db).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// A source in a line.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct SourceRow {
    pub(super) id: SourceId,
    pub(super) name: String,
    pub(super) disabled_at: Option<Timestamp>,
    pub(super) connections: i64,
}

pub(super) async fn sources(db: &Db, who: &Actor, ids: &[SourceId]) -> Result<Vec<SourceRow>> {
    const SELECT: &str = "SELECT s.id, s.name, s.disabled_at, \
         (SELECT COUNT(*) FROM connection c WHERE c.team_id = s.team_id AND c.mode = s.mode AND c.source_id = s.id) \
             AS connections \
         FROM source s";
    Conditions::of(who, "s").one_of("s.id", ids).all(SELECT).rows(db).await
}

/// A destination in a line.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct DestinationRow {
    pub(super) id: DestinationId,
    name: String,
    pub(super) is_webhook: bool,
    url: Option<String>,
    auto_disable: Option<String>,
    disabled_at: Option<Timestamp>,
    pub(super) disabled_reason: Option<String>,
    pub(super) paused_at: Option<Timestamp>,
    pub(super) breaker_opened_at: Option<Timestamp>,
    consecutive_failures: i64,
    failing_since: Option<Timestamp>,
    last_error: Option<String>,
}

impl DestinationRow {
    /// What people know it by.
    pub(super) fn shown_name(&self) -> String {
        let id = self.id.to_string();
        match &self.url {
            _ if !self.is_webhook => self.name.clone(),
            Some(url) => url.clone(),
            None => format!("Built-in receiver {}", &id[id.len().saturating_sub(6)..]),
        }
    }

    pub(super) fn health(&self, now: Timestamp) -> Result<Health> {
        let rule: Option<AutoDisable> = self.auto_disable.as_deref().map(serde_json::from_str).transpose()?;
        Ok(Health::assess(
            self.disabled_at.is_some(),
            u32::try_from(self.consecutive_failures).unwrap_or(u32::MAX),
            self.failing_since,
            self.last_error.clone(),
            rule,
            now,
        ))
    }
}

pub(super) async fn destinations(db: &Db, who: &Actor, ids: &[DestinationId]) -> Result<Vec<DestinationRow>> {
    const SELECT: &str = "SELECT d.id, d.name, d.is_webhook, d.url, d.auto_disable, d.disabled_at, d.disabled_reason, \
         d.paused_at, d.breaker_opened_at, d.consecutive_failures, d.failing_since, d.last_error FROM destination d";
    Conditions::of(who, "d").one_of("d.id", ids).all(SELECT).rows(db).await
}

pub(super) async fn connections(db: &Db, who: &Actor) -> Result<Vec<ConnectionId>> {
    let rows: Vec<(ConnectionId,)> = Conditions::of(who, "c").all("SELECT c.id FROM connection c").rows(db).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// A connection that is paused.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct PausedRow {
    pub(super) id: ConnectionId,
    pub(super) name: String,
    pub(super) destination_id: DestinationId,
    pub(super) is_webhook: bool,
    pub(super) paused_at: Timestamp,
}

pub(super) async fn paused(db: &Db, who: &Actor) -> Result<Vec<PausedRow>> {
    const SELECT: &str = "SELECT c.id, c.name, c.destination_id, d.is_webhook, c.paused_at FROM connection c \
         JOIN destination d ON d.team_id = c.team_id AND d.mode = c.mode AND d.id = c.destination_id";
    Conditions::of(who, "c").and("c.paused_at IS NOT NULL").all(SELECT).rows(db).await
}

/// What runs of a transformation came to in a stretch.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct RunRow {
    pub(super) number: i64,
    pub(super) transformation_id: TransformationId,
    pub(super) successful: i64,
    pub(super) failed: i64,
}

pub(super) async fn runs(db: &Db, who: &Actor, when: Stretches, ids: &[TransformationId]) -> Result<Vec<RunRow>> {
    let select = format!(
        "SELECT (r.minute - {}) / {} AS number, r.transformation_id, CAST(SUM(r.successful) AS BIGINT) AS successful, \
             CAST(SUM(r.failed) AS BIGINT) AS failed FROM transformation_rollup r",
        when.from.millis(),
        when.length.max(1)
    );
    let mut statement = Conditions::of(who, "r")
        .one_of("r.transformation_id", ids)
        .between("r.minute", when.from.millis(), when.to.millis())
        .all(&select);
    statement.sql.push_str(" GROUP BY 1, 2");
    statement.rows(db).await
}

/// How often a transformation failed for a reason.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct RunErrorRow {
    pub(super) error_code: String,
    pub(super) runs: i64,
}

/// Of the newest failed runs of one, at most, so many are looked at.
const RUNS: i64 = 1000;

pub(super) async fn run_errors(
    db: &Db,
    who: &Actor,
    id: TransformationId,
    since: Timestamp,
) -> Result<Vec<RunErrorRow>> {
    let sql = format!(
        "SELECT error_code, COUNT(*) AS runs FROM \
         (SELECT error_code FROM transformation_run WHERE team_id = $1 AND mode = $2 \
            AND transformation_id = $3 AND created_at >= $4 AND error_code IS NOT NULL ORDER BY id DESC LIMIT {RUNS}) AS part \
         GROUP BY 1"
    );
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql.as_str()))
        .bind(who.team).bind(who.mode).bind(id).bind(since).fetch_all(pool).await)?)
}

/// The transformations that there are, and how many connections have them among their rules.
pub(super) async fn transformations(db: &Db, who: &Actor) -> Result<Vec<(TransformationId, u64)>> {
    const RULES: &str = "SELECT c.rules FROM connection c";
    let ids: Vec<(TransformationId,)> =
        Conditions::of(who, "t").all("SELECT t.id FROM transformation t").rows(db).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rules: Vec<(String,)> = Conditions::of(who, "c").and("c.rules <> '[]'").all(RULES).rows(db).await?;
    let used = |id: TransformationId| {
        let id = id.to_string();
        rules.iter().filter(|(rules,)| rules.contains(&id)).count() as u64
    };
    Ok(ids.into_iter().map(|(id,)| (id, used(id))).collect())
}

/// Whether anything ever came in.
pub(super) async fn has_requests(db: &Db, who: &Actor) -> Result<bool> {
    const SQL: &str = "SELECT 1 FROM request WHERE team_id = $1 AND mode = $2 LIMIT 1";
    let any: Option<i32> = on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(who.team).bind(who.mode).fetch_optional(pool).await)?;
    Ok(any.is_some())
}

/// The ids of a table's rows for which `condition`, one of our own with its words written out, holds: a partial index
/// has them. The newest first, or the oldest.
pub(super) async fn ids(
    db: &Db,
    who: &Actor,
    table: &str,
    condition: &str,
    first: &str,
    newest: bool,
    limit: u32,
) -> Result<Vec<String>> {
    let order = if newest { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT id FROM {table} WHERE team_id = $1 AND mode = $2 AND {condition} AND id >= $3 ORDER BY id {order} LIMIT {limit}"
    );
    Ok(on!(db, read, pool => sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
        .bind(who.team).bind(who.mode).bind(first).fetch_all(pool).await)?)
}
