//! Feeding an operation of events: new events with the payloads and the webhook ids of what is sent again.

use std::collections::{HashMap, HashSet};

use hookyard_model::{
    BulkItemStatus, ConnectionId, DestinationId, EventId, EventStatus, RequestId, RetryKind, SourceId, Timestamp,
    TransformationRunId, Trigger,
};

use sqlx::AssertSqlSafe;

use super::{
    change::Change,
    store::{self, Key},
    targets::found_by,
};
use crate::{
    Engine,
    db::{Db, Dialect, Tx, on, within},
    delivery::BULK,
    error::Result,
    request::filter::by_index,
    writer::{Kept, NewEvent},
};

/// An item whose turn it is, and the event that it stands for; that is none where it is gone.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    target_id: EventId,
    id: Option<EventId>,
    request_id: Option<RequestId>,
    source_id: Option<SourceId>,
    connection_id: Option<ConnectionId>,
    event_type: Option<String>,
    webhook_id: Option<String>,
    simulated: Option<bool>,
    status: Option<EventStatus>,
    untransformed: Option<bool>,
    data_id: Option<TransformationRunId>,
    /// None: the payload is gone.
    size: Option<i64>,
    /// Another event that is about to bring the same there, and was not made by this operation.
    under_way: Option<EventId>,
    /// The latest event that brought the same there, or is about to.
    same: Option<EventId>,
    /// The event of a replay of its request that was delivered there, or is about to be.
    replayed: Option<EventId>,
}

/// What is put into the queue next, and which items change with it.
#[derive(Default)]
pub(super) struct Fed {
    pub(super) events: Vec<NewEvent>,
    pub(super) changes: Vec<Change>,
    pub(super) passed: Vec<(DestinationId, Place)>,
    passed_over: usize,
}

impl Fed {
    pub(super) fn append(&mut self, more: Self) {
        self.events.extend(more.events);
        self.changes.extend(more.changes);
        self.passed.extend(more.passed);
        self.passed_over += more.passed_over;
    }
}

/// How far the items of a destination were passed over whose connections are paused: they wait where they are.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    paused: Vec<ConnectionId>,
    after: String,
    /// Nothing comes after.
    is_end: bool,
}

/// Where that is of each destination.
#[derive(Default)]
pub(super) struct Passed(HashMap<DestinationId, Place>);

impl Passed {
    /// Where to read on; none: what is left came by these connections.
    pub(super) fn place(&mut self, destination: DestinationId, paused: &[ConnectionId]) -> Option<Place> {
        if self.0.get(&destination).is_some_and(|place| place.paused != paused) {
            self.0.remove(&destination);
        }
        let place = self.0.get(&destination).cloned();
        let place = place.unwrap_or_else(|| Place { paused: paused.to_owned(), ..Place::default() });
        (!place.is_end).then_some(place)
    }

    /// What was read is committed; returns how many were passed over.
    pub(super) fn keep(&mut self, fed: &mut Fed) -> usize {
        self.0.extend(fed.passed.drain(..));
        fed.passed_over
    }
}

/// The next items for a destination: `limit` to send, among no more than `reach` that may be skipped or passed over. Read
/// within the transaction that puts them into the queue, and in turn: what another operation has put there is seen.
pub(super) async fn next(
    engine: &Engine,
    tx: &mut Tx,
    row: &store::Row,
    destination: DestinationId,
    place: &Place,
    (limit, reach): (i64, i64),
) -> Result<Fed> {
    let (key, as_asked, wanted) = (&row.key(), row.as_asked, limit.max(reach));
    let rows = read((tx, engine.db().dialect()), key, destination, &place.after, wanted).await?;
    let (mut fed, mut seen, mut place) = (Fed::default(), HashSet::new(), place.clone());
    place.is_end = !place.paused.is_empty() && i64::try_from(rows.len()).is_ok_and(|read| read < wanted);
    let now = engine.now();
    for row in rows {
        if i64::try_from(fed.events.len()).unwrap_or(i64::MAX) >= limit {
            place.is_end = false;
            break;
        }
        let target = row.target_id.to_string();
        place.after.clone_from(&target);
        if row.connection_id.is_some_and(|connection| place.paused.contains(&connection)) {
            fed.passed_over += 1;
            continue;
        }
        // The same twice among them, such as an event and its retry that failed as well.
        let is_first = seen.insert((row.request_id, row.connection_id, row.webhook_id.clone()));
        let change = |to, event, skip: Option<Skip>| Change {
            target: target.clone(),
            destination: Some(destination),
            from: BulkItemStatus::Pending,
            to,
            event,
            request: None,
            is_elsewhere: matches!(skip, Some(Skip::Elsewhere(_))),
            reason: skip.map(Skip::reason),
        };
        let why_not = obstacle(&row, as_asked, is_first);
        let made = if why_not.is_none() { again(engine, key, destination, row, now) } else { None };
        if let Some(event) = made {
            fed.changes.push(change(BulkItemStatus::Queued, Some(event.id), None));
            fed.events.push(event);
        } else {
            let skip = why_not.unwrap_or_else(|| Skip::Cannot(GONE.to_owned()));
            fed.changes.push(change(BulkItemStatus::Skipped, None, Some(skip)));
        }
    }
    if !place.paused.is_empty() {
        fed.passed.push((destination, place));
    }
    Ok(fed)
}

