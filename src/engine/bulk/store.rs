//! The tables `bulk_operation` and `bulk_destination`.

use std::collections::HashMap;

use hookyard_model::{
    Actor, BulkBucket, BulkKind, BulkOperationId, BulkStatus, DestinationId, EventId, EventStatus, KeyId, Mode,
    PageQuery, RatePeriod, TeamId, Timestamp, UserId, Who,
};
use sqlx::AssertSqlSafe;
use ulid::Ulid;

use crate::{
    chores::note_deleted,
    db::{Db, Dialect, Tx, on, within},
    error::Result,
    event::StoredEvent,
    request::filter::{Conditions, by_index},
};

/// Which operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) team: TeamId,
    pub(super) mode: Mode,
    pub(super) id: BulkOperationId,
}

/// An operation, as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) team_id: TeamId,
    pub(super) mode: Mode,
    pub(super) id: BulkOperationId,
    pub(super) kind: BulkKind,
    pub(super) status: BulkStatus,
    pub(super) filter: String,
    pub(super) as_asked: bool,
    pub(super) requested_by: Option<String>,
    pub(super) requested_by_name: Option<String>,
    pub(super) rate_limit: Option<i64>,
    pub(super) rate_limit_period: RatePeriod,
    pub(super) pause_reason: Option<String>,
    pub(super) failure: Option<String>,
    pub(super) unproven: Option<String>,
    pub(super) total_count: i64,
    pub(super) pending_count: i64,
    pub(super) open_count: i64,
    pub(super) done_count: i64,
    pub(super) failed_count: i64,
    pub(super) skipped_count: i64,
    pub(super) elsewhere_count: i64,
    pub(super) cancelled_count: i64,
    pub(super) retrying_count: i64,
    pub(super) queued_count: i64,
    pub(super) bytes: i64,
    pub(super) planned_to: String,
    pub(super) last_id: String,
    pub(super) planned_at: Option<Timestamp>,
    pub(super) holder: Option<String>,
    pub(super) epoch: i64,
    pub(super) created_at: Timestamp,
    pub(super) started_at: Option<Timestamp>,
    pub(super) paused_at: Option<Timestamp>,
    pub(super) finished_at: Option<Timestamp>,
}

const COLUMNS: &str = "o.team_id, o.mode, o.id, o.kind, o.status, o.filter, o.as_asked, o.requested_by, \
     COALESCE((SELECT p.email FROM person p WHERE p.id = o.requested_by), (SELECT k.public FROM key_pair k \
         WHERE k.team_id = o.team_id AND k.mode = o.mode AND k.id = o.requested_by)) AS requested_by_name, \
     o.rate_limit, o.rate_limit_period, o.pause_reason, o.failure, o.unproven, o.total_count, o.pending_count, \
     o.open_count, o.done_count, o.failed_count, o.skipped_count, o.elsewhere_count, o.cancelled_count, o.retrying_count, o.queued_count, \
     o.bytes, o.planned_to, o.last_id, o.planned_at, o.holder, o.epoch, o.created_at, o.started_at, o.paused_at, \
     o.finished_at";

impl Row {
    pub(super) const fn key(&self) -> Key {
        Key { team: self.team_id, mode: self.mode, id: self.id }
    }

    /// Whoever asked for it, for statements that want to know whose rows they read.
    pub(super) fn actor(&self) -> Actor {
        let by = self.requested_by.as_deref().unwrap_or_default();
        let who = match (by.parse::<UserId>(), by.parse::<KeyId>()) {
            (Ok(user), _) => Who::User(user),
            (_, Ok(key)) => Who::Key(key),
            _ => Who::User(UserId::new(Ulid::nil())),
        };
        Actor { team: self.team_id, mode: self.mode, who }
    }
}

