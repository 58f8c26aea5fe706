//! What an operation would do, at bounded cost: everything is counted (`count.rs`), and of what is many a part is looked at.

use std::{collections::HashMap, time::Duration};

use hookyard_model::{
    Actor, BulkInput, BulkKind, BulkLimit, BulkObstacle, BulkPreview, BulkPreviewDestination, BulkTargets,
    DestinationId, EventFilter, EventId, RequestId, Timestamp, Who,
};
use sqlx::{FromRow, postgres::PgRow, sqlite::SqliteRow};

use super::{
    count::ByDestination,
    estimate::{self, Estimate, Known},
    obstacle,
    targets::{self, Found, found_by},
};
use crate::{
    Engine,
    db::{Db, on},
    delivery::{LaneKey, pace_reading},
    error::Result,
    recovery,
};

/// How many are looked at of the oldest, and as many of the newest.
pub(super) const SOME: u64 = 10_000;
/// How many tries tell how fast a receiver is.
const TRIES: i64 = 50;
/// The longest time that is told, in milliseconds: some ten thousand years.
const LONGEST_MS: u64 = 300_000_000_000_000;

/// What a look at some of them came to.
#[derive(Debug, Clone, Copy, Default, sqlx::FromRow)]
struct Looked {
    looked: i64,
    bytes: i64,
    delivered: i64,
    waiting: i64,
}

impl Looked {
    const fn and(self, more: Self) -> Self {
        Self {
            looked: self.looked + more.looked,
            bytes: self.bytes + more.bytes,
            delivered: self.delivered + more.delivered,
            waiting: self.waiting + more.waiting,
        }
    }

    /// So many of all, when `part` of those that were looked at are.
    fn of_all(self, part: i64, total: u64) -> u64 {
        let (part, looked) = (u128::from(part.unsigned_abs()), u128::from(self.looked.unsigned_abs()));
        let all = (part * u128::from(total)).checked_div(looked).unwrap_or_default();
        u64::try_from(all).unwrap_or(u64::MAX)
    }
}

/// Reads one row of an aggregate over what is found.
pub(super) async fn read<R>(
    engine: &Engine,
    who: Actor,
    targets: &BulkTargets,
    now: Timestamp,
    of: Of,
) -> Result<Vec<R>>
where
    R: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static,
{
    let (targets, text) = (targets.clone(), targets::text(targets).map(str::to_owned));
    let work = move |engine: Engine| async move {
        let db = engine.db();
        let Some(Found { table, rows, id }) = targets::found(db, &who, &targets, now) else { return Ok(Vec::new()) };
        let mut statement = rows.all(&format!("{} FROM {table}", of.columns));
        statement.sql = format!("{}{}{}", of.before, statement.sql, of.after.replace("@ID@", id));
        statement.rows::<R>(db).await
    };
    engine.in_turn(text.as_deref(), work).await
}

/// What stands around the statement that finds the targets.
pub(super) struct Of {
    pub(super) before: String,
    pub(super) columns: String,
    /// With `@ID@` for the id in whose order they are found.
    pub(super) after: String,
}

