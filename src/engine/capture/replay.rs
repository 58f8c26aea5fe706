//! Again: a stored request through the connections as they are now, or one event with the payload that it has.

use std::sync::Arc;

use bytes::Bytes;
use hookyard_model::{Actor, AuditAction, Code, ConnectionId, EventId, Problem, RequestId, RetryKind, Trigger};

use super::{Draft, content_type, modify::check_open};
use crate::{
    Engine, audit, bulk,
    delivery::LaneKey,
    error::{Error, Result},
    event::{self, StoredEvent},
    request::StoredRequest,
    routing::Route,
    writer::{Kept, NewEvent, insert_events, nudge},
};

impl Engine {
    /// Takes a stored request in again, as a new one that names the original.
    pub(crate) async fn capture_replay(&self, who: &Actor, stored: StoredRequest) -> Result<(RequestId, Vec<EventId>)> {
        let (route, draft) = self.draft_of_replay(who, stored, RetryKind::Single).await?;
        Ok(self.take_in(&route, draft).await?)
    }

    /// What is taken in again of a stored request, and by which route. What receivers deduplicate on is new. What was
    /// simulated goes to the webhook that it was made for, and to no other.
    pub(crate) async fn draft_of_replay(
        &self,
        who: &Actor,
        stored: StoredRequest,
        kind: RetryKind,
    ) -> Result<(Arc<Route>, Draft)> {
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
            retry: Some((kind, stored.id)),
            modified: stored.modified,
            only,
        };
        Ok((route, draft))
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

    /// Queues a new event with the payload and the webhook id of one that is done, unless a bulk operation is about to send
    /// the same.
    pub(crate) async fn requeue(&self, who: &Actor, event: &StoredEvent) -> Result<EventId> {
        let now = self.now();
        let id = EventId::new(self.ids().unique(now));
        let lane = LaneKey { team: who.team, mode: who.mode, destination: event.destination_id };
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
            rank: 1,
            cause: Trigger::Manual,
            size: u64::try_from(event.payload_size).unwrap_or(0),
            retry: Some((RetryKind::Single, event.id)),
            due_at: now,
            // What its transformations have not let through yet goes through them again, as they are now.
            transform: event.untransformed.then_some(Kept::Nowhere),
            data: event.data_id,
            bulk: None,
            created_at: now,
        };
        let mut tx = self.db().begin().await?;
        if let Some(same) = bulk::about_to_bring(&mut tx, who, event).await? {
            let detail = format!(
                "the same is about to be sent by {same}, which a bulk operation made; cancel that first, or wait for it"
            );
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        nudge(&mut tx, &[lane], now).await?;
        insert_events(&mut tx, &[again]).await?;
        let detail = format!("as {id}, to {}", event.destination_id);
        audit::record(self, &mut tx, who, AuditAction::EventRetried, event.id, Some(&detail)).await?;
        tx.commit().await?;
        if event.untransformed {
            self.stage_has_work();
        }
        // Its payload is in the table alone.
        self.lane_has_work(who.team, who.mode, event.destination_id);
        self.tell(who.team, who.mode, Some(event.destination_id));
        Ok(id)
    }
}
