//! What waits: exactly as long as it is not too much, else by what was counted.
//!
//! The queue of a receiver that is down may be a million rows long, and a page that shows it is looked at often. So no
//! more than some thousand rows of a destination are read, and what was found is told again for a moment.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use hookyard_model::{
    Actor, Backlog, ConnectionId, DestinationBacklog, DestinationId, EventId, Mode, TeamId, Timestamp,
};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{
    Engine,
    db::{Db, on},
    error::Result,
    request::filter::Conditions,
    rollup::{self, EventEnds, Of, Stretches},
};

/// How many rows of a queue are read.
const MOST: i64 = 20_000;
/// How many of a destination, when the queue as a whole is longer; of what is held, and of what is not.
const SOME: i64 = 2000;
/// How long what was found is told again: little is read each time, since a page that asks because something changed would
/// keep what it heard before.
const FRESH_IF_MUCH: Duration = Duration::from_millis(500);
const FRESH_IF_ESTIMATED: Duration = Duration::from_secs(5);

type Branch = (DestinationId, ConnectionId);

/// What waits for each destination, on each connection.
pub(super) type Backlogs = BTreeMap<Branch, Backlog>;

/// What was found of late.
#[derive(Debug, Default)]
#[expect(clippy::type_complexity, reason = "a map of what was found, by whom and when")]
pub(crate) struct KnownBacklogs(Mutex<HashMap<(TeamId, Mode), (Instant, Arc<Backlogs>)>>);

impl KnownBacklogs {
    fn of(&self, who: &Actor) -> Option<Arc<Backlogs>> {
        let known = self.0.lock();
        let (found_at, backlogs) = known.get(&(who.team, who.mode))?;
        (found_at.elapsed() < fresh(backlogs)).then(|| Arc::clone(backlogs))
    }

    fn keep(&self, who: &Actor, backlogs: &Arc<Backlogs>) {
        let mut known = self.0.lock();
        known.retain(|_, (found_at, _)| found_at.elapsed() < FRESH_IF_ESTIMATED);
        known.insert((who.team, who.mode), (Instant::now(), Arc::clone(backlogs)));
    }
}

fn fresh(backlogs: &Backlogs) -> Duration {
    let sum = of_all(backlogs);
    if sum.estimated {
        FRESH_IF_ESTIMATED
    } else if sum.count > SOME.unsigned_abs() {
        FRESH_IF_MUCH
    } else {
        Duration::ZERO
    }
}

impl Engine {
    /// What waits for each of these destinations, in their order; for all, when none is named.
    pub(super) async fn backlog_of(&self, who: &Actor, ids: &[DestinationId]) -> Result<Vec<DestinationBacklog>> {
        let backlogs = self.backlogs(who).await?;
        let named: Vec<_> = if ids.is_empty() {
            super::store::destinations(self.db(), who, &[]).await?.into_iter().map(|row| row.id).collect()
        } else {
            ids.to_vec()
        };
        let of = |id: DestinationId| DestinationBacklog { destination_id: id, backlog: of_destination(&backlogs, id) };
        Ok(named.into_iter().map(of).collect())
    }

    /// What waits, for everything of the team's mode.
    pub(super) async fn backlogs(&self, who: &Actor) -> Result<Arc<Backlogs>> {
        if let Some(known) = self.0.backlogs.of(who) {
            return Ok(known);
        }
        let backlogs = Arc::new(self.find_backlogs(who).await?);
        self.0.backlogs.keep(who, &backlogs);
        Ok(backlogs)
    }

    async fn find_backlogs(&self, who: &Actor) -> Result<Backlogs> {
        let (db, now) = (self.db(), self.now());
        let mut found = Backlogs::new();
        let all = pending(db, who, None, MOST, now).await?;
        if seen(&all) <= MOST.unsigned_abs() {
            add(&mut found, all);
        } else {
            let destinations = super::store::destinations(db, who, &[]).await?;
            for destination in destinations.iter().map(|row| row.id) {
                self.find_much(who, destination, &mut found).await?;
            }
        }
        add(&mut found, transforming(db, who).await?);
        Ok(found)
    }

    /// What waits for a destination, when there may be much.
    async fn find_much(&self, who: &Actor, destination: DestinationId, found: &mut Backlogs) -> Result<()> {
        let (db, now) = (self.db(), self.now());
        let due = pending(db, who, Some((destination, "due_at <")), SOME, now).await?;
        let held = pending(db, who, Some((destination, "due_at =")), SOME, now).await?;
        let is_much = |rows: &[Row]| seen(rows) > SOME.unsigned_abs();
        let (more_due, more_held) = (is_much(&due), is_much(&held));
        add(found, due);
        add(found, held);
        if !more_due && !more_held {
            return Ok(());
        }
        // Made and not done: all that was counted, however long ago.
        let when = Stretches { from: Timestamp::default(), to: now.plus(Duration::from_hours(1)), length: i64::MAX };
        let ends = EventEnds { sources: &[], destinations: &[destination] };
        for row in rollup::events(db, who, when, Of::EACH, ends).await? {
            let Some(connection) = row.id else { continue };
            let waiting = (row.created - row.delivered - row.failed - row.cancelled).max(0).unsigned_abs();
            let backlog = found.entry((destination, connection)).or_default();
            let more = waiting.saturating_sub(backlog.count);
            // Of what was read to its end, all is known.
            if more_due {
                backlog.queued += more;
            } else {
                backlog.held += more;
            }
            backlog.count += more;
            backlog.estimated = true;
        }
        Ok(())
    }
}

