//! What came of the items that were put into the queue.

use std::collections::BTreeMap;

use hookyard_model::{BulkItemStatus, BulkKind, DestinationId, EventStatus, IgnoredCause, Timestamp};
use sqlx::AssertSqlSafe;

use super::{change::Change, store::Key};
use crate::{Engine, db::on, error::Result};

#[derive(Debug, sqlx::FromRow)]
struct Row {
    target_id: String,
    destination_id: String,
    /// Of what it became; none: it is gone.
    event_status: Option<EventStatus>,
    attempts: Option<i64>,
    next_attempt_at: Option<Timestamp>,
    failure_message: Option<String>,
    ignored_cause: Option<IgnoredCause>,
    /// Where that goes.
    went_to: Option<DestinationId>,
}

/// What came of some items, and where to read on; nothing: from the start.
pub(super) struct Outcomes {
    pub(super) changes: Vec<Change>,
    pub(super) after: String,
}

/// Looks at items in the state `from`, which is `QUEUED` or `RETRYING`. `is_blocked` says where nothing is sent now.
pub(super) async fn outcomes(
    engine: &Engine,
    key: &Key,
    (kind, from): (BulkKind, BulkItemStatus),
    (after, limit): (&str, usize),
    is_blocked: impl Fn(DestinationId) -> bool,
) -> Result<Outcomes> {
    let on = match kind {
        BulkKind::EventBulkRetry => "e.id = i.new_event_id",
        BulkKind::RequestBulkRetry => "e.request_id = i.new_request_id",
    };
    let sql = format!(
        "SELECT i.target_id, i.destination_id, e.status AS event_status, e.attempts, e.next_attempt_at, e.failure_message, \
             e.ignored_cause, e.destination_id AS went_to \
         FROM (SELECT team_id, mode, target_id, destination_id, new_event_id, new_request_id FROM bulk_item \
             WHERE team_id = $1 AND mode = $2 AND operation_id = $3 AND status = '{from}' AND status <> 'PENDING' \
                 AND target_id > $4 ORDER BY target_id LIMIT {limit}) i \
         LEFT JOIN event e ON e.team_id = i.team_id AND e.mode = i.mode AND {on} ORDER BY i.target_id"
    );
    let rows: Vec<Row> = on!(engine.db(), read, pool => sqlx::query_as(AssertSqlSafe(sql.as_str()))
        .bind(key.team).bind(key.mode).bind(key.id).bind(after).fetch_all(pool).await)?;
    let mut by_target: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        by_target.entry(&row.target_id).or_default().push(row);
    }
    let after = if by_target.len() < limit { String::new() } else { last(&by_target) };
    let mut changes = Vec::new();
    for (target, rows) in by_target {
        let (to, reason) = became(&rows, kind, engine.now(), &is_blocked);
        if to != from {
            let destination = rows.first().and_then(|row| row.destination_id.parse().ok());
            let target = target.to_owned();
            let is_elsewhere = false;
            changes.push(Change { target, destination, from, to, event: None, request: None, is_elsewhere, reason });
        }
    }
    Ok(Outcomes { changes, after })
}

fn last(by_target: &BTreeMap<&str, Vec<&Row>>) -> String {
    by_target.last_key_value().map(|(target, _)| (*target).to_owned()).unwrap_or_default()
}

