//! The items of an operation, and what came of each.

use hookyard_model::{
    Actor, BulkItem, BulkItemStatus, BulkKind, BulkStatus, DestinationId, EventId, EventStatus, Page, PageQuery,
    RequestId,
};

use super::store::Row;
use crate::{
    db::Db,
    error::Result,
    request::{filter::Conditions, payload::narrow},
};

#[derive(sqlx::FromRow)]
struct ItemRow {
    target_id: String,
    number: i64,
    destination_id: String,
    status: BulkItemStatus,
    new_event_id: Option<EventId>,
    new_request_id: Option<RequestId>,
    reason: Option<String>,
    event_status: Option<EventStatus>,
    response_status: Option<i64>,
}

/// A page of the items, in their order unless asked otherwise.
pub(super) async fn page(
    db: &Db,
    who: &Actor,
    row: &Row,
    status: Option<BulkItemStatus>,
    query: &PageQuery,
) -> Result<Page<BulkItem>> {
    const SELECT: &str = "SELECT i.target_id, i.number, i.destination_id, i.status, i.new_event_id, i.new_request_id, \
         i.reason, e.status AS event_status, e.response_status FROM bulk_item i \
         LEFT JOIN event e ON e.team_id = i.team_id AND e.mode = i.mode AND e.id = i.new_event_id";
    let is_cancelled = row.status == BulkStatus::Cancelled;
    let mut found = Conditions::of(who, "i").one_of("i.operation_id", &[row.id]);
    found = match status {
        // What was not sent when it was cancelled is left as it was.
        Some(BulkItemStatus::Cancelled) if is_cancelled => found.and("i.status IN ('CANCELLED', 'PENDING')"),
        Some(BulkItemStatus::Pending) if is_cancelled => found.and("1 = 0"),
        Some(BulkItemStatus::Pending) => found.and("i.status = 'PENDING'"),
        Some(status) => found.and(&format!("i.status = '{status}' AND i.status <> 'PENDING'")),
        None => found,
    };
    let rows: Vec<ItemRow> = found.page(SELECT, "i.target_id", query).rows(db).await?;
    let page = Page::cut(query, rows, |row| row.target_id.clone());
    let of_events = row.kind == BulkKind::EventBulkRetry;
    Ok(page.map(|item| BulkItem {
        number: item.number.unsigned_abs(),
        event_id: item.target_id.parse().ok().filter(|_| of_events),
        request_id: item.target_id.parse().ok().filter(|_| !of_events),
        destination_id: item.destination_id.parse::<DestinationId>().ok(),
        status: match item.status {
            BulkItemStatus::Pending if is_cancelled => BulkItemStatus::Cancelled,
            status => status,
        },
        new_event_id: item.new_event_id,
        new_request_id: item.new_request_id,
        event_status: item.event_status,
        response_status: item.response_status.map(narrow),
        reason: item.reason,
    }))
}
