//! How many an operation has and where they go, counted some at a time: no statement is long, and none holds them all.

use std::collections::BTreeMap;

use hookyard_model::{Actor, BulkKind, BulkTargets, DestinationId, SourceId, Timestamp};

use super::{
    preview::{Of, SOME, read},
    targets::{self, Found},
};
use crate::{
    Engine,
    error::Result,
    request::filter::{Conditions, by_index},
};

/// How many a statement counts.
const STEP: i64 = 20_000;
/// How many sources are asked about with one statement.
const SOURCES: usize = 1000;

/// How many there are, and where they go.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) total: u64,
    /// Most first.
    pub(super) by_destination: Vec<ByDestination>,
    /// Where they came from; of requests alone.
    sources: Vec<SourceId>,
    /// The ids of the first and the last.
    pub(super) oldest: Option<String>,
    pub(super) newest: Option<String>,
}

/// What goes to one destination.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct ByDestination {
    pub(super) destination_id: DestinationId,
    pub(super) count: i64,
}

/// Those of one destination, or of one source, in a step.
#[derive(Debug, sqlx::FromRow)]
struct Group {
    whose: String,
    count: i64,
    oldest: String,
    newest: String,
}

/// What the steps so far came to.
#[derive(Debug, Default)]
struct Sums {
    groups: BTreeMap<String, i64>,
    oldest: Option<String>,
    newest: Option<String>,
}

impl Sums {
    /// Adds a step; returns the id to go on from, when there may be more.
    fn add(&mut self, step: Vec<Group>) -> Option<String> {
        let mut found = 0;
        for Group { whose, count, oldest, newest } in step {
            found += count;
            *self.groups.entry(whose).or_default() += count;
            if self.oldest.as_ref().is_none_or(|first| oldest < *first) {
                self.oldest = Some(oldest);
            }
            if self.newest.as_ref().is_none_or(|last| newest > *last) {
                self.newest = Some(newest);
            }
        }
        self.newest.clone().filter(|_| found >= STEP)
    }
}

impl Engine {
    /// How many there are and where they go.
    pub(super) async fn bulk_counts(&self, who: &Actor, targets: &BulkTargets, now: Timestamp) -> Result<Counted> {
        let sums = self.sums(*who, targets, now).await?;
        let total = sums.groups.values().map(|count| count.unsigned_abs()).sum();
        let mut counted = Counted { total, oldest: sums.oldest, newest: sums.newest, ..Counted::default() };
        match targets.kind() {
            BulkKind::EventBulkRetry => {
                for (whose, count) in sums.groups {
                    if let Ok(destination_id) = whose.parse() {
                        counted.by_destination.push(ByDestination { destination_id, count });
                    }
                }
                counted.by_destination.sort_by_key(|one| (std::cmp::Reverse(one.count), one.destination_id));
            }
            BulkKind::RequestBulkRetry => {
                counted.sources = sums.groups.keys().filter_map(|whose| whose.parse().ok()).collect();
                counted.by_destination = self.past(who, targets, now, total).await?;
            }
        }
        Ok(counted)
    }

    async fn sums(&self, who: Actor, targets: &BulkTargets, now: Timestamp) -> Result<Sums> {
        let (targets, text) = (targets.clone(), targets::text(targets).map(str::to_owned));
        let work = move |engine: Self| async move {
            let whose = match targets.kind() {
                BulkKind::EventBulkRetry => "e.destination_id",
                BulkKind::RequestBulkRetry => "r.source_id",
            };
            let (mut sums, mut after) = (Sums::default(), Some(String::new()));
            while let Some(place) = after {
                let Some(Found { table, mut rows, id }) = targets::found(engine.db(), &who, &targets, now) else {
                    break;
                };
                let place = rows.parameter(place);
                let rows = rows.and(&format!("{id} > {place}"));
                let mut statement = rows.all(&format!("SELECT {id} AS id, {whose} AS whose FROM {table}"));
                statement.sql = format!(
                    "SELECT s.whose, COUNT(*) AS count, MIN(s.id) AS oldest, MAX(s.id) AS newest \
                     FROM ({} ORDER BY {id} LIMIT {STEP}) s GROUP BY s.whose",
                    statement.sql
                );
                after = sums.add(statement.rows(engine.db()).await?);
            }
            Ok(sums)
        };
        self.in_turn(text.as_deref(), work).await
    }

    /// Where the events of some of the requests went, which tells where all of them go, about.
    async fn past(&self, who: &Actor, targets: &BulkTargets, now: Timestamp, total: u64) -> Result<Vec<ByDestination>> {
        let index = by_index(self.db().dialect(), Some("event_request"));
        let of = Of {
            before: format!(
                "SELECT w.destination_id, COUNT(*) AS count FROM event w{index} WHERE w.team_id = $1 AND w.mode = $2 \
                 AND w.request_id IN (SELECT few.id FROM ("
            ),
            columns: "SELECT r.id".to_owned(),
            after: format!(
                " ORDER BY @ID@ DESC LIMIT {}) few) GROUP BY w.destination_id ORDER BY COUNT(*) DESC, w.destination_id",
                2 * SOME
            ),
        };
        let mut by: Vec<ByDestination> = read(self, *who, targets, now, of).await?;
        if total > 2 * SOME {
            for found in &mut by {
                let all = u128::from(found.count.unsigned_abs()) * u128::from(total) / u128::from(2 * SOME);
                found.count = i64::try_from(all).unwrap_or(i64::MAX);
            }
        }
        Ok(by)
    }

    /// The destinations that it may send to: those of the past, and of requests those that their sources lead to now.
    pub(super) async fn reach_of_bulk(&self, who: &Actor, counted: &Counted) -> Result<Vec<DestinationId>> {
        let mut reach: Vec<_> = counted.by_destination.iter().map(|found| found.destination_id).collect();
        for sources in counted.sources.chunks(SOURCES) {
            let connected: Vec<(DestinationId,)> = Conditions::of(who, "c")
                .one_of("c.source_id", sources)
                .and("c.disabled_at IS NULL")
                .all("SELECT DISTINCT c.destination_id FROM connection c")
                .rows(self.db())
                .await?;
            for (destination,) in connected {
                if !reach.contains(&destination) {
                    reach.push(destination);
                }
            }
        }
        Ok(reach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_add_up_and_end_with_one_that_is_not_full() {
        let group = |whose: &str, count, oldest: &str, newest: &str| Group {
            whose: whose.to_owned(),
            count,
            oldest: oldest.to_owned(),
            newest: newest.to_owned(),
        };
        let mut sums = Sums::default();
        let next = sums.add(vec![group("a", STEP - 5, "evt_2", "evt_8"), group("b", 5, "evt_1", "evt_9")]);
        assert_eq!(next.as_deref(), Some("evt_9"));
        assert_eq!(sums.add(vec![group("b", 7, "evt_A", "evt_B")]), None);
        assert_eq!((sums.oldest.as_deref(), sums.newest.as_deref()), (Some("evt_1"), Some("evt_B")));
        assert_eq!(sums.groups, [("a".to_owned(), STEP - 5), ("b".to_owned(), 12)].into());
        assert_eq!(Sums::default().add(Vec::new()), None);
    }
}