/// What an item is whose events are these.
fn became(
    rows: &[&Row],
    kind: BulkKind,
    now: Timestamp,
    is_blocked: &impl Fn(DestinationId) -> bool,
) -> (BulkItemStatus, Option<String>) {
    let (mut failed, mut ignored, mut cancelled, mut delivered) = (None, None, false, false);
    let mut waiting = None;
    for row in rows {
        let Some(status) = row.event_status else {
            return (BulkItemStatus::Skipped, Some("what it became was deleted".to_owned()));
        };
        let tried = row.attempts.unwrap_or_default() > 0;
        match status {
            EventStatus::Successful => delivered = true,
            EventStatus::Failed => failed = Some(row.failure_message.clone()),
            EventStatus::Cancelled => match row.ignored_cause {
                Some(cause) => ignored = Some(cause),
                None => cancelled = true,
            },
            EventStatus::Scheduled | EventStatus::Queued | EventStatus::Hold if tried => {
                waiting = Some(row.failure_message.clone());
            }
            EventStatus::Scheduled if row.next_attempt_at.is_some_and(|due_at| due_at > now) => {
                waiting = Some(Some("it waits for the delay of its connection".to_owned()));
            }
            // A request may go to several: one that takes nothing now does not hold up the rest.
            EventStatus::Scheduled | EventStatus::Queued | EventStatus::Hold
                if kind == BulkKind::RequestBulkRetry
                    && (status == EventStatus::Hold || row.went_to.is_some_and(is_blocked)) =>
            {
                waiting = Some(Some("it waits, since nothing is sent to its destination now".to_owned()));
            }
            EventStatus::Scheduled | EventStatus::Queued | EventStatus::Hold => return (BulkItemStatus::Queued, None),
        }
    }
    match (waiting, failed, delivered, cancelled, ignored) {
        (Some(reason), ..) => (BulkItemStatus::Retrying, reason),
        (None, Some(reason), ..) => (BulkItemStatus::Failed, reason),
        (None, None, true, ..) => (BulkItemStatus::Done, None),
        (None, None, false, true, _) => (BulkItemStatus::Cancelled, Some("its event was cancelled".to_owned())),
        (None, None, false, false, Some(cause)) => {
            (BulkItemStatus::Skipped, Some(format!("its connection did not take it: {cause}")))
        }
        (None, None, false, false, None) => (BulkItemStatus::Skipped, Some("what it became was deleted".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_ends_with_the_first_try_of_what_it_became() {
        use EventStatus::{Cancelled, Failed, Hold, Queued, Scheduled, Successful};
        let (event, request) = (BulkKind::EventBulkRetry, BulkKind::RequestBulkRetry);
        for (kind, events, expected) in [
            (event, &[(Queued, 0)][..], BulkItemStatus::Queued),
            (event, &[(Hold, 0)], BulkItemStatus::Queued),
            (event, &[(Successful, 1)], BulkItemStatus::Done),
            (event, &[(Failed, 1)], BulkItemStatus::Failed),
            (event, &[(Scheduled, 1)], BulkItemStatus::Retrying),
            (event, &[(Cancelled, 0)], BulkItemStatus::Cancelled),
            (request, &[(Successful, 1), (Queued, 0)], BulkItemStatus::Queued),
            (request, &[(Successful, 1), (Hold, 0)], BulkItemStatus::Retrying),
            (request, &[(Successful, 1), (Scheduled, 2)], BulkItemStatus::Retrying),
            (request, &[(Successful, 1), (Failed, 9)], BulkItemStatus::Failed),
            (request, &[(Successful, 1), (Cancelled, 0)], BulkItemStatus::Done),
        ] {
            let row = |(status, attempts): &(EventStatus, i64)| Row {
                target_id: "x".to_owned(),
                destination_id: String::new(),
                event_status: Some(*status),
                attempts: Some(*attempts),
                next_attempt_at: Some(Timestamp::from_millis(1000)),
                failure_message: None,
                ignored_cause: None,
                went_to: None,
            };
            let rows: Vec<_> = events.iter().map(row).collect();
            let rows: Vec<_> = rows.iter().collect();
            let now = Timestamp::from_millis(2000);
            assert_eq!(became(&rows, kind, now, &|_| false).0, expected, "{kind} {events:?}");
        }
    }

    #[test]
    fn what_waits_for_a_delay_holds_up_nothing() {
        let row = Row {
            target_id: "x".to_owned(),
            destination_id: String::new(),
            event_status: Some(EventStatus::Scheduled),
            attempts: Some(0),
            next_attempt_at: Some(Timestamp::from_millis(2000)),
            failure_message: None,
            ignored_cause: None,
            went_to: None,
        };
        for kind in [BulkKind::EventBulkRetry, BulkKind::RequestBulkRetry] {
            for (now, expected) in [(1999, BulkItemStatus::Retrying), (2000, BulkItemStatus::Queued)] {
                let now = Timestamp::from_millis(now);
                assert_eq!(became(&[&row], kind, now, &|_| false).0, expected, "{kind} at {now}");
            }
        }
    }
}
