//! Feeding an operation of requests: each is taken in again by the connections as they are now.

use std::collections::{BTreeMap, HashMap};

use hookyard_model::{
    Actor, BulkItemStatus, BulkOperationId, ConnectionId, DestinationId, EventId, EventStatus, IgnoredCause, Problem,
    RejectionCause, RequestFilter, RequestId, RetryKind, Timestamp,
};

use sqlx::AssertSqlSafe;

use super::{change::Change, events::Skip, store::Row, targets::found_by};
use crate::{
    Engine,
    capture::{Prepared, check_open},
    db::{
        Db, Dialect, Tx,
        bulk::{
            Bulk,
            Kind::{Int, Text},
        },
        on, within,
    },
    error::{Error, Result},
    request::{self, HANDSHAKE, filter::by_index},
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
    /// An event of it that was sent again by itself and delivered, where none is left that was not.
    sent: Option<EventId>,
}

/// A connection by which a replay of a request, as that came, was delivered or is about to be.
#[derive(Debug, sqlx::FromRow)]
struct Served {
    target_id: RequestId,
    connection_id: ConnectionId,
    replay: RequestId,
}

/// What is taken in next, and which items change with it.
pub(super) struct Replays {
    pub(super) changes: Vec<Change>,
    /// Why the next one has to wait until somebody does something; so those after it wait as well.
    pub(super) why_not: Option<String>,
    ready: Vec<(RequestId, Box<Prepared>)>,
    admission: Admission,
}

/// The next `limit` requests, fewer where they are large.
pub(super) async fn next(engine: &Engine, row: &Row, limit: i64) -> Result<Replays> {
    let who = row.actor();
    let empty =
        Admission { requests: Vec::new(), events: Vec::new(), waiting: Vec::new(), entering: Vec::new(), done: None };
    let mut replays = Replays { changes: Vec::new(), why_not: None, ready: Vec::new(), admission: empty };
    let mut bytes = 0;
    for item in read(engine.db(), row, limit).await? {
        if bytes > BYTES {
            break;
        }
        bytes += item.size.unwrap_or_default();
        match replay(engine, &who, row, &item).await? {
            Next::Ready(prepared) => replays.ready.push((item.target_id, prepared)),
            Next::Skipped(skip) => replays.changes.push(skipped(item.target_id, None, skip)),
            Next::Waits(reason) => {
                replays.why_not = Some(reason);
                break;
            }
        }
    }
    Ok(replays)
}

impl Replays {
    pub(super) const fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.ready.is_empty()
    }

    /// Looks once more, within the transaction that writes them and in turn, and leaves out what another operation has
    /// taken in or put into the queue meanwhile, and the connections that a replay reached before.
    pub(super) async fn look_again(&mut self, engine: &Engine, tx: &mut Tx, row: &Row) -> Result<()> {
        // The same items as before: nobody else changes them.
        let count = i64::try_from(self.changes.len() + self.ready.len()).unwrap_or(i64::MAX);
        let sql = sql(engine.db().dialect());
        let items: Vec<Item> = within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql.as_str()))
            .bind(row.team_id).bind(row.mode).bind(row.id).bind(count).bind(sent_since(row)?).fetch_all(conn).await)?;
        let now: HashMap<_, _> = items.iter().map(|item| (item.target_id, item)).collect();
        let served = if row.as_asked { HashMap::new() } else { served(tx, engine.db().dialect(), row, count).await? };
        for (target, mut prepared) in std::mem::take(&mut self.ready) {
            let why_not =
                now.get(&target).map_or(Some(Skip::Cannot(GONE.to_owned())), |item| obstacle(item, row.as_asked));
            let why_not = why_not.or_else(|| leave_out(&mut prepared, served.get(&target)?));
            match why_not {
                Some(skip) => self.changes.push(skipped(target, None, skip)),
                None => self.add(target, *prepared, row.id),
            }
        }
        Ok(())
    }

    fn add(&mut self, target: RequestId, prepared: Prepared, operation: BulkOperationId) {
        let Prepared { mut request, events, waiting: _, entering } = prepared;
        request.bulk = Some(operation);
        self.changes.push(if events.is_empty() {
            skipped(target, Some(request.id), Skip::Cannot("no connection took it".to_owned()))
        } else {
            change(target, BulkItemStatus::Queued, Some(request.id), None)
        });
        self.admission.requests.push(request);
        self.admission.events.extend(events.into_iter().map(|mut event| {
            event.bulk = Some(operation);
            event
        }));
        self.admission.entering.extend(entering);
    }

    /// Writes them within the transaction that moves their items.
    pub(super) async fn write(&self, engine: &Engine, tx: &mut Tx, row: &Row) -> Result<()> {
        // So that the lanes of destinations that nobody could know of are told of the operation too. What became of its
        // events is not counted here (`store::undelivered`).
        const PART: &str = "INSERT INTO bulk_destination (team_id, mode, operation_id, destination_id, is_open, \
                 total_count, pending_count, open_count, queued_count, done_count, failed_count) \
             SELECT team_id, mode, operation_id, destination_id, TRUE, events, 0, 0, events, 0, 0 FROM u WHERE true \
             ON CONFLICT (team_id, mode, operation_id, destination_id) DO UPDATE SET \
                 total_count = bulk_destination.total_count + excluded.total_count, \
                 queued_count = bulk_destination.queued_count + excluded.queued_count";
        take_in_within(tx, &self.admission, &engine.0.lanes).await?;
        let mut parts = Bulk::new(&[
            ("team_id", Text),
            ("mode", Text),
            ("operation_id", Text),
            ("destination_id", Text),
            ("events", Int),
        ]);
        for (destination, events) in self.destinations() {
            parts.row().text(row.team_id).text(row.mode).text(row.id).text(destination).int(events);
        }
        parts.run(tx, PART).await?;
        Ok(())
    }

    /// They are committed: tells who is to know.
    pub(super) fn told(self, engine: &Engine, row: &Row) {
        for destination in self.destinations().into_keys() {
            engine.lane_has_work(row.team_id, row.mode, destination);
        }
        for request in &self.admission.requests {
            engine.0.counts.request(true, request.events_count as usize);
            engine.0.aside.request(request, &request.ignored);
        }
        engine.enter(self.admission.entering, |_| true);
    }

    /// Where they go, and how many to each.
    fn destinations(&self) -> BTreeMap<DestinationId, i64> {
        let mut all = BTreeMap::new();
        for event in &self.admission.events {
            *all.entry(event.destination).or_default() += 1;
        }
        all
    }
}

