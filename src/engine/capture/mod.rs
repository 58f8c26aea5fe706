//! Capture: a request in, and one commit that decides everything about it.
//!
//! Checked, then stored with its events, what it ignored and why, and their pending rows; then answered. There is no
//! moment when a request is half there, and no 2xx before its commit.

mod check;
mod credentials;
mod entering;
mod envelope;
mod ingress;
mod modify;
mod publish;
mod replay;

pub(crate) use envelope::{Fields, sent_body};
pub(crate) use modify::check_open;
pub(crate) use publish::unavailable;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use hookyard_model::{
    ConnectionId, DestinationId, EventId, IgnoredCause, RejectionCause, RequestId, RetryKind, SourceType, Timestamp,
    Trigger, View,
};

use crate::{
    Engine,
    delivery::{Forwarded, LaneKey, Parcel, PendingKey, Waiting},
    routing::{Branch, Route},
    rule::{self, Ignored, Said},
    simulator::Staged,
    transform::Entering,
    writer::{Admission, Claim, NewEvent, NewRequest, NotCommitted},
};

/// A request before it is decided where it goes.
pub(crate) struct Draft {
    pub(crate) verified: bool,
    pub(crate) rejection: Option<(RejectionCause, String)>,
    /// Whether it is the provider's check of the URL, which makes no event.
    pub(crate) handshake: bool,
    pub(crate) enveloped: bool,
    pub(crate) simulated: bool,
    /// What is wrong with it on purpose.
    pub(crate) staged: Option<Staged>,
    pub(crate) event_type: Option<String>,
    /// What receivers deduplicate on, where it is not the event's own id.
    pub(crate) webhook_id: Option<String>,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// JSON list of pairs.
    pub(crate) headers: String,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Bytes,
    pub(crate) retry: Option<(RetryKind, RequestId)>,
    /// Where it is not as the request came that it replays.
    pub(crate) modified: Vec<String>,
    /// The only connection that it may take.
    pub(crate) only: Option<ConnectionId>,
}

impl Draft {
    /// A JSON body that came by the API.
    pub(crate) fn published(event_type: String, webhook_id: String, body: Bytes) -> Self {
        Self {
            verified: true,
            rejection: None,
            handshake: false,
            enveloped: true,
            simulated: false,
            staged: None,
            event_type: Some(event_type),
            webhook_id: Some(webhook_id),
            method: "POST".to_owned(),
            path: String::new(),
            query: String::new(),
            headers: r#"[["content-type","application/json"]]"#.to_owned(),
            content_type: Some("application/json".to_owned()),
            body,
            retry: None,
            modified: Vec::new(),
            only: None,
        }
    }
}

impl Draft {
    /// As rules look at it. Of a published event the body is what was published.
    pub(crate) fn view(&self) -> View<'_> {
        View::of_stored(&self.headers, &self.path, &self.query, &self.body)
    }
}

/// What is to be committed of a request.
pub(crate) struct Prepared {
    pub(crate) request: NewRequest,
    pub(crate) events: Vec<NewEvent>,
    /// The same events for the lanes.
    pub(crate) waiting: Vec<Waiting>,
    /// Those that are to be transformed first.
    pub(crate) entering: Vec<Entering>,
}

impl Prepared {
    /// Leaves out what some connections would get.
    pub(crate) fn leave_out(&mut self, is_left_out: impl Fn(ConnectionId) -> bool) {
        let Self { request, events, waiting, entering } = self;
        let left_out: Vec<EventId> =
            events.iter().filter(|event| is_left_out(event.connection)).map(|event| event.id).collect();
        events.retain(|event| !left_out.contains(&event.id));
        waiting.retain(|waiting| !left_out.contains(&waiting.key.event));
        entering.retain(|entering| !left_out.contains(&entering.raw.event));
        request.claims.retain(|claim| !left_out.contains(&claim.event));
        request.events_count = u32::try_from(events.len()).unwrap_or(u32::MAX);
    }
}

/// The branches that a request takes, and those that it does not with the reason.
#[derive(Default)]
struct Routed<'a> {
    /// With what a request that is the same has too.
    taken: Vec<(&'a Branch, Option<String>)>,
    ignored: Ignored,
    /// The webhooks among those, which only being disabled keeps from it.
    missed_by: Vec<(DestinationId, ConnectionId)>,
}

impl Routed<'_> {
    /// No branch is asked: it was the provider's check of the URL.
    fn handshake() -> Self {
        let mut routed = Self::default();
        routed.ignored.causes.insert(IgnoredCause::Handshake, Vec::new());
        routed
    }
}

