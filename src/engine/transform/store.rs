//! The SQL by which events of the stage are taken from the table `transforming`.

use std::sync::Arc;

use bytes::Bytes;
use hookyard_model::{
    Actor, ConnectionId, DestinationId, EventId, Mode, RequestId, SourceId, TeamId, Timestamp, Trigger,
};
use sqlx::AssertSqlSafe;

use super::{Brought, Raw};
use crate::{
    db::{
        Db, Tx,
        bulk::{
            Bulk,
            Kind::{Int, Text},
        },
        on, within,
    },
    error::Result,
    rollup::{Ended, Tally},
    simulator::Staged,
};

/// About how many bytes of payload are taken at once.
const BYTES: usize = 16 << 20;
/// How many events are cancelled in one go.
const SOME: i64 = 500;

/// An event of the stage, and the pending row that it is to get.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Queued {
    pub(super) team_id: TeamId,
    pub(super) mode: Mode,
    pub(super) event_id: EventId,
    pub(super) connection_id: ConnectionId,
    rank: i64,
    cause: Trigger,
    size: i64,
}

impl Queued {
    pub(super) fn bytes(&self) -> usize {
        usize::try_from(self.size).unwrap_or(0)
    }
}

/// Says that this node lives.
pub(super) async fn live(db: &Db, node: &str, lease_millis: i64) -> Result<()> {
    let sql = format!(
        "INSERT INTO transformer (node, held_until) VALUES ($1, {} + $2)
        ON CONFLICT (node) DO UPDATE SET held_until = excluded.held_until",
        db.dialect().now()
    );
    on!(db, write, pool => sqlx::query(AssertSqlSafe(sql.as_str()))
        .bind(node).bind(lease_millis).execute(pool).await.map(drop))?;
    Ok(())
}

/// The connections that have events in the stage. One look into the index for each.
pub(super) async fn connections(db: &Db) -> Result<Vec<ConnectionId>> {
    const SQL: &str = "
        WITH RECURSIVE c(id) AS (
            SELECT MIN(connection_id) FROM transforming
            UNION ALL
            SELECT (SELECT MIN(t.connection_id) FROM transforming t WHERE t.connection_id > c.id) FROM c WHERE c.id IS NOT NULL)
        SELECT id FROM c WHERE id IS NOT NULL";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL).fetch_all(pool).await)?)
}

/// A condition that nobody has an event in memory. Where no other process can, any other node is a former process.
fn is_free(db: &Db) -> String {
    if db.dialect().is_shared() {
        format!(
            "(t.node IS NULL OR (t.node <> $2 AND NOT EXISTS
                (SELECT 1 FROM transformer n WHERE n.node = t.node AND n.held_until >= {})))",
            db.dialect().now()
        )
    } else {
        "(t.node IS NULL OR t.node <> $2)".to_owned()
    }
}

/// Takes the oldest events of a connection that nobody has, for `node`.
pub(super) async fn take(db: &Db, node: &str, connection: ConnectionId, most: usize) -> Result<Vec<Queued>> {
    const TAKE: &str = "
        UPDATE transforming SET node = u.node FROM u
        WHERE transforming.team_id = u.team_id AND transforming.mode = u.mode AND transforming.event_id = u.event_id";
    let free = format!(
        "SELECT t.team_id, t.mode, t.event_id, t.connection_id, t.rank, t.cause, t.size FROM transforming t
        WHERE t.connection_id = $1 AND {} ORDER BY t.event_id LIMIT $3",
        is_free(db)
    );
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    // Usually there is none: looking does not need the writer.
    let any: Vec<Queued> = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(free.as_str()))
        .bind(connection).bind(node).bind(1_i64).fetch_all(pool).await)?;
    if any.is_empty() {
        return Ok(any);
    }
    let free = free + db.dialect().skip_locked();
    let mut tx = db.begin().await?;
    let mut rows: Vec<Queued> = within!(&mut tx, conn => sqlx::query_as(AssertSqlSafe(free.as_str()))
        .bind(connection).bind(node).bind(most).fetch_all(conn).await)?;
    let mut bytes = 0;
    rows.retain(|row| {
        let fits = bytes < BYTES;
        bytes += row.bytes();
        fits
    });
    let mut taken = Bulk::new(&[("team_id", Text), ("mode", Text), ("event_id", Text), ("node", Text)]);
    for row in &rows {
        taken.row().text(row.team_id).text(row.mode).text(row.event_id).text(node);
    }
    taken.run(&mut tx, TAKE).await?;
    tx.commit().await?;
    Ok(rows)
}

/// What this node is said to have.
pub(super) async fn own(db: &Db, node: &str) -> Result<Vec<Queued>> {
    const SQL: &str = "
        SELECT team_id, mode, event_id, connection_id, rank, cause, size FROM transforming WHERE node = $1 ORDER BY event_id";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(node).fetch_all(pool).await)?)
}

/// Gives back what this node has, when it stops.
pub(super) async fn hand_back(db: &Db, node: &str) -> Result<()> {
    const ROWS: &str = "UPDATE transforming SET node = NULL WHERE node = $1";
    const NODE: &str = "DELETE FROM transformer WHERE node = $1";
    for sql in [ROWS, NODE] {
        on!(db, write, pool => sqlx::query(sql).bind(node).execute(pool).await.map(drop))?;
    }
    Ok(())
}

