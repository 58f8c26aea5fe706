//! What a bulk operation works on: what its filter finds, less what still waits.

use hookyard_model::{
    Actor, BulkOperationId, BulkScope, BulkTargets, Commas, EventFilter, EventStatus, RequestFilter, TimeBound,
    Timestamp,
};

use crate::{
    db::{Db, Dialect},
    error::Result,
    event,
    request::{
        self,
        filter::{Conditions, by_index},
    },
};

/// The states of events that are done, and of those that nobody stopped.
const DONE: [EventStatus; 3] = [EventStatus::Failed, EventStatus::Cancelled, EventStatus::Successful];
const ENDED: [EventStatus; 2] = [EventStatus::Failed, EventStatus::Successful];
/// The states of those that still wait for a try.
const WAITING: [EventStatus; 3] = [EventStatus::Scheduled, EventStatus::Queued, EventStatus::Hold];

/// The same targets, whenever they are asked for: times before now become instants.
pub(super) fn resolved(targets: &BulkTargets, now: Timestamp) -> BulkTargets {
    let at = |bound: Option<TimeBound>| bound.map(|bound| TimeBound::At(bound.resolve(now)));
    match targets {
        BulkTargets::Events(filter) => BulkTargets::Events(Box::new(EventFilter {
            from: at(filter.from),
            to: at(filter.to),
            ..(**filter).clone()
        })),
        BulkTargets::Requests(filter) => BulkTargets::Requests(Box::new(RequestFilter {
            from: at(filter.from),
            to: at(filter.to),
            ..(**filter).clone()
        })),
    }
}

/// Whether they are asked for by name, and so sent again although they were delivered.
pub(super) fn is_as_asked(targets: &BulkTargets) -> bool {
    match targets {
        BulkTargets::Events(filter) => !filter.id.is_empty() || filter.status.0.contains(&EventStatus::Successful),
        BulkTargets::Requests(filter) => !filter.id.is_empty(),
    }
}

/// The text that is searched for.
pub(super) fn text(targets: &BulkTargets) -> Option<&str> {
    match targets {
        BulkTargets::Events(filter) => filter.q.as_deref(),
        BulkTargets::Requests(filter) => filter.q.as_deref(),
    }
}

/// Where to read from and which rows: those of `event e`, or of `request r`.
pub(super) struct Found {
    pub(super) table: String,
    pub(super) rows: Conditions,
}

/// What there is to send again; none when the filter asks for nothing that is done.
///
/// What somebody cancelled is sent again only when it is asked for by its state or its id; as for requests that were not let
/// in, see `RequestFilter::to_replay`.
pub(super) fn found(db: &Db, who: &Actor, targets: &BulkTargets, now: Timestamp) -> Option<Found> {
    match targets {
        BulkTargets::Events(filter) if filter.status.is_empty() && filter.id.is_empty() => {
            events(db, who, filter, &ENDED, now)
        }
        BulkTargets::Events(filter) => events(db, who, filter, &DONE, now),
        BulkTargets::Requests(filter) => {
            let (table, rows) = request::found(who, &filter.to_replay(), now, db.dialect());
            Some(Found { table, rows })
        }
    }
}

/// What the filter finds that still waits.
pub(super) fn waiting(db: &Db, who: &Actor, filter: &EventFilter, now: Timestamp) -> Option<Found> {
    events(db, who, filter, &WAITING, now)
}

fn events(db: &Db, who: &Actor, filter: &EventFilter, states: &[EventStatus], now: Timestamp) -> Option<Found> {
    let asked = &filter.status.0;
    let wanted: Vec<_> = states.iter().copied().filter(|status| asked.is_empty() || asked.contains(status)).collect();
    if wanted.is_empty() {
        return None;
    }
    let filter = EventFilter { status: Commas(wanted), ..filter.clone() };
    let (table, rows) = event::found(who, &filter, now, db.dialect());
    Some(Found { table, rows })
}

/// How many there are.
pub(super) async fn count(db: &Db, found: Option<Found>) -> Result<u64> {
    match found {
        Some(Found { table, rows }) => rows.all(&format!("SELECT COUNT(*) FROM {table}")).count(db).await,
        None => Ok(0),
    }
}

/// Those of these operations: `table` is `event` or `request`, `column` the id in the statement's own.
pub(crate) fn of_operations(
    mut found: Conditions,
    (table, column): (&str, &str),
    ids: &[BulkOperationId],
    scope: Option<BulkScope>,
) -> Conditions {
    if ids.is_empty() {
        return found;
    }
    let parameters: Vec<_> = ids.iter().map(|id| found.parameter(id)).collect();
    let among = parameters.join(", ");
    let made = format!("SELECT b.id FROM {table} b WHERE b.team_id = $1 AND b.mode = $2 AND b.bulk_id IN ({among})");
    let targets = format!(
        "SELECT i.target_id FROM bulk_item i WHERE i.team_id = $1 AND i.mode = $2 AND i.operation_id IN ({among})"
    );
    let which = match scope.unwrap_or_default() {
        BulkScope::Targets => targets,
        BulkScope::Retries => made,
        BulkScope::Related => format!("{made} UNION ALL {targets}"),
    };
    found.and(&format!("{column} IN ({which})"))
}

/// How the events of a request and its replays are found. Without statistics `SQLite` would go through all that went to the
/// same destination; its planner takes what is joined by CROSS JOIN in the order that it stands in.
pub(super) fn found_by(dialect: Dialect) -> (String, String) {
    (by_index(dialect, Some("event_request")), by_index(dialect, Some("request_parent")))
}