/// `said` is what the rules of each branch say, where they were asked.
fn route_to<'a>(route: &'a Route, event_type: Option<&str>, only: Option<ConnectionId>, said: Vec<Said>) -> Routed<'a> {
    let mut routed = Routed::default();
    routed.ignored.roster.clone_from(&route.roster);
    let mut said = said.into_iter();
    for branch in &route.branches {
        let Said { passes, key } = said.next().unwrap_or_default();
        let cause = match only {
            // What was asked for by name passes whatever the filter.
            Some(only) if only == branch.connection => None,
            Some(_) => continue,
            None if branch.disabled => Some(IgnoredCause::ConnectionDisabled),
            None if !branch.passes(event_type) || !passes => Some(IgnoredCause::Filtered),
            // Last, so that this is what the destination would have got were it not disabled.
            None if branch.destination_disabled => Some(IgnoredCause::DestinationDisabled),
            None => None,
        };
        match cause {
            None => routed.taken.push((branch, key)),
            Some(cause) => {
                if cause == IgnoredCause::DestinationDisabled && route.kind == SourceType::EVENTS {
                    routed.missed_by.push((branch.destination, branch.connection));
                }
                routed.ignored.causes.entry(cause).or_default().push(branch.connection);
            }
        }
    }
    if routed.taken.is_empty() && routed.ignored.is_empty() {
        routed.ignored.causes.insert(IgnoredCause::NoConnection, Vec::new());
    }
    routed
}

impl Engine {
    /// Decides where a request goes and commits it with its events; returns their ids.
    pub(crate) async fn take_in(
        &self,
        route: &Arc<Route>,
        draft: Draft,
    ) -> Result<(RequestId, Vec<EventId>), NotCommitted> {
        let Prepared { request, events, waiting, entering } = self.prepare_asking(route, draft).await?;
        let (id, accepted) = (request.id, request.rejection.is_none());
        let mut ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
        let dropped =
            self.0.writer.admit(Admission { requests: vec![request], events, waiting, entering, done: None }).await?;
        ids.retain(|event| !dropped.contains(event));
        self.0.counts.request(accepted, ids.len());
        Ok((id, ids))
    }

    /// Commits several at once with all their events, whose lane finds them in the table when they are due.
    pub(crate) async fn take_in_all(&self, all: Vec<Prepared>) -> Result<(), NotCommitted> {
        let (mut requests, mut events, mut entering) = (Vec::with_capacity(all.len()), Vec::new(), Vec::new());
        for prepared in all {
            self.0.counts.request(prepared.request.rejection.is_none(), prepared.events.len());
            requests.push(prepared.request);
            events.extend(prepared.events);
            entering.extend(prepared.entering);
        }
        let lanes: BTreeSet<_> = events.iter().map(|event| (event.team, event.mode, event.destination)).collect();
        self.0.writer.admit(Admission { requests, events, waiting: Vec::new(), entering, done: None }).await?;
        for (team, mode, destination) in lanes {
            self.lane_has_work(team, mode, destination);
        }
        Ok(())
    }

    /// As [`Self::prepare`]; where its rules take long, they are asked off the async threads.
    pub(crate) async fn prepare_asking(&self, route: &Arc<Route>, draft: Draft) -> Result<Prepared, NotCommitted> {
        let said = if asks(route, &draft) {
            rule::ask(route, &draft).await.map_err(|error| {
                tracing::warn!(error = %error, "a request is refused before it is stored");
                NotCommitted
            })?
        } else {
            Vec::new()
        };
        Ok(self.prepare_with(route, draft, said, self.now()))
    }

    /// Decides where a request goes, and what is to be committed of it.
    pub(crate) fn prepare(&self, route: &Route, draft: Draft, now: Timestamp) -> Prepared {
        let said =
            if asks(route, &draft) { rule::sift(route, &draft.view(), draft.retry.is_some()) } else { Vec::new() };
        self.prepare_with(route, draft, said, now)
    }

