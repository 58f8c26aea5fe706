//! What the pace of recovery does, written down by whoever holds the lane, for everybody to read.

use std::{sync::Arc, time::Duration};

use hookyard_model::{Actor, DestinationId, PaceReading, Timestamp};
use tokio_util::task::TaskTracker;

use super::{LaneKey, lane::Lane};
use crate::{
    Engine,
    db::{Db, on},
    error::Result,
};

/// How often it is written while something is sent, and while what waits is held up.
const OFTEN: Duration = Duration::from_secs(1);
const SELDOM: Duration = Duration::from_secs(10);
/// For how long after it was written it tells of now.
const FRESH: Duration = Duration::from_secs(25);

/// What a lane wrote last.
#[derive(Debug, Default)]
pub(super) struct Noted {
    at: Timestamp,
    /// Something is being sent again, or was a moment ago.
    is_going: bool,
}

/// Writes down what the pace does when it is time to, beside what the lane does. Returns when to look again.
pub(super) fn note(engine: &Engine, lane: &Arc<Lane>, tasks: &TaskTracker) -> Timestamp {
    let now = engine.now();
    let (under_way, waits) = lane.memory.lock().recovering();
    let pace = lane.pace.lock();
    let is_active = under_way > 0 || pace.gentle.is_active(now);
    let mut noted = lane.noted.lock();
    if !is_active && !waits && !noted.is_going {
        return Timestamp::NEVER;
    }
    let next = noted.at.plus(if is_active { OFTEN } else { SELDOM });
    let reading = (next <= now || noted.is_going != is_active).then(|| pace.reading(now));
    drop(pace);
    let Some(reading) = reading else { return next };
    (noted.at, noted.is_going) = (now, is_active);
    let (engine, key) = (engine.clone(), lane.key);
    tasks.spawn(async move {
        if let Err(error) = write(engine.db(), &key, &reading).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the pace of recovery cannot be written down");
        }
    });
    now.plus(if is_active { OFTEN } else { SELDOM })
}

async fn write(db: &Db, key: &LaneKey, reading: &PaceReading) -> Result<()> {
    const SQL: &str = "
        INSERT INTO pace (team_id, mode, destination_id, at, reading) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (team_id, mode, destination_id) DO UPDATE SET at = excluded.at, reading = excluded.reading
        WHERE pace.at <= excluded.at";
    let text = serde_json::to_string(reading).unwrap_or_default();
    on!(db, write, pool => sqlx::query(SQL)
        .bind(key.team)
        .bind(key.mode)
        .bind(key.destination)
        .bind(reading.at)
        .bind(text)
        .execute(pool)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// How fast recovery sends to a destination, as its lane's holder wrote it last; none when it never did. It tells of a
/// moment: [`is_fresh`] says whether that is about now.
pub(crate) async fn pace_reading(db: &Db, who: &Actor, destination: DestinationId) -> Result<Option<PaceReading>> {
    const SQL: &str = "SELECT reading FROM pace WHERE team_id = $1 AND mode = $2 AND destination_id = $3";
    let found: Option<String> = on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(who.team).bind(who.mode).bind(destination).fetch_optional(pool).await)?;
    Ok(found.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// Whether a reading tells of now.
pub(crate) fn is_fresh(reading: &PaceReading, now: Timestamp) -> bool {
    now.since(reading.at) <= FRESH
}
