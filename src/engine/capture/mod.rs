//! Capture: a request in, and one commit that decides everything about it.
//!
//! Checked, then stored with its events, what it ignored and why, and their pending rows; then answered. There is no
//! moment when a request is half there, and no 2xx before its commit.

mod check;
mod envelope;
mod ingress;
mod publish;
mod replay;

pub(crate) use envelope::{Fields, sent_body};
pub(crate) use publish::unavailable;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use hookyard_model::{
    ConnectionId, DestinationId, EventId, IgnoredCause, RejectionCause, RequestId, RetryKind, SourceType, Timestamp,
    Trigger,
};

use crate::{
    Engine,
    delivery::{LaneKey, Parcel, PendingKey, Waiting},
    routing::{Branch, Route},
    simulator::Staged,
    writer::{Admission, NewEvent, NewRequest, NotCommitted},
};

/// A request before it is decided where it goes.
pub(crate) struct Draft {
    pub(crate) verified: bool,
    pub(crate) rejection: Option<(RejectionCause, String)>,
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
    /// The only connection that it may take.
    pub(crate) only: Option<ConnectionId>,
}

impl Draft {
    /// A JSON body that came by the API.
    pub(crate) fn published(event_type: String, webhook_id: String, body: Bytes) -> Self {
        Self {
            verified: true,
            rejection: None,
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
            only: None,
        }
    }
}

/// What is to be committed of a request.
pub(crate) struct Prepared {
    pub(crate) request: NewRequest,
    pub(crate) events: Vec<NewEvent>,
    /// The same events for the lanes.
    pub(crate) waiting: Vec<Waiting>,
}

/// The branches that a request takes, and those that it does not with the reason.
#[derive(Default)]
struct Routed<'a> {
    taken: Vec<&'a Branch>,
    ignored: BTreeMap<IgnoredCause, Vec<ConnectionId>>,
    /// The webhooks among those, which only being disabled keeps from it.
    missed_by: Vec<(DestinationId, ConnectionId)>,
}

fn route_to<'a>(route: &'a Route, event_type: Option<&str>, only: Option<ConnectionId>) -> Routed<'a> {
    let mut routed = Routed::default();
    for branch in &route.branches {
        let cause = match only {
            // What was asked for by name passes whatever the filter.
            Some(only) if only == branch.connection => None,
            Some(_) => continue,
            None if branch.disabled => Some(IgnoredCause::ConnectionDisabled),
            None if !branch.passes(event_type) => Some(IgnoredCause::Filtered),
            // Last, so that this is what the destination would have got were it not disabled.
            None if branch.destination_disabled => Some(IgnoredCause::DestinationDisabled),
            None => None,
        };
        match cause {
            None => routed.taken.push(branch),
            Some(cause) => {
                if cause == IgnoredCause::DestinationDisabled && route.kind == SourceType::EVENTS {
                    routed.missed_by.push((branch.destination, branch.connection));
                }
                routed.ignored.entry(cause).or_default().push(branch.connection);
            }
        }
    }
    if routed.taken.is_empty() && routed.ignored.is_empty() {
        routed.ignored.insert(IgnoredCause::NoConnection, Vec::new());
    }
    routed
}

impl Engine {
    /// Decides where a request goes and commits it with its events; returns their ids.
    pub(crate) async fn take_in(&self, route: &Route, draft: Draft) -> Result<(RequestId, Vec<EventId>), NotCommitted> {
        let Prepared { request, events, waiting } = self.prepare(route, draft, self.now());
        let ids = (request.id, events.iter().map(|event| event.id).collect());
        self.0.counts.request(request.rejection.is_none(), events.len());
        self.0.writer.admit(Admission { requests: vec![request], events, waiting, done: None }).await?;
        Ok(ids)
    }

    /// Commits several at once with all their events, whose lane finds them in the table when they are due.
    pub(crate) async fn take_in_all(&self, all: Vec<Prepared>) -> Result<(), NotCommitted> {
        let (mut requests, mut events) = (Vec::with_capacity(all.len()), Vec::new());
        for prepared in all {
            self.0.counts.request(prepared.request.rejection.is_none(), prepared.events.len());
            requests.push(prepared.request);
            events.extend(prepared.events);
        }
        let lanes: BTreeSet<_> = events.iter().map(|event| (event.team, event.mode, event.destination)).collect();
        self.0.writer.admit(Admission { requests, events, waiting: Vec::new(), done: None }).await?;
        for (team, mode, destination) in lanes {
            self.lane_has_work(team, mode, destination);
        }
        Ok(())
    }