fn change(target: RequestId, to: BulkItemStatus, request: Option<RequestId>, skip: Option<Skip>) -> Change {
    Change {
        target: target.to_string(),
        destination: None,
        from: BulkItemStatus::Pending,
        to,
        event: None,
        request,
        is_elsewhere: matches!(skip, Some(Skip::Elsewhere(_))),
        reason: skip.map(Skip::reason),
    }
}

fn skipped(target: RequestId, request: Option<RequestId>, skip: Skip) -> Change {
    change(target, BulkItemStatus::Skipped, request, Some(skip))
}

/// Takes out of a replay what was delivered by these connections; returns why, where nothing is left.
fn leave_out(prepared: &mut Prepared, served: &HashMap<ConnectionId, RequestId>) -> Option<Skip> {
    let had_any = !prepared.events.is_empty();
    prepared.leave_out(|connection| served.contains_key(&connection));
    let replay = served.values().max().filter(|_| had_any && prepared.events.is_empty())?;
    Some(Skip::Elsewhere(format!("delivered since by {replay}, or about to be")))
}

/// What becomes of an item whose turn it is.
enum Next {
    Ready(Box<Prepared>),
    Skipped(Skip),
    /// Somebody has to do something first.
    Waits(String),
}

async fn replay(engine: &Engine, who: &Actor, row: &Row, item: &Item) -> Result<Next> {
    if let Some(skip) = obstacle(item, row.as_asked) {
        return Ok(Next::Skipped(skip));
    }
    let Some(stored) = request::stored(engine.db(), who.team, who.mode, item.target_id).await? else {
        return Ok(Next::Skipped(Skip::Cannot(GONE.to_owned())));
    };
    if let Some(route) = engine.route(stored.source_id).await?
        && let Err(Error::Problem(Problem { detail, .. })) = check_open(&route)
    {
        return Ok(Next::Waits(detail));
    }
    let (route, draft) = match engine.draft_of_replay(who, stored, RetryKind::Bulk).await {
        Ok(drafted) => drafted,
        Err(Error::Problem(Problem { detail, .. })) => return Ok(Next::Skipped(Skip::Cannot(detail))),
        Err(error) => return Err(error),
    };
    let prepared = Box::new(engine.prepare_asking(&route, draft).await?);
    let causes = &prepared.request.ignored.causes;
    if prepared.events.is_empty() && causes.contains_key(&IgnoredCause::DestinationDisabled) {
        let detail = format!("the destination that takes {} is disabled; enable it to replay to it", item.target_id);
        return Ok(Next::Waits(detail));
    }
    Ok(Next::Ready(prepared))
}

const GONE: &str = "it was deleted, as it was past its time";

fn obstacle(item: &Item, as_asked: bool) -> Option<Skip> {
    let cannot = |why: &str| Some(Skip::Cannot(why.to_owned()));
    if item.size.is_none() {
        return cannot(GONE);
    }
    if item.rejection_cause == Some(RejectionCause::PayloadTooLarge) {
        return cannot("it was too large, and only the start of its body was kept");
    }
    if item.is_handshake {
        return cannot("it was the provider's check of the URL, and not an event");
    }
    if let Some(event) = item.waiting {
        return Some(Skip::Elsewhere(format!("its event {event} still waits for a try of its own")));
    }
    let sent = item.sent.filter(|_| !as_asked)?;
    Some(Skip::Elsewhere(format!("delivered since by {sent}")))
}

