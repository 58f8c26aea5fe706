//! Again: a stored request through the connections as they are now, or one event with the payload that it has.

use std::sync::Arc;

use bytes::Bytes;
use hookyard_model::{Actor, Code, ConnectionId, EventId, Problem, RequestId, RetryKind, Trigger};

use super::{Draft, content_type, modify::check_open};
use crate::{
    Engine,
    error::{Error, Result},
    event::{self, StoredEvent},
    request::StoredRequest,
    routing::Route,
    writer::{Admission, Kept, NewEvent},
};

impl Engine {
    /// Takes a stored request in again, as a new one that names the original. What receivers deduplicate on is new too.
    /// What was simulated goes to the webhook that it was made for, and to no other.
    pub(crate) async fn capture_replay(&self, who: &Actor, stored: StoredRequest) -> Result<(RequestId, Vec<EventId>)> {
        let route = self.route_of_replay(who, &stored).await?;
        let only = self.only_of_replay(who, &route, &stored).await?;
        let draft = Draft {
            // Nobody proved what was changed since.
            verified: stored.verified && stored.modified.is_empty(),
            rejection: None,
            handshake: false,
            enveloped: stored.enveloped,
            simulated: stored.simulated,
            // What was wrong with it once is no part of what came.
            staged: None,
            event_type: stored.event_type,
            webhook_id: stored.webhook_id.map(|_| self.ids().uuid()),
            method: stored.method,
            path: stored.path,
            query: stored.query,
            content_type: content_type(&stored.headers),
            headers: stored.headers,
            body: Bytes::from(stored.body),
            retry: Some((RetryKind::Single, stored.id)),
            modified: stored.modified,
            only,
        };
        Ok(self.take_in(&route, draft).await?)
    }

    /// The route of the source that took a request in.
    pub(crate) async fn route_of_replay(&self, who: &Actor, stored: &StoredRequest) -> Result<Arc<Route>> {
        let route = self.route(stored.source_id).await?;
        let route = route.filter(|route| (route.team, route.mode) == (who.team, who.mode)).ok_or_else(|| {
            let detail = format!("its source {} was deleted; there is nowhere to take it in again", stored.source_id);
            Error::Problem(Problem::new(Code::Conflict, detail))
        })?;
        check_open(&route)?;
        Ok(route)
    }

    /// The only connection that a replay may take, where it is not for all.
    pub(crate) async fn only_of_replay(
        &self,
        who: &Actor,
        route: &Route,
        stored: &StoredRequest,
    ) -> Result<Option<ConnectionId>> {
        if stored.simulated { Ok(Some(self.simulated_for(who, route, stored.id).await?)) } else { Ok(None) }
    }

    /// The connection to the webhook that a simulated request was made for.
    async fn simulated_for(&self, who: &Actor, route: &Route, request: RequestId) -> Result<ConnectionId> {
        let conflict = |detail: &str| Error::Problem(Problem::new(Code::Conflict, detail));
        let connection = event::connection_of_request(self.db(), who, request).await?;
        let branch = route.branches.iter().find(|branch| Some(branch.connection) == connection);
        let branch = branch.ok_or_else(|| {
            conflict("this was simulated for a webhook that is gone; simulate it again for another one")
        })?;
        if branch.destination_disabled {
            return Err(conflict("this was simulated for a webhook that is disabled; enable it to send to it"));
        }
        Ok(branch.connection)
    }

    /// Queues a new event with the payload and the webhook id of one that is done.
    pub(crate) async fn requeue(&self, who: &Actor, event: &StoredEvent, kind: RetryKind) -> Result<EventId> {
        let now = self.now();
        let id = EventId::new(self.ids().unique(now));
        let again = NewEvent {
            team: who.team,
            mode: who.mode,
            id,
            request: event.request_id,
            source: event.source_id,
            connection: event.connection_id,
            destination: event.destination_id,
            event_type: event.event_type.clone(),
            webhook_id: event.webhook_id.clone(),
            simulated: event.simulated,
            rank: match kind {
                RetryKind::Single => 1,
                RetryKind::Bulk => 3,
            },
            cause: match kind {
                RetryKind::Single => Trigger::Manual,
                RetryKind::Bulk => Trigger::BulkRetry,
            },
            size: u64::try_from(event.payload_size).unwrap_or(0),
            retry: Some((kind, event.id)),
            due_at: now,
            // What its transformations have not let through yet goes through them again, as they are now.
            transform: event.untransformed.then_some(Kept::Nowhere),
            data: event.data_id,
            bulk: None,
            created_at: now,
        };
        let (requests, waiting, entering) = (Vec::new(), Vec::new(), Vec::new());
        self.0.writer.admit(Admission { requests, events: vec![again], waiting, entering, done: None }).await?;
        if event.untransformed {
            self.stage_has_work();
        }
        // Its payload is in the table alone.
        self.lane_has_work(who.team, who.mode, event.destination_id);
        Ok(id)
    }
}
