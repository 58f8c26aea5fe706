//! Issues in the database.

use hookyard_model::{
    Actor, AttemptId, ConnectionId, DestinationId, EventId, Issue, IssueCause, IssueFilter, IssueId, IssueResolution,
    IssueState, Mode, TeamId, Timestamp,
};
use sqlx::AssertSqlSafe;

use crate::{
    db::{Db, Tx, on, within},
    delivery::LaneKey,
    error::Result,
    request::filter::{Conditions, Statement},
};

/// An issue with what is known of its destination.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Row {
    pub(super) id: IssueId,
    pub(super) team_id: TeamId,
    pub(super) mode: Mode,
    pub(super) destination_id: DestinationId,
    pub(super) destination_name: String,
    pub(super) is_webhook: bool,
    pub(super) is_deleted: bool,
    pub(super) connection_id: ConnectionId,
    pub(super) cause: IssueCause,
    pub(super) state: IssueState,
    pub(super) opened_at: Timestamp,
    pub(super) last_seen_at: Timestamp,
    pub(super) attempts: i64,
    pub(super) events: i64,
    pub(super) times_opened: i64,
    pub(super) times_told: i64,
    pub(super) times_returned: i64,
    pub(super) acknowledged_at: Option<Timestamp>,
    pub(super) acknowledged_by: Option<String>,
    pub(super) acknowledged_by_name: Option<String>,
    pub(super) resolved_at: Option<Timestamp>,
    pub(super) resolution: Option<IssueResolution>,
    pub(super) resolved_by: Option<String>,
    pub(super) resolved_by_name: Option<String>,
    pub(super) last_error: String,
    pub(super) last_event_id: EventId,
    pub(super) last_attempt_id: Option<AttemptId>,
    pub(super) created_at: Timestamp,
}

impl Row {
    pub(super) const fn lane(&self) -> LaneKey {
        LaneKey { team: self.team_id, mode: self.mode, destination: self.destination_id }
    }

    /// What people know the destination by: of a webhook its URL without what may be secret in it.
    pub(super) fn name(&self) -> String {
        if !self.is_webhook {
            return self.destination_name.clone();
        }
        if !self.destination_name.starts_with("http") {
            let id = self.destination_id.to_string();
            return format!("Built-in receiver {}", &id[id.len().saturating_sub(6)..]);
        }
        self.destination_name.split(['?', '#']).next().unwrap_or_default().to_owned()
    }

    pub(super) fn into_issue(self) -> Issue {
        let destination_name = self.name();
        Issue {
            id: self.id,
            team_id: self.team_id,
            mode: self.mode,
            destination_id: self.destination_id,
            title: self.cause.title(&destination_name),
            destination_name,
            is_webhook: self.is_webhook,
            is_deleted: self.is_deleted,
            connection_id: self.connection_id,
            cause: self.cause,
            state: self.state,
            opened_at: self.opened_at,
            last_seen_at: self.last_seen_at,
            attempts: self.attempts.unsigned_abs(),
            events: self.events.unsigned_abs(),
            times_opened: u32::try_from(self.times_opened).unwrap_or(u32::MAX),
            acknowledged_at: self.acknowledged_at,
            acknowledged_by: self.acknowledged_by,
            acknowledged_by_name: self.acknowledged_by_name,
            resolved_at: self.resolved_at,
            resolution: self.resolution,
            resolved_by: self.resolved_by,
            resolved_by_name: self.resolved_by_name,
            last_error: self.last_error,
            last_event_id: self.last_event_id,
            last_attempt_id: self.last_attempt_id,
            failures: Vec::new(),
            created_at: self.created_at,
        }
    }
}

/// The e-mail address or public id of whoever `column` says.
pub(super) fn name_of(column: &str, table: &str) -> String {
    format!(
        "COALESCE((SELECT p.email FROM person p WHERE p.id = {table}.{column}), \
         (SELECT k.public FROM key_pair k WHERE k.team_id = {table}.team_id AND k.mode = {table}.mode AND k.id = {table}.{column}))"
    )
}

const NAME: &str =
    "COALESCE(CASE WHEN d.is_webhook AND d.url IS NOT NULL THEN d.url ELSE d.name END, i.destination_name)";

