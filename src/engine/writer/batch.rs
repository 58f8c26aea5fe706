//! One commit: what is taken in and what came of attempts, each statement for all rows at once.

use std::collections::{BTreeSet, HashSet};

use hookyard_model::{EventId, EventStatus, Timestamp};

use super::{
    Admission, Kept, NewEvent, Op,
    claim::{Decided, claim},
    settle::{Known, settle},
};
use crate::{
    db::{
        Db, Tx,
        bulk::{
            Bulk, Kind,
            Kind::{Bool, Bytes, Int, Text},
        },
    },
    delivery::{LaneKey, Lanes},
    rollup::Tally,
    transform::{Work, record},
};

/// What a commit tells beside that it is done.
pub(super) struct Written {
    /// Lanes that this node does not hold and that got work: their holders are to be woken.
    pub(super) nudged: Vec<LaneKey>,
    /// What is not to be after all, since there was the same before.
    pub(super) decided: Decided,
    /// The events whose transformations are recorded; what became of others, another node has decided.
    pub(super) transformed: HashSet<EventId>,
}

/// Writes and commits all of `ops`, or nothing.
pub(super) async fn commit(db: &Db, ops: &[Op], lanes: &Lanes, writer: u16) -> sqlx::Result<Written> {
    let mut admissions = Vec::new();
    let mut settlements = Vec::new();
    let mut transformations = Vec::new();
    for op in ops {
        match op {
            Op::Capture(admission) => admissions.push(&**admission),
            Op::Settle(settlement) => settlements.push(&**settlement),
            Op::Transform(done) => transformations.push(&**done),
        }
    }
    // First without asking which attempts are there already: none is, unless a commit of which nobody knows whether it
    // happened is made again.
    for known in [Known::None, Known::Some, Known::Some] {
        let mut tx = db.begin().await?;
        let mut tally = Tally::default();
        // First of all: other commits may wait for what this one claims.
        let decided = claim(&mut tx, &admissions).await?;
        let mut work = Vec::new();
        let transformed = record(&mut tx, &transformations, &mut work, &mut tally).await?;
        let nudged = admit(&mut tx, &admissions, &decided, (lanes, work), &mut tally).await?;
        if settle(&mut tx, &settlements, known, &mut tally).await? {
            tally.write(&mut tx, writer).await?;
            tx.commit().await?;
            return Ok(Written { nudged, decided, transformed });
        }
        tx.rollback().await?;
    }
    Err(sqlx::Error::Protocol("attempts come and go while they are recorded".to_owned()))
}

async fn admit(
    tx: &mut Tx,
    admissions: &[&Admission],
    decided: &Decided,
    (lanes, transformed): (&Lanes, Vec<Work>),
    tally: &mut Tally,
) -> sqlx::Result<Vec<LaneKey>> {
    for request in admissions.iter().flat_map(|admission| &admission.requests) {
        tally.request(request, decided);
    }
    requests(admissions, decided).run(tx, REQUEST).await?;
    let events = || admissions.iter().flat_map(|admission| &admission.events).filter(|event| decided.keeps(event.id));
    let mut rows = Bulk::new(EVENT_COLUMNS);
    let mut pending = Bulk::new(PENDING_COLUMNS);
    let mut transforming = Bulk::new(TRANSFORMING_COLUMNS);
    for event in events() {
        tally.event(event);
        event_row(&mut rows, event);
        queue_row(&mut pending, &mut transforming, event);
    }
    rows.run(tx, EVENT).await?;
    pending.run(tx, PENDING).await?;
    transforming.run(tx, TRANSFORMING).await?;
    missed(admissions).run(tx, MISSED).await?;
    missed_no_more(admissions).run(tx, MISSED_NO_MORE).await?;
    let waiting = admissions.iter().flat_map(|admission| &admission.waiting);
    let announced: HashSet<EventId> =
        waiting.filter(|waiting| waiting.is_announced).map(|waiting| waiting.key.event).collect();
    let arrived = events().filter(|event| event.transform.is_none()).map(|event| Work {
        lane: LaneKey { team: event.team, mode: event.mode, destination: event.destination },
        due_at: event.created_at,
        is_announced: announced.contains(&event.id),
    });
    // A lane that this node holds looks after what it was told of; of anything else, the row says that there is work: the
    // lane may be given back while this is committed. Only the lanes of others are to be woken.
    let (mut marked, mut nudged) = (BTreeSet::new(), BTreeSet::new());
    let mut now = Timestamp::NEVER;
    for Work { lane, due_at, is_announced } in arrived.chain(transformed) {
        now = now.min(due_at);
        let is_held = lanes.holds(&lane);
        if !is_held {
            nudged.insert(lane);
        }
        if !is_held || !is_announced {
            marked.insert(lane);
        }
    }
    nudge(tx, &Vec::from_iter(marked), now).await?;
    Ok(nudged.into_iter().collect())
}

/// Writes replays with their events within a transaction of others. What is replayed is never a duplicate (see
/// [`sift`](crate::rule::sift)).
pub(crate) async fn take_in_within(tx: &mut Tx, admission: &Admission, lanes: &Lanes) -> sqlx::Result<()> {
    let mut tally = Tally::default();
    admit(tx, &[admission], &Decided::default(), (lanes, Vec::new()), &mut tally).await?;
    tally.write(tx, 0).await
}