/// What waits for a destination, on all connections.
pub(super) fn of_destination(backlogs: &Backlogs, id: DestinationId) -> Backlog {
    let (first, last) = (ConnectionId::new(ulid::Ulid::nil()), ConnectionId::new(ulid::Ulid(u128::MAX)));
    sum(backlogs.range((id, first)..=(id, last)).map(|(_, backlog)| backlog))
}

/// What waits on a connection.
pub(super) fn of_connection(backlogs: &Backlogs, id: ConnectionId) -> Backlog {
    sum(backlogs.iter().filter(|((_, connection), _)| *connection == id).map(|(_, backlog)| backlog))
}

/// All that waits.
pub(super) fn of_all(backlogs: &Backlogs) -> Backlog {
    sum(backlogs.values())
}

fn sum<'a>(backlogs: impl Iterator<Item = &'a Backlog>) -> Backlog {
    backlogs.fold(Backlog::default(), |sum, one| Backlog {
        count: sum.count + one.count,
        queued: sum.queued + one.queued,
        scheduled: sum.scheduled + one.scheduled,
        held: sum.held + one.held,
        oldest_at: [sum.oldest_at, one.oldest_at].into_iter().flatten().min(),
        estimated: sum.estimated || one.estimated,
    })
}

#[derive(Debug, sqlx::FromRow)]
struct Row {
    destination_id: DestinationId,
    connection_id: ConnectionId,
    /// 0: its turn, 1: later, 2: held.
    state: i64,
    events: i64,
    oldest: EventId,
}

fn seen(rows: &[Row]) -> u64 {
    rows.iter().map(|row| super::count(row.events)).sum()
}

fn add(found: &mut Backlogs, rows: Vec<Row>) {
    for row in rows {
        let backlog = found.entry((row.destination_id, row.connection_id)).or_default();
        let events = super::count(row.events);
        backlog.count += events;
        match row.state {
            0 => backlog.queued += events,
            1 => backlog.scheduled += events,
            _ => backlog.held += events,
        }
        let oldest = row.oldest.made_at();
        backlog.oldest_at = Some(backlog.oldest_at.map_or(oldest, |before| before.min(oldest)));
    }
}

/// What the queue has: of all destinations, or of one those that are held or those that are not. One row more is read
/// than `most`, to tell that there are more.
async fn pending(
    db: &Db,
    who: &Actor,
    part: Option<(DestinationId, &str)>,
    most: i64,
    now: Timestamp,
) -> Result<Vec<Row>> {
    let never = Timestamp::NEVER.millis();
    let part = match part {
        Some((destination, due)) => {
            // With the ranks named, those that are held are found without reading the others.
            format!(" AND destination_id = '{destination}' AND rank IN (0, 1, 2, 3) AND {due} {never}")
        }
        None => String::new(),
    };
    let sql = format!(
        "SELECT destination_id, connection_id, \
             CAST(CASE WHEN due_at = {never} THEN 2 WHEN due_at > {} THEN 1 ELSE 0 END AS BIGINT) AS state, \
             COUNT(*) AS events, MIN(event_id) AS oldest \
         FROM (SELECT destination_id, connection_id, due_at, event_id FROM pending \
            WHERE team_id = $1 AND mode = $2{part} LIMIT {}) AS part GROUP BY 1, 2, 3",
        now.millis(),
        most + 1
    );
    Ok(on!(db, read, pool => sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str()))
        .bind(who.team).bind(who.mode).fetch_all(pool).await)?)
}

/// What waits to be transformed.
async fn transforming(db: &Db, who: &Actor) -> Result<Vec<Row>> {
    let select = format!(
        "SELECT c.destination_id, t.connection_id, CAST(0 AS BIGINT) AS state, COUNT(*) AS events, \
             MIN(t.event_id) AS oldest \
         FROM (SELECT connection_id, event_id FROM transforming WHERE team_id = $1 AND mode = $2 LIMIT {MOST}) t \
         JOIN connection c ON c.id = t.connection_id"
    );
    let mut statement = Conditions::of(who, "c").all(&select);
    statement.sql.push_str(" GROUP BY 1, 2");
    statement.rows(db).await
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[test]
    fn what_waits_is_summed_by_destination_and_by_connection() {
        let (one, two) = (DestinationId::new(Ulid(1)), DestinationId::new(Ulid(2)));
        let (a, b) = (ConnectionId::new(Ulid(1)), ConnectionId::new(Ulid(2)));
        let row = |destination_id, connection_id, state, events, at| Row {
            destination_id,
            connection_id,
            state,
            events,
            oldest: EventId::new(Ulid::from_parts(at, 0)),
        };
        let mut found = Backlogs::new();
        add(&mut found, vec![row(one, a, 0, 1, 5), row(one, a, 2, 2, 4), row(one, b, 1, 4, 3), row(two, a, 0, 8, 2)]);
        let sum = of_destination(&found, one);
        assert_eq!((sum.count, sum.queued, sum.scheduled, sum.held), (7, 1, 4, 2));
        assert_eq!(sum.oldest_at, Some(Timestamp::from_millis(3)));
        assert_eq!((of_connection(&found, a).count, of_all(&found).count), (11, 15));
    }
}
