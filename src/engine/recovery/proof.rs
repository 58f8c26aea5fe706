//! Whether a destination was shown to work again: one event that was sent again by hand, and delivered, since the last
//! attempt that failed of an event that was not delivered.

use hookyard_model::{Actor, AttemptId, DestinationId, EventId, Who};
use sqlx::AssertSqlSafe;

use super::store;
use crate::{
    Engine,
    db::{Db, on},
    error::Result,
    request::filter::by_index,
};

/// How many of the last attempts that failed are looked at.
const LOOKED: usize = 1000;
/// How many destinations are named; of the others it is said how many there are.
const NAMED: usize = 3;

/// What is known of a destination's last failure, and of what was sent again since.
#[derive(Debug, Clone, Default)]
pub(super) struct Proof {
    /// The last attempt that failed, if there is one of an event that was not delivered since; simulated events do not count.
    pub(super) failed: Option<AttemptId>,
    /// Whether all were delivered since.
    is_over: bool,
    /// The last retry of one event that was delivered since.
    pub(super) retried: Option<Retried>,
}

/// A retry of one event that was delivered.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(super) struct Retried {
    pub(super) event_id: EventId,
    pub(super) attempt_id: AttemptId,
}

impl Proof {
    /// Where nothing failed, or nothing that was not delivered since, there is nothing to prove.
    pub(super) const fn holds(&self) -> bool {
        self.is_over || self.retried.is_some()
    }
}

/// Why `who` may not send many events again to these destinations; none: they may. A key may always, since a script says
/// what it wants by its call.
pub(crate) async fn lock(engine: &Engine, who: &Actor, destinations: &[DestinationId]) -> Result<Option<String>> {
    if matches!(who.who, Who::Key(_)) {
        return Ok(None);
    }
    let (mut names, mut unproven) = (Vec::new(), 0);
    for destination in destinations {
        if find(engine.db(), who, *destination).await?.holds() {
            continue;
        }
        // To one that was deleted nothing is sent, and nothing can be proved.
        let Some(row) = crate::destination::find(engine.db(), who.team, who.mode, *destination).await? else {
            continue;
        };
        unproven += 1;
        if names.len() < NAMED {
            names.push(row.name);
        }
    }
    Ok(missing(&names, unproven))
}

/// What is missing at `count` destinations, some of them with their names.
pub(super) fn missing(names: &[String], count: usize) -> Option<String> {
    let listed = match (names, count - names.len()) {
        ([], _) => return None,
        ([one], 0) => one.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (names, more) => format!("{} and {more} more", names.join(", ")),
    };
    let where_to = if count == 1 { "" } else { " to each" };
    Some(format!(
        "No event was sent again with success to {listed} since the last failure there: retry one{where_to} first, or \
         say why it is to start without that."
    ))
}

pub(super) async fn find(db: &Db, who: &Actor, destination: DestinationId) -> Result<Proof> {
    let left = last_failed(db, who, destination, true).await?;
    let is_over = left.is_none();
    let failed = match left {
        Some(failed) => Some(failed),
        None => last_failed(db, who, destination, false).await?,
    };
    let retried = match failed {
        Some(failed) => last_retried(db, who, destination, failed).await?,
        None => None,
    };
    Ok(Proof { failed, is_over, retried })
}

/// Attempts are told apart by when they began, which is in their ids: one that began before the retry and failed after
/// it says nothing of the receiver that the retry met.
///
/// Whether an event was delivered since is looked at for some of the last that failed: a receiver that delivered all of them
/// works.
async fn last_failed(db: &Db, who: &Actor, destination: DestinationId, is_left: bool) -> Result<Option<AttemptId>> {
    let index = by_index(db.dialect(), Some("attempt_failed"));
    let left = format!(
        " AND a.id >= (SELECT MIN(n.id) FROM (SELECT n.id FROM attempt n{index} WHERE n.team_id = $1 AND n.mode = $2 \
             AND n.destination_id = $3 AND n.status = 'FAILED' ORDER BY n.id DESC LIMIT {LOOKED}) n) \
         AND e.status <> 'SUCCESSFUL' AND NOT {}",
        store::delivered_since(db.dialect(), "e")
    );
    let sql = format!(
        "SELECT a.id FROM attempt a{index} \
         CROSS JOIN event e WHERE e.team_id = a.team_id AND e.mode = a.mode AND e.id = a.event_id \
         AND a.team_id = $1 AND a.mode = $2 AND a.destination_id = $3 AND a.status = 'FAILED' AND NOT e.simulated{} \
         ORDER BY a.id DESC LIMIT 1",
        if is_left { left.as_str() } else { "" }
    );
    Ok(on!(db, read, pool => sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(destination).fetch_optional(pool).await)?)
}

/// From the few events that were retried one by one, rather than from the many attempts since.
async fn last_retried(db: &Db, who: &Actor, destination: DestinationId, since: AttemptId) -> Result<Option<Retried>> {
    let sql = format!(
        "SELECT e.id AS event_id, a.id AS attempt_id FROM event e{} \
         CROSS JOIN attempt a WHERE a.team_id = e.team_id AND a.mode = e.mode AND a.event_id = e.id \
         AND e.team_id = $1 AND e.mode = $2 AND e.destination_id = $3 AND e.retry_kind = 'single' \
         AND e.status = 'SUCCESSFUL' AND NOT e.simulated AND a.status = 'SUCCESSFUL' AND a.id > $4 \
         ORDER BY e.id DESC LIMIT 1",
        by_index(db.dialect(), Some("event_retried"))
    );
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(destination).bind(since).fetch_optional(pool).await)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_without_proof_are_named() {
        for (names, count, expected) in [
            (&[][..], 0, None),
            (&["a"][..], 1, Some("to a since the last failure there: retry one first,")),
            (&["a", "b"][..], 2, Some("to a and b since the last failure there: retry one to each first,")),
            (&["a", "b", "c"][..], 9, Some("to a, b, c and 6 more since the last failure there: retry one to each")),
        ] {
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            let said = missing(&names, count);
            assert_eq!(said.is_some(), expected.is_some());
            assert!(said.unwrap_or_default().contains(expected.unwrap_or_default()));
        }
    }
}
