//! Events that are to be transformed before they are sent.

use std::sync::Arc;

use super::Draft;
use crate::{
    Engine,
    transform::{Brought, Entering, Raw},
    writer::{Kept, NewEvent},
};

impl Draft {
    /// What scripts are given.
    pub(super) fn brought(&self) -> Arc<Brought> {
        Arc::new(Brought {
            enveloped: self.enveloped,
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
            replay_of: self.retry.map(|(_, original)| original),
            staged: self.staged,
        })
    }
}

impl Engine {
    /// Marks an event as one that is to be transformed, with a place in this node's memory where there is room.
    pub(super) fn entering(&self, event: &mut NewEvent, brought: Arc<Brought>) -> Entering {
        let raw = Raw {
            team: event.team,
            mode: event.mode,
            event: event.id,
            request: event.request,
            source: event.source,
            connection: event.connection,
            destination: event.destination,
            event_type: event.event_type.clone(),
            webhook_id: event.webhook_id.clone(),
            simulated: event.simulated,
            rank: event.rank,
            cause: event.cause,
            created_at: event.created_at,
            brought,
        };
        let reserved = self.0.stage.reserve(event.connection, event.id, raw.bytes());
        event.transform = Some(match &reserved {
            Some(_) => Kept::Here(Arc::clone(self.0.stage.node())),
            None => Kept::Nowhere,
        });
        Entering { raw: Arc::new(raw), reserved }
    }
}
