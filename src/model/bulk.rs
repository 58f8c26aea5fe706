//! Bulk operations: a retry or a replay of all that a filter finds, at a pace that its receivers bear.

use serde::{Deserialize, Serialize};

use crate::{
    BulkOperationId, DestinationId, EventFilter, EventId, EventStatus, Mode, RatePeriod, RequestFilter, RequestId,
    TeamId, Timestamp,
};

/// What a bulk operation does to what its filter finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BulkKind {
    /// Events are sent again, with the payload and the `webhook-id` that they have.
    EventBulkRetry,
    /// Requests go through the current connections and rules again, as new ones.
    RequestBulkRetry,
}

words! { BulkKind: EventBulkRetry = "event_bulk_retry", RequestBulkRetry = "request_bulk_retry" }

/// Where a bulk operation is. `PLANNED`: what it is to send again is being written down. `PAUSED`: somebody paused it, or it
/// paused itself; `pause_reason` says why. `COMPLETED`: everything was tried once, and what failed goes on by its own
/// retries. `FAILED`: it could not go on; `failure` says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BulkStatus {
    Planned,
    Running,
    Paused,
    Completed,
    Failed,
    Cancelled,
}

words! {
    BulkStatus: Planned = "PLANNED", Running = "RUNNING", Paused = "PAUSED", Completed = "COMPLETED", Failed = "FAILED",
    Cancelled = "CANCELLED",
}

impl BulkStatus {
    /// Whether it has not ended.
    pub const fn is_ongoing(self) -> bool {
        matches!(self, Self::Planned | Self::Running | Self::Paused)
    }
}

/// Which bulk operations a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum BulkBucket {
    #[default]
    All,
    /// Those that have not ended.
    Ongoing,
    /// Those that have.
    History,
}

words! { BulkBucket: All = "all", Ongoing = "ongoing", History = "history" }

/// What a bulk operation is to work on: the filter of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BulkTargets {
    Events(Box<EventFilter>),
    Requests(Box<RequestFilter>),
}

impl BulkTargets {
    pub const fn kind(&self) -> BulkKind {
        match self {
            Self::Events(_) => BulkKind::EventBulkRetry,
            Self::Requests(_) => BulkKind::RequestBulkRetry,
        }
    }
}

/// A rate that an operator set: at most so many in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct BulkLimit {
    /// 1 to 10,000.
    pub rate_limit: u32,
    pub rate_limit_period: RatePeriod,
}

/// A bulk operation that somebody asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkInput {
    pub targets: BulkTargets,
    /// None: as fast as the receivers bear.
    pub limit: Option<BulkLimit>,
    /// Why it is to run although no event was sent again with success since the last failure, in the operator's words. A
    /// person needs it then; a key does not, as a script says what it wants by its call.
    pub unproven: Option<String>,
    /// A word by which the same start is known, from `fresh_word`: with it, the operation is made once.
    pub once: Option<String>,
}

/// What a bulk operation would do, with nothing changed by asking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct BulkPreview {
    /// How many would be sent again.
    pub total_count: u64,
    /// Where they go, most first. Of requests: where their events went; what is routed anew may go elsewhere.
    pub destinations: Vec<BulkPreviewDestination>,
    pub oldest_at: Option<Timestamp>,
    pub newest_at: Option<Timestamp>,
    /// Bytes of payload.
    pub bytes: u64,
    /// How long it takes, in milliseconds, its slow start included; none where nothing would be sent now, and where nobody
    /// knows where it would go.
    pub duration_ms: Option<u64>,
    /// What `duration_ms` rests on, where it is longest.
    pub duration_basis: Option<DurationBasis>,
    /// How many a second are expected once it has found its pace, to all destinations together.
    pub rate: f64,
    /// How many of them were delivered since by another way: sent again by itself, or their request replayed.
    pub already_delivered: u64,
    /// What the filter finds that still waits for its own next try, and so is left alone: among the first 20,000 that wait.
    pub still_waiting: u64,
    /// Whether only a part was looked at for `bytes` and `already_delivered`, which are then estimates.
    pub is_estimate: bool,
    /// Why a person may not start it yet; none: they may.
    pub locked: Option<String>,
}

