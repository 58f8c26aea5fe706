//! What bulk operations sent again and made of it, over time: no count is kept of that, so it is read, up to a number.

use hookyard_model::{
    Actor, EventFilter, EventMetricsQuery, EventStatus, RequestFilter, RequestMetricsQuery, RequestStatus,
};

use crate::{
    db::Db,
    error::Result,
    event,
    request::{self, filter::Conditions},
    rollup::Stretches,
};

/// How many are read at the most.
const MOST: i64 = 100_000;

/// Events of a stretch that are in one state.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct EventRow {
    pub(super) number: i64,
    pub(super) status: EventStatus,
    pub(super) events: i64,
    /// Those of them that were given up before any attempt.
    pub(super) ignored: i64,
}

/// Requests of a stretch that were let in, or were not.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct RequestRow {
    pub(super) number: i64,
    pub(super) status: RequestStatus,
    pub(super) requests: i64,
    pub(super) ignored: i64,
    pub(super) bytes: i64,
}

/// The events that a query asks for of its operations, and whether there are more than were read.
pub(super) async fn events(
    db: &Db,
    who: &Actor,
    query: &EventMetricsQuery,
    when: Stretches,
) -> Result<(Vec<EventRow>, bool)> {
    let filter = EventFilter {
        source_id: query.source_id.clone(),
        connection_id: query.connection_id.clone(),
        destination_id: query.destination_id.clone(),
        batch_operation_id: query.batch_operation_id.clone(),
        batch_operation_scope: query.batch_operation_scope,
        ..EventFilter::default()
    };
    // The times of the query are those of the stretches.
    let (table, found) = event::found(who, &filter, when.from, db.dialect());
    let select = format!("SELECT e.created_at, e.status, e.ignored_cause FROM {table}");
    let sums = "s.status, COUNT(*) AS events, \
         CAST(SUM(CASE WHEN s.ignored_cause IS NULL THEN 0 ELSE 1 END) AS BIGINT) AS ignored";
    let rows: Vec<EventRow> = by_stretch(db, found, ("e.created_at", &select, sums), when).await?;
    let is_part = rows.iter().map(|row| row.events).sum::<i64>() >= MOST;
    Ok((rows, is_part))
}

/// The same of requests.
pub(super) async fn requests(
    db: &Db,
    who: &Actor,
    query: &RequestMetricsQuery,
    when: Stretches,
) -> Result<(Vec<RequestRow>, bool)> {
    let filter = RequestFilter {
        source_id: query.source_id.clone(),
        batch_operation_id: query.batch_operation_id.clone(),
        batch_operation_scope: query.batch_operation_scope,
        ..RequestFilter::default()
    };
    let (table, found) = request::found(who, &filter, when.from, db.dialect());
    let select = format!("SELECT r.created_at, r.status, r.ignored_count, LENGTH(r.body) AS size FROM {table}");
    let sums = "s.status, COUNT(*) AS requests, CAST(SUM(s.ignored_count) AS BIGINT) AS ignored, \
         CAST(SUM(s.size) AS BIGINT) AS bytes";
    let rows: Vec<RequestRow> = by_stretch(db, found, ("r.created_at", &select, sums), when).await?;
    let is_part = rows.iter().map(|row| row.requests).sum::<i64>() >= MOST;
    Ok((rows, is_part))
}

async fn by_stretch<R>(
    db: &Db,
    found: Conditions,
    (column, select, sums): (&str, &str, &str),
    when: Stretches,
) -> Result<Vec<R>>
where
    R: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
        + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>
        + Send
        + Unpin,
{
    let mut statement = found.between(column, when.from.millis(), when.to.millis()).all(select);
    statement.sql = format!(
        "SELECT (s.created_at - {}) / {} AS number, {sums} FROM ({} LIMIT {MOST}) s GROUP BY 1, 2",
        when.from.millis(),
        when.length.max(1),
        statement.sql
    );
    statement.rows(db).await
}
