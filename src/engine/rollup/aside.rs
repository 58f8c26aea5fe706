//! Counts that are kept in memory for a moment and written together: how long attempts took, and which connections
//! ignored what. Each would be many rows of a commit, of which most say the same as those of the commit before. A process
//! that is killed loses a second of them; what is counted in [`super::Tally`] is never lost.

use std::{collections::BTreeMap, time::Duration};

use hookyard_model::{ConnectionId, IgnoredCause, Mode, TeamId};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::{
    latency::bucket,
    table::{IGNORED, LATENCIES, second},
};
use crate::{
    Engine,
    delivery::LaneKey,
    error::Result,
    rule::Ignored,
    writer::{NewRequest, Settlement},
};

/// How often they are written.
const EVERY: Duration = Duration::from_secs(1);
/// More than so many are not kept while the database cannot be written.
const MOST: usize = 100_000;

#[derive(Debug, Default)]
#[expect(clippy::type_complexity, reason = "a count by all that it is of")]
struct Kept {
    latencies: BTreeMap<(i64, LaneKey, u8), u32>,
    /// By what ignored a request, which of a source's requests is often the same.
    ignored: BTreeMap<(i64, TeamId, Mode, BTreeMap<IgnoredCause, Vec<ConnectionId>>), u32>,
}

/// What is counted and not written yet.
#[derive(Debug, Default)]
pub(crate) struct Aside(Mutex<Kept>);

impl Aside {
    /// A request was committed.
    pub(crate) fn request(&self, request: &NewRequest, ignored: &Ignored) {
        if ignored.is_empty() {
            return;
        }
        let at = second(request.id.made_at().millis(), 0);
        let mut kept = self.0.lock();
        if kept.ignored.len() < MOST {
            *kept.ignored.entry((at, request.team, request.mode, ignored.causes.clone())).or_default() += 1;
        }
    }

    /// An attempt was committed.
    pub(crate) fn attempt(&self, settlement: &Settlement) {
        #[derive(serde::Deserialize)]
        struct Took {
            total_ms: f64,
        }
        let Ok(Took { total_ms }) = serde_json::from_str(&settlement.attempt.timings) else { return };
        let at = second(settlement.attempt.id.made_at().millis(), 0);
        let mut kept = self.0.lock();
        if kept.latencies.len() < MOST {
            *kept.latencies.entry((at, settlement.lane, bucket(total_ms))).or_default() += 1;
        }
    }

    fn take(&self) -> Kept {
        std::mem::take(&mut *self.0.lock())
    }

    fn put_back(&self, kept: Kept) {
        let mut now = self.0.lock();
        for (key, count) in kept.latencies {
            *now.latencies.entry(key).or_default() += count;
        }
        for (key, count) in kept.ignored {
            *now.ignored.entry(key).or_default() += count;
        }
    }
}

/// Writes what is counted aside, every second until `stop`, and then what is left.
pub(crate) async fn keep(engine: &Engine, stop: &CancellationToken) {
    loop {
        let stopped = tokio::time::timeout(EVERY, stop.cancelled()).await.is_ok();
        let kept = engine.0.aside.take();
        if let Err(error) = write(engine, &kept).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "counts could not be written");
            engine.0.aside.put_back(kept);
        }
        if stopped {
            return;
        }
    }
}

async fn write(engine: &Engine, kept: &Kept) -> Result<()> {
    if kept.latencies.is_empty() && kept.ignored.is_empty() {
        return Ok(());
    }
    let mut latencies: BTreeMap<(TeamId, Mode, i64, LaneKey, u8), u32> = BTreeMap::new();
    for ((at, lane, bucket), attempts) in &kept.latencies {
        latencies.insert((lane.team, lane.mode, *at, *lane, *bucket), *attempts);
    }
    let mut ignored: BTreeMap<(TeamId, Mode, i64, ConnectionId, IgnoredCause), u32> = BTreeMap::new();
    for ((at, team, mode, causes), requests) in &kept.ignored {
        for (cause, connections) in causes {
            for connection in connections {
                *ignored.entry((*team, *mode, *at, *connection, *cause)).or_default() += requests;
            }
        }
    }
    let mut tx = engine.db().begin().await?;
    let mut rows = LATENCIES.rows();
    for ((team, mode, at, lane, bucket), attempts) in latencies {
        rows.row().text(team).text(mode).int(super::SECOND).int(at).text(lane.destination).int(bucket).int(attempts);
    }
    LATENCIES.add(&mut tx, rows).await?;
    let mut rows = IGNORED.rows();
    for ((team, mode, at, connection, cause), requests) in ignored {
        rows.row().text(team).text(mode).int(super::SECOND).int(at).text(connection).text(cause).int(requests);
    }
    IGNORED.add(&mut tx, rows).await?;
    Ok(tx.commit().await?)
}