impl Engine {
    /// Looks at some of them: the oldest and the newest, where they are many.
    async fn look_at_bulk(&self, who: &Actor, targets: &BulkTargets, now: Timestamp, total: u64) -> Result<Looked> {
        const EVENTS: &str = "
            SELECT COUNT(*) AS looked, CAST(COALESCE(SUM(s.size), 0) AS BIGINT) AS bytes,
                CAST(COALESCE(SUM(s.delivered), 0) AS BIGINT) AS delivered, CAST(0 AS BIGINT) AS waiting
            FROM (SELECT COALESCE(LENGTH(d.body), LENGTH(p.body)) AS size,
                CASE WHEN x.status = 'SUCCESSFUL' OR EXISTS (
                    SELECT 1 FROM event o@INDEX@ WHERE o.team_id = x.team_id AND o.mode = x.mode AND o.request_id = x.request_id
                        AND o.connection_id = x.connection_id AND o.webhook_id = x.webhook_id AND o.id > x.id
                        AND o.status = 'SUCCESSFUL'
                ) OR EXISTS (
                    SELECT 1 FROM request a@PARENT@ CROSS JOIN event o@INDEX@
                WHERE o.team_id = a.team_id AND o.mode = a.mode AND o.request_id = a.id
                    AND a.team_id = x.team_id AND a.mode = x.mode AND a.retry_parent_id = x.request_id
                        AND a.modified IS NULL AND o.connection_id = x.connection_id AND o.status = 'SUCCESSFUL'
                ) THEN 1 ELSE 0 END AS delivered
            FROM (";
        const EVENTS_END: &str = ") x
            LEFT JOIN request p ON p.team_id = x.team_id AND p.mode = x.mode AND p.id = x.request_id
            LEFT JOIN event_data d ON d.team_id = x.team_id AND d.mode = x.mode AND d.id = x.data_id) s";
        const EVENT: &str =
            "SELECT e.team_id, e.mode, e.id, e.request_id, e.connection_id, e.webhook_id, e.status, e.data_id";
        const REQUESTS: &str = "
            SELECT COUNT(*) AS looked, CAST(COALESCE(SUM(s.size), 0) AS BIGINT) AS bytes,
                CAST(COALESCE(SUM(s.delivered), 0) AS BIGINT) AS delivered,
                CAST(COALESCE(SUM(s.waiting), 0) AS BIGINT) AS waiting
            FROM (SELECT x.size,
                CASE WHEN EXISTS (
                    SELECT 1 FROM request a@PARENT@ CROSS JOIN event o@INDEX@
                WHERE o.team_id = a.team_id AND o.mode = a.mode AND o.request_id = a.id
                    AND a.team_id = x.team_id AND a.mode = x.mode AND a.retry_parent_id = x.id
                        AND a.modified IS NULL AND o.status = 'SUCCESSFUL'
                ) AND NOT EXISTS (
                    SELECT 1 FROM event f@INDEX@ WHERE f.team_id = x.team_id AND f.mode = x.mode AND f.request_id = x.id
                        AND f.retry_kind IS NULL AND NOT EXISTS (
                            SELECT 1 FROM request a@PARENT@ CROSS JOIN event o@INDEX@
                            WHERE o.team_id = a.team_id AND o.mode = a.mode AND o.request_id = a.id
                                AND a.team_id = x.team_id AND a.mode = x.mode AND a.retry_parent_id = x.id
                                AND a.modified IS NULL AND o.connection_id = f.connection_id AND o.status = 'SUCCESSFUL'
                        )
                ) THEN 1 ELSE 0 END AS delivered,
                CASE WHEN EXISTS (
                    SELECT 1 FROM event o@INDEX@ WHERE o.team_id = x.team_id AND o.mode = x.mode AND o.request_id = x.id
                        AND o.status IN ('QUEUED', 'SCHEDULED', 'HOLD')
                ) THEN 1 ELSE 0 END AS waiting
            FROM (";
        const REQUEST: &str = "SELECT r.team_id, r.mode, r.id, LENGTH(r.body) AS size";
        let (before, columns, end) = match targets.kind() {
            BulkKind::EventBulkRetry => (EVENTS, EVENT, EVENTS_END),
            BulkKind::RequestBulkRetry => (REQUESTS, REQUEST, ") x) s"),
        };
        let (index, parent) = found_by(self.db().dialect());
        let mut all = Looked::default();
        let halves: &[(&str, u64)] =
            if total > 2 * SOME { &[("ASC", SOME), ("DESC", SOME)] } else { &[("ASC", 2 * SOME)] };
        for (way, limit) in halves {
            let of = Of {
                before: before.replace("@INDEX@", &index).replace("@PARENT@", &parent),
                columns: columns.to_owned(),
                after: format!(" ORDER BY @ID@ {way} LIMIT {limit}{end}"),
            };
            let found: Vec<Looked> = read(self, *who, targets, now, of).await?;
            all = found.first().map_or(all, |looked| all.and(*looked));
        }
        Ok(all)
    }

    pub(super) async fn preview_of_bulk(&self, who: &Actor, input: &BulkInput) -> Result<BulkPreview> {
        let now = self.now();
        let targets = targets::resolved(&input.targets, now);
        let counted = self.bulk_counts(who, &targets, now).await?;
        let total = counted.total;
        let looked = self.look_at_bulk(who, &targets, now, total).await?;
        let still_waiting = match &targets {
            BulkTargets::Events(filter) => self.still_waiting(who, filter, now).await?,
            BulkTargets::Requests(_) => looked.of_all(looked.waiting, total),
        };
        let locked = match who.who {
            Who::User(_) => recovery::lock(self, who, &self.reach_of_bulk(who, &counted).await?).await?,
            Who::Key(_) => None,
        };
        let (destinations, estimate) = self.expected(who, &counted.by_destination, input.limit).await?;
        let limited = input.limit.filter(|_| total > 0).map(|limit| estimate::by_limit(total, limit));
        let estimate = match (estimate, limited) {
            (Some(estimate), Some(limited)) => Some(estimate.or_slower(limited)),
            // Where it goes to is not known; else something is in the way everywhere.
            (None, limited) => limited.filter(|_| destinations.is_empty()),
            (found, None) => found,
        };
        let millis = |takes: Duration| u64::try_from(takes.as_millis()).unwrap_or(u64::MAX).min(LONGEST_MS);
        Ok(BulkPreview {
            total_count: total,
            destinations,
            oldest_at: counted.oldest.as_deref().and_then(made_at),
            newest_at: counted.newest.as_deref().and_then(made_at),
            bytes: looked.of_all(looked.bytes, total),
            duration_ms: estimate.map(|estimate| millis(estimate.takes)),
            duration_basis: estimate.map(|estimate| estimate.basis),
            rate: estimate.map_or(0.0, |estimate| estimate.rate),
            already_delivered: looked.of_all(looked.delivered, total),
            still_waiting,
            is_estimate: total > 2 * SOME,
            locked,
        })
    }

    async fn still_waiting(&self, who: &Actor, filter: &EventFilter, now: Timestamp) -> Result<u64> {
        let asked = (*who, filter.clone());
        let count = |engine: Self| async move { targets::count_waiting(engine.db(), &asked.0, &asked.1, now).await };
        self.in_turn(filter.q.as_deref(), count).await
    }

    /// Where they go and what is in the way there, and how long it takes.
    async fn expected(
        &self,
        who: &Actor,
        by_destination: &[ByDestination],
        limit: Option<BulkLimit>,
    ) -> Result<(Vec<BulkPreviewDestination>, Option<Estimate>)> {
        let (mut found, mut all) = (Vec::new(), None::<Estimate>);
        let mut names = names(self.db(), who).await?;
        for one in by_destination {
            let (id, count) = (one.destination_id, one.count.unsigned_abs());
            let target = self.target(&LaneKey { team: who.team, mode: who.mode, destination: id }).await?;
            let obstacle = obstacle::at(target.as_deref());
            if let (None, Some(target)) = (&obstacle, &target) {
                let pace = pace_reading(self.db(), who, id).await?;
                let known = Known::of(target, pace, latency(self.db(), who, id).await?);
                let one = estimate::at_one(count, &known, limit, self.now());
                all = Some(all.map_or(one, |all| all.beside(one)));
            }
            found.push(BulkPreviewDestination {
                destination_id: id,
                destination_name: names.remove(&id).unwrap_or_else(|| id.to_string()),
                count,
                obstacle: obstacle.map(BulkObstacle::from),
            });
        }
        Ok((found, all))
    }
}

fn made_at(id: &str) -> Option<Timestamp> {
    let event = id.parse::<EventId>().map(EventId::made_at);
    event.or_else(|_| id.parse::<RequestId>().map(RequestId::made_at)).ok()
}

async fn names(db: &Db, who: &Actor) -> Result<HashMap<DestinationId, String>> {
    const SQL: &str = "SELECT id, name FROM destination WHERE team_id = $1 AND mode = $2";
    let names: Vec<(DestinationId, String)> =
        on!(db, read, pool => sqlx::query_as(SQL).bind(who.team).bind(who.mode).fetch_all(pool).await)?;
    Ok(names.into_iter().collect())
}

/// How long a receiver takes to answer, by its last answers.
async fn latency(db: &Db, who: &Actor, destination: DestinationId) -> Result<Option<Duration>> {
    const SQL: &str = "SELECT a.responded_at - a.sent_at FROM attempt a \
         WHERE a.team_id = $1 AND a.mode = $2 AND a.destination_id = $3 ORDER BY a.id DESC LIMIT $4";
    let took: Vec<Option<i64>> = on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(who.team).bind(who.mode).bind(destination).bind(TRIES).fetch_all(pool).await)?;
    let mut took: Vec<u64> = took.into_iter().flatten().map(i64::unsigned_abs).collect();
    took.sort_unstable();
    Ok(took.get(took.len() / 2).map(|millis| Duration::from_millis((*millis).max(5))))
}
