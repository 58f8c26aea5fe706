//! Feeding an operation of requests: each is taken in again by the connections as they are now.

use std::collections::HashMap;

use bytes::Bytes;
use hookyard_model::{
    Actor, BulkItemStatus, BulkOperationId, ConnectionId, DestinationId, EventId, Problem, RejectionCause, RequestId,
    RetryKind,
};

use sqlx::AssertSqlSafe;

use super::{change::Change, store::Row, targets::found_by};
use crate::{
    Engine,
    capture::{Draft, Prepared, content_type},
    db::{
        Db, Dialect, Tx,
        bulk::{Bulk, Kind::Text},
        on, within,
    },
    error::{Error, Result},
    request::{self, HANDSHAKE, filter::by_index},
    routing::Route,
    writer::{Admission, take_in_within},
};

/// How many bytes of payload are taken in with one commit, about.
const BYTES: i64 = 4 << 20;

/// An item whose turn it is, and the request that it stands for.
#[derive(Debug, sqlx::FromRow)]
struct Item {
    target_id: RequestId,
    /// None: it is gone.
    size: Option<i64>,
    rejection_cause: Option<RejectionCause>,
    is_handshake: bool,
    /// An event of it that still waits.
    waiting: Option<EventId>,
    /// A replay of it that was delivered somewhere, or waits.
    replayed: Option<RequestId>,
}

/// What is taken in next, and which items change with it.
pub(super) struct Replays {
    pub(super) changes: Vec<Change>,
    ready: Vec<(RequestId, Box<Prepared>)>,
    admission: Admission,
}

/// The next `limit` requests, fewer where they are large.
pub(super) async fn next(engine: &Engine, row: &Row, limit: i64) -> Result<Replays> {
    let who = row.actor();
    let empty =
        Admission { requests: Vec::new(), events: Vec::new(), waiting: Vec::new(), entering: Vec::new(), done: None };
    let mut replays = Replays { changes: Vec::new(), ready: Vec::new(), admission: empty };
    let mut bytes = 0;
    for item in read(engine.db(), row, limit).await? {
        if bytes > BYTES {
            break;
        }
        bytes += item.size.unwrap_or_default();
        match replay(engine, &who, row, &item).await? {
            Ok(prepared) => replays.ready.push((item.target_id, prepared)),
            Err(reason) => replays.changes.push(change(item.target_id, BulkItemStatus::Skipped, None, Some(reason))),
        }
    }
    Ok(replays)
}

impl Replays {
    pub(super) const fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.ready.is_empty()
    }

    /// Looks once more, within the transaction that writes them and in turn, and leaves out what another operation has
    /// taken in or put into the queue meanwhile.
    pub(super) async fn look_again(&mut self, engine: &Engine, tx: &mut Tx, row: &Row) -> Result<()> {
        // The same items as before: nobody else changes them.
        let count = i64::try_from(self.changes.len() + self.ready.len()).unwrap_or(i64::MAX);
        let sql = sql(engine.db().dialect());
        let items: Vec<Item> = within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql.as_str()))
            .bind(row.team_id).bind(row.mode).bind(row.id).bind(count).fetch_all(conn).await)?;
        let now: HashMap<_, _> = items.iter().map(|item| (item.target_id, item)).collect();
        for (target, prepared) in std::mem::take(&mut self.ready) {
            let why_not = now.get(&target).map_or(Some(GONE.to_owned()), |item| obstacle(item, row.as_asked));
            match why_not {
                Some(reason) => self.changes.push(change(target, BulkItemStatus::Skipped, None, Some(reason))),
                None => self.add(target, *prepared, row.id),
            }
        }
        Ok(())
    }

    fn add(&mut self, target: RequestId, prepared: Prepared, operation: BulkOperationId) {
        let Prepared { mut request, events, waiting: _, entering } = prepared;
        request.bulk = Some(operation);
        let (to, reason) = if events.is_empty() {
            (BulkItemStatus::Skipped, Some("no connection took it".to_owned()))
        } else {
            (BulkItemStatus::Queued, None)
        };
        self.changes.push(change(target, to, Some(request.id), reason));
        self.admission.requests.push(request);
        self.admission.events.extend(events.into_iter().map(|mut event| {
            event.bulk = Some(operation);
            event
        }));
        self.admission.entering.extend(entering);
    }

    /// Writes them within the transaction that moves their items.
    pub(super) async fn write(&self, engine: &Engine, tx: &mut Tx, row: &Row) -> Result<()> {
        // So that the lanes of destinations that nobody could know of are told of the operation too.
        const PART: &str = "INSERT INTO bulk_destination (team_id, mode, operation_id, destination_id, is_open, \
                 total_count, pending_count, open_count, queued_count, done_count, failed_count) \
             SELECT team_id, mode, operation_id, destination_id, TRUE, 0, 0, 0, 0, 0, 0 FROM u WHERE true \
             ON CONFLICT (team_id, mode, operation_id, destination_id) DO NOTHING";
        take_in_within(tx, &self.admission, &engine.0.lanes).await?;
        let mut parts =
            Bulk::new(&[("team_id", Text), ("mode", Text), ("operation_id", Text), ("destination_id", Text)]);
        for destination in self.destinations() {
            parts.row().text(row.team_id).text(row.mode).text(row.id).text(destination);
        }
        parts.run(tx, PART).await?;
        Ok(())
    }

    /// They are committed: tells who is to know.
    pub(super) fn told(self, engine: &Engine, row: &Row) {
        for destination in self.destinations() {
            engine.lane_has_work(row.team_id, row.mode, destination);
        }
        for request in &self.admission.requests {
            engine.0.counts.request(true, request.events_count as usize);
            engine.0.aside.request(request, &request.ignored);
        }
        engine.enter(self.admission.entering, |_| true);
    }

    fn destinations(&self) -> std::collections::BTreeSet<DestinationId> {
        self.admission.events.iter().map(|event| event.destination).collect()
    }
}