/// Marks lanes as due.
pub(crate) async fn nudge(tx: &mut Tx, lanes: &[LaneKey], due_at: Timestamp) -> sqlx::Result<()> {
    const SQL: &str = "
        UPDATE lane SET nudges = nudges + 1, due_at = CASE WHEN lane.due_at < u.due_at THEN lane.due_at ELSE u.due_at END
        FROM u
        WHERE lane.team_id = u.team_id AND lane.mode = u.mode AND lane.destination_id = u.destination_id";
    let mut rows = Bulk::new(&[("team_id", Text), ("mode", Text), ("destination_id", Text), ("due_at", Int)]);
    for key in lanes {
        rows.row().text(key.team).text(key.mode).text(key.destination).int(due_at.millis());
    }
    rows.run(tx, SQL).await.map(|_| ())
}

const REQUEST: &str = "
    INSERT INTO request (team_id, mode, id, source_id, status, verified, rejection_cause, rejection_detail, enveloped, simulated,
        scenario, event_type, webhook_id, method, path, query, headers, body, events_count, ignored_count, ignored, retry_kind,
        retry_parent_id, modified, bulk_id, created_at)
    SELECT team_id, mode, id, source_id, status, verified, rejection_cause, rejection_detail, enveloped, simulated,
        scenario, event_type, webhook_id, method, path, query, headers, body, events_count, ignored_count, ignored, retry_kind,
        retry_parent_id, modified, bulk_id, created_at FROM u";

fn requests(admissions: &[&Admission], decided: &Decided) -> Bulk {
    let mut rows = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("id", Text),
        ("source_id", Text),
        ("status", Text),
        ("verified", Bool),
        ("rejection_cause", Text),
        ("rejection_detail", Text),
        ("enveloped", Bool),
        ("simulated", Bool),
        ("scenario", Text),
        ("event_type", Text),
        ("webhook_id", Text),
        ("method", Text),
        ("path", Text),
        ("query", Text),
        ("headers", Text),
        ("body", Bytes),
        ("events_count", Int),
        ("ignored_count", Int),
        ("ignored", Text),
        ("retry_kind", Text),
        ("retry_parent_id", Text),
        ("modified", Text),
        ("bulk_id", Text),
        ("created_at", Int),
    ]);
    for request in admissions.iter().flat_map(|admission| &admission.requests) {
        rows.row()
            .text(request.team)
            .text(request.mode)
            .text(request.id)
            .text(request.source)
            .text(if request.rejection.is_some() { "rejected" } else { "accepted" })
            .bool(request.verified)
            .opt_text(request.rejection.as_ref().map(|(cause, _)| cause))
            .opt_text(request.rejection.as_ref().map(|(_, detail)| detail))
            .bool(request.enveloped)
            .bool(request.simulated)
            .opt_text(request.staged)
            .opt_text(request.event_type.as_ref())
            .opt_text(request.webhook_id.as_ref())
            .text(&request.method)
            .text(&request.path)
            .text(&request.query)
            .text(&request.headers)
            .opt_bytes(Some(&request.body))
            .int(decided.events_count(request))
            .int(decided.ignored(request).count())
            .opt_text(decided.ignored(request).column())
            .opt_text(request.retry.as_ref().map(|(kind, _)| kind))
            .opt_text(request.retry.as_ref().map(|(_, parent)| parent))
            .opt_text(if request.modified.is_empty() { None } else { serde_json::to_string(&request.modified).ok() })
            .opt_text(request.bulk)
            .int(request.created_at.millis());
    }
    rows
}

const MISSED: &str = "
    INSERT INTO missed (team_id, mode, destination_id, request_id, connection_id)
    SELECT team_id, mode, destination_id, request_id, connection_id FROM u";

fn missed(admissions: &[&Admission]) -> Bulk {
    let mut rows = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("destination_id", Text),
        ("request_id", Text),
        ("connection_id", Text),
    ]);
    for request in admissions.iter().flat_map(|admission| &admission.requests) {
        for (destination, connection) in &request.missed_by {
            rows.row().text(request.team).text(request.mode).text(destination).text(request.id).text(connection);
        }
    }
    rows
}

const MISSED_NO_MORE: &str = "
    DELETE FROM missed WHERE (team_id, mode, destination_id, request_id) IN
        (SELECT CAST(u.team_id AS TEXT), CAST(u.mode AS TEXT), CAST(u.destination_id AS TEXT), CAST(u.request_id AS TEXT)
        FROM u)";

/// What was missed of requests that are replayed: the destinations get the replay, or have missed that instead.
fn missed_no_more(admissions: &[&Admission]) -> Bulk {
    let mut rows = Bulk::new(&[("team_id", Text), ("mode", Text), ("destination_id", Text), ("request_id", Text)]);
    for admission in admissions {
        for request in &admission.requests {
            let Some((_, original)) = request.retry else { continue };
            let taken = admission.events.iter().filter(|event| event.request == request.id);
            let missed = request.missed_by.iter().map(|(destination, _)| *destination);
            for destination in taken.map(|event| event.destination).chain(missed) {
                rows.row().text(request.team).text(request.mode).text(destination).text(original);
            }
        }
    }
    rows
}