/// Forgets nodes that are long gone.
pub(super) async fn forget_dead(db: &Db) -> Result<()> {
    const DAY: i64 = 86_400_000;
    let sql = format!("DELETE FROM transformer WHERE held_until < {} - $1", db.dialect().now());
    on!(db, write, pool => sqlx::query(AssertSqlSafe(sql.as_str())).bind(DAY).execute(pool).await.map(drop))?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Content {
    request_id: RequestId,
    source_id: SourceId,
    destination_id: DestinationId,
    event_type: Option<String>,
    webhook_id: String,
    simulated: bool,
    created_at: Timestamp,
    enveloped: bool,
    method: String,
    path: String,
    query: String,
    headers: String,
    body: Vec<u8>,
    retry_parent_id: Option<RequestId>,
    scenario: Option<String>,
}

/// Reads what an event brought; `None` when it is gone.
pub(super) async fn load(db: &Db, queued: &Queued) -> Result<Option<Raw>> {
    const SQL: &str = "
        SELECT e.request_id, e.source_id, e.destination_id, e.event_type, e.webhook_id, e.simulated, e.created_at, r.enveloped,
            r.method, r.path, r.query, r.headers, r.body, r.retry_parent_id, r.scenario
        FROM event e JOIN request r ON r.team_id = e.team_id AND r.mode = e.mode AND r.id = e.request_id
        WHERE e.team_id = $1 AND e.mode = $2 AND e.id = $3";
    let found: Option<Content> = on!(db, read, pool => sqlx::query_as(SQL)
        .bind(queued.team_id).bind(queued.mode).bind(queued.event_id).fetch_optional(pool).await)?;
    Ok(found.map(|found| Raw {
        team: queued.team_id,
        mode: queued.mode,
        event: queued.event_id,
        request: found.request_id,
        source: found.source_id,
        connection: queued.connection_id,
        destination: found.destination_id,
        event_type: found.event_type,
        webhook_id: found.webhook_id,
        simulated: found.simulated,
        rank: u8::try_from(queued.rank).unwrap_or(3),
        cause: queued.cause,
        created_at: found.created_at,
        brought: Arc::new(Brought {
            enveloped: found.enveloped,
            method: found.method,
            path: found.path,
            query: found.query,
            headers: found.headers,
            body: Bytes::from(found.body),
            replay_of: found.retry_parent_id,
            staged: found.scenario.as_deref().and_then(Staged::read),
        }),
    }))
}

/// Takes an event out of the stage that is gone.
pub(super) async fn forget(db: &Db, queued: &Queued) -> Result<()> {
    const SQL: &str = "DELETE FROM transforming WHERE team_id = $1 AND mode = $2 AND event_id = $3";
    on!(db, write, pool => sqlx::query(SQL)
        .bind(queued.team_id).bind(queued.mode).bind(queued.event_id).execute(pool).await.map(drop))?;
    Ok(())
}

/// Takes an event out of the stage that is about to be cancelled.
pub(crate) async fn cancel(tx: &mut Tx, who: &Actor, id: EventId) -> Result<()> {
    const SQL: &str = "DELETE FROM transforming WHERE team_id = $1 AND mode = $2 AND event_id = $3";
    within!(tx, conn => sqlx::query(SQL).bind(who.team).bind(who.mode).bind(id).execute(conn).await.map(drop))?;
    Ok(())
}

/// Cancels all events of a connection that are in the stage, and adds them to `tally`.
pub(crate) async fn cancel_all(
    tx: &mut Tx,
    (team, mode): (TeamId, Mode),
    connection: ConnectionId,
    now: Timestamp,
    tally: &mut Tally,
) -> Result<()> {
    // Whoever deletes a row of the queue decides: exactly the events of those that are ours to delete are cancelled.
    const EVENT: &str = "
        UPDATE event SET status = 'CANCELLED', updated_at = u.updated_at FROM u
        WHERE event.team_id = u.team_id AND event.mode = u.mode AND event.id = u.id AND event.status = 'QUEUED'";
    let in_order = match tx {
        Tx::Sqlite(_) => "",
        Tx::Postgres(_) => " FOR UPDATE",
    };
    let queue = format!(
        "DELETE FROM transforming WHERE (team_id, mode, event_id) IN
            (SELECT team_id, mode, event_id FROM transforming WHERE team_id = $1 AND mode = $2 AND connection_id = $3
            ORDER BY event_id LIMIT {SOME}{in_order})
        RETURNING event_id"
    );
    loop {
        let taken: Vec<EventId> = within!(&mut *tx, conn => sqlx::query_scalar(AssertSqlSafe(queue.as_str()))
            .bind(team).bind(mode).bind(connection).fetch_all(conn).await)?;
        if taken.is_empty() {
            return Ok(());
        }
        let mut events = Bulk::new(&[("team_id", Text), ("mode", Text), ("id", Text), ("updated_at", Int)]);
        for event in taken {
            events.row().text(team).text(mode).text(event).int(now.millis());
        }
        let cancelled: Vec<Ended> = events.returning(tx, &format!("{EVENT} RETURNING {}", Ended::returned())).await?;
        for event in &cancelled {
            tally.ended(event);
        }
    }
}
