//! Where an operation of requests goes now: where the sources of its next items lead to.

use hookyard_model::BulkKind;
use sqlx::AssertSqlSafe;

use super::store::{Part, Row};
use crate::{
    db::{Db, on},
    error::Result,
    request::filter::by_index,
};

/// How many items are looked at.
const SOME: i64 = 100;

/// The destinations, as parts of the operation of which nothing is counted; none of an operation of events, and when all is
/// sent.
pub(super) async fn ways(db: &Db, row: &Row) -> Result<Vec<Part>> {
    if row.kind != BulkKind::RequestBulkRetry || row.pending_count == 0 {
        return Ok(Vec::new());
    }
    // Without statistics `SQLite` would go through those that are done each time.
    let pending = by_index(db.dialect(), Some("bulk_item_pending"));
    let zero = "CAST(0 AS BIGINT)";
    let sql = format!(
        "SELECT CAST($3 AS TEXT) AS operation_id, n.id AS destination_id, n.name AS destination_name, d.stop_reason, \
             {zero} AS total_count, {zero} AS pending_count, {zero} AS open_count, {zero} AS queued_count, \
             {zero} AS done_count, {zero} AS failed_count \
         FROM destination n LEFT JOIN bulk_destination d ON d.team_id = n.team_id AND d.mode = n.mode \
             AND d.operation_id = $3 AND d.destination_id = n.id \
         WHERE n.team_id = $1 AND n.mode = $2 AND n.id IN (SELECT c.destination_id FROM connection c \
             WHERE c.team_id = $1 AND c.mode = $2 AND c.disabled_at IS NULL AND c.source_id IN (SELECT r.source_id FROM request r \
                 WHERE r.team_id = $1 AND r.mode = $2 AND r.id IN (SELECT i.target_id FROM bulk_item i{pending} \
                     WHERE i.team_id = $1 AND i.mode = $2 AND i.operation_id = $3 AND i.destination_id = '' \
                         AND i.status = 'PENDING' ORDER BY i.target_id LIMIT {SOME}))) \
         ORDER BY n.id"
    );
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql.as_str()))
        .bind(row.team_id).bind(row.mode).bind(row.id).fetch_all(pool).await)?)
}