fn select() -> String {
    format!(
        "SELECT i.id, i.team_id, i.mode, i.destination_id, {NAME} AS destination_name, \
         COALESCE(d.is_webhook, FALSE) AS is_webhook, d.id IS NULL AS is_deleted, i.connection_id, i.cause, i.state, \
         i.opened_at, i.last_seen_at, i.attempts, i.events, i.times_opened, i.times_told, i.times_returned, \
         i.acknowledged_at, i.acknowledged_by, {} AS acknowledged_by_name, i.resolved_at, i.resolution, i.resolved_by, \
         {} AS resolved_by_name, i.last_error, i.last_event_id, i.last_attempt_id, i.created_at FROM issue i {JOINED}",
        name_of("acknowledged_by", "i"),
        name_of("resolved_by", "i")
    )
}

const JOINED: &str = "LEFT JOIN destination d ON d.team_id = i.team_id AND d.mode = i.mode AND d.id = i.destination_id";

fn conditions(who: &Actor, filter: &IssueFilter, db: &Db, now: Timestamp) -> Conditions {
    let dialect = db.dialect();
    let name = |needle: &str| dialect.contains(NAME, needle);
    let cause = |needle: &str| dialect.contains("i.cause", needle);
    let error = |needle: &str| dialect.contains("i.last_error", needle);
    let id = |needle: &str| format!("i.id = {needle}");
    let mut found = Conditions::of(who, "i")
        .one_of("i.state", &filter.state.0)
        .one_of("i.destination_id", &filter.destination_id.0)
        .one_of("i.cause", &filter.cause.0)
        .containing(filter.q.as_deref(), &[&name, &cause, &error, &id]);
    if let Some(from) = filter.from {
        found = found.between("i.last_seen_at", from.resolve(now).millis(), i64::MAX);
    }
    if let Some(to) = filter.to {
        found = found.between("i.opened_at", i64::MIN, to.resolve(now).millis().saturating_add(1));
    }
    found
}

pub(super) fn page(
    who: &Actor,
    filter: &IssueFilter,
    page: &hookyard_model::PageQuery,
    db: &Db,
    now: Timestamp,
) -> Statement {
    conditions(who, filter, db, now).page(&select(), "i.id", page)
}

pub(super) async fn count(
    db: &Db,
    who: &Actor,
    filter: &IssueFilter,
    now: Timestamp,
) -> Result<Vec<(IssueState, i64)>> {
    let select = format!("SELECT i.state, COUNT(*) FROM issue i {JOINED}");
    conditions(who, filter, db, now).grouped(&select, "i.state").rows(db).await
}

pub(super) async fn find(db: &Db, who: &Actor, id: IssueId) -> Result<Option<Row>> {
    let sql = format!("{} WHERE i.team_id = $1 AND i.mode = $2 AND i.id = $3", select());
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(id).fetch_optional(pool).await)?)
}

pub(super) async fn lock(tx: &mut Tx, lane: &LaneKey, id: IssueId) -> Result<Option<Row>> {
    const LOCK: &str = "UPDATE issue SET id = id WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(&mut *tx, conn => sqlx::query(LOCK)
        .bind(lane.team).bind(lane.mode).bind(id).execute(conn).await.map(drop))?;
    let sql = format!("{} WHERE i.team_id = $1 AND i.mode = $2 AND i.id = $3", select());
    Ok(within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql))
        .bind(lane.team).bind(lane.mode).bind(id).fetch_optional(conn).await)?)
}

/// The destination's issues that are not resolved, the first opened first.
pub(super) async fn unresolved(tx: &mut Tx, lane: &LaneKey) -> Result<Vec<Row>> {
    let sql = format!(
        "{} WHERE i.team_id = $1 AND i.mode = $2 AND i.destination_id = $3 AND i.state <> 'RESOLVED' \
         ORDER BY i.opened_at, i.id",
        select()
    );
    Ok(within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql))
        .bind(lane.team).bind(lane.mode).bind(lane.destination).fetch_all(conn).await)?)
}