/// An operation's part at one destination, as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Part {
    pub(super) operation_id: BulkOperationId,
    pub(super) destination_id: DestinationId,
    pub(super) destination_name: String,
    pub(super) stop_reason: Option<String>,
    pub(super) total_count: i64,
    pub(super) pending_count: i64,
    pub(super) open_count: i64,
    pub(super) queued_count: i64,
    pub(super) done_count: i64,
    pub(super) failed_count: i64,
}

const PART: &str = "SELECT d.operation_id, d.destination_id, COALESCE(n.name, d.destination_id) AS destination_name, \
     d.stop_reason, d.total_count, d.pending_count, d.open_count, d.queued_count, d.done_count, d.failed_count \
     FROM bulk_destination d LEFT JOIN destination n \
         ON n.team_id = d.team_id AND n.mode = d.mode AND n.id = d.destination_id";

/// Writes an operation down; returns whether it did, as the same start may be known already.
pub(super) async fn create(tx: &mut Tx, row: &Row, once: Option<&str>) -> Result<bool> {
    const SQL: &str = "INSERT INTO bulk_operation (team_id, mode, id, kind, status, filter, as_asked, requested_by, \
         rate_limit, rate_limit_period, unproven, total_count, pending_count, open_count, done_count, failed_count, \
         skipped_count, cancelled_count, retrying_count, queued_count, bytes, planned_to, last_id, held_until, epoch, \
         due_at, created_at, once) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', $13, 0, 0, $14, $14, $15) \
         ON CONFLICT (team_id, mode, once) WHERE once IS NOT NULL DO NOTHING";
    let made = within!(tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id).bind(row.kind).bind(row.status).bind(&row.filter)
        .bind(row.as_asked).bind(&row.requested_by).bind(row.rate_limit).bind(row.rate_limit_period)
        .bind(&row.unproven).bind(row.total_count).bind(&row.last_id).bind(row.created_at).bind(once)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(made == 1)
}

/// The operation that was started by this word.
pub(super) async fn started(db: &Db, who: &Actor, once: &str) -> Result<Option<BulkOperationId>> {
    const SQL: &str = "SELECT id FROM bulk_operation WHERE team_id = $1 AND mode = $2 AND once = $3";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(who.team).bind(who.mode).bind(once).fetch_optional(pool).await)?)
}

/// How many of the team's operations in the mode have not ended.
pub(super) async fn ongoing(tx: &mut Tx, who: &Actor) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM bulk_operation WHERE team_id = $1 AND mode = $2 AND finished_at IS NULL";
    Ok(within!(tx, conn => sqlx::query_scalar(SQL).bind(who.team).bind(who.mode).fetch_one(conn).await)?)
}

pub(super) async fn find(db: &Db, key: &Key) -> Result<Option<Row>> {
    let sql = format!("SELECT {COLUMNS} FROM bulk_operation o WHERE o.team_id = $1 AND o.mode = $2 AND o.id = $3");
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql.as_str()))
        .bind(key.team).bind(key.mode).bind(key.id).fetch_optional(pool).await)?)
}

pub(super) async fn page(
    db: &Db,
    who: &Actor,
    kind: Option<BulkKind>,
    bucket: BulkBucket,
    page: &PageQuery,
) -> Result<Vec<Row>> {
    let select = format!("SELECT {COLUMNS} FROM bulk_operation o");
    let found = Conditions::of(who, "o").one_of("o.kind", kind.as_slice());
    let found = match bucket {
        BulkBucket::All => found,
        BulkBucket::Ongoing => found.and("o.finished_at IS NULL"),
        BulkBucket::History => found.and("o.finished_at IS NOT NULL"),
    };
    found.page(&select, "o.id", page).rows(db).await
}

/// The parts of these operations, the largest first.
pub(super) async fn parts(db: &Db, who: &Actor, ids: &[BulkOperationId]) -> Result<Vec<Part>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Conditions::of(who, "d").one_of("d.operation_id", ids).all(PART);
    statement.sql.push_str(" ORDER BY d.total_count DESC, d.destination_id");
    statement.rows(db).await
}

