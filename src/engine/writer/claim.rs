//! Duplicates, decided in the commit that takes them in.
//!
//! A branch that looks for duplicates and makes an event *claims* what makes requests the same: a row of `seen`. Who claims it first, in
//! whichever commit on whichever node, has it until the window ends; who comes later is the same as that request, and makes
//! no event. The rows are claimed first of all in the transaction and in one order, so that no two wait for each other.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use hookyard_model::{ConnectionId, EventId, Mode, RequestId, TeamId, Timestamp};

use super::{Admission, NewRequest};
use crate::{
    db::{
        Tx,
        bulk::{
            Bulk, Kind,
            Kind::{Int, Text},
        },
    },
    rule::Ignored,
};

/// What of an admission is not to be, since there was the same before.
#[derive(Debug, Default)]
pub(crate) struct Decided {
    dropped: HashSet<EventId>,
    requests: HashMap<RequestId, Changed>,
}

/// What a request comes to without the branches that had the same before.
#[derive(Debug)]
struct Changed {
    ignored: Ignored,
    events_count: u32,
}

impl Decided {
    /// Whether an event is to be.
    pub(crate) fn keeps(&self, event: EventId) -> bool {
        !self.dropped.contains(&event)
    }

    /// Those of an admission's events that are not to be.
    pub(super) fn dropped_of(&self, admission: &Admission) -> Vec<EventId> {
        admission.events.iter().map(|event| event.id).filter(|event| !self.keeps(*event)).collect()
    }

    pub(crate) fn ignored<'a>(&'a self, request: &'a NewRequest) -> &'a Ignored {
        self.requests.get(&request.id).map_or(&request.ignored, |changed| &changed.ignored)
    }

    pub(crate) fn events_count(&self, request: &NewRequest) -> u32 {
        self.requests.get(&request.id).map_or(request.events_count, |changed| changed.events_count)
    }

    fn is_same(&mut self, candidate: &Candidate<'_>, same_as: RequestId) {
        let request = candidate.request;
        let changed = self
            .requests
            .entry(request.id)
            .or_insert_with(|| Changed { ignored: request.ignored.clone(), events_count: request.events_count });
        changed.ignored.deduplicate(candidate.whose.connection, same_as);
        changed.events_count -= 1;
        self.dropped.insert(candidate.event);
    }
}

/// Whose row of `seen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Whose<'a> {
    team: TeamId,
    mode: Mode,
    connection: ConnectionId,
    key: &'a str,
}

/// A request that claims a row.
#[derive(Debug, Clone, Copy)]
struct Candidate<'a> {
    whose: Whose<'a>,
    request: &'a NewRequest,
    window: Duration,
    event: EventId,
}

#[derive(sqlx::FromRow)]
struct Holder {
    connection_id: ConnectionId,
    key: String,
    request_id: RequestId,
    seen_at: Timestamp,
}

const COLUMNS: &[(&str, Kind)] = &[
    ("team_id", Text),
    ("mode", Text),
    ("connection_id", Text),
    ("key", Text),
    ("request_id", Text),
    ("seen_at", Int),
    ("until", Int),
];

/// The window is that of the rule as it is now, whatever it was when the row was written.
const CLAIM: &str = "
    INSERT INTO seen (team_id, mode, connection_id, key, request_id, seen_at, until)
    SELECT team_id, mode, connection_id, key, request_id, seen_at, until FROM u WHERE true
    ON CONFLICT (team_id, mode, connection_id, key) DO UPDATE
        SET request_id = excluded.request_id, seen_at = excluded.seen_at, until = excluded.until
        WHERE seen.seen_at + (excluded.until - excluded.seen_at) <= excluded.seen_at";

const HOLDERS: &str = "
    SELECT seen.connection_id, seen.key, seen.request_id, seen.seen_at
    FROM u JOIN seen ON seen.team_id = u.team_id AND seen.mode = u.mode AND seen.connection_id = u.connection_id
        AND seen.key = u.key";

/// Claims what the requests are remembered by; says which of their events are not to be.
pub(super) async fn claim(tx: &mut Tx, admissions: &[&Admission]) -> sqlx::Result<Decided> {
    let mut decided = Decided::default();
    // In the order of their keys, and of one key in the order that the requests came.
    let mut waiting: BTreeMap<Whose<'_>, Vec<Candidate<'_>>> = BTreeMap::new();
    for request in admissions.iter().flat_map(|admission| &admission.requests) {
        for claim in &request.claims {
            let (team, mode, connection) = (request.team, request.mode, claim.connection);
            let whose = Whose { team, mode, connection, key: &claim.key };
            let candidate = Candidate { whose, request, window: claim.window, event: claim.event };
            waiting.entry(whose).or_default().push(candidate);
        }
    }
    for candidates in waiting.values_mut() {
        candidates.sort_unstable_by_key(|candidate| (candidate.request.created_at, candidate.request.id));
    }
    // Of each key one at a time; nearly always the first decides over all the others.
    while !waiting.is_empty() {
        let mut rows = [Bulk::new(COLUMNS), Bulk::new(COLUMNS)];
        for (whose, candidates) in &waiting {
            let Some(first) = candidates.first() else { continue };
            let at = first.request.created_at;
            for rows in &mut rows {
                rows.row()
                    .text(whose.team)
                    .text(whose.mode)
                    .text(whose.connection)
                    .text(whose.key)
                    .text(first.request.id)
                    .int(at.millis())
                    .int(at.plus(first.window).millis());
            }
        }
        let [claims, look] = rows;
        claims.run(tx, CLAIM).await?;
        let holders: Vec<Holder> = look.returning(tx, HOLDERS).await?;
        let holders: HashMap<(ConnectionId, &str), &Holder> =
            holders.iter().map(|holder| ((holder.connection_id, holder.key.as_str()), holder)).collect();
        waiting.retain(|whose, candidates| {
            let Some(holder) = holders.get(&(whose.connection, whose.key)) else { return false };
            let same = candidates.iter().take_while(|candidate| {
                candidate.request.id == holder.request_id
                    || candidate.request.created_at < holder.seen_at.plus(candidate.window)
            });
            let decides_over = same.count().max(1);
            for candidate in candidates.drain(..decides_over) {
                if candidate.request.id != holder.request_id {
                    decided.is_same(&candidate, holder.request_id);
                }
            }
            !candidates.is_empty()
        });
    }
    Ok(decided)
}
