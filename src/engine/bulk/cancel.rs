//! Taking back what a cancelled operation has in the queue.

use std::collections::HashMap;

use hookyard_model::{Actor, BulkItemStatus, BulkKind, DestinationId, EventId, Timestamp};
use sqlx::AssertSqlSafe;

use super::{
    change::{self, Change},
    store::{self, Row},
};
use crate::{
    Engine,
    db::{
        Tx,
        bulk::{
            Bulk,
            Kind::{Int, Text},
        },
        on,
    },
    delivery::LaneKey,
    error::Result,
    rollup::{Ended, Tally},
};

/// How many items are taken back with one commit.
const SOME: usize = 300;

/// An item that is in the queue or goes on by its own retries, with an event that it became.
#[derive(Debug, sqlx::FromRow)]
struct Item {
    target_id: String,
    status: BulkItemStatus,
    destination_id: String,
    event_id: Option<EventId>,
}

/// An event that was ended.
#[derive(Debug, sqlx::FromRow)]
struct Cancelled {
    #[sqlx(flatten)]
    ended: Ended,
}

/// An event that waits, as it was before.
#[derive(Debug, sqlx::FromRow)]
struct Waits {
    id: EventId,
    destination_id: DestinationId,
    next_attempt_at: Option<Timestamp>,
}

impl Engine {
    /// Ends what a cancelled operation has in the queue, and returns when none of it is about to go out.
    pub(super) async fn take_back_bulk(&self, who: &Actor, row: &Row) -> Result<()> {
        let mut gone = Vec::new();
        for from in [BulkItemStatus::Queued, BulkItemStatus::Retrying] {
            let mut after = String::new();
            loop {
                let items = self.bulk_items_in(row, from, &after).await?;
                let Some(last) = items.last() else { break };
                after.clone_from(&last.target_id);
                let ended = self.take_back(who, row, items).await?;
                // At once, so that as few as possible of them go out meanwhile.
                self.0.lanes.revoke(&ended);
                gone.extend(ended);
            }
        }
        self.recall(&gone).await?;
        self.bulk_changed(who);
        Ok(())
    }

    async fn bulk_items_in(&self, row: &Row, from: BulkItemStatus, after: &str) -> Result<Vec<Item>> {
        let on = match row.kind {
            BulkKind::EventBulkRetry => "e.id = i.new_event_id",
            BulkKind::RequestBulkRetry => "e.request_id = i.new_request_id",
        };
        let sql = format!(
            "SELECT i.target_id, i.status, i.destination_id, e.id AS event_id \
             FROM (SELECT team_id, mode, target_id, status, destination_id, new_event_id, new_request_id FROM bulk_item \
                 WHERE team_id = $1 AND mode = $2 AND operation_id = $3 AND status = '{from}' AND status <> 'PENDING' \
                     AND target_id > $4 ORDER BY target_id LIMIT {SOME}) i \
             LEFT JOIN event e ON e.team_id = i.team_id AND e.mode = i.mode AND {on} ORDER BY i.target_id"
        );
        Ok(on!(self.db(), read, pool => sqlx::query_as(AssertSqlSafe(sql.as_str()))
            .bind(row.team_id).bind(row.mode).bind(row.id).bind(after).fetch_all(pool).await)?)
    }