/// Why an item is skipped.
#[derive(Debug)]
pub(super) enum Skip {
    /// It was delivered by another way, or is about to be.
    Elsewhere(String),
    Cannot(String),
}

impl Skip {
    pub(super) fn reason(self) -> String {
        match self {
            Self::Elsewhere(reason) | Self::Cannot(reason) => reason,
        }
    }
}

const GONE: &str = "its payload was deleted, as it was past its time";

/// Why an event is not sent again.
fn obstacle(row: &Row, as_asked: bool, is_first: bool) -> Option<Skip> {
    if row.id.is_none() || row.size.is_none() {
        return Some(Skip::Cannot(GONE.to_owned()));
    }
    let reason = if row.status.is_some_and(EventStatus::is_pending) {
        "it waits for a try of its own".to_owned()
    } else if let Some(event) = row.under_way {
        format!("the same is about to be delivered by {event}")
    } else if as_asked {
        return None;
    } else if row.status == Some(EventStatus::Successful) {
        "it was delivered".to_owned()
    } else if let Some(event) = row.same.or(row.replayed) {
        format!("delivered since by {event}, or about to be")
    } else if !is_first {
        "the same is sent by another item of this operation".to_owned()
    } else {
        return None;
    };
    Some(Skip::Elsewhere(reason))
}

fn again(engine: &Engine, key: &Key, destination: DestinationId, row: Row, now: Timestamp) -> Option<NewEvent> {
    Some(NewEvent {
        team: key.team,
        mode: key.mode,
        id: EventId::new(engine.ids().unique(now)),
        request: row.request_id?,
        source: row.source_id?,
        connection: row.connection_id?,
        destination,
        event_type: row.event_type,
        webhook_id: row.webhook_id?,
        simulated: row.simulated?,
        rank: BULK,
        cause: Trigger::BulkRetry,
        size: row.size?.unsigned_abs(),
        retry: Some((RetryKind::Bulk, row.id?)),
        due_at: now,
        // What its transformations have not let through yet goes through them again, as they are now.
        transform: row.untransformed?.then_some(Kept::Nowhere),
        data: row.data_id,
        bulk: Some(key.id),
        created_at: now,
    })
}

async fn read(
    (tx, dialect): (&mut Tx, Dialect),
    key: &Key,
    destination: DestinationId,
    after: &str,
    limit: i64,
) -> Result<Vec<Row>> {
    // Without statistics `SQLite` would go through those that are done each time.
    let ((index, parent), pending) = (found_by(dialect), by_index(dialect, Some("bulk_item_pending")));
    let sql = format!(
        "
        SELECT i.target_id, e.id, e.request_id, e.source_id, e.connection_id, e.event_type, e.webhook_id, e.simulated,
            e.status, e.untransformed, CASE WHEN e.untransformed THEN NULL ELSE e.data_id END AS data_id,
            CAST(COALESCE(LENGTH(d.body), LENGTH(r.body)) AS BIGINT) AS size,
            (SELECT MAX(o.id) FROM event o{index} WHERE o.team_id = e.team_id AND o.mode = e.mode
                AND o.request_id = e.request_id AND o.connection_id = e.connection_id AND o.webhook_id = e.webhook_id
                AND o.id <> e.id AND o.status IN ('QUEUED', 'SCHEDULED', 'HOLD') AND COALESCE(o.bulk_id, '') <> $3
            ) AS under_way,
            (SELECT MAX(o.id) FROM event o{index} WHERE o.team_id = e.team_id AND o.mode = e.mode
                AND o.request_id = e.request_id AND o.connection_id = e.connection_id AND o.webhook_id = e.webhook_id
                AND o.id > e.id AND (o.status IN ('SUCCESSFUL', 'QUEUED', 'SCHEDULED', 'HOLD') OR o.bulk_id = $3)
            ) AS same,
            (SELECT MAX(o.id) FROM request p{parent} CROSS JOIN event o{index}
                WHERE o.team_id = p.team_id AND o.mode = p.mode AND o.request_id = p.id
                    AND p.team_id = e.team_id AND p.mode = e.mode AND p.retry_parent_id = e.request_id
                    AND p.modified IS NULL AND o.connection_id = e.connection_id
                    AND o.status IN ('SUCCESSFUL', 'QUEUED', 'SCHEDULED', 'HOLD')
            ) AS replayed
        FROM (SELECT team_id, mode, target_id FROM bulk_item{pending}
            WHERE team_id = $1 AND mode = $2 AND operation_id = $3 AND destination_id = $4 AND status = 'PENDING'
                AND target_id > $5
            ORDER BY target_id LIMIT $6) i
        LEFT JOIN event e ON e.team_id = i.team_id AND e.mode = i.mode AND e.id = i.target_id
        LEFT JOIN request r ON r.team_id = e.team_id AND r.mode = e.mode AND r.id = e.request_id
        LEFT JOIN event_data d ON d.team_id = e.team_id AND d.mode = e.mode AND d.id = e.data_id
        ORDER BY i.target_id"
    );
    Ok(within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql.as_str()))
        .bind(key.team).bind(key.mode).bind(key.id).bind(destination).bind(after).bind(limit)
        .fetch_all(conn).await)?)
}

