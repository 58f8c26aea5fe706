//! What runs by itself: each chore is idempotent, takes no input and does a little at a time, so that it does no harm
//! when several nodes do it at once and never stalls deliveries.

mod orphans;
mod retention;
mod space;

pub(crate) use retention::{kept_since, note_deleted};

use std::time::Duration;

use hookyard_model::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{Engine, bulk, error::Result, idempotency, issue, notice, rule, session, transformation};

/// How often the chores are looked at.
const EVERY: Duration = Duration::from_mins(1);
/// While there is more to do, so many times as long as a step took is left to deliveries before the next, within limits.
const REST: u32 = 4;
const LEAST_REST: Duration = Duration::from_millis(10);
const MOST_REST: Duration = Duration::from_secs(1);
/// How long notices are kept.
const NOTICES: Duration = Duration::from_hours(24 * 365);
/// How many rows a step deletes.
const SOME: i64 = 500;

/// Does the chores until `stop`.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let (started, now) = (Instant::now(), engine.now());
        let wait = match once(&engine, now).await {
            Ok(true) => (started.elapsed() * REST).clamp(LEAST_REST, MOST_REST),
            Ok(false) => EVERY,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a chore failed; it is tried again");
                EVERY
            }
        };
        // By both clocks: time that passes on the engine's makes work, also where a test moves it, even during a step.
        let due = now.plus(EVERY);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = engine.0.clock.sleep_until(due) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Does a step of each; returns whether there is more to do.
async fn once(engine: &Engine, now: Timestamp) -> Result<bool> {
    let sessions = session::delete_expired(engine.db(), now, SOME).await?;
    let keys = idempotency::delete_expired(engine.db(), now, SOME).await?;
    orphans::cancel(engine, now).await?;
    let kept = Duration::from_hours(24) * engine.0.config.retention_days;
    let rules = rule::delete_old(engine.db(), now, kept, SOME).await?;
    let history = retention::step(engine, now).await?;
    let operations = bulk::cancel_forgotten(engine.db(), now.minus(kept), now).await?
        | bulk::delete_old(engine.db(), now.minus(kept), SOME).await?;
    let envs = transformation::delete_past(engine.db(), now.minus(kept), SOME).await?;
    let issues = issue::delete_old(engine.db(), now.minus(kept), SOME).await?;
    let notices = notice::delete_old(engine.db(), now.minus(NOTICES), SOME).await?;
    Ok(history || operations || sessions + keys + rules + envs + issues + notices >= SOME.cast_unsigned())
}