/// Of the events that operations of requests made: how many were not delivered, by destination and state. Those that were
/// are the rest, and most of them: they are not read.
pub(super) async fn undelivered(
    db: &Db,
    who: &Actor,
    ids: &[BulkOperationId],
) -> Result<Vec<(BulkOperationId, DestinationId, EventStatus, i64)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // `SQLite` takes what is joined in this order.
    let index = by_index(db.dialect(), Some("event_bulk_undelivered"));
    let select = format!(
        "SELECT d.operation_id, d.destination_id, e.status, COUNT(*) FROM bulk_destination d CROSS JOIN event e{index}"
    );
    Conditions::of(who, "d")
        .one_of("d.operation_id", ids)
        .and(
            "e.team_id = d.team_id AND e.mode = d.mode AND e.bulk_id = d.operation_id \
             AND e.destination_id = d.destination_id AND e.status <> 'SUCCESSFUL'",
        )
        .grouped(&select, "d.operation_id, d.destination_id, e.status")
        .rows(db)
        .await
}

/// The same of those that were.
pub(super) async fn delivered(
    db: &Db,
    who: &Actor,
    ids: &[BulkOperationId],
) -> Result<HashMap<(BulkOperationId, DestinationId), i64>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let index = by_index(db.dialect(), Some("event_bulk"));
    let found: Vec<(BulkOperationId, DestinationId, i64)> = Conditions::of(who, "e")
        .one_of("e.bulk_id", ids)
        .and("e.status = 'SUCCESSFUL'")
        .grouped(
            &format!("SELECT e.bulk_id, e.destination_id, COUNT(*) FROM event e{index}"),
            "e.bulk_id, e.destination_id",
        )
        .rows(db)
        .await?;
    Ok(found.into_iter().map(|(operation, destination, count)| ((operation, destination), count)).collect())
}

/// Reads an operation and keeps others from changing it until the commit: an update locks the row on both databases.
pub(super) async fn lock(tx: &mut Tx, key: &Key) -> Result<Option<Row>> {
    const LOCK: &str = "UPDATE bulk_operation SET epoch = epoch WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(&mut *tx, conn => sqlx::query(LOCK)
        .bind(key.team).bind(key.mode).bind(key.id).execute(conn).await.map(drop))?;
    let sql = format!("SELECT {COLUMNS} FROM bulk_operation o WHERE o.team_id = $1 AND o.mode = $2 AND o.id = $3");
    Ok(within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql.as_str()))
        .bind(key.team).bind(key.mode).bind(key.id).fetch_optional(conn).await)?)
}

/// Waits until no other operation of the team and mode is putting something into the queue: until the commit, what is read
/// is what they did.
pub(super) async fn take_turn(tx: &mut Tx, team: TeamId, mode: Mode) -> Result<()> {
    if let Tx::Postgres(conn) = tx {
        sqlx::query(Dialect::ONE_AT_A_TIME).bind(format!("bulk {team}")).bind(mode).execute(&mut **conn).await?;
    }
    Ok(())
}

/// The event of an operation that is about to bring the same there as this one, if there is any; and none will be before the
/// commit.
pub(crate) async fn about_to_bring(tx: &mut Tx, who: &Actor, event: &StoredEvent) -> Result<Option<EventId>> {
    take_turn(tx, who.team, who.mode).await?;
    let index = match tx {
        Tx::Sqlite(_) => by_index(Dialect::Sqlite, Some("event_request")),
        Tx::Postgres(_) => by_index(Dialect::Postgres, Some("event_request")),
    };
    let sql = format!(
        "SELECT MAX(id) FROM event{index} WHERE team_id = $1 AND mode = $2 AND request_id = $3 AND connection_id = $4 \
             AND webhook_id = $5 AND bulk_id IS NOT NULL AND status IN ('QUEUED', 'SCHEDULED', 'HOLD')"
    );
    Ok(within!(tx, conn => sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
        .bind(who.team).bind(who.mode).bind(event.request_id).bind(event.connection_id).bind(&event.webhook_id)
        .fetch_one(conn).await)?)
}