fn change(target: RequestId, to: BulkItemStatus, request: Option<RequestId>, reason: Option<String>) -> Change {
    Change {
        target: target.to_string(),
        destination: None,
        from: BulkItemStatus::Pending,
        to,
        event: None,
        request,
        reason,
    }
}

/// What is to be committed of a replay, or why there is none.
async fn replay(
    engine: &Engine,
    who: &Actor,
    row: &Row,
    item: &Item,
) -> Result<std::result::Result<Box<Prepared>, String>> {
    if let Some(reason) = obstacle(item, row.as_asked) {
        return Ok(Err(reason));
    }
    let Some(stored) = request::stored(engine.db(), who.team, who.mode, item.target_id).await? else {
        return Ok(Err(GONE.to_owned()));
    };
    let reach = async {
        let route = engine.route_of_replay(who, &stored).await?;
        let only = engine.only_of_replay(who, &route, &stored).await?;
        Ok::<(std::sync::Arc<Route>, Option<ConnectionId>), Error>((route, only))
    };
    let (route, only) = match reach.await {
        Ok(reached) => reached,
        Err(Error::Problem(Problem { detail, .. })) => return Ok(Err(detail)),
        Err(error) => return Err(error),
    };
    let draft = Draft {
        verified: stored.verified,
        rejection: None,
        handshake: false,
        enveloped: stored.enveloped,
        simulated: stored.simulated,
        staged: None,
        event_type: stored.event_type,
        webhook_id: stored.webhook_id.map(|_| engine.ids().uuid()),
        method: stored.method,
        path: stored.path,
        query: stored.query,
        content_type: content_type(&stored.headers),
        headers: stored.headers,
        body: Bytes::from(stored.body),
        retry: Some((RetryKind::Bulk, stored.id)),
        modified: stored.modified,
        only,
    };
    Ok(Ok(Box::new(engine.prepare_asking(&route, draft).await?)))
}

const GONE: &str = "it was deleted, as it was past its time";

fn obstacle(item: &Item, as_asked: bool) -> Option<String> {
    if item.size.is_none() {
        return Some(GONE.to_owned());
    }
    if item.rejection_cause == Some(RejectionCause::PayloadTooLarge) {
        return Some("it was too large, and only the start of its body was kept".to_owned());
    }
    if item.is_handshake {
        return Some("it was the provider's check of the URL, and not an event".to_owned());
    }
    if let Some(event) = item.waiting {
        return Some(format!("its event {event} still waits for a try of its own"));
    }
    if as_asked {
        return None;
    }
    item.replayed.map(|request| format!("delivered since by {request}, or about to be"))
}

async fn read(db: &Db, row: &Row, limit: i64) -> Result<Vec<Item>> {
    let sql = sql(db.dialect());
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql.as_str()))
        .bind(row.team_id).bind(row.mode).bind(row.id).bind(limit).fetch_all(pool).await)?)
}

fn sql(dialect: Dialect) -> String {
    // Without statistics `SQLite` would go through those that are done each time.
    let ((index, parent), pending) = (found_by(dialect), by_index(dialect, Some("bulk_item_pending")));
    format!("
        SELECT i.target_id, CAST(LENGTH(r.body) AS BIGINT) AS size, r.rejection_cause,
            COALESCE(r.ignored LIKE '{HANDSHAKE}', FALSE) AS is_handshake,
            (SELECT MAX(e.id) FROM event e{index} WHERE e.team_id = i.team_id AND e.mode = i.mode AND e.request_id = i.target_id
                AND e.status IN ('QUEUED', 'SCHEDULED', 'HOLD')) AS waiting,
            (SELECT MAX(p.id) FROM request p{parent} CROSS JOIN event o{index}
                WHERE o.team_id = p.team_id AND o.mode = p.mode AND o.request_id = p.id
                    AND p.team_id = i.team_id AND p.mode = i.mode AND p.retry_parent_id = i.target_id
                    AND o.status IN ('SUCCESSFUL', 'QUEUED', 'SCHEDULED', 'HOLD')) AS replayed
        FROM (SELECT team_id, mode, target_id FROM bulk_item{pending}
            WHERE team_id = $1 AND mode = $2 AND operation_id = $3 AND destination_id = '' AND status = 'PENDING'
            ORDER BY target_id LIMIT $4) i
        LEFT JOIN request r ON r.team_id = i.team_id AND r.mode = i.mode AND r.id = i.target_id
        ORDER BY i.target_id")
}