/// Writes events of requests that are there already, as due.
pub(crate) async fn insert_events(tx: &mut Tx, events: &[NewEvent]) -> sqlx::Result<()> {
    let mut tally = Tally::default();
    let mut rows = Bulk::new(EVENT_COLUMNS);
    let mut pending = Bulk::new(PENDING_COLUMNS);
    let mut transforming = Bulk::new(TRANSFORMING_COLUMNS);
    for event in events {
        tally.event(event);
        event_row(&mut rows, event);
        queue_row(&mut pending, &mut transforming, event);
    }
    rows.run(tx, EVENT).await?;
    pending.run(tx, PENDING).await?;
    transforming.run(tx, TRANSFORMING).await?;
    tally.write(tx, 0).await
}

const EVENT_COLUMNS: &[(&str, Kind)] = &[
    ("team_id", Text),
    ("mode", Text),
    ("id", Text),
    ("request_id", Text),
    ("source_id", Text),
    ("connection_id", Text),
    ("destination_id", Text),
    ("event_type", Text),
    ("webhook_id", Text),
    ("status", Text),
    ("simulated", Bool),
    ("next_attempt_at", Int),
    ("retry_kind", Text),
    ("retry_parent_id", Text),
    ("created_at", Int),
    ("untransformed", Bool),
    ("data_id", Text),
    ("bulk_id", Text),
];

const EVENT: &str = "
    INSERT INTO event (team_id, mode, id, request_id, source_id, connection_id, destination_id, event_type, webhook_id, status,
        simulated, attempts, next_attempt_at, retry_kind, retry_parent_id, created_at, updated_at, untransformed, data_id, bulk_id)
    SELECT team_id, mode, id, request_id, source_id, connection_id, destination_id, event_type, webhook_id, status,
        simulated, 0, next_attempt_at, retry_kind, retry_parent_id, created_at, created_at, untransformed, data_id,
        bulk_id FROM u";

fn event_row(rows: &mut Bulk, event: &NewEvent) {
    rows.row()
        .text(event.team)
        .text(event.mode)
        .text(event.id)
        .text(event.request)
        .text(event.source)
        .text(event.connection)
        .text(event.destination)
        .opt_text(event.event_type.as_ref())
        .text(&event.webhook_id)
        .text(if event.due_at > event.created_at { EventStatus::Scheduled } else { EventStatus::Queued })
        .bool(event.simulated)
        .opt_int(event.transform.is_none().then_some(event.due_at.millis()))
        .opt_text(event.retry.as_ref().map(|(kind, _)| kind))
        .opt_text(event.retry.as_ref().map(|(_, parent)| parent))
        .int(event.created_at.millis())
        .bool(event.transform.is_some())
        .opt_text(event.data)
        .opt_text(event.bulk);
}

pub(super) const PENDING_COLUMNS: &[(&str, Kind)] = &[
    ("team_id", Text),
    ("mode", Text),
    ("destination_id", Text),
    ("rank", Int),
    ("due_at", Int),
    ("event_id", Text),
    ("connection_id", Text),
    ("attempts", Int),
    ("cause", Text),
    ("size", Int),
];

const PENDING: &str = "
    INSERT INTO pending (team_id, mode, destination_id, rank, due_at, event_id, connection_id, attempts, cause, size)
    SELECT team_id, mode, destination_id, rank, due_at, event_id, connection_id, attempts, cause, size FROM u";

const TRANSFORMING_COLUMNS: &[(&str, Kind)] = &[
    ("team_id", Text),
    ("mode", Text),
    ("event_id", Text),
    ("connection_id", Text),
    ("rank", Int),
    ("cause", Text),
    ("size", Int),
    ("node", Text),
];

const TRANSFORMING: &str = "
    INSERT INTO transforming (team_id, mode, event_id, connection_id, rank, cause, size, node)
    SELECT team_id, mode, event_id, connection_id, rank, cause, size, node FROM u";

/// The row of whichever queue an event goes to.
fn queue_row(pending: &mut Bulk, transforming: &mut Bulk, event: &NewEvent) {
    let Some(kept) = &event.transform else { return pending_row(pending, event) };
    transforming
        .row()
        .text(event.team)
        .text(event.mode)
        .text(event.id)
        .text(event.connection)
        .int(event.rank)
        .text(event.cause)
        .int(i64::try_from(event.size).unwrap_or(i64::MAX))
        .opt_text(match kept {
            Kept::Here(node) => Some(node),
            Kept::Nowhere => None,
        });
}

fn pending_row(rows: &mut Bulk, event: &NewEvent) {
    rows.row()
        .text(event.team)
        .text(event.mode)
        .text(event.destination)
        .int(event.rank)
        .int(event.due_at.millis())
        .text(event.id)
        .text(event.connection)
        .int(0)
        .text(event.cause)
        .int(i64::try_from(event.size).unwrap_or(i64::MAX));
}