async fn read(db: &Db, row: &Row, limit: i64) -> Result<Vec<Item>> {
    let sql = sql(db.dialect());
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql.as_str()))
        .bind(row.team_id).bind(row.mode).bind(row.id).bind(limit).bind(sent_since(row)?).fetch_all(pool).await)?)
}

/// From when on events sent again by themselves make a replay needless: since the operation was made, and where it is about
/// requests whose events failed, whenever that was.
fn sent_since(row: &Row) -> Result<EventId> {
    let filter: RequestFilter = serde_json::from_str(&row.filter)?;
    let asked = &filter.event_status.0;
    let is_of_failed = !asked.is_empty() && !asked.contains(&EventStatus::Successful);
    Ok(EventId::first_at(if is_of_failed { Timestamp::default() } else { row.created_at }))
}

fn sql(dialect: Dialect) -> String {
    // Without statistics `SQLite` would go through those that are done each time.
    let ((index, _), pending) = (found_by(dialect), by_index(dialect, Some("bulk_item_pending")));
    format!("
        SELECT i.target_id, CAST(LENGTH(r.body) AS BIGINT) AS size, r.rejection_cause,
            COALESCE(r.ignored LIKE '{HANDSHAKE}', FALSE) AS is_handshake,
            (SELECT MAX(e.id) FROM event e{index} WHERE e.team_id = i.team_id AND e.mode = i.mode AND e.request_id = i.target_id
                AND e.status IN ('QUEUED', 'SCHEDULED', 'HOLD')) AS waiting,
            (SELECT MAX(e.id) FROM event e{index} WHERE e.team_id = i.team_id AND e.mode = i.mode AND e.request_id = i.target_id
                AND e.retry_kind IS NOT NULL AND e.status = 'SUCCESSFUL' AND e.id >= $5
                AND NOT EXISTS (SELECT 1 FROM event f{index} WHERE f.team_id = i.team_id AND f.mode = i.mode
                    AND f.request_id = i.target_id AND f.status IN ('FAILED', 'CANCELLED')
                    AND NOT EXISTS (SELECT 1 FROM event s{index} WHERE s.team_id = f.team_id AND s.mode = f.mode
                        AND s.request_id = f.request_id AND s.connection_id = f.connection_id
                        AND s.status = 'SUCCESSFUL' AND s.id > f.id))) AS sent
        FROM (SELECT team_id, mode, target_id FROM bulk_item{pending}
            WHERE team_id = $1 AND mode = $2 AND operation_id = $3 AND destination_id = '' AND status = 'PENDING'
            ORDER BY target_id LIMIT $4) i
        LEFT JOIN request r ON r.team_id = i.team_id AND r.mode = i.mode AND r.id = i.target_id
        ORDER BY i.target_id")
}

/// By which connections replays of the next `limit` requests were delivered or are about to be. One that was changed is no
/// delivery of what came.
async fn served(
    tx: &mut Tx,
    dialect: Dialect,
    row: &Row,
    limit: i64,
) -> Result<HashMap<RequestId, HashMap<ConnectionId, RequestId>>> {
    let ((index, parent), pending) = (found_by(dialect), by_index(dialect, Some("bulk_item_pending")));
    let sql = format!(
        "SELECT i.target_id, o.connection_id, MAX(p.id) AS replay \
         FROM (SELECT team_id, mode, target_id FROM bulk_item{pending} \
             WHERE team_id = $1 AND mode = $2 AND operation_id = $3 AND destination_id = '' AND status = 'PENDING' \
             ORDER BY target_id LIMIT $4) i CROSS JOIN request p{parent} CROSS JOIN event o{index} \
         WHERE p.team_id = i.team_id AND p.mode = i.mode AND p.retry_parent_id = i.target_id AND p.modified IS NULL \
             AND o.team_id = p.team_id AND o.mode = p.mode AND o.request_id = p.id \
             AND o.status IN ('SUCCESSFUL', 'QUEUED', 'SCHEDULED', 'HOLD') \
         GROUP BY i.target_id, o.connection_id"
    );
    let rows: Vec<Served> = within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql.as_str()))
        .bind(row.team_id).bind(row.mode).bind(row.id).bind(limit).fetch_all(conn).await)?;
    let mut served: HashMap<_, HashMap<_, _>> = HashMap::new();
    for Served { target_id, connection_id, replay } in rows {
        served.entry(target_id).or_default().insert(connection_id, replay);
    }
    Ok(served)
}
