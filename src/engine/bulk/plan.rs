//! Planning: writing down what an operation is to send again, some at a time, in the order of their ids.
//!
//! A step commits its items together with the place that it came to, so that a process may die between any two. What was
//! made or changed after the operation is no target of it.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use hookyard_model::{BulkKind, BulkStatus, BulkTargets, DestinationId, RequestFilter};

use super::{
    Step,
    lease::Lease,
    store::{self, Row},
    targets::{self, Found},
};
use crate::{
    Engine,
    db::{
        Db, Tx,
        bulk::{
            Bulk,
            Kind::{Int, Text},
        },
        within,
    },
    error::Result,
    request::filter::{Conditions, by_index},
};

/// How many items a step writes.
const SOME: usize = 1000;
/// How long the writer is left to others after a step that was not the last.
const REST: Duration = Duration::from_millis(15);

#[derive(sqlx::FromRow)]
struct Target {
    target_id: String,
    destination_id: Option<DestinationId>,
    size: i64,
}

/// Writes some more items down; when there are no more, the operation runs.
pub(super) async fn step(engine: &Engine, lease: &Lease, row: &Row) -> Result<Step> {
    let wanted = match wanted(row) {
        Ok(wanted) => wanted,
        Err(error) => {
            tracing::error!(operation_id = %row.id, error = &error as &dyn std::error::Error, "the filter of a bulk operation is damaged");
            lease.give_up(engine, "its filter cannot be read any more").await?;
            return Ok(Step::Again);
        }
    };
    let rows = next(engine, row, wanted).await?;
    let mut tx = engine.db().begin().await?;
    if lease.fence(&mut tx).await? != Some(BulkStatus::Planned) {
        return Ok(Step::Again);
    }
    let is_last = rows.len() < SOME;
    write(&mut tx, row, &rows).await?;
    if is_last {
        finish(&mut tx, row, rows.len(), engine).await?;
    }
    tx.commit().await?;
    if !is_last {
        return Ok(Step::Wait(REST));
    }
    if let Db::Postgres(pools) = engine.db()
        && row.pending_count > 10_000
    {
        // Else its plans are those of a table that was empty.
        sqlx::query("ANALYZE bulk_item").execute(&pools.write).await?;
    }
    engine.tell(row.team_id, row.mode, None);
    Ok(Step::Again)
}

/// What the stored filter asks for.
fn wanted(row: &Row) -> Result<BulkTargets> {
    Ok(match row.kind {
        BulkKind::EventBulkRetry => BulkTargets::Events(serde_json::from_str(&row.filter)?),
        BulkKind::RequestBulkRetry => BulkTargets::Requests(serde_json::from_str(&row.filter)?),
    })
}

async fn next(engine: &Engine, row: &Row, wanted: BulkTargets) -> Result<Vec<Target>> {
    const EVENT: &str = "e.id AS target_id, e.destination_id, \
         CAST(COALESCE(LENGTH(made.body), LENGTH(payload.body), 0) AS BIGINT) AS size";
    const PAYLOAD: &str = "LEFT JOIN request payload ON payload.team_id = e.team_id AND payload.mode = e.mode \
         AND payload.id = e.request_id \
         LEFT JOIN event_data made ON made.team_id = e.team_id AND made.mode = e.mode AND made.id = e.data_id";
    const REQUEST: &str = "r.id AS target_id, CAST(NULL AS TEXT) AS destination_id, \
         CAST(LENGTH(r.body) AS BIGINT) AS size";
    let (asked, who, text) = (row.clone(), row.actor(), targets::text(&wanted).map(str::to_owned));
    let read = |engine: Engine| async move {
        let db = engine.db();
        // The times in the filter are instants, so that now is any time.
        let Some(Found { table, mut rows, id }) = targets::found(db, &who, &wanted, asked.created_at) else {
            return Ok(Vec::new());
        };
        let (columns, joins) = match asked.kind {
            BulkKind::EventBulkRetry => (EVENT, PAYLOAD),
            BulkKind::RequestBulkRetry => (REQUEST, ""),
        };
        let (after, last) = (rows.parameter(&asked.planned_to), rows.parameter(&asked.last_id));
        rows = rows.and(&format!("{id} > {after} AND {id} <= {last}"));
        rows = match &wanted {
            BulkTargets::Events(_) => {
                let created = rows.parameter(asked.created_at.millis());
                rows.and(&format!("e.updated_at <= CAST({created} AS BIGINT)"))
            }
            BulkTargets::Requests(filter) => unchanged(rows, filter, &asked, db),
        };
        let mut statement = rows.all(&format!("SELECT {columns} FROM {table} {joins}"));
        let _ = write!(statement.sql, " ORDER BY {id} LIMIT {SOME}");
        statement.rows::<Target>(db).await
    };
    engine.in_turn(text.as_deref(), read).await
}