/// What it rests on how long a bulk operation is expected to take. `measured_pace`: how many a second the receiver bore when
/// more was too much last. `rate_limit`: that of the destination. `hard_limit`: that of the operation. `guess`: nothing was
/// too much for the receiver yet, so it is the least that it may take, as fast as its answers and connections allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DurationBasis {
    MeasuredPace,
    RateLimit,
    HardLimit,
    Guess,
}

words! {
    DurationBasis: MeasuredPace = "measured_pace", RateLimit = "rate_limit", HardLimit = "hard_limit", Guess = "guess",
}

/// A destination of what a bulk operation would send again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct BulkPreviewDestination {
    pub destination_id: DestinationId,
    pub destination_name: String,
    pub count: u64,
    /// Why nothing would be sent there now, such as that it is paused; none: it would.
    pub obstacle: Option<BulkObstacle>,
}

/// Why nothing of a bulk operation is sent to a destination now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct BulkObstacle {
    pub code: ObstacleCode,
    /// The same for people, such as "it is paused"; of what stopped by itself, what failed.
    pub detail: String,
}

/// What is in the way of a bulk operation at a destination. `deleted`: the destination is gone, and its items are skipped.
/// `disabled`: enable it, and resume the operation where it was paused meanwhile. `paused`: unpause the destination.
/// `connection_paused`: what came by that connection waits until it goes on, and the rest does not wait. `breaker_open`: its
/// circuit breaker is open, and it goes on once that closes. `stopped`: too much failed; resume the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ObstacleCode {
    Deleted,
    Disabled,
    Paused,
    ConnectionPaused,
    BreakerOpen,
    Stopped,
}

words! {
    ObstacleCode: Deleted = "deleted", Disabled = "disabled", Paused = "paused", ConnectionPaused = "connection_paused",
    BreakerOpen = "breaker_open", Stopped = "stopped",
}

impl ObstacleCode {
    /// Whether resuming the operation is what lifts it.
    pub const fn is_lifted_by_resuming(self) -> bool {
        matches!(self, Self::Stopped)
    }

    /// Whether the operation stands still until somebody does something about it: the others pass with their destination.
    pub const fn needs_somebody(self) -> bool {
        matches!(self, Self::Disabled | Self::Stopped)
    }
}

/// A bulk operation as its team sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct BulkOperation {
    pub id: BulkOperationId,
    pub team_id: TeamId,
    pub mode: Mode,
    #[serde(rename = "type")]
    pub kind: BulkKind,
    pub status: BulkStatus,
    /// The filter that it was made with, its relative times as instants.
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub filter: serde_json::Value,
    /// The id of the user or key who asked for it.
    pub requested_by: Option<String>,
    /// Their e-mail address, or the key's public id.
    pub requested_by_name: Option<String>,
    /// At most so many in a period; none: no limit.
    pub rate_limit: Option<u32>,
    pub rate_limit_period: RatePeriod,
    /// Why it is paused.
    pub pause_reason: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// What was typed to start it without proof.
    pub unproven: Option<String>,
    /// How many it is to send again, fixed when it was made.
    pub total_count: u64,
    /// How many were put into the queue so far.
    pub queued_count: u64,
    /// How many of them were delivered: by it, or since by another way. With the failed and the cancelled they come to the
    /// total.
    pub done_count: u64,
    /// How many were not: tried and not delivered, those that go on by their own retries included, and those that could not
    /// be sent again, such as those whose payload is gone.
    pub failed_count: u64,
    /// Of the failed, how many go on by their own retries.
    pub retrying_count: u64,
    /// Of the done and the failed, how many it did not send.
    pub skipped_count: u64,
    /// Of the skipped, how many are done, as they were delivered by another way or are about to be. The others failed.
    pub elsewhere_count: u64,
    /// How many were not sent since it was cancelled.
    pub cancelled_count: u64,
    /// Bytes of payload of all.
    pub bytes: u64,
    /// The destinations that it sends to; of requests, those that it has sent to so far.
    pub destinations: Vec<BulkDestination>,
    /// Whether it can be cancelled: it has not ended.
    pub cancelable: bool,
    /// When it is expected to end at the pace of now.
    pub ends_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub paused_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