    /// Takes some items back; returns the events that were ended and where they would have gone.
    async fn take_back(&self, who: &Actor, row: &Row, items: Vec<Item>) -> Result<Vec<(LaneKey, EventId)>> {
        let now = self.now();
        let mut tx = self.db().begin().await?;
        // Its feeder looks what came of them at the same time.
        store::lock(&mut tx, &row.key()).await?;
        let events: Vec<EventId> = items.iter().filter_map(|item| item.event_id).collect();
        let ended = end(&mut tx, who, &events, now).await?;
        let mut by_target: HashMap<String, Change> = HashMap::new();
        for item in items {
            let Some(event) = item.event_id else { continue };
            if ended.iter().any(|(_, ended)| *ended == event) {
                by_target.entry(item.target_id.clone()).or_insert_with(|| Change {
                    destination: item.destination_id.parse().ok(),
                    target: item.target_id,
                    from: item.status,
                    to: BulkItemStatus::Cancelled,
                    event: None,
                    request: None,
                    is_elsewhere: false,
                    reason: Some("the operation was cancelled".to_owned()),
                });
            }
        }
        let changes = self.still_so(&mut tx, row, by_target.into_values().collect()).await?;
        change::apply(&mut tx, &row.key(), &changes).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Those of the changes whose items are where they were.
    async fn still_so(&self, tx: &mut Tx, row: &Row, changes: Vec<Change>) -> Result<Vec<Change>> {
        const SQL: &str = "SELECT i.target_id FROM u JOIN bulk_item i ON i.team_id = u.team_id AND i.mode = u.mode \
             AND i.operation_id = u.operation_id AND i.target_id = u.target_id AND i.status = u.status";
        let mut asked = Bulk::new(&[
            ("team_id", Text),
            ("mode", Text),
            ("operation_id", Text),
            ("target_id", Text),
            ("status", Text),
        ]);
        for change in &changes {
            let row = asked.row().text(row.team_id).text(row.mode).text(row.id);
            row.text(&change.target).text(change.from);
        }
        let there: Vec<(String,)> = asked.returning(tx, SQL).await?;
        let there: std::collections::HashSet<String> = there.into_iter().map(|(target,)| target).collect();
        Ok(changes.into_iter().filter(|change| there.contains(&change.target)).collect())
    }
}

/// Ends those of these events that wait, and takes them out of every queue.
async fn end(tx: &mut Tx, who: &Actor, events: &[EventId], now: Timestamp) -> Result<Vec<(LaneKey, EventId)>> {
    const TRANSFORMING: &str = "DELETE FROM transforming WHERE (team_id, mode, event_id) IN \
         (SELECT CAST(u.team_id AS TEXT), CAST(u.mode AS TEXT), CAST(u.id AS TEXT) FROM u)";
    const EVENT: &str = "UPDATE event SET status = 'CANCELLED', updated_at = u.now FROM u \
         WHERE event.team_id = u.team_id AND event.mode = u.mode AND event.id = u.id \
             AND event.status IN ('SCHEDULED', 'QUEUED', 'HOLD')";
    const WAITS: &str = "SELECT event.id, event.destination_id, event.next_attempt_at FROM u \
         JOIN event ON event.team_id = u.team_id AND event.mode = u.mode AND event.id = u.id";
    const DEQUEUE: &str = "DELETE FROM pending WHERE (team_id, mode, destination_id, rank, due_at, event_id) IN \
         (SELECT CAST(u.team_id AS TEXT), CAST(u.mode AS TEXT), CAST(u.destination_id AS TEXT), CAST(u.rank AS BIGINT), \
             CAST(u.due_at AS BIGINT), CAST(u.id AS TEXT) FROM u)";
    const FORGET: &str = "UPDATE event SET next_attempt_at = NULL FROM u \
         WHERE event.team_id = u.team_id AND event.mode = u.mode AND event.id = u.id";
    let table = |ids: &[EventId]| {
        let mut rows = Bulk::new(&[("team_id", Text), ("mode", Text), ("id", Text), ("now", Int)]);
        for id in ids {
            rows.row().text(who.team).text(who.mode).text(id).int(now.millis());
        }
        rows
    };
    // Before all else, as those do who let events through their transformations; then the status, which locks the rows:
    // their due times stand still from then on.
    table(events).run(tx, TRANSFORMING).await?;
    let cancelled: Vec<Cancelled> =
        table(events).returning(tx, &format!("{EVENT} RETURNING {}", Ended::returned())).await?;
    let ended: Vec<EventId> = cancelled.iter().map(|event| event.ended.id).collect();
    let waited: Vec<Waits> = table(&ended).returning(tx, WAITS).await?;
    let mut queued = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("destination_id", Text),
        ("rank", Int),
        ("due_at", Int),
        ("id", Text),
    ]);
    for event in &waited {
        let Some(due_at) = event.next_attempt_at else { continue };
        // With the ranks named, the whole key is known.
        for rank in crate::delivery::RANKS {
            let row = queued.row().text(who.team).text(who.mode).text(event.destination_id);
            row.int(rank).int(due_at.millis()).text(event.id);
        }
    }
    queued.run(tx, DEQUEUE).await?;
    table(&ended).run(tx, FORGET).await?;
    let mut tally = Tally::default();
    for event in &cancelled {
        tally.ended(&event.ended);
    }
    tally.write(tx, 0).await?;
    let lane = |event: Waits| {
        let lane = LaneKey { team: who.team, mode: who.mode, destination: event.destination_id };
        (lane, event.id)
    };
    Ok(waited.into_iter().map(lane).collect())
}
