//! What changed, for pages that are open.

use async_trait::async_trait;
use hookyard_model::{Actor, Change, service::Changes};
use tokio::sync::broadcast;

/// How many changes a slow listener may lag behind before it is told of one change of everything instead.
const BACKLOG: usize = 256;

/// Tells open pages what changed. Costs nothing while nobody listens.
#[derive(Debug)]
pub(crate) struct Live {
    changes: broadcast::Sender<Change>,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self { changes: broadcast::Sender::new(BACKLOG) }
    }

    pub(crate) fn has_listeners(&self) -> bool {
        self.changes.receiver_count() > 0
    }

    /// Tells those who listen on this node.
    pub(crate) fn tell(&self, change: Change) {
        // Nobody listening is no fault.
        let _ = self.changes.send(change);
    }

    pub(crate) fn listen(&self, who: &Actor) -> Box<dyn Changes> {
        Box::new(Listener { changes: self.changes.subscribe(), who: *who })
    }
}

struct Listener {
    changes: broadcast::Receiver<Change>,
    who: Actor,
}

#[async_trait]
impl Changes for Listener {
    async fn next(&mut self) -> Option<Change> {
        loop {
            match self.changes.recv().await {
                Ok(change) if (change.team, change.mode) == (self.who.team, self.who.mode) => return Some(change),
                Ok(_) => {}
                // Some were missed: say that anything may have changed.
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    return Some(Change { team: self.who.team, mode: self.who.mode, destination: None });
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
