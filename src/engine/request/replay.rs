//! Replays: a stored request through its source's connections again, as it came or with some of it changed.

use std::time::Duration;

use bytes::Bytes;
use hookyard_model::{
    Actor, AuditAction, Code, Modifications, Problem, RejectionCause, ReplayMode, ReplayPreview, ReplayedRequest,
    RequestId, differences,
};
use tokio::{sync::Semaphore, time::timeout};

use super::{StoredRequest, stored};
use crate::{Engine, audit, error::Result, transformation::Content};

/// How many are tried at once, as each may have much to do, and how long others wait for their turn.
static PREVIEWS: Semaphore = Semaphore::const_new(3);
const PATIENCE: Duration = Duration::from_secs(15);
/// How many places are named that were changed.
const NAMED: usize = 20;

/// Where a request was changed, for the audit log.
fn changed(places: &[String]) -> String {
    let named = places.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match places.len().checked_sub(NAMED) {
        None | Some(0) => format!("changed: {named}"),
        Some(more) => format!("changed: {named} and {more} more"),
    }
}

const fn mode(stored: &StoredRequest) -> ReplayMode {
    if stored.modified.is_empty() { ReplayMode::Exact } else { ReplayMode::Modified }
}

fn content(stored: &StoredRequest) -> Content {
    let (method, path, query) = (stored.method.clone(), stored.path.clone(), stored.query.clone());
    Content::stored(method, path, query, &stored.headers, Bytes::copy_from_slice(&stored.body))
}

impl Engine {
    /// The request, when it may be taken in again.
    async fn request_to_replay(&self, who: &Actor, id: RequestId, with: &Modifications) -> Result<StoredRequest> {
        let request = stored(self.db(), who.team, who.mode, id).await?;
        let request = request.ok_or_else(|| Problem::not_found("request", id))?;
        if request.is_handshake {
            let detail = format!("{id} was the provider's check of the URL, and not an event; it cannot be replayed");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        // With another body it does not matter what of the first was kept.
        if request.rejection_cause == Some(RejectionCause::PayloadTooLarge) && with.body.is_none() {
            let detail = format!("{id} was too large, and only the start of its body was kept; it cannot be replayed");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        Ok(request)
    }

    pub(super) async fn replay(&self, who: &Actor, id: RequestId, with: &Modifications) -> Result<ReplayedRequest> {
        let mut request = self.request_to_replay(who, id, with).await?;
        let route = self.route_of_replay(who, &request).await?;
        if !with.is_empty() {
            self.modify(who, &route, &mut request, with).await?;
        }
        self.record_replay(who, id, &request).await?;
        let (source_id, original_rejection_cause) = (request.source_id, request.rejection_cause);
        let (replay_mode, modified) = (mode(&request), request.modified.clone());
        let (replay_request_id, event_ids) = self.capture_replay(who, request).await?;
        Ok(ReplayedRequest {
            ok: true,
            queued: true,
            transport: "queue".to_owned(),
            replayed_at: self.now(),
            request_id: id,
            source_id,
            replay_request_id,
            replay_message_id: replay_request_id,
            event_ids,
            replay_mode,
            modified,
            original_rejection_cause,
        })
    }

    /// Before it is done: nothing goes out again without a word of who asked for it.
    async fn record_replay(&self, who: &Actor, id: RequestId, request: &StoredRequest) -> Result<()> {
        let (action, detail) = match mode(request) {
            ReplayMode::Exact => (AuditAction::RequestReplayed, None),
            ReplayMode::Modified => (AuditAction::RequestModified, Some(changed(&request.modified))),
        };
        let mut tx = self.db().begin().await?;
        audit::record(self, &mut tx, who, action, id, detail.as_deref()).await?;
        Ok(tx.commit().await?)
    }

    /// What [`Self::replay`] would do, with nothing done.
    pub(super) async fn previewed_replay(
        &self,
        who: &Actor,
        id: RequestId,
        with: &Modifications,
    ) -> Result<ReplayPreview> {
        let Ok(Ok(_turn)) = timeout(PATIENCE, PREVIEWS.acquire()).await else {
            let detail = "too many replays are being tried; try again in a moment";
            return Err(Problem::new(Code::TooManyRequests, detail).into());
        };
        let mut request = self.request_to_replay(who, id, with).await?;
        let route = self.route_of_replay(who, &request).await?;
        let before = content(&request).payload();
        self.modify(who, &route, &mut request, with).await?;
        let data = content(&request).payload();
        let only = self.only_of_replay(who, &route, &request).await?;
        let (branches, branches_left_out) = self.try_everywhere(who, &route, &request, only).await?;
        Ok(ReplayPreview {
            ok: true,
            dry_run: true,
            request_id: id,
            source_id: request.source_id,
            replay_mode: mode(&request),
            differences: differences(&before, &data),
            modified: request.modified,
            original_rejection_cause: request.rejection_cause,
            data,
            branches,
            branches_left_out,
        })
    }
}