/// Those of any team that may be resolved by themselves: nothing failed of late, or the destination is gone.
pub(super) async fn calm(db: &Db, before: Timestamp) -> Result<Vec<Row>> {
    let sql = format!(
        "{} WHERE i.state <> 'RESOLVED' \
         AND (d.id IS NULL OR (i.last_seen_at <= $1 AND d.consecutive_failures = 0))",
        select()
    );
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql)).bind(before).fetch_all(pool).await)?)
}

/// A destination with an issue that people were not told of.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Untold {
    team_id: TeamId,
    mode: Mode,
    destination_id: DestinationId,
    told_at: Option<Timestamp>,
    quiet_minutes: i64,
}

impl Untold {
    pub(super) const fn lane(&self) -> LaneKey {
        LaneKey { team: self.team_id, mode: self.mode, destination: self.destination_id }
    }

    pub(super) fn is_quiet(&self, now: Timestamp) -> bool {
        is_quiet(self.told_at, self.quiet_minutes, now)
    }
}

/// Whether nothing more is told yet.
pub(super) fn is_quiet(told_at: Option<Timestamp>, minutes: i64, now: Timestamp) -> bool {
    let quiet = std::time::Duration::from_mins(minutes.unsigned_abs());
    told_at.is_some_and(|at| now < at.plus(quiet))
}

pub(super) async fn untold(db: &Db) -> Result<Vec<Untold>> {
    const SQL: &str = "SELECT DISTINCT i.team_id, i.mode, i.destination_id, t.told_at, m.issue_quiet_minutes AS quiet_minutes \
         FROM issue i JOIN team m ON m.id = i.team_id \
         LEFT JOIN issue_told t ON t.team_id = i.team_id AND t.mode = i.mode AND t.destination_id = i.destination_id \
         WHERE i.state <> 'RESOLVED' AND i.times_told < i.times_opened";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).fetch_all(pool).await)?)
}

/// What people were told last of a destination; held until the transaction's end, so that one tells at a time.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(super) struct Told {
    pub(super) told_at: Option<Timestamp>,
    pub(super) is_failing: bool,
    pub(super) untold: i64,
}

pub(super) async fn lock_told(tx: &mut Tx, lane: &LaneKey) -> Result<Told> {
    const SQL: &str = "INSERT INTO issue_told (team_id, mode, destination_id, told_at, is_failing, untold) \
         VALUES ($1, $2, $3, NULL, FALSE, 0) \
         ON CONFLICT (team_id, mode, destination_id) DO UPDATE SET untold = issue_told.untold \
         RETURNING told_at, is_failing, untold";
    Ok(within!(tx, conn => sqlx::query_as(SQL)
        .bind(lane.team).bind(lane.mode).bind(lane.destination).fetch_one(conn).await)?)
}

pub(super) async fn set_told(tx: &mut Tx, lane: &LaneKey, told: Told) -> Result<()> {
    const SQL: &str = "UPDATE issue_told SET told_at = $4, is_failing = $5, untold = $6 \
         WHERE team_id = $1 AND mode = $2 AND destination_id = $3";
    within!(tx, conn => sqlx::query(SQL)
        .bind(lane.team).bind(lane.mode).bind(lane.destination).bind(told.told_at).bind(told.is_failing)
        .bind(told.untold).execute(conn).await.map(drop))?;
    Ok(())
}

pub(super) async fn forget_told(tx: &mut Tx, lane: &LaneKey) -> Result<()> {
    const SQL: &str = "DELETE FROM issue_told WHERE team_id = $1 AND mode = $2 AND destination_id = $3";
    within!(tx, conn => sqlx::query(SQL)
        .bind(lane.team).bind(lane.mode).bind(lane.destination).execute(conn).await.map(drop))?;
    Ok(())
}

/// All openings of the destination's issues are told, or are not to be.
pub(super) async fn mark_told(tx: &mut Tx, lane: &LaneKey) -> Result<()> {
    const SQL: &str = "UPDATE issue SET times_told = times_opened \
         WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND state <> 'RESOLVED'";
    within!(tx, conn => sqlx::query(SQL)
        .bind(lane.team).bind(lane.mode).bind(lane.destination).execute(conn).await.map(drop))?;
    Ok(())
}

