//! Feeding an operation of events: new events with the payloads and the webhook ids of what is sent again.

use std::collections::HashSet;

use hookyard_model::{
    BulkItemStatus, ConnectionId, DestinationId, EventId, EventStatus, RequestId, RetryKind, SourceId, Timestamp,
    TransformationRunId, Trigger,
};

use sqlx::AssertSqlSafe;

use super::{change::Change, store::Key, targets::found_by};
use crate::{
    Engine,
    db::{Dialect, Tx, within},
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
}

/// The next items for a destination: `limit` to send, among no more than `reach` that may be skipped. Read within the
/// transaction that puts them into the queue, and in turn: what another operation has put there is seen.
pub(super) async fn next(
    engine: &Engine,
    tx: &mut Tx,
    key: &Key,
    destination: DestinationId,
    as_asked: bool,
    (limit, reach): (i64, i64),
) -> Result<Fed> {
    let rows = read((tx, engine.db().dialect()), key, destination, limit.max(reach)).await?;
    let (mut fed, mut seen) = (Fed::default(), HashSet::new());
    let now = engine.now();
    for row in rows {
        if i64::try_from(fed.events.len()).unwrap_or(i64::MAX) >= limit {
            break;
        }
        let target = row.target_id.to_string();
        // The same twice among them, such as an event and its retry that failed as well.
        let is_first = seen.insert((row.request_id, row.webhook_id.clone()));
        let change = |to, event, reason| Change {
            target: target.clone(),
            destination: Some(destination),
            from: BulkItemStatus::Pending,
            to,
            event,
            request: None,
            reason,
        };
        let why_not = obstacle(&row, as_asked, is_first);
        let made = if why_not.is_none() { again(engine, key, destination, row, now) } else { None };
        if let Some(event) = made {
            fed.changes.push(change(BulkItemStatus::Queued, Some(event.id), None));
            fed.events.push(event);
        } else {
            let reason = why_not.unwrap_or_else(|| GONE.to_owned());
            fed.changes.push(change(BulkItemStatus::Skipped, None, Some(reason)));
        }
    }
    Ok(fed)
}

const GONE: &str = "its payload was deleted, as it was past its time";

/// Why an event is not sent again.
fn obstacle(row: &Row, as_asked: bool, is_first: bool) -> Option<String> {
    if row.id.is_none() || row.size.is_none() {
        return Some(GONE.to_owned());
    }
    if row.status.is_some_and(EventStatus::is_pending) {
        return Some("it waits for a try of its own".to_owned());
    }
    if let Some(event) = row.under_way {
        return Some(format!("the same is about to be delivered by {event}"));
    }
    if as_asked {
        return None;
    }
    if row.status == Some(EventStatus::Successful) {
        return Some("it was delivered".to_owned());
    }
    if let Some(event) = row.same.or(row.replayed) {
        return Some(format!("delivered since by {event}, or about to be"));
    }
    (!is_first).then(|| "the same is sent by another item of this operation".to_owned())
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
                AND o.request_id = e.request_id AND o.destination_id = e.destination_id AND o.webhook_id = e.webhook_id
                AND o.id <> e.id AND o.status IN ('QUEUED', 'SCHEDULED', 'HOLD') AND COALESCE(o.bulk_id, '') <> $3
            ) AS under_way,
            (SELECT MAX(o.id) FROM event o{index} WHERE o.team_id = e.team_id AND o.mode = e.mode
                AND o.request_id = e.request_id AND o.destination_id = e.destination_id AND o.webhook_id = e.webhook_id
                AND o.id > e.id AND (o.status IN ('SUCCESSFUL', 'QUEUED', 'SCHEDULED', 'HOLD') OR o.bulk_id = $3)
            ) AS same,
            (SELECT MAX(o.id) FROM request p{parent} CROSS JOIN event o{index}
                WHERE o.team_id = p.team_id AND o.mode = p.mode AND o.request_id = p.id
                    AND p.team_id = e.team_id AND p.mode = e.mode AND p.retry_parent_id = e.request_id
                    AND o.destination_id = e.destination_id
                    AND o.status IN ('SUCCESSFUL', 'QUEUED', 'SCHEDULED', 'HOLD')
            ) AS replayed
        FROM (SELECT team_id, mode, target_id FROM bulk_item{pending}
            WHERE team_id = $1 AND mode = $2 AND operation_id = $3 AND destination_id = $4 AND status = 'PENDING'
            ORDER BY target_id LIMIT $5) i
        LEFT JOIN event e ON e.team_id = i.team_id AND e.mode = i.mode AND e.id = i.target_id
        LEFT JOIN request r ON r.team_id = e.team_id AND r.mode = e.mode AND r.id = e.request_id
        LEFT JOIN event_data d ON d.team_id = e.team_id AND d.mode = e.mode AND d.id = e.data_id
        ORDER BY i.target_id"
    );
    Ok(within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql.as_str()))
        .bind(key.team).bind(key.mode).bind(key.id).bind(destination).bind(limit).fetch_all(conn).await)?)
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
        reason: Some("its destination was deleted".to_owned()),
    };
    Ok(targets.into_iter().map(skip).collect())
}
