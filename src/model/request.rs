//! Requests: what arrived, stored as it came.

use serde::{Deserialize, Serialize};

use crate::{
    BulkOperationId, BulkScope, Commas, ConnectionId, EventId, EventStatus, Mismatch, Mode, Payload, ReplayMode,
    RequestId, SourceId, TeamId, TimeBound, Timestamp,
};

/// Whether a request was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum RequestStatus {
    Accepted,
    Rejected,
}

words! { RequestStatus: Accepted = "accepted", Rejected = "rejected" }

/// Why a request was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RejectionCause {
    SourceDisabled,
    SourceMethodNotAllowed,
    PayloadTooLarge,
    SourceAuthFailed,
    /// It was delivered from source to source so often that they must lead in a circle.
    TooManyHops,
}

words! {
    RejectionCause: SourceDisabled = "SOURCE_DISABLED", SourceMethodNotAllowed = "SOURCE_METHOD_NOT_ALLOWED",
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", SourceAuthFailed = "SOURCE_AUTH_FAILED", TooManyHops = "TOO_MANY_HOPS",
}

/// Why an accepted request made no event for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IgnoredCause {
    Filtered,
    Deduplicated,
    NoConnection,
    ConnectionDisabled,
    DestinationDisabled,
    TransformFailed,
    /// It was the provider's check of the URL, which was answered.
    Handshake,
}

words! {
    IgnoredCause: Filtered = "FILTERED", Deduplicated = "DEDUPLICATED", NoConnection = "NO_CONNECTION",
    ConnectionDisabled = "CONNECTION_DISABLED", DestinationDisabled = "DESTINATION_DISABLED",
    TransformFailed = "TRANSFORM_FAILED", Handshake = "HANDSHAKE",
}

/// Whether a repetition was asked for one by one or in bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum RetryKind {
    Single,
    Bulk,
}

words! { RetryKind: Single = "single", Bulk = "bulk" }

/// A request as its team sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Request {
    pub id: RequestId,
    pub team_id: TeamId,
    pub mode: Mode,
    pub source_id: SourceId,
    pub source_name: String,
    pub status: RequestStatus,
    /// Whether the source checked who sent it.
    pub verified: bool,
    pub rejection_cause: Option<RejectionCause>,
    /// What exactly was wrong with a rejected request.
    pub rejection_detail: Option<String>,
    /// The type of a published event.
    pub event_type: Option<String>,
    pub method: String,
    pub path: String,
    pub body_size: u64,
    /// The id by which its payload is known: its own.
    pub original_event_data_id: RequestId,
    pub events_count: u32,
    pub ignored_count: u32,
    /// 0 always: no command line takes events yet.
    pub cli_events_count: u32,
    pub is_retry: bool,
    pub retry_kind: Option<RetryKind>,
    pub retry_parent_request_id: Option<RequestId>,
    /// Of a replay: the bulk operation that made it, where one did.
    pub retry_operation_id: Option<BulkOperationId>,
    /// Of a replay: when it was made.
    pub retried_at: Option<Timestamp>,
    /// Of a replay: whether it is the same as its parent.
    pub replay_mode: Option<ReplayMode>,
    /// Of a replay: where it is not the same as its parent, as JSON pointers such as `/headers/x-tenant` and `/body`.
    pub replay_modified: Vec<String>,
    pub ingested_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// How its events do: in lists with `event_summary=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_summary: Option<EventSummary>,
    /// The payload: of one request always, in lists with `include=data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Payload>,
}

/// How many of a request's events are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct EventSummary {
    pub scheduled: u32,
    pub queued: u32,
    pub hold: u32,
    pub successful: u32,
    pub failed: u32,
    pub cancelled: u32,
}

impl EventSummary {
    /// How many are in `status`.
    pub const fn of(&self, status: EventStatus) -> u32 {
        match status {
            EventStatus::Scheduled => self.scheduled,
            EventStatus::Queued => self.queued,
            EventStatus::Hold => self.hold,
            EventStatus::Successful => self.successful,
            EventStatus::Failed => self.failed,
            EventStatus::Cancelled => self.cancelled,
        }
    }

    /// Says how many are in `status`.
    pub const fn set(&mut self, status: EventStatus, count: u32) {
        *match status {
            EventStatus::Scheduled => &mut self.scheduled,
            EventStatus::Queued => &mut self.queued,
            EventStatus::Hold => &mut self.hold,
            EventStatus::Successful => &mut self.successful,
            EventStatus::Failed => &mut self.failed,
            EventStatus::Cancelled => &mut self.cancelled,
        } = count;
    }
}

/// A branch that an accepted request did not take, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct IgnoredEvent {
    /// The request's id and the connection's, or the cause where there was no connection.
    pub id: String,
    pub team_id: TeamId,
    pub request_id: RequestId,
    pub connection_id: Option<ConnectionId>,
    /// Another name for the connection.
    pub webhook_id: Option<ConnectionId>,
    pub cause: IgnoredCause,
    /// Why, in words, where more is known than the cause; of one request's list alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The request that a duplicate is the same as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<RequestId>,
    /// The condition that what was filtered failed, by the rules of that time; of one request's list alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mismatch: Option<Mismatch>,
    /// The event that was given up after its transformation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// What is known beside the cause, as a list.
    #[serde(default)]
    pub meta: Vec<IgnoredMeta>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Something that is known of a branch that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IgnoredMeta {
    /// The request that a duplicate is the same as.
    SameAs(RequestId),
    /// The condition that what was filtered failed.
    Mismatch(Mismatch),
}

impl IgnoredMeta {
    pub fn all(same_as: Option<RequestId>, mismatch: Option<&Mismatch>) -> Vec<Self> {
        same_as.map(Self::SameAs).into_iter().chain(mismatch.cloned().map(Self::Mismatch)).collect()
    }
}

/// Which requests are wanted; what is empty does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFilter {
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub id: Commas<RequestId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub source_id: Commas<SourceId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RequestStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub rejection_cause: Commas<RejectionCause>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub method: Commas<String>,
    /// Those with an event of the connection.
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub connection_id: Commas<ConnectionId>,
    /// Those with an event in one of these states.
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub event_status: Commas<EventStatus>,
    /// Those with events, or without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_events: Option<bool>,
    /// Those that some branch ignored, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_ignored: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_retry: Option<bool>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub retry_kind: Commas<RetryKind>,
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
    /// Text that stands in the id, the event type, the path or the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

impl RequestFilter {
    /// Which of them a bulk operation replays: those that were not let in only when they are asked for, by their state, by
    /// why, by their ids or as those of an operation.
    #[must_use]
    pub fn to_replay(&self) -> Self {
        let is_open = self.id.is_empty() && self.rejection_cause.is_empty() && self.batch_operation_id.is_empty();
        Self { status: self.status.or(is_open.then_some(RequestStatus::Accepted)), ..self.clone() }
    }
}