/// Those of the requests with an event that was as it is asked for when the operation was made.
fn unchanged(mut rows: Conditions, filter: &RequestFilter, asked: &Row, db: &Db) -> Conditions {
    if filter.event_status.0.is_empty() {
        return rows;
    }
    let (index, created) = (by_index(db.dialect(), Some("event_request")), rows.parameter(asked.created_at.millis()));
    let select = format!(
        "EXISTS (SELECT 1 FROM event e{index} WHERE e.team_id = $1 AND e.mode = $2 AND e.request_id = r.id \
             AND e.updated_at <= CAST({created} AS BIGINT)"
    );
    rows.within(&select, |rows| {
        rows.one_of("e.connection_id", &filter.connection_id.0).one_of("e.status", &filter.event_status.0)
    })
}

async fn write(tx: &mut Tx, row: &Row, targets: &[Target]) -> Result<()> {
    const ITEM: &str = "INSERT INTO bulk_item (team_id, mode, operation_id, target_id, number, destination_id, status) \
         SELECT team_id, mode, operation_id, target_id, number, destination_id, 'PENDING' FROM u";
    const PART: &str = "INSERT INTO bulk_destination (team_id, mode, operation_id, destination_id, is_open, total_count, \
             pending_count, open_count, queued_count, done_count, failed_count) \
         SELECT team_id, mode, operation_id, destination_id, TRUE, total, total, 0, 0, 0, 0 FROM u WHERE true \
         ON CONFLICT (team_id, mode, operation_id, destination_id) DO UPDATE SET \
             total_count = bulk_destination.total_count + excluded.total_count, \
             pending_count = bulk_destination.pending_count + excluded.pending_count";
    const PLACE: &str = "UPDATE bulk_operation SET planned_to = $4, pending_count = pending_count + $5, bytes = bytes + $6 \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    let Some(last) = targets.last() else { return Ok(()) };
    let mut items = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("operation_id", Text),
        ("target_id", Text),
        ("number", Int),
        ("destination_id", Text),
    ]);
    let (mut number, mut bytes, mut by_destination) = (row.pending_count, 0, BTreeMap::<_, i64>::new());
    for target in targets {
        number += 1;
        bytes += target.size;
        if let Some(destination) = target.destination_id {
            *by_destination.entry(destination).or_default() += 1;
        }
        let destination = target.destination_id.map(|id| id.to_string()).unwrap_or_default();
        let items = items.row().text(row.team_id).text(row.mode).text(row.id).text(&target.target_id);
        items.int(number).text(destination);
    }
    items.run(tx, ITEM).await?;
    let mut parts = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("operation_id", Text),
        ("destination_id", Text),
        ("total", Int),
    ]);
    for (destination, count) in by_destination {
        parts.row().text(row.team_id).text(row.mode).text(row.id).text(destination).int(count);
    }
    parts.run(tx, PART).await?;
    let count = i64::try_from(targets.len()).unwrap_or(i64::MAX);
    within!(tx, conn => sqlx::query(PLACE)
        .bind(row.team_id).bind(row.mode).bind(row.id).bind(&last.target_id).bind(count).bind(bytes)
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// All is written down: the operation runs, or is done as there is nothing to do.
async fn finish(tx: &mut Tx, row: &Row, written: usize, engine: &Engine) -> Result<()> {
    const SQL: &str = "UPDATE bulk_operation SET total_count = pending_count, planned_at = $4 \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    let now = engine.now();
    within!(&mut *tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id).bind(now).execute(conn).await.map(drop))?;
    let is_empty = row.pending_count == 0 && written == 0;
    store::set_status(tx, &row.key(), BulkStatus::Running, None, now).await?;
    if is_empty {
        store::set_status(tx, &row.key(), BulkStatus::Completed, None, now).await?;
    }
    Ok(())
}
