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
    /// The id in whose order they are found.
    pub(super) id: &'static str,
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
            let walk = Walk::of(&filter.batch_operation_id.0, filter.batch_operation_scope);
            Some(Found { table, rows, id: Walk::id(walk, "r.id") })
        }
    }
}

fn events(db: &Db, who: &Actor, filter: &EventFilter, states: &[EventStatus], now: Timestamp) -> Option<Found> {
    let wanted = asked(filter, states);
    if wanted.is_empty() {
        return None;
    }
    Some(any(db, who, &EventFilter { status: Commas(wanted), ..filter.clone() }, now))
}

/// Those of the states that a filter asks for.
fn asked(filter: &EventFilter, states: &[EventStatus]) -> Vec<EventStatus> {
    let asked = &filter.status.0;
    states.iter().copied().filter(|status| asked.is_empty() || asked.contains(status)).collect()
}

fn any(db: &Db, who: &Actor, filter: &EventFilter, now: Timestamp) -> Found {
    let (table, rows) = event::found(who, filter, now, db.dialect());
    let walk = Walk::of(&filter.batch_operation_id.0, filter.batch_operation_scope);
    Found { table, rows, id: Walk::id(walk, "e.id") }
}

/// How many of what waits are looked at.
const WAITING_LOOKED_AT: i64 = 20_000;

/// How many the filter finds that still wait, among the first that wait there.
pub(super) async fn count_waiting(db: &Db, who: &Actor, filter: &EventFilter, now: Timestamp) -> Result<u64> {
    let wanted = asked(filter, &WAITING);
    if wanted.is_empty() {
        return Ok(0);
    }
    // By the queues alone: by their states they would all be looked up.
    let Found { table, mut rows, id } = any(db, who, &EventFilter { status: Commas::default(), ..filter.clone() }, now);
    let there: Vec<_> = filter.destination_id.0.iter().map(|destination| rows.parameter(destination)).collect();
    let there =
        if there.is_empty() { String::new() } else { format!(" AND p.destination_id IN ({})", there.join(", ")) };
    let select = format!(
        "SELECT COUNT(*) FROM (SELECT p.event_id FROM pending p WHERE p.team_id = $1 AND p.mode = $2{there} \
         UNION ALL SELECT t.event_id FROM transforming t WHERE t.team_id = $1 AND t.mode = $2 \
         LIMIT {WAITING_LOOKED_AT}) q CROSS JOIN {table}"
    );
    rows.one_of("e.status", &wanted).and(&format!("{id} = q.event_id")).all(&select).count(db).await
}

/// How what belongs to operations is walked through, in the order of the ids: what was made by one of them by the index of
/// that, and what it was made of by its items. What belongs to several, or is either, is looked up in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walk {
    Made,
    Items,
    Listed,
}

impl Walk {
    /// None: it is no matter which operation something belongs to.
    pub(crate) fn of(ids: &[BulkOperationId], scope: Option<BulkScope>) -> Option<Self> {
        match (ids, scope.unwrap_or_default()) {
            ([], _) => None,
            ([_], BulkScope::Retries) => Some(Self::Made),
            ([_], BulkScope::Targets) => Some(Self::Items),
            _ => Some(Self::Listed),
        }
    }

    /// The tables to read `table`, which the statement calls `row`, together with.
    pub(crate) fn tables(self, (table, row): (&str, &str), dialect: Dialect) -> String {
        match self {
            Self::Made => format!("{table} {row}{}", by_index(dialect, Some(&format!("{table}_bulk")))),
            // In this order, whatever the planner thinks: `SQLite` takes what is joined so, and PostgreSQL what may be skipped.
            Self::Items => match dialect {
                Dialect::Sqlite => format!("bulk_item i CROSS JOIN {table} {row}"),
                Dialect::Postgres => format!(
                    "bulk_item i CROSS JOIN LATERAL (SELECT n.* FROM {table} n WHERE n.team_id = i.team_id \
                     AND n.mode = i.mode AND n.id = i.target_id OFFSET 0) {row}"
                ),
            },
            Self::Listed => format!("{table} {row}"),
        }
    }

    /// The id in whose order they are found.
    pub(crate) const fn id(walk: Option<Self>, id: &str) -> &str {
        if matches!(walk, Some(Self::Items)) { "i.target_id" } else { id }
    }
}

/// Those of these operations, among the rows that the statement calls `row` of `table`.
pub(crate) fn of_operations(
    mut found: Conditions,
    (table, row): (&str, &str),
    ids: &[BulkOperationId],
    scope: Option<BulkScope>,
) -> Conditions {
    match Walk::of(ids, scope) {
        None => found,
        Some(Walk::Made) => found.one_of(&format!("{row}.bulk_id"), ids),
        Some(Walk::Items) => {
            found = found.one_of("i.operation_id", ids);
            found.and(&format!("i.team_id = $1 AND i.mode = $2 AND i.target_id = {row}.id"))
        }
        Some(Walk::Listed) => {
            let parameters: Vec<_> = ids.iter().map(|id| found.parameter(id)).collect();
            let among = parameters.join(", ");
            let made =
                format!("SELECT b.id FROM {table} b WHERE b.team_id = $1 AND b.mode = $2 AND b.bulk_id IN ({among})");
            let targets = format!(
                "SELECT t.target_id FROM bulk_item t \
                 WHERE t.team_id = $1 AND t.mode = $2 AND t.operation_id IN ({among})"
            );
            let which = match scope.unwrap_or_default() {
                BulkScope::Targets => targets,
                BulkScope::Retries => made,
                BulkScope::Related => format!("{made} UNION ALL {targets}"),
            };
            found.and(&format!("{row}.id IN ({which})"))
        }
    }
}

/// How the events of a request and its replays are found. Without statistics `SQLite` would go through all that went to the
/// same destination; its planner takes what is joined by CROSS JOIN in the order that it stands in.
pub(super) fn found_by(dialect: Dialect) -> (String, String) {
    (by_index(dialect, Some("event_request")), by_index(dialect, Some("request_parent")))
}