    /// Decides where a request goes, and what is to be committed of it.
    pub(crate) fn prepare(&self, route: &Route, draft: Draft, now: Timestamp) -> Prepared {
        let id = RequestId::new(self.ids().unique(now));
        let routed = match draft.rejection {
            Some(_) => Routed::default(),
            None => route_to(route, draft.event_type.as_deref(), draft.only),
        };
        let parcel = Arc::new(Parcel {
            request: id,
            enveloped: draft.enveloped,
            body: draft.body.clone(),
            content_type: draft.content_type.clone(),
            path: draft.path.clone(),
            query: draft.query.clone(),
            replay_of: draft.retry.map(|(_, original)| original),
            staged: draft.staged,
        });
        let mut events = Vec::with_capacity(routed.taken.len());
        let mut waiting = Vec::with_capacity(routed.taken.len());
        for branch in &routed.taken {
            let event = self.event_for(route, &draft, branch, id, now);
            waiting.push(in_memory(&event, Arc::clone(&parcel)));
            events.push(event);
        }
        let ignored_count: usize = routed.ignored.values().map(|connections| connections.len().max(1)).sum();
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
            ignored_count: u32::try_from(ignored_count).unwrap_or(u32::MAX),
            ignored: (!routed.ignored.is_empty()).then(|| serde_json::to_string(&routed.ignored).unwrap_or_default()),
            retry: draft.retry,
            missed_by: routed.missed_by,
            created_at: now,
        };
        Prepared { request, events, waiting }
    }

    fn event_for(&self, route: &Route, draft: &Draft, branch: &Branch, request: RequestId, now: Timestamp) -> NewEvent {
        let id = EventId::new(self.ids().unique(now));
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
            // Replays never go before what is live.
            rank: if draft.retry.is_some() { 2 } else { 0 },
            cause: if draft.retry.is_some() { Trigger::Manual } else { Trigger::Initial },
            size: draft.body.len() as u64,
            retry: None,
            due_at: now,
            created_at: now,
        }
    }
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
        cause: event.cause,
        parcel,
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
mod tests {
    use hookyard_model::{Mode, SourceConfig, SourceId, TeamId};
    use ulid::Ulid;

    use super::*;

    #[test]
    fn every_branch_is_taken_or_ignored_for_a_reason() {
        let branch = |n: u128, types: Option<&str>, disabled, destination_disabled| Branch {
            connection: ConnectionId::new(Ulid(n)),
            destination: DestinationId::new(Ulid(n)),
            event_types: types.map(|types| vec![types.to_owned()]),
            disabled,
            destination_disabled,
        };
        let mut route = Route {
            id: SourceId::new(Ulid(1)),
            team: TeamId::new(Ulid(1)),
            mode: Mode::Test,
            kind: SourceType::EVENTS,
            disabled: false,
            config: SourceConfig::default(),
            branches: vec![
                branch(1, None, false, false),
                branch(2, Some("a.b"), false, false),
                branch(3, Some("a.c"), false, false),
                branch(4, None, true, false),
                branch(5, None, false, true),
                branch(6, Some("a.c"), false, true),
            ],
        };
        let routed = route_to(&route, Some("a.b"), None);
        assert_eq!(routed.taken.len(), 2);
        assert_eq!(routed.missed_by, [(DestinationId::new(Ulid(5)), ConnectionId::new(Ulid(5)))]);
        let json = serde_json::to_string(&routed.ignored).unwrap();
        for (cause, count) in [("FILTERED", 2), ("CONNECTION_DISABLED", 1), ("DESTINATION_DISABLED", 1)] {
            assert_eq!(routed.ignored[&cause.parse().unwrap()].len(), count, "{cause} in {json}");
        }
        let asked = route_to(&route, Some("x"), Some(ConnectionId::new(Ulid(3))));
        assert_eq!((asked.taken.len(), asked.ignored.len()), (1, 0));
        route.branches.clear();
        assert!(route_to(&route, None, None).ignored.contains_key(&IgnoredCause::NoConnection));
    }
}
