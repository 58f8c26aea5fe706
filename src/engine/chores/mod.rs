//! What runs by itself: each chore is idempotent, takes no input and does a little at a time, so that it does no harm
//! when several nodes do it at once and never stalls deliveries.

mod orphans;
mod retention;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{Engine, error::Result, idempotency, session};

/// How often the chores are looked at, and how often while there is more to do.
const EVERY: Duration = Duration::from_mins(1);
const AGAIN: Duration = Duration::from_millis(200);
/// How many rows a step deletes.
const SOME: i64 = 500;

/// Does the chores until `stop`.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let wait = match once(&engine).await {
            Ok(true) => AGAIN,
            Ok(false) => EVERY,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a chore failed; it is tried again");
                EVERY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Does a step of each; returns whether there is more to do.
async fn once(engine: &Engine) -> Result<bool> {
    let now = engine.now();
    let sessions = session::delete_expired(engine.db(), now, SOME).await?;
    let keys = idempotency::delete_expired(engine.db(), now, SOME).await?;
    orphans::cancel(engine, now).await?;
    let history = retention::step(engine, now, SOME).await?;
    Ok(history || sessions + keys >= SOME.cast_unsigned())
}
