//! Which operations this node feeds.

use std::{collections::HashMap, sync::Arc, time::Duration};

use hookyard_model::Code;
use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Step,
    feed::Feeding,
    lease::{self, Lease},
    store::Key,
};
use crate::{
    Engine,
    error::{Error, is_outage},
};

/// How often to look for operations that nobody feeds.
const POLL_EVERY: Duration = Duration::from_secs(1);

/// For how long an operation may be unable to go on.
const HOPELESS: Duration = Duration::from_mins(1);

/// Who feeds bulk operations on this node.
#[derive(Debug, Default)]
pub(crate) struct Feeder {
    some: Notify,
    fed: Mutex<HashMap<Key, Arc<Notify>>>,
    /// What was begun for somebody and goes on without them.
    pub(super) begun: TaskTracker,
}

impl Feeder {
    /// Something may be to do.
    pub(crate) fn look(&self) {
        self.some.notify_one();
        for news in self.fed.lock().values() {
            news.notify_one();
        }
    }
}

/// Feeds operations that are due until `stop`; then hands them back.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    let feeding = TaskTracker::new();
    let node = engine.0.lanes.node().to_owned();
    while !stop.is_cancelled() {
        let feeder = &engine.0.bulk;
        match lease::take(engine.db(), &node, engine.now(), |key| feeder.fed.lock().contains_key(key)).await {
            Ok(taken) => {
                for lease in taken {
                    let news = Arc::new(Notify::new());
                    feeder.fed.lock().insert(lease.key, Arc::clone(&news));
                    feeding.spawn(feed(engine.clone(), lease, news, stop.clone()));
                }
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot look for bulk operations");
            }
        }
        tokio::select! {
            () = feeder.some.notified() => {}
            () = tokio::time::sleep(POLL_EVERY) => {}
            () = stop.cancelled() => {}
        }
    }
    for tasks in [&feeding, &engine.0.bulk.begun] {
        tasks.close();
        tasks.wait().await;
    }
}

/// Since when an operation cannot go on.
#[derive(Debug, Default)]
struct Trouble(Option<Instant>);

impl Trouble {
    /// Whether it could not go on for so long that it never will, by what came of the last step. That the database cannot
    /// be used passes, and is not the operation's.
    fn lasts(&mut self, error: Option<&Error>, now: Instant) -> bool {
        match error {
            None => self.0 = None,
            Some(Error::Database(error)) if is_outage(error) => self.0 = None,
            // So does that others search as much.
            Some(Error::Problem(problem)) if problem.code == Code::Unavailable => self.0 = None,
            Some(_) => return now.duration_since(*self.0.get_or_insert(now)) >= HOPELESS,
        }
        false
    }
}

/// Feeds one operation until it has ended, waits for somebody, or is another node's.
async fn feed(engine: Engine, lease: Lease, news: Arc<Notify>, stop: CancellationToken) {
    let mut feeding = Feeding::new(lease);
    let mut trouble = Trouble::default();
    while !stop.is_cancelled() {
        let step = feeding.step(&engine).await;
        let is_hopeless = trouble.lasts(step.as_ref().err(), Instant::now());
        let wait = match step {
            Ok(Step::Again) => continue,
            Ok(Step::Wait(wait)) => wait,
            Ok(Step::Leave) => break,
            Err(error) => {
                let id = feeding.lease.key.id;
                tracing::warn!(operation_id = %id, error = &error as &dyn std::error::Error, "a bulk operation cannot go on; it is tried again");
                let kept = if is_hopeless {
                    let why = format!("it could not go on for a minute: {error}; the log says more");
                    feeding.lease.give_up(&engine, &why).await
                } else {
                    // It is no better on another node.
                    feeding.renew(&engine).await
                };
                if let Err(error) = kept {
                    tracing::debug!(operation_id = %id, error = &error as &dyn std::error::Error, "nor can that be written down");
                }
                POLL_EVERY
            }
        };
        tokio::select! {
            () = news.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => {}
        }
    }
    if stop.is_cancelled() {
        let _ = feeding.lease.hand_back(engine.db()).await;
    }
    engine.0.bulk.fed.lock().remove(&feeding.lease.key);
    // What was changed while it was given back is not missed.
    engine.0.bulk.some.notify_one();
}

#[cfg(test)]
mod tests {
    use hookyard_model::Problem;

    use super::*;

    #[test]
    fn an_operation_that_fails_for_a_minute_is_given_up() {
        let (start, mut trouble) = (Instant::now(), Trouble::default());
        let broken = Error::Broken("broken".to_owned());
        let outage = Error::Database(sqlx::Error::PoolTimedOut);
        let busy = Error::Problem(Problem::new(Code::Unavailable, "too many searches are under way"));
        for (second, error, expected) in [
            (0, Some(&broken), false),
            (59, Some(&broken), false),
            (60, Some(&broken), true),
            (61, None, false),
            (62, Some(&broken), false),
            (121, Some(&outage), false),
            (122, Some(&broken), false),
            (182, Some(&broken), true),
            (183, Some(&busy), false),
            (300, Some(&busy), false),
        ] {
            assert_eq!(trouble.lasts(error, start + Duration::from_secs(second)), expected, "{second} s");
        }
    }
}
