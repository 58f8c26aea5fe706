//! What became of items, written down together with the counts that follow from it.

use std::collections::BTreeMap;

use hookyard_model::{BulkItemStatus, DestinationId, EventId, RequestId};

use sqlx::AssertSqlSafe;

use super::store::Key;
use crate::{
    db::{
        Dialect, Tx,
        bulk::{Bulk, Kind::Int, Kind::Text},
        within,
    },
    error::{Error, Result},
};

/// An item that goes from one state to another.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) target: String,
    pub(super) destination: Option<DestinationId>,
    pub(super) from: BulkItemStatus,
    pub(super) to: BulkItemStatus,
    /// What it became, where that is new.
    pub(super) event: Option<EventId>,
    pub(super) request: Option<RequestId>,
    /// It is skipped since it was delivered by another way, or is about to be.
    pub(super) is_elsewhere: bool,
    pub(super) reason: Option<String>,
}

/// What changes are added to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    pending: i64,
    open: i64,
    queued: i64,
    done: i64,
    failed: i64,
    retrying: i64,
    skipped: i64,
    elsewhere: i64,
    cancelled: i64,
}

impl Counts {
    fn count(&mut self, status: BulkItemStatus, by: i64) {
        match status {
            BulkItemStatus::Pending => self.pending += by,
            BulkItemStatus::Queued => self.open += by,
            BulkItemStatus::Retrying => {
                self.retrying += by;
                self.failed += by;
            }
            BulkItemStatus::Done => self.done += by,
            BulkItemStatus::Failed => self.failed += by,
            BulkItemStatus::Skipped => self.skipped += by,
            BulkItemStatus::Cancelled => self.cancelled += by,
        }
    }

    fn add(&mut self, change: &Change) {
        self.count(change.from, -1);
        self.count(change.to, 1);
        self.elsewhere += i64::from(change.to == BulkItemStatus::Skipped && change.is_elsewhere);
        // Whatever was put into the queue at some time, and what is through with it at once.
        let is_taken = change.from == BulkItemStatus::Pending && change.request.is_some();
        self.queued += i64::from(change.to == BulkItemStatus::Queued || is_taken);
    }
}

/// How many items of an operation still need something.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(super) struct Left {
    pub(super) pending_count: i64,
    pub(super) open_count: i64,
}

/// Writes changes down; the operation's row is locked by whoever asks.
pub(super) async fn apply(tx: &mut Tx, key: &Key, changes: &[Change]) -> Result<Left> {
    const ITEM: &str = "UPDATE bulk_item SET status = u.next, reason = u.reason, \
             new_event_id = COALESCE(u.new_event_id, bulk_item.new_event_id), \
             new_request_id = COALESCE(u.new_request_id, bulk_item.new_request_id) FROM u \
         WHERE bulk_item.team_id = u.team_id AND bulk_item.mode = u.mode AND bulk_item.operation_id = u.operation_id \
             AND bulk_item.target_id = u.target_id AND bulk_item.status = u.before";
    let mut items = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("operation_id", Text),
        ("target_id", Text),
        ("before", Text),
        ("next", Text),
        ("new_event_id", Text),
        ("new_request_id", Text),
        ("reason", Text),
    ]);
    let (mut all, mut by_destination) = (Counts::default(), BTreeMap::<DestinationId, Counts>::new());
    for change in changes {
        all.add(change);
        if let Some(destination) = change.destination {
            by_destination.entry(destination).or_default().add(change);
        }
        let row = items.row().text(key.team).text(key.mode).text(key.id).text(&change.target);
        row.text(change.from)
            .text(change.to)
            .opt_text(change.event)
            .opt_text(change.request)
            .opt_text(change.reason.as_ref());
    }
    if items.run(tx, ITEM).await? != changes.len() as u64 {
        // Whoever holds the lease is alone with the items, so this is a bug, and nothing of it is to be committed.
        return Err(Error::Broken(format!("items of {} are not where they were", key.id)));
    }
    part_counts(tx, key, &by_destination).await?;
    add(tx, key, all).await
}

