//! The SQL of lanes and pending rows.

use std::sync::Arc;

use bytes::Bytes;
use hookyard_model::{ConnectionId, DestinationId, EventId, Mode, RequestId, TeamId, Timestamp, Trigger};
use sqlx::AssertSqlSafe;

use super::{
    LaneKey, Parcel, PendingKey, Waiting,
    forward::Forwarded,
    lane::{Lane, PendingRow},
};
use crate::{
    capture::content_type,
    db::{
        Db,
        bulk::{
            Bulk,
            Kind::{Int, Text},
        },
        on, within,
    },
    error::Result,
    simulator::Staged,
};

/// How many lanes are taken at once.
const LANES: i64 = 200;

/// A lane just taken.
pub(super) struct Taken {
    pub(super) key: LaneKey,
    pub(super) epoch: i64,
    pub(super) nudges: i64,
    /// What was asked of the holders before.
    pub(super) recalls: i64,
    pub(super) slow_until: Timestamp,
    /// Whether its holder before did not give it back.
    pub(super) was_held: bool,
}

#[derive(sqlx::FromRow)]
struct LaneRow {
    team_id: TeamId,
    mode: Mode,
    destination_id: DestinationId,
    epoch: i64,
    nudges: i64,
    recalls: i64,
    slow_until: Timestamp,
    holder: Option<String>,
}

impl LaneRow {
    const fn key(&self) -> LaneKey {
        LaneKey { team: self.team_id, mode: self.mode, destination: self.destination_id }
    }
}

/// Takes free lanes that have work due at `now` for `node`, for `lease_millis`. A free lane has no holder or one whose
/// lease ran out; where no other process can hold one, any other holder is a former process.
pub(super) async fn take_due(db: &Db, node: &str, now: Timestamp, lease_millis: i64) -> Result<Vec<Taken>> {
    let dialect = db.dialect();
    let expired = if dialect.is_shared() { format!("held_until < {}", dialect.now()) } else { "true".to_owned() };
    let free = format!(
        "SELECT team_id, mode, destination_id, epoch, nudges, recalls, slow_until, holder FROM lane
        WHERE due_at <= $1 AND (holder IS NULL OR (holder <> $2 AND {expired}))
        ORDER BY due_at LIMIT {LANES}{}",
        dialect.skip_locked()
    );
    let take = format!(
        "UPDATE lane SET holder = u.holder, held_until = {} + u.lease, epoch = lane.epoch + 1, due_at = 0
        FROM u WHERE lane.team_id = u.team_id AND lane.mode = u.mode AND lane.destination_id = u.destination_id",
        dialect.now()
    );
    // Usually there is none: looking does not need the writer.
    let any: Option<i64> = {
        let sql = format!(
            "SELECT 1 FROM lane WHERE due_at <= $1 AND (holder IS NULL OR (holder <> $2 AND {expired})) LIMIT 1"
        );
        on!(db, read, pool => sqlx::query_scalar::<_, i32>(AssertSqlSafe(sql.as_str())).bind(now).bind(node).fetch_optional(pool).await)?
            .map(i64::from)
    };
    if any.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let rows: Vec<LaneRow> = within!(&mut tx, conn => sqlx::query_as(AssertSqlSafe(free.as_str())).bind(now).bind(node).fetch_all(conn).await)?;
    let mut taken =
        Bulk::new(&[("team_id", Text), ("mode", Text), ("destination_id", Text), ("holder", Text), ("lease", Int)]);
    for row in &rows {
        taken.row().text(row.team_id).text(row.mode).text(row.destination_id).text(node).int(lease_millis);
    }
    taken.run(&mut tx, &take).await?;
    tx.commit().await?;
    let taken = |row: LaneRow| Taken {
        key: row.key(),
        epoch: row.epoch + 1,
        nudges: row.nudges,
        recalls: row.recalls,
        slow_until: row.slow_until,
        was_held: row.holder.is_some(),
    };
    Ok(rows.into_iter().map(taken).collect())
}

/// What a lane's row counts when its lease is renewed.
pub(super) struct Renewed {
    pub(super) epoch: i64,
    pub(super) nudges: i64,
    pub(super) recalls: i64,
}

/// Renews all of the node's leases in one statement; returns which there are.
pub(super) async fn renew(db: &Db, node: &str, lease_millis: i64) -> Result<Vec<(LaneKey, Renewed)>> {
    let sql = format!(
        "UPDATE lane SET held_until = {} + $2 WHERE holder = $1
        RETURNING team_id, mode, destination_id, epoch, nudges, recalls, slow_until, holder",
        db.dialect().now()
    );
    let rows: Vec<LaneRow> = on!(db, write, pool => sqlx::query_as(AssertSqlSafe(sql.as_str())).bind(node).bind(lease_millis).fetch_all(pool).await)?;
    let renewed = |row: LaneRow| (row.key(), Renewed { epoch: row.epoch, nudges: row.nudges, recalls: row.recalls });
    Ok(rows.into_iter().map(renewed).collect())
}

