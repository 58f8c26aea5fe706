//! Taking events of the stage from the table: what had no room, and what a node left behind that is gone.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Raw, Reserved,
    store::{self, Queued},
};
use crate::{Engine, error::Result};

/// How often to look, should nobody say so.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// For how long others believe that this node lives, and how often it says so.
const LEASE: Duration = Duration::from_secs(12);
const LIVE_EVERY: Duration = Duration::from_secs(3);
/// How many events of a connection are taken at once.
const SOME: usize = 64;
/// How long a script that is under way may go on when the process stops.
const FINISH: Duration = Duration::from_secs(5);

/// Runs scripts until `stop`: of events where this process delivers, and in any case those that somebody tries.
pub(crate) async fn run(engine: Engine, delivers: bool, stop: CancellationToken) {
    let stage = &engine.0.stage;
    engine.0.scripts.start();
    let lease = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
    let mut lived_at: Option<Instant> = None;
    if delivers && let Err(error) = store::forget_dead(engine.db()).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "cannot forget nodes that are gone");
    }
    while !stop.is_cancelled() {
        engine.0.scripts.watch();
        if delivers {
            if lived_at.is_none_or(|at| at.elapsed() >= LIVE_EVERY) {
                match store::live(engine.db(), stage.node(), lease).await {
                    Ok(()) => {
                        lived_at = Some(Instant::now());
                        stage.open(true);
                    }
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "cannot say that this node transforms"
                        );
                    }
                }
            }
            if let Err(error) = take(&engine).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot look for events to transform");
            }
        }
        tokio::select! {
            () = stage.looked_for() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stop.cancelled() => {}
        }
    }
    stage.open(false);
    engine.0.scripts.stop();
    let ended = async {
        while !engine.0.scripts.is_idle() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(FINISH, ended).await.is_err() {
        tracing::warn!("some scripts did not end in time; they will be run again");
    }
}

/// Lets others have at once what this node did not come to.
pub(crate) async fn hand_back(engine: &Engine) {
    if let Err(error) = store::hand_back(engine.db(), engine.0.stage.node()).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "events to transform cannot be handed back; others find them"
        );
    }
}

/// Takes what nobody has, some of each connection.
async fn take(engine: &Engine) -> Result<()> {
    let was_lost = engine.0.stage.take_lost();
    let taken = take_some(engine, was_lost).await;
    if taken.is_err() {
        // Some may be said to be here, and are not.
        engine.0.stage.lost_for_now();
    }
    taken
}

async fn take_some(engine: &Engine, was_lost: bool) -> Result<()> {
    let stage = &engine.0.stage;
    let node = stage.node();
    if was_lost {
        for queued in store::own(engine.db(), node).await? {
            enter(engine, &queued).await?;
        }
    }
    let connections = store::connections(engine.db()).await?;
    stage.only(&connections);
    for connection in connections {
        let room = stage.room(connection);
        if room == 0 {
            stage.has_more(connection, true);
            continue;
        }
        let most = room.min(SOME);
        let taken = store::take(engine.db(), node, connection, most).await?;
        // Fewer may have been taken since they are large.
        let more = !taken.is_empty();
        stage.has_more(connection, more);
        for queued in &taken {
            enter(engine, queued).await?;
        }
        if more {
            stage.look();
        }
    }
    Ok(())
}

/// Puts an event into memory, unless it is there.
async fn enter(engine: &Engine, queued: &Queued) -> Result<()> {
    if engine.0.stage.is_here(queued.event_id) {
        return Ok(());
    }
    let Some(raw) = store::load(engine.db(), queued).await? else {
        return store::forget(engine.db(), queued).await;
    };
    if let Some(reserved) = engine.0.stage.take(queued.connection_id, queued.event_id, queued.bytes()) {
        engine.transform_event(Arc::new(raw), reserved);
    }
    Ok(())
}

impl Engine {
    /// Leaves an event that is committed to the threads that run scripts.
    pub(crate) fn transform_event(&self, raw: Arc<Raw>, reserved: Reserved) {
        super::work::push(self, raw, reserved);
    }
}