async fn add(tx: &mut Tx, key: &Key, counts: Counts) -> Result<Left> {
    let now = match tx {
        Tx::Sqlite(_) => Dialect::Sqlite.now(),
        Tx::Postgres(_) => Dialect::Postgres.now(),
    };
    let sql = format!(
        "UPDATE bulk_operation SET pending_count = pending_count + $4, open_count = open_count + $5, \
             queued_count = queued_count + $6, done_count = done_count + $7, failed_count = failed_count + $8, \
             retrying_count = retrying_count + $9, skipped_count = skipped_count + $10, \
             cancelled_count = cancelled_count + $11, elsewhere_count = elsewhere_count + $12, \
             moved_at = {now} \
         WHERE team_id = $1 AND mode = $2 AND id = $3 RETURNING pending_count, open_count"
    );
    Ok(within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql.as_str()))
        .bind(key.team).bind(key.mode).bind(key.id)
        .bind(counts.pending).bind(counts.open).bind(counts.queued).bind(counts.done).bind(counts.failed)
        .bind(counts.retrying).bind(counts.skipped).bind(counts.cancelled).bind(counts.elsewhere)
        .fetch_one(conn).await)?)
}

async fn part_counts(tx: &mut Tx, key: &Key, by_destination: &BTreeMap<DestinationId, Counts>) -> Result<()> {
    const SQL: &str = "UPDATE bulk_destination SET pending_count = bulk_destination.pending_count + u.pending, \
             open_count = bulk_destination.open_count + u.open, queued_count = bulk_destination.queued_count + u.queued, \
             done_count = bulk_destination.done_count + u.done, failed_count = bulk_destination.failed_count + u.failed \
         FROM u WHERE bulk_destination.team_id = u.team_id AND bulk_destination.mode = u.mode \
             AND bulk_destination.operation_id = u.operation_id AND bulk_destination.destination_id = u.destination_id";
    let mut parts = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("operation_id", Text),
        ("destination_id", Text),
        ("pending", Int),
        ("open", Int),
        ("queued", Int),
        ("done", Int),
        ("failed", Int),
    ]);
    for (destination, counts) in by_destination {
        let row = parts.row().text(key.team).text(key.mode).text(key.id).text(destination);
        let row = row.int(counts.pending).int(counts.open).int(counts.queued);
        // What was not sent is one or the other as well.
        row.int(counts.done + counts.elsewhere).int(counts.failed + counts.skipped - counts.elsewhere);
    }
    parts.run(tx, SQL).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_in_one_state_and_counted_there() {
        use BulkItemStatus::{Cancelled, Done, Failed, Pending, Queued, Retrying, Skipped};
        let change = |from, to| Change {
            target: "evt_1".to_owned(),
            destination: None,
            from,
            to,
            event: None,
            request: None,
            is_elsewhere: to == Skipped,
            reason: None,
        };
        let zero = Counts::default();
        for (from, to, expected) in [
            (Pending, Queued, Counts { pending: -1, open: 1, queued: 1, ..zero }),
            (Pending, Skipped, Counts { pending: -1, skipped: 1, elsewhere: 1, ..zero }),
            (Queued, Done, Counts { open: -1, done: 1, ..zero }),
            (Queued, Failed, Counts { open: -1, failed: 1, ..zero }),
            (Queued, Retrying, Counts { open: -1, failed: 1, retrying: 1, ..zero }),
            (Queued, Cancelled, Counts { open: -1, cancelled: 1, ..zero }),
            (Retrying, Done, Counts { failed: -1, retrying: -1, done: 1, ..zero }),
            (Retrying, Failed, Counts { retrying: -1, ..zero }),
        ] {
            let mut counts = zero;
            counts.add(&change(from, to));
            assert_eq!(counts, expected, "{from} to {to}");
        }
    }
}