    fn prepare_with(&self, route: &Route, draft: Draft, said: Vec<Said>, now: Timestamp) -> Prepared {
        let id = RequestId::new(self.ids().unique(now));
        let routed = match draft.rejection {
            Some(_) => Routed::default(),
            None if draft.handshake => Routed::handshake(),
            None => route_to(route, draft.event_type.as_deref(), draft.only, said),
        };
        let parcel = Arc::new(Parcel {
            request: id,
            enveloped: draft.enveloped,
            body: draft.body.clone(),
            content_type: draft.content_type.clone(),
            path: draft.path.clone(),
            query: draft.query.clone(),
            headers: if draft.enveloped || draft.simulated || routed.taken.is_empty() {
                Forwarded::default()
            } else {
                Forwarded::of(&draft.headers)
            },
            method: None,
            replay_of: draft.retry.map(|(_, original)| original),
            staged: draft.staged,
        });
        let mut events = Vec::with_capacity(routed.taken.len());
        let mut waiting = Vec::with_capacity(routed.taken.len());
        let (mut entering, mut brought) = (Vec::new(), None);
        let mut claims = Vec::new();
        for (branch, key) in routed.taken {
            let mut event = self.event_for(route, &draft, branch, id, now);
            claims.extend(key.and_then(|key| Claim::new(branch, key, event.id)));
            if branch.rules.has_transforms() {
                let brought = Arc::clone(brought.get_or_insert_with(|| draft.brought()));
                entering.push(self.entering(&mut event, brought));
            } else if event.due_at <= now {
                // What is not due yet is found in the table when it is.
                waiting.push(in_memory(&event, Arc::clone(&parcel)));
            }
            events.push(event);
        }
        let request = NewRequest {
            team: route.team,
            mode: route.mode,
            id,
            source: route.id,
            verified: draft.verified,
            rejection: draft.rejection,
            enveloped: draft.enveloped,
            simulated: draft.simulated,
            staged: draft.staged,
            event_type: draft.event_type,
            webhook_id: draft.webhook_id,
            method: draft.method,
            path: draft.path,
            query: draft.query,
            headers: draft.headers,
            body: draft.body,
            events_count: u32::try_from(events.len()).unwrap_or(u32::MAX),
            ignored: routed.ignored,
            claims,
            retry: draft.retry,
            modified: draft.modified,
            missed_by: routed.missed_by,
            bulk: None,
            created_at: now,
        };
        Prepared { request, events, waiting, entering }
    }

    fn event_for(&self, route: &Route, draft: &Draft, branch: &Branch, request: RequestId, now: Timestamp) -> NewEvent {
        let id = EventId::new(self.ids().unique(now));
        // After its scripts, where there are any. What is simulated comes when its scenario says.
        let is_now = branch.rules.has_transforms() || draft.simulated;
        let delay = if is_now { Duration::ZERO } else { branch.rules.delay };
        NewEvent {
            team: route.team,
            mode: route.mode,
            id,
            request,
            source: route.id,
            connection: branch.connection,
            destination: branch.destination,
            event_type: draft.event_type.clone(),
            webhook_id: draft.webhook_id.clone().unwrap_or_else(|| id.to_string()),
            simulated: draft.simulated,
            // Replays never go before what is live, nor does what waits first.
            rank: match (draft.retry, delay.is_zero()) {
                (Some((RetryKind::Bulk, _)), _) => 3,
                (Some((RetryKind::Single, _)), _) | (None, false) => 1,
                (None, true) => 0,
            },
            cause: match draft.retry {
                Some((RetryKind::Bulk, _)) => Trigger::BulkRetry,
                Some((RetryKind::Single, _)) => Trigger::Manual,
                None => Trigger::Initial,
            },
            size: draft.body.len() as u64,
            retry: None,
            due_at: now.plus(delay),
            transform: None,
            data: None,
            bulk: None,
            created_at: now,
        }
    }
}

/// Whether the rules of the route's branches have a say in what becomes of it.
fn asks(route: &Route, draft: &Draft) -> bool {
    let is_let_in = draft.rejection.is_none() && !draft.handshake && draft.only.is_none();
    is_let_in && route.branches.iter().any(|branch| branch.rules.has_filter() || branch.rules.deduplicate.is_some())
}

/// An event as a lane keeps it.
fn in_memory(event: &NewEvent, parcel: Arc<Parcel>) -> Waiting {
    Waiting {
        lane: LaneKey { team: event.team, mode: event.mode, destination: event.destination },
        key: PendingKey { rank: event.rank, due_at: event.due_at, event: event.id },
        connection: event.connection,
        event_type: event.event_type.clone(),
        webhook_id: event.webhook_id.clone(),
        simulated: event.simulated,
        attempts: 0,
        probes: 0,
        cause: event.cause,
        parcel,
        is_announced: false,
    }
}

/// The content type among stored headers.
pub(crate) fn content_type(headers: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_json::from_str(headers).ok()?;
    pairs.into_iter().find(|(name, _)| name == "content-type").map(|(_, value)| value)
}

/// The type that a request of a provider says in its body, for connections that choose by it.
fn event_type_in(route: &Route, body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Typed {
        #[serde(rename = "type")]
        kind: String,
    }
    let asked = route.kind != SourceType::EVENTS && route.branches.iter().any(|branch| branch.event_types.is_some());
    if !asked {
        return None;
    }
    serde_json::from_slice::<Typed>(body).ok().map(|typed| typed.kind).filter(|kind| kind.len() <= 128)
}

#[cfg(test)]
mod tests;
