//! The trace: all that became of one request, from its first byte to its last attempt.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Attempt, AttemptId, ConnectionId, DestinationId, Event, EventId, IgnoredEvent, ProxyExchange, ProxyExchangeId,
    Request, RequestId, Timestamp, TransformationRun, TransformationRunId,
};

/// What happened at one point of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TraceKind {
    /// The request came in.
    Received,
    /// The source's check found that the sender is who they should be.
    Verified,
    /// The source asks for no proof of who sends.
    Unchecked,
    /// It was not let in.
    Refused,
    /// The source's upstream was called, for the sender's sake.
    Proxied,
    /// A branch was not taken because the same came shortly before.
    Deduplicated,
    /// A branch was not taken because of its filter.
    Filtered,
    /// A branch was not taken for another reason.
    Ignored,
    /// A branch was taken: an event was made.
    EventCreated,
    /// A transformation changed the payload.
    Transformed,
    /// A transformation failed.
    TransformFailed,
    /// The first attempt waits, as a rule says.
    Delayed,
    /// The event was held, because its connection or its destination was paused.
    Held,
    /// The event was let go.
    Released,
    /// One HTTP try.
    Attempt,
    /// The event is tried again later.
    RetryScheduled,
    Delivered,
    Failed,
    Cancelled,
    /// Somebody had the event sent again, as another event.
    Retried,
    /// Somebody had the request taken in again, as another request.
    Replayed,
}

words! {
    TraceKind: Received = "received", Verified = "verified", Unchecked = "unchecked", Refused = "refused",
    Proxied = "proxied",
    Deduplicated = "deduplicated", Filtered = "filtered", Ignored = "ignored", EventCreated = "event_created",
    Transformed = "transformed", TransformFailed = "transform_failed", Delayed = "delayed", Held = "held",
    Released = "released", Attempt = "attempt", RetryScheduled = "retry_scheduled", Delivered = "delivered",
    Failed = "failed", Cancelled = "cancelled", Retried = "retried", Replayed = "replayed",
}

/// One thing that happened, or is about to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TraceItem {
    /// Unique within the trace, and the same whenever it is asked for.
    pub id: String,
    pub kind: TraceKind,
    /// What happened, in words.
    pub label: String,
    pub at: Timestamp,
    /// When it was over, or will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The status of the request, event, attempt or run that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Why, where there is a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub request_id: RequestId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt_id: Option<AttemptId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transformation_execution_id: Option<TransformationRunId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<ConnectionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_id: Option<DestinationId>,
    /// The other request of a replay, or the one that a duplicate is the same as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_request_id: Option<RequestId>,
    /// The other event of a retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_event_id: Option<EventId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_exchange_id: Option<ProxyExchangeId>,
}

/// A connection that the request met, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TracedConnection {
    pub id: ConnectionId,
    pub name: String,
    pub destination_id: DestinationId,
    pub destination_name: String,
}

/// How many there are of everything, also where a trace does not have all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TraceCounts {
    pub events: u64,
    pub ignored_events: u64,
    pub attempts: u64,
    pub transformations: u64,
    pub replays: u64,
    /// 0 or 1.
    pub proxy_exchanges: u64,
}

/// All that became of a request. Of what is very much it has the first part, and says how much there is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Trace {
    /// With its payload.
    pub request: Request,
    /// What the source's upstream was sent and answered, where the source is a proxy.
    pub proxy_exchange: Option<ProxyExchange>,
    /// The first 200, the oldest first; an event that was sent again stands beside the one it repeats.
    pub events: Vec<Event>,
    pub ignored_events: Vec<IgnoredEvent>,
    /// The oldest first, without bodies; of events that were tried often the latest.
    pub attempts: Vec<Attempt>,
    #[cfg_attr(feature = "server", schema(value_type = BTreeMap<String, Vec<AttemptId>>))]
    pub attempts_by_event_id: BTreeMap<EventId, Vec<AttemptId>>,
    /// What transformations did, without the payloads.
    pub transformations: Vec<TransformationRun>,
    #[cfg_attr(feature = "server", schema(value_type = BTreeMap<String, Vec<TransformationRunId>>))]
    pub transformations_by_event_id: BTreeMap<EventId, Vec<TransformationRunId>>,
    /// The requests that this one was taken in again as, the newest first.
    pub replays: Vec<RequestId>,
    /// The connections that the branches are of, as they are called now.
    pub connections: Vec<TracedConnection>,
    /// In the order of time.
    pub timeline: Vec<TraceItem>,
    pub counts: TraceCounts,
}

impl Trace {
    /// How many events a trace has at most.
    pub const MOST_EVENTS: u32 = 200;
    /// How many attempts it has at most, though two of each event.
    pub const MOST_ATTEMPTS: u32 = 400;

    /// Whether anything of it is still to come.
    pub fn is_under_way(&self) -> bool {
        self.events.iter().any(|event| event.status.is_pending())
    }
}
