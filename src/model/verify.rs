//! What verification found: whether all that was accepted is accounted for.

use serde::{Deserialize, Serialize};

use crate::{Code, Mode, Problem, Timestamp};

/// Something that holds of every row, or a row is amiss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VerifyRule {
    RequestEvents,
    RequestIgnored,
    RequestOutcome,
    EventRequest,
    EventPayload,
    EventQueued,
    EventAttempts,
    EventDelivered,
    EventHeld,
    EventParent,
    QueuedEvent,
    Transforming,
    AttemptEvent,
    LaneDue,
    BulkItem,
    BulkCounts,
    BulkMoves,
}

words! {
    VerifyRule: RequestEvents = "request_events", RequestIgnored = "request_ignored",
    RequestOutcome = "request_outcome", EventRequest = "event_request", EventPayload = "event_payload",
    EventQueued = "event_queued", EventAttempts = "event_attempts", EventDelivered = "event_delivered",
    EventHeld = "event_held", EventParent = "event_parent", QueuedEvent = "queued_event",
    Transforming = "transforming", AttemptEvent = "attempt_event", LaneDue = "lane_due", BulkItem = "bulk_item",
    BulkCounts = "bulk_counts", BulkMoves = "bulk_moves",
}

impl VerifyRule {
    /// The rule in words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::RequestEvents => "Every accepted request has all the events that it made",
            Self::RequestIgnored => "Every branch that was not taken is listed with its cause",
            Self::RequestOutcome => {
                "Every accepted request made an event or says why not, and no rejected one made any"
            }
            Self::EventRequest => "Every event has the request that it came of",
            Self::EventPayload => "Every event has the payload that it carries",
            Self::EventQueued => "Every event that waits is in the queue once, for the time when it is due",
            Self::EventAttempts => "Every event has the attempts that it counts",
            Self::EventDelivered => "Every delivered event has an attempt that succeeded",
            Self::EventHeld => "Every held event is held by something that is paused, disabled or failing",
            Self::EventParent => "Everything that was sent again names what it was sent again for",
            Self::QueuedEvent => "Everything in the queue is an event that waits for that destination and time",
            Self::Transforming => "Every event that is to be transformed is in that queue, and nothing else is",
            Self::AttemptEvent => "Every attempt is of an event",
            Self::LaneDue => "Every destination that something waits for is looked after in time",
            Self::BulkItem => "Every item of a bulk operation that was sent has exactly one event of its own",
            Self::BulkCounts => "The counts of every bulk operation are those of its items",
            Self::BulkMoves => "Every bulk operation goes on unless something is in its way",
        }
    }

    /// How many rows it was held against.
    pub const fn looked(self, at: &VerifyLooked) -> u64 {
        match self {
            Self::RequestEvents | Self::RequestIgnored | Self::RequestOutcome => at.requests,
            Self::EventRequest | Self::EventPayload | Self::EventQueued | Self::EventAttempts => at.events,
            Self::EventDelivered | Self::EventHeld | Self::EventParent => at.events,
            Self::QueuedEvent => at.queued,
            Self::Transforming => at.transforming,
            Self::AttemptEvent => at.attempts,
            Self::LaneDue => at.destinations,
            Self::BulkItem => at.bulk_items,
            Self::BulkCounts | Self::BulkMoves => at.bulk_operations,
        }
    }
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct VerifyLooked {
    pub requests: u64,
    /// Branches that were not taken.
    pub ignored: u64,
    pub events: u64,
    pub attempts: u64,
    /// Rows of the queue.
    pub queued: u64,
    /// Rows of the queue of what is to be transformed.
    pub transforming: u64,
    pub destinations: u64,
    pub bulk_operations: u64,
    pub bulk_items: u64,
}

/// Something that does not add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Discrepancy {
    pub rule: VerifyRule,
    /// The id of what it is about: a request, an event, an attempt, a destination or a bulk operation.
    pub subject: String,
    /// What does not add up, in a sentence.
    pub detail: String,
}

/// A rule and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct VerifiedRule {
    pub rule: VerifyRule,
    /// The rule in words.
    pub sentence: String,
    /// How many rows it was held against.
    pub looked: u64,
    /// How many are amiss.
    pub amiss: u64,
}

/// Where a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VerifyStatus {
    Running,
    Completed,
    /// Somebody stopped it.
    Stopped,
}

words! { VerifyStatus: Running = "RUNNING", Completed = "COMPLETED", Stopped = "STOPPED" }

/// The last verification of a team's mode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Verification {
    pub status: VerifyStatus,
    /// How far it is, 0 to 1.
    pub progress: f64,
    /// The id of the user or key who asked for it; none: it runs once a day by itself.
    pub requested_by: Option<String>,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub looked: VerifyLooked,
    pub rules: Vec<VerifiedRule>,
    /// How many discrepancies there are.
    pub discrepancy_count: u64,
    /// The first of them.
    pub discrepancies: Vec<Discrepancy>,
}

impl Verification {
    /// That there is none.
    pub fn none_yet(mode: Mode) -> Problem {
        let detail = format!("nothing was verified in {mode} mode yet; POST /v1/verify starts a verification");
        Problem::new(Code::ResourceNotFound, detail)
    }

    /// Whether it came to its end and found nothing amiss.
    pub fn is_clean(&self) -> bool {
        self.status == VerifyStatus::Completed && self.discrepancy_count == 0
    }
}