pub(super) async fn quiet_minutes(tx: &mut Tx, team: TeamId) -> Result<i64> {
    const SQL: &str = "SELECT issue_quiet_minutes FROM team WHERE id = $1";
    Ok(within!(tx, conn => sqlx::query_scalar(SQL).bind(team).fetch_one(conn).await)?)
}

pub(super) async fn acknowledge(tx: &mut Tx, row: &Row, by: &str, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE issue SET state = 'ACKNOWLEDGED', acknowledged_at = $4, acknowledged_by = $5, \
             times_told = times_opened \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND state = 'OPEN'";
    within!(tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id).bind(now).bind(by).execute(conn).await.map(drop))?;
    Ok(())
}

pub(super) async fn resolve(
    tx: &mut Tx,
    row: &Row,
    (resolution, by): (IssueResolution, Option<&str>),
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "UPDATE issue SET state = 'RESOLVED', resolved_at = $4, resolution = $5, resolved_by = $6, \
             times_told = times_opened \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id).bind(now).bind(resolution).bind(by)
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Whether anything but simulated events was delivered by what failed, since it last did. Only the newest are looked at:
/// somebody asks where the last attempt succeeded.
pub(super) async fn has_delivered(db: &Db, row: &Row) -> Result<bool> {
    const ATTEMPTS: &str = "SELECT 1 FROM (SELECT a.team_id, a.mode, a.event_id, a.status FROM attempt a \
             WHERE a.team_id = $1 AND a.mode = $2 AND a.destination_id = $3 AND a.id >= $4 ORDER BY a.id DESC LIMIT 500) AS a \
         JOIN event e ON e.team_id = a.team_id AND e.mode = a.mode AND e.id = a.event_id \
         WHERE a.status = 'SUCCESSFUL' AND NOT e.simulated LIMIT 1";
    // What a script failed is never sent: others of the connection show that it works.
    const EVENTS: &str = "SELECT 1 FROM (SELECT e.status, e.simulated FROM event e \
             WHERE e.team_id = $1 AND e.mode = $2 AND e.connection_id = $3 AND e.id >= $4 ORDER BY e.id DESC LIMIT 500) AS e \
         WHERE e.status = 'SUCCESSFUL' AND NOT e.simulated LIMIT 1";
    let (sql, of, first) = if row.cause.is_of_transformation() {
        (EVENTS, row.connection_id.to_string(), EventId::first_at(row.last_seen_at).to_string())
    } else {
        (ATTEMPTS, row.destination_id.to_string(), AttemptId::first_at(row.last_seen_at).to_string())
    };
    let found: Option<i32> = on!(db, read, pool => sqlx::query_scalar(sql)
        .bind(row.team_id).bind(row.mode).bind(of).bind(first).fetch_optional(pool).await)?;
    Ok(found.is_some())
}

/// Deletes some issues that were resolved before `before`, with their history; returns how many they were.
pub(crate) async fn delete_old(db: &Db, before: Timestamp, some: i64) -> Result<u64> {
    const OLD: &str = "SELECT team_id, mode, id FROM issue WHERE state = 'RESOLVED' AND resolved_at < $1 LIMIT $2";
    const ISSUE: &str = "DELETE FROM issue WHERE team_id = $1 AND mode = $2 AND id = $3 AND state = 'RESOLVED'";
    const HISTORY: &str = "DELETE FROM issue_change WHERE team_id = $1 AND mode = $2 AND issue_id = $3";
    let old: Vec<(TeamId, Mode, IssueId)> =
        on!(db, read, pool => sqlx::query_as(OLD).bind(before).bind(some).fetch_all(pool).await)?;
    if old.is_empty() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    for (team, mode, id) in &old {
        // It may have been opened again meanwhile.
        let deleted = within!(&mut tx, conn => sqlx::query(ISSUE)
            .bind(*team).bind(*mode).bind(*id).execute(conn).await.map(|done| done.rows_affected()))?;
        if deleted > 0 {
            within!(&mut tx, conn => sqlx::query(HISTORY)
                .bind(*team).bind(*mode).bind(*id).execute(conn).await.map(drop))?;
        }
    }
    tx.commit().await?;
    Ok(old.len() as u64)
}
