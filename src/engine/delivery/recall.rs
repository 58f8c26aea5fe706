//! Recalling events that were cancelled: whoever cancels is answered when none of them goes out any more, whichever node
//! holds their lanes.
//!
//! What this node has is asked in memory. For a lane that another node holds, the lane's row counts what is asked of its
//! holder (`recalls`), once that they are cancelled is committed. The holder drops what waits in memory, waits for tries
//! that are about to leave, and writes down how much it answered (`recalled`). Whoever asks waits for that, or until the
//! lease is over or another's: who takes the lane later reads the table, where they do not wait any more.
//!
//! News makes that quick; should it get lost, the holder sees it when it renews its lease. A node that was stopped, or
//! cut off from the database, while it opened a connection may send what it opened it for after its lease.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use hookyard_model::{EventId, EventStatus};
use sqlx::AssertSqlSafe;
use tokio::time::{sleep, timeout};

use super::{LaneKey, lane::Lane, leaving::PATIENCE};
use crate::{
    Engine,
    db::{
        Db,
        bulk::{Bulk, Kind::Text},
        on,
    },
    error::{Error, Result},
};

/// How often to look for an answer.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long to wait for it: a holder waits for its tries, and a lease ends before that.
const LONGEST: Duration = PATIENCE.saturating_add(Duration::from_secs(5));
/// How long to wait after the database failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What was asked of a lane's holder.
#[derive(sqlx::FromRow)]
struct Asked {
    epoch: i64,
    recalls: i64,
}

impl Engine {
    /// Returns when none of these events is about to go out, from whichever node. That they are cancelled is committed.
    pub(crate) async fn recall(&self, events: &[(LaneKey, EventId)]) -> Result<()> {
        let lanes = &self.0.lanes;
        lanes.revoke(events);
        let mut asked = Vec::new();
        if self.db().dialect().is_shared() {
            for key in events.iter().map(|(lane, _)| *lane).collect::<BTreeSet<_>>() {
                if let Some(of_lane) = ask(self.db(), &key, lanes.node()).await? {
                    asked.push((key, of_lane));
                    self.0.routing.wake.recall(key);
                }
            }
        }
        lanes.wait_for_revoked(events).await;
        let answers = async {
            for (key, asked) in &asked {
                while !is_answered(self.db(), key, asked).await? {
                    sleep(LOOK_EVERY).await;
                }
            }
            Ok(())
        };
        let late = |_| Err(Error::Broken("whoever holds a lane did not say that it sends no more of it".to_owned()));
        timeout(LONGEST, answers).await.unwrap_or_else(late)
    }
}

/// Answers what was asked of the holder of this lane so far.
pub(super) async fn answer(engine: Engine, lane: Arc<Lane>) {
    if let Err(error) = try_to_answer(&engine, &lane).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "that a lane sends no more of what was cancelled cannot be written down"
        );
        sleep(AFTER_FAILURE).await;
        lane.recall();
    }
}

async fn try_to_answer(engine: &Engine, lane: &Lane) -> Result<()> {
    let Some(asked) = asked(engine.db(), lane).await? else { return Ok(()) };
    // What was asked was committed after what it is about: what is read from here on is not of it.
    lane.recheck();
    let begun = lane.memory.lock().begun();
    let cancelled = cancelled(engine.db(), &lane.key, &begun).await?;
    let leaving = &engine.0.lanes.leaving;
    leaving.revoke(cancelled.iter().copied());
    leaving.wait_for(&cancelled).await;
    answered(engine.db(), lane, asked).await
}

/// Asks the lane's holder, if that is another node.
async fn ask(db: &Db, key: &LaneKey, node: &str) -> Result<Option<Asked>> {
    const SQL: &str = "
        UPDATE lane SET recalls = recalls + 1
        WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND holder IS NOT NULL AND holder <> $4
        RETURNING epoch, recalls";
    Ok(on!(db, write, pool => sqlx::query_as(SQL)
        .bind(key.team).bind(key.mode).bind(key.destination).bind(node).fetch_optional(pool).await)?)
}

/// Whether the holder answered, or is the holder no more.
async fn is_answered(db: &Db, key: &LaneKey, asked: &Asked) -> Result<bool> {
    let sql = format!(
        "SELECT 1 FROM lane WHERE team_id = $1 AND mode = $2 AND destination_id = $3
            AND epoch = $4 AND recalled < $5 AND holder IS NOT NULL AND held_until >= {}",
        db.dialect().now()
    );
    let waits: Option<i32> = on!(db, write, pool => sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
        .bind(key.team).bind(key.mode).bind(key.destination).bind(asked.epoch).bind(asked.recalls)
        .fetch_optional(pool).await)?;
    Ok(waits.is_none())
}

/// What is asked of the holder of this lane, and not answered.
async fn asked(db: &Db, lane: &Lane) -> Result<Option<i64>> {
    const SQL: &str = "SELECT recalls FROM lane
        WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND epoch = $4 AND recalled < recalls";
    let key = lane.key;
    Ok(on!(db, write, pool => sqlx::query_scalar(SQL)
        .bind(key.team).bind(key.mode).bind(key.destination).bind(lane.epoch).fetch_optional(pool).await)?)
}

async fn answered(db: &Db, lane: &Lane, asked: i64) -> Result<()> {
    const SQL: &str = "UPDATE lane SET recalled = $5
        WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND epoch = $4 AND recalled < $5";
    let key = lane.key;
    Ok(on!(db, write, pool => sqlx::query(SQL)
        .bind(key.team).bind(key.mode).bind(key.destination).bind(lane.epoch).bind(asked)
        .execute(pool).await.map(drop))?)
}

/// Those of these events that were cancelled.
async fn cancelled(db: &Db, key: &LaneKey, events: &[EventId]) -> Result<Vec<EventId>> {
    let sql = format!(
        "SELECT event.id FROM u JOIN event ON event.team_id = u.team_id AND event.mode = u.mode AND event.id = u.id \
         WHERE event.status = '{}'",
        EventStatus::Cancelled
    );
    let mut rows = Bulk::new(&[("team_id", Text), ("mode", Text), ("id", Text)]);
    for event in events {
        rows.row().text(key.team).text(key.mode).text(event);
    }
    let mut tx = db.begin().await?;
    let found: Vec<(EventId,)> = rows.returning(&mut tx, &sql).await?;
    Ok(found.into_iter().map(|(event,)| event).collect())
}