/// Gives a lane back, with work due at `due_at`, unless somebody put something in meanwhile.
pub(super) async fn release(db: &Db, lane: &Lane, due_at: Timestamp, slow_until: Timestamp) -> Result<bool> {
    const SQL: &str = "
        UPDATE lane SET holder = NULL, held_until = 0, due_at = $6, slow_until = $7
        WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND epoch = $4 AND nudges = $5";
    let key = lane.key;
    let changed = on!(db, write, pool => sqlx::query(SQL)
        .bind(key.team)
        .bind(key.mode)
        .bind(key.destination)
        .bind(lane.epoch)
        .bind(lane.nudges())
        .bind(due_at)
        .bind(slow_until)
        .execute(pool)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// The lane's epoch and nudges as they are; `None` when it is gone.
pub(super) async fn state(db: &Db, key: &LaneKey) -> Result<Option<(i64, i64)>> {
    const SQL: &str = "SELECT epoch, nudges FROM lane WHERE team_id = $1 AND mode = $2 AND destination_id = $3";
    Ok(
        on!(db, write, pool => sqlx::query_as(SQL).bind(key.team).bind(key.mode).bind(key.destination).fetch_optional(pool).await)?,
    )
}

/// Gives back what the node holds when it stops: lanes whose tries all ended as free, the others as held by nobody who
/// lives, so that whoever takes them knows that something may have been sent.
pub(super) async fn hand_back(db: &Db, node: &str, unfinished: &[LaneKey]) -> Result<()> {
    const ALL: &str = "UPDATE lane SET holder = NULL, held_until = 0 WHERE holder = $1";
    const UNFINISHED: &str = "
        UPDATE lane SET holder = u.holder, held_until = 0 FROM u
        WHERE lane.team_id = u.team_id AND lane.mode = u.mode AND lane.destination_id = u.destination_id";
    let mut rows = Bulk::new(&[("team_id", Text), ("mode", Text), ("destination_id", Text), ("holder", Text)]);
    for key in unfinished {
        rows.row().text(key.team).text(key.mode).text(key.destination).text(node);
    }
    let mut tx = db.begin().await?;
    within!(&mut tx, conn => sqlx::query(ALL).bind(node).execute(conn).await.map(|_| ()))?;
    rows.run(&mut tx, UNFINISHED).await?;
    tx.commit().await?;
    Ok(())
}

/// Frees lanes that have this node as their holder although it does not hold them.
pub(super) async fn disown(db: &Db, node: &str, lanes: &[LaneKey]) -> Result<()> {
    const SQL: &str = "
        UPDATE lane SET holder = NULL, held_until = 0 FROM u
        WHERE lane.team_id = u.team_id AND lane.mode = u.mode AND lane.destination_id = u.destination_id
            AND lane.holder = u.holder";
    if lanes.is_empty() {
        return Ok(());
    }
    let mut rows = Bulk::new(&[("team_id", Text), ("mode", Text), ("destination_id", Text), ("holder", Text)]);
    for key in lanes {
        rows.row().text(key.team).text(key.mode).text(key.destination).text(node);
    }
    let mut tx = db.begin().await?;
    rows.run(&mut tx, SQL).await?;
    tx.commit().await?;
    Ok(())
}

/// A page of due rows of one rank.
pub(super) struct PendingPage {
    pub(super) rows: Vec<PendingRow>,
    pub(super) more: bool,
    /// When the lane's next row falls due that is not due yet.
    pub(super) next_due: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    due_at: Timestamp,
    event_id: EventId,
    connection_id: ConnectionId,
    attempts: i64,
    probes: i64,
    cause: Trigger,
    size: i64,
}

pub(super) async fn page(db: &Db, key: &LaneKey, rank: u8, now: Timestamp, limit: usize) -> Result<PendingPage> {
    const SQL: &str = "
        SELECT due_at, event_id, connection_id, attempts, probes, cause, size FROM pending
        WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rank = $4 AND due_at <= $5
        ORDER BY due_at, event_id LIMIT $6";
    const NEXT: &str = "
        SELECT MIN(due_at) FROM (
            SELECT MIN(due_at) AS due_at FROM pending
            WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rank = 0 AND due_at > $4
            UNION ALL
            SELECT MIN(due_at) FROM pending
            WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rank = 1 AND due_at > $4
            UNION ALL
            SELECT MIN(due_at) FROM pending
            WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rank = 2 AND due_at > $4
            UNION ALL
            SELECT MIN(due_at) FROM pending
            WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND rank = 3 AND due_at > $4
        ) AS next";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows: Vec<Row> = on!(db, read, pool => sqlx::query_as(SQL)
        .bind(key.team)
        .bind(key.mode)
        .bind(key.destination)
        .bind(i64::from(rank))
        .bind(now)
        .bind(limit)
        .fetch_all(pool)
        .await)?;
    let next: Option<Timestamp> = on!(db, read, pool => sqlx::query_scalar(NEXT)
        .bind(key.team)
        .bind(key.mode)
        .bind(key.destination)
        .bind(now)
        .fetch_one(pool)
        .await)?;
    let more = i64::try_from(rows.len()).is_ok_and(|read| read == limit);
    let row = |row: Row| PendingRow {
        key: PendingKey { rank, due_at: row.due_at, event: row.event_id },
        connection: row.connection_id,
        attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
        probes: u32::try_from(row.probes).unwrap_or(0),
        cause: row.cause,
        size: usize::try_from(row.size).unwrap_or(0),
    };
    Ok(PendingPage { rows: rows.into_iter().map(row).collect(), more, next_due: next.unwrap_or(Timestamp::NEVER) })
}

#[derive(sqlx::FromRow)]
struct Content {
    id: EventId,
    request_id: RequestId,
    event_type: Option<String>,
    webhook_id: String,
    simulated: bool,
    enveloped: bool,
    path: String,
    query: String,
    headers: String,
    body: Vec<u8>,
    /// Where a script changed it.
    method: Option<String>,
    retry_parent_id: Option<RequestId>,
    scenario: Option<String>,
}

/// What was simulated or published has no headers of its own.
fn forwarded(content: &Content) -> Forwarded {
    if content.enveloped || content.simulated { Forwarded::default() } else { Forwarded::of(&content.headers) }
}

/// Reads what is to be sent for these rows. Rows of events that are gone, or that were cancelled or held since, are left out.
pub(super) async fn load(
    db: &Db,
    lane: &LaneKey,
    rows: Vec<PendingRow>,
    recovers: Option<Timestamp>,
) -> Result<Vec<Waiting>> {
    const SOME: usize = 32;
    let mut found = Vec::with_capacity(rows.len());
    for rows in rows.chunks(SOME) {
        // The same few statements, whatever the number of rows: what is short is filled up with the first.
        let list: Vec<String> = (0..SOME).map(|index| format!("${}", index + 3)).collect();
        let sql = format!(
            "SELECT event.id, event.request_id, event.event_type, event.webhook_id, event.simulated, request.enveloped,
                COALESCE(made.path, request.path) AS path, COALESCE(made.query, request.query) AS query,
                COALESCE(made.headers, request.headers) AS headers, COALESCE(made.body, request.body) AS body,
                CASE WHEN made.method <> request.method THEN made.method ELSE NULL END AS method,
                request.retry_parent_id, request.scenario
            FROM event JOIN request ON request.team_id = event.team_id AND request.mode = event.mode AND request.id = event.request_id
            LEFT JOIN event_data made ON made.team_id = event.team_id AND made.mode = event.mode AND made.id = event.data_id
            WHERE event.team_id = $1 AND event.mode = $2 AND event.id IN ({})
                AND event.status IN ('QUEUED', 'SCHEDULED')",
            list.join(", ")
        );
        let contents: Vec<Content> = on!(db, read, pool => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql.as_str())).bind(lane.team).bind(lane.mode);
            for index in 0..SOME {
                query = query.bind(rows.get(index).unwrap_or(&rows[0]).key.event);
            }
            query.fetch_all(pool).await
        })?;
        let mut contents: std::collections::HashMap<EventId, Content> =
            contents.into_iter().map(|content| (content.id, content)).collect();
        for row in rows {
            let Some(content) = contents.remove(&row.key.event) else { continue };
            let headers = forwarded(&content);
            let may_be_sent = recovers.is_some_and(|at| row.key.due_at <= at);
            found.push(Waiting {
                lane: *lane,
                key: row.key,
                connection: row.connection,
                event_type: content.event_type,
                webhook_id: content.webhook_id,
                simulated: content.simulated,
                attempts: row.attempts,
                probes: row.probes,
                cause: if may_be_sent { Trigger::Recovery } else { row.cause },
                parcel: Arc::new(Parcel {
                    headers,
                    request: content.request_id,
                    enveloped: content.enveloped,
                    body: Bytes::from(content.body),
                    content_type: content_type(&content.headers),
                    method: content.method.and_then(|method| method.parse().ok()),
                    path: content.path,
                    query: content.query,
                    replay_of: content.retry_parent_id,
                    staged: content.scenario.as_deref().and_then(Staged::read),
                }),
                is_announced: false,
            });
        }
    }
    Ok(found)
}