/// How a bulk operation does at one destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct BulkDestination {
    pub destination_id: DestinationId,
    pub destination_name: String,
    /// How many events go there; of requests, how many they made for it so far.
    pub total_count: u64,
    pub queued_count: u64,
    /// How many of them were delivered.
    pub done_count: u64,
    /// How many were not; of events, those that go on by their own retries included.
    pub failed_count: u64,
    /// How fast it is sent to just now; none when nothing was of late.
    pub pace: Option<PaceReading>,
    /// Why nothing is sent there now, such as that it is paused or its breaker open; none: it is, or the operation has ended.
    pub obstacle: Option<BulkObstacle>,
}

/// What the pace of recovery does just now. `starting`: it grows quickly, since nothing is known of the receiver yet.
/// `growing`: slowly. `steady`: it stays below what was too much of late, or at the limit that was set. `backing_off`: the
/// receiver was slow or refused, so less is sent. `waiting`: the receiver asked to be left alone for a while. `stopped`: too
/// much failed, and nothing is sent until somebody resumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaceState {
    #[default]
    Starting,
    Growing,
    Steady,
    BackingOff,
    Waiting,
    Stopped,
}

words! {
    PaceState: Starting = "starting", Growing = "growing", Steady = "steady", BackingOff = "backing_off",
    Waiting = "waiting", Stopped = "stopped",
}

/// How fast recovery sends to a destination, as of one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct PaceReading {
    pub state: PaceState,
    /// Why it is so, in a sentence; none when it just grows.
    pub reason: Option<String>,
    /// How many a second may be sent.
    pub allowed: f64,
    /// How many a second were, over the last seconds.
    pub sent: f64,
    /// How long the receiver takes to answer now, in milliseconds: the median of the last ones.
    pub latency_ms: f64,
    /// How long it takes when it has little to do.
    pub base_latency_ms: f64,
    /// The share of the last tries that failed, 0 to 1.
    pub error_rate: f64,
    /// How many a second it stays at, as more was too much; none when nothing was too much yet.
    #[serde(default)]
    pub bears: Option<f64>,
    pub at: Timestamp,
}

/// Where one item of a bulk operation is. `PENDING`: its turn has not come. `QUEUED`: in the queue, and not tried yet.
/// `RETRYING`: it was tried and failed, and goes on by its own retries. `SKIPPED`: it could not, or need not, be sent again;
/// `reason` says why. `CANCELLED`: it was not sent, as the operation was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BulkItemStatus {
    Pending,
    Queued,
    Retrying,
    Done,
    Failed,
    Skipped,
    Cancelled,
}

words! {
    BulkItemStatus: Pending = "PENDING", Queued = "QUEUED", Retrying = "RETRYING", Done = "DONE", Failed = "FAILED",
    Skipped = "SKIPPED", Cancelled = "CANCELLED",
}

/// One item of a bulk operation and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct BulkItem {
    /// Its number, from 1, oldest first.
    pub number: u64,
    /// What is sent again: the event, of an event retry.
    pub event_id: Option<EventId>,
    /// The request, of a request replay.
    pub request_id: Option<RequestId>,
    pub destination_id: Option<DestinationId>,
    pub status: BulkItemStatus,
    /// The event that it became.
    pub new_event_id: Option<EventId>,
    /// The request that it became.
    pub new_request_id: Option<RequestId>,
    /// How the new event is.
    pub event_status: Option<EventStatus>,
    pub response_status: Option<u16>,
    /// Why it failed or was skipped.
    pub reason: Option<String>,
}

/// Which events of a bulk operation a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum BulkScope {
    /// What was to be sent again.
    Targets,
    /// What was made of them.
    Retries,
    /// Both.
    #[default]
    Related,
}

words! { BulkScope: Targets = "targets", Retries = "retries", Related = "related" }