/// Sets where an operation is, and makes its feeder look.
pub(super) async fn set_status(
    tx: &mut Tx,
    key: &Key,
    status: BulkStatus,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "UPDATE bulk_operation SET status = $4, \
         pause_reason = CASE WHEN $4 = 'PAUSED' THEN $5 ELSE NULL END, \
         failure = CASE WHEN $4 = 'FAILED' THEN $5 ELSE failure END, \
         paused_at = CASE WHEN $4 = 'PAUSED' THEN CAST($6 AS BIGINT) ELSE NULL END, \
         started_at = CASE WHEN $4 = 'RUNNING' THEN COALESCE(started_at, $6) ELSE started_at END, \
         finished_at = CASE WHEN $4 IN ('COMPLETED', 'FAILED', 'CANCELLED') THEN CAST($6 AS BIGINT) ELSE NULL END, \
         due_at = $6, moved_at = $6 WHERE team_id = $1 AND mode = $2 AND id = $3";
    const CLOSE: &str = "UPDATE bulk_destination SET is_open = FALSE \
         WHERE team_id = $1 AND mode = $2 AND operation_id = $3 AND NOT EXISTS (SELECT 1 FROM bulk_operation o \
             WHERE o.team_id = $1 AND o.mode = $2 AND o.id = $3 AND o.open_count + o.retrying_count > 0)";
    within!(&mut *tx, conn => sqlx::query(SQL)
        .bind(key.team).bind(key.mode).bind(key.id).bind(status.to_string()).bind(reason).bind(now)
        .execute(conn).await.map(drop))?;
    if !status.is_ongoing() {
        within!(tx, conn => sqlx::query(CLOSE)
            .bind(key.team).bind(key.mode).bind(key.id).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// Nothing that an operation that has ended put into the queue is tried again; returns whether lanes did not know.
pub(super) async fn close(db: &Db, key: &Key) -> Result<bool> {
    const SQL: &str = "UPDATE bulk_destination SET is_open = FALSE \
         WHERE team_id = $1 AND mode = $2 AND operation_id = $3 AND is_open";
    let closed = on!(db, write, pool => sqlx::query(SQL)
        .bind(key.team).bind(key.mode).bind(key.id).execute(pool).await.map(|done| done.rows_affected()))?;
    Ok(closed > 0)
}

/// Its parts that stopped go on.
pub(super) async fn unstop(tx: &mut Tx, key: &Key) -> Result<()> {
    const SQL: &str = "UPDATE bulk_destination SET stop_reason = NULL \
         WHERE team_id = $1 AND mode = $2 AND operation_id = $3 AND stop_reason IS NOT NULL";
    within!(tx, conn => sqlx::query(SQL)
        .bind(key.team).bind(key.mode).bind(key.id).execute(conn).await.map(drop))?;
    Ok(())
}

pub(super) async fn set_limit(tx: &mut Tx, key: &Key, limit: Option<i64>, period: RatePeriod) -> Result<()> {
    const SQL: &str = "UPDATE bulk_operation SET rate_limit = $4, rate_limit_period = $5 \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(tx, conn => sqlx::query(SQL)
        .bind(key.team).bind(key.mode).bind(key.id).bind(limit).bind(period).execute(conn).await.map(drop))?;
    Ok(())
}

/// What was not sent when an operation is cancelled never will be. Its items stay as they are: they are many, and that
/// they were cancelled is known from the operation.
pub(super) async fn cancel_pending(tx: &mut Tx, key: &Key) -> Result<()> {
    const OPERATION: &str = "UPDATE bulk_operation SET cancelled_count = cancelled_count + pending_count, \
         pending_count = 0, total_count = CASE WHEN planned_at IS NULL \
             THEN pending_count + open_count + done_count + failed_count + skipped_count + cancelled_count ELSE total_count END \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    const PARTS: &str = "UPDATE bulk_destination SET pending_count = 0 \
         WHERE team_id = $1 AND mode = $2 AND operation_id = $3";
    for sql in [OPERATION, PARTS] {
        within!(&mut *tx, conn => sqlx::query(sql)
            .bind(key.team).bind(key.mode).bind(key.id).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// Deletes up to `limit` items of operations that ended before, or those operations when they have none left; returns
/// whether there may be more.
pub(crate) async fn delete_old(db: &Db, before: Timestamp, limit: i64) -> Result<bool> {
    const OLD: &str = "SELECT team_id, mode, id FROM bulk_operation WHERE finished_at < $1 LIMIT 1";
    const ITEMS: &str = "DELETE FROM bulk_item WHERE (team_id, mode, operation_id, target_id) IN \
         (SELECT team_id, mode, operation_id, target_id FROM bulk_item \
         WHERE team_id = $1 AND mode = $2 AND operation_id = $3 LIMIT $4)";
    const PARTS: &str = "DELETE FROM bulk_destination WHERE team_id = $1 AND mode = $2 AND operation_id = $3";
    const OPERATION: &str = "DELETE FROM bulk_operation WHERE team_id = $1 AND mode = $2 AND id = $3";
    let old: Option<(TeamId, Mode, BulkOperationId)> =
        on!(db, read, pool => sqlx::query_as(OLD).bind(before).fetch_optional(pool).await)?;
    let Some((team, mode, id)) = old else { return Ok(false) };
    let mut tx = db.begin().await?;
    let deleted = within!(&mut tx, conn => sqlx::query(ITEMS)
        .bind(team).bind(mode).bind(id).bind(limit).execute(conn).await.map(|done| done.rows_affected()))?;
    if deleted == 0 {
        for sql in [PARTS, OPERATION] {
            within!(&mut tx, conn => sqlx::query(sql).bind(team).bind(mode).bind(id).execute(conn).await.map(drop))?;
        }
    }
    note_deleted(&mut tx, before).await?;
    tx.commit().await?;
    Ok(true)
}

/// Cancels an operation that was paused before, and so is past its time with all that it was to send: history is kept no
/// longer. What it has in the queue its feeder takes back. Returns whether there was one.
pub(crate) async fn cancel_forgotten(db: &Db, before: Timestamp, now: Timestamp) -> Result<bool> {
    const FORGOTTEN: &str = "SELECT team_id, mode, id FROM bulk_operation \
         WHERE finished_at IS NULL AND status = 'PAUSED' AND paused_at < $1 LIMIT 1";
    const WHY: &str = "UPDATE bulk_operation SET failure = $4 WHERE team_id = $1 AND mode = $2 AND id = $3";
    const REASON: &str = "it was paused for longer than history is kept: what it was to send is past its time";
    let found: Option<(TeamId, Mode, BulkOperationId)> =
        on!(db, read, pool => sqlx::query_as(FORGOTTEN).bind(before).fetch_optional(pool).await)?;
    let Some((team, mode, id)) = found else { return Ok(false) };
    let key = Key { team, mode, id };
    let mut tx = db.begin().await?;
    let row = lock(&mut tx, &key).await?;
    if row.is_some_and(|row| row.status == BulkStatus::Paused && row.paused_at.is_some_and(|at| at < before)) {
        set_status(&mut tx, &key, BulkStatus::Cancelled, None, now).await?;
        cancel_pending(&mut tx, &key).await?;
        within!(&mut tx, conn => sqlx::query(WHY)
            .bind(team).bind(mode).bind(id).bind(REASON).execute(conn).await.map(drop))?;
        tx.commit().await?;
    }
    Ok(true)
}