/// How many of what an operation put into the queue for a destination are held: they take no room there.
pub(super) async fn held(db: &Db, key: &Key, destination: DestinationId) -> Result<i64> {
    let index = by_index(db.dialect(), Some("event_bulk_undelivered"));
    let sql = format!(
        "SELECT COUNT(*) FROM event{index} WHERE team_id = $1 AND mode = $2 AND bulk_id = $3 AND destination_id = $4 \
             AND status = 'HOLD' AND status <> 'SUCCESSFUL'"
    );
    Ok(on!(db, read, pool => sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
        .bind(key.team).bind(key.mode).bind(key.id).bind(destination).fetch_one(pool).await)?)
}

/// The name of a paused connection that some of an operation's items wait for: those that were passed over are the oldest.
pub(super) async fn waits_for(db: &Db, key: &Key, destination: DestinationId) -> Result<Option<String>> {
    let (index, pending) =
        (by_index(db.dialect(), Some("event_bulk_undelivered")), by_index(db.dialect(), Some("bulk_item_pending")));
    let sql = format!(
        "SELECT c.name FROM connection c \
         WHERE c.team_id = $1 AND c.mode = $2 AND c.destination_id = $4 AND c.paused_at IS NOT NULL AND ( \
             c.id = (SELECT e.connection_id FROM event e WHERE e.team_id = $1 AND e.mode = $2 AND e.id = ( \
                 SELECT i.target_id FROM bulk_item i{pending} WHERE i.team_id = $1 AND i.mode = $2 \
                     AND i.operation_id = $3 AND i.destination_id = $4 AND i.status = 'PENDING' \
                 ORDER BY i.target_id LIMIT 1)) \
             OR EXISTS (SELECT 1 FROM event e{index} WHERE e.team_id = $1 AND e.mode = $2 AND e.bulk_id = $3 \
                 AND e.destination_id = $4 AND e.status = 'HOLD' AND e.status <> 'SUCCESSFUL' AND e.connection_id = c.id)) \
         ORDER BY c.name LIMIT 1"
    );
    Ok(on!(db, read, pool => sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
        .bind(key.team).bind(key.mode).bind(key.id).bind(destination).fetch_optional(pool).await)?)
}

/// The next items of a destination that is gone: none of them is sent.
pub(super) async fn orphans(tx: &mut Tx, key: &Key, destination: DestinationId, limit: i64) -> Result<Vec<Change>> {
    const SQL: &str = "SELECT target_id FROM bulk_item \
         WHERE team_id = $1 AND mode = $2 AND operation_id = $3 AND destination_id = $4 AND status = 'PENDING' \
         ORDER BY target_id LIMIT $5";
    let targets: Vec<String> = within!(tx, conn => sqlx::query_scalar(SQL)
        .bind(key.team).bind(key.mode).bind(key.id).bind(destination).bind(limit).fetch_all(conn).await)?;
    let skip = |target| Change {
        target,
        destination: Some(destination),
        from: BulkItemStatus::Pending,
        to: BulkItemStatus::Skipped,
        event: None,
        request: None,
        is_elsewhere: false,
        reason: Some("its destination was deleted".to_owned()),
    };
    Ok(targets.into_iter().map(skip).collect())
}
