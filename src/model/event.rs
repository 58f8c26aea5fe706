//! Events: one accepted request on its way to one destination.

use serde::{Deserialize, Serialize};

use crate::{
    BulkOperationId, BulkScope, Commas, ConnectionId, DestinationId, ErrorCode, EventId, IgnoredCause, Mode, Payload,
    RejectionCause, RequestId, RetryKind, SourceId, TeamId, TimeBound, Timestamp,
};

/// Where an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventStatus {
    /// Waits for its next try's time.
    Scheduled,
    /// Waits for its turn, or is being tried.
    Queued,
    /// Waits because its connection is paused or its destination disabled.
    Hold,
    Successful,
    Failed,
    Cancelled,
}

words! {
    EventStatus: Scheduled = "SCHEDULED", Queued = "QUEUED", Hold = "HOLD", Successful = "SUCCESSFUL", Failed = "FAILED",
    Cancelled = "CANCELLED",
}

impl EventStatus {
    /// Whether it still needs an attempt, now or later.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Scheduled | Self::Queued | Self::Hold)
    }
}

/// An event as its team sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Event {
    pub id: EventId,
    pub team_id: TeamId,
    pub mode: Mode,
    pub connection_id: ConnectionId,
    pub request_id: RequestId,
    pub source_id: SourceId,
    pub source_name: String,
    pub destination_id: DestinationId,
    pub destination_name: String,
    /// The type of a published event.
    pub event_type: Option<String>,
    /// What the receiver deduplicates on.
    pub webhook_id: String,
    pub status: EventStatus,
    /// How many attempts there were.
    pub attempts: u32,
    /// The answer to the last attempt.
    pub response_status: Option<u16>,
    pub error_code: Option<ErrorCode>,
    pub failure_message: Option<String>,
    /// Why it was given up before any attempt.
    pub ignored_cause: Option<IgnoredCause>,
    /// The same, by the name that others know it by.
    pub ignored_reason: Option<IgnoredCause>,
    /// Null always: a request that was refused has no event.
    pub rejection_cause: Option<RejectionCause>,
    /// What it carries: what its transformations made, else what its request brought.
    pub event_data_id: String,
    /// When its request came in.
    pub ingested_at: Timestamp,
    /// Whether what it carries was made by transformations, and is not what its request brought.
    pub transformed: bool,
    /// Whether it came from the simulator.
    pub simulated: bool,
    pub last_attempt_at: Option<Timestamp>,
    pub next_attempt_at: Option<Timestamp>,
    pub successful_at: Option<Timestamp>,
    /// When it was held last.
    pub held_at: Option<Timestamp>,
    /// When it was let go last.
    pub released_at: Option<Timestamp>,
    pub is_retry: bool,
    pub retry_kind: Option<RetryKind>,
    pub retry_parent_event_id: Option<EventId>,
    /// Of a retry: the bulk operation that made it, where one did.
    pub retry_operation_id: Option<BulkOperationId>,
    /// Of a retry: when it was made.
    pub retried_at: Option<Timestamp>,
    /// Null always: no command line takes events yet.
    pub cli_id: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// What it carries, of one event always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Payload>,
}

/// Which events are wanted; what is empty does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFilter {
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub id: Commas<EventId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub status: Commas<EventStatus>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub request_id: Commas<RequestId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub source_id: Commas<SourceId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub connection_id: Commas<ConnectionId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub destination_id: Commas<DestinationId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub error_code: Commas<ErrorCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_retry: Option<bool>,
    /// Those of bulk operations.
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub batch_operation_id: Commas<BulkOperationId>,
    /// Which of theirs; none: both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_operation_scope: Option<BulkScope>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<TimeBound>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<TimeBound>,
    /// Text that stands in the id, the webhook id, the event type or the last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// What came of asking for an event to be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RetriedEvent {
    pub ok: bool,
    pub queued: bool,
    /// Always `queue`.
    pub transport: String,
    pub retried_at: Timestamp,
    /// The event that was asked for; it stays as it is.
    pub event_id: EventId,
    /// The new event.
    pub replay_event_id: EventId,
}
