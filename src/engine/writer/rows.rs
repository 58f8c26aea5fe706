//! What the writer writes.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use hookyard_model::{
    AttemptId, AttemptStatus, BulkOperationId, ConnectionId, DestinationId, ErrorCode, EventId, EventStatus, Mode,
    RejectionCause, RequestId, RetryKind, SourceId, TeamId, Timestamp, TransformationRunId, Trigger,
};

use crate::{
    delivery::{BreakerUpdate, LaneKey, PendingKey},
    routing::Branch,
    rule::Ignored,
    simulator::Staged,
};

/// A request, as it is stored.
#[derive(Debug)]
pub(crate) struct NewRequest {
    pub(crate) team: TeamId,
    pub(crate) mode: Mode,
    pub(crate) id: RequestId,
    pub(crate) source: SourceId,
    pub(crate) verified: bool,
    /// None: accepted.
    pub(crate) rejection: Option<(RejectionCause, String)>,
    pub(crate) enveloped: bool,
    pub(crate) simulated: bool,
    /// What is wrong with it on purpose; none: nothing.
    pub(crate) staged: Option<Staged>,
    pub(crate) event_type: Option<String>,
    pub(crate) webhook_id: Option<String>,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// JSON list of pairs.
    pub(crate) headers: String,
    pub(crate) body: Bytes,
    pub(crate) events_count: u32,
    /// The branches that it does not take; those too that turn out to have had the same before are in its row.
    pub(crate) ignored: Ignored,
    /// What its branches remember it by.
    pub(crate) claims: Vec<Claim>,
    pub(crate) retry: Option<(RetryKind, RequestId)>,
    /// Where it is not as the request came that it replays, as JSON pointers.
    pub(crate) modified: Vec<String>,
    /// Those who would have got it but for being disabled, who may get it later.
    pub(crate) missed_by: Vec<(DestinationId, ConnectionId)>,
    /// The bulk operation that makes it.
    pub(crate) bulk: Option<BulkOperationId>,
    pub(crate) created_at: Timestamp,
}

/// What a branch remembers a request by, so that no other that is the same goes that way for a while.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) connection: ConnectionId,
    pub(crate) key: String,
    pub(crate) window: Duration,
    /// The event that is not to be, if there was the same before.
    pub(crate) event: EventId,
}

impl Claim {
    /// What a branch that looks for duplicates remembers.
    pub(crate) fn new(branch: &Branch, key: String, event: EventId) -> Option<Self> {
        let window = branch.rules.deduplicate.as_ref()?.window;
        Some(Self { connection: branch.connection, key, window, event })
    }
}

/// An event, as it is stored with its pending row.
#[derive(Debug, Clone)]
pub(crate) struct NewEvent {
    pub(crate) team: TeamId,
    pub(crate) mode: Mode,
    pub(crate) id: EventId,
    pub(crate) request: RequestId,
    pub(crate) source: SourceId,
    pub(crate) connection: ConnectionId,
    pub(crate) destination: DestinationId,
    pub(crate) event_type: Option<String>,
    pub(crate) webhook_id: String,
    pub(crate) simulated: bool,
    pub(crate) rank: u8,
    pub(crate) cause: Trigger,
    pub(crate) size: u64,
    pub(crate) retry: Option<(RetryKind, EventId)>,
    /// When its pending row is due, usually now; later only where the rank is not 0. Whether its connection is paused is
    /// for the lane to see, which alone holds events, so that none is held that was to be let go.
    pub(crate) due_at: Timestamp,
    /// Who has it in memory to run its connection's scripts; none: it has no scripts before it, and gets its pending row.
    pub(crate) transform: Option<Kept>,
    /// What it carries where that is not what its request brought.
    pub(crate) data: Option<TransformationRunId>,
    /// The bulk operation that makes it.
    pub(crate) bulk: Option<BulkOperationId>,
    pub(crate) created_at: Timestamp,
}

/// Who has an event of the transform stage in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// This node, by its name.
    Here(Arc<str>),
    Nowhere,
}

/// An attempt, as it is stored.
#[derive(Debug)]
pub(crate) struct NewAttempt {
    pub(crate) id: AttemptId,
    pub(crate) number: u32,
    pub(crate) cause: Trigger,
    pub(crate) status: AttemptStatus,
    pub(crate) error: Option<(ErrorCode, String)>,
    pub(crate) method: &'static str,
    pub(crate) url: Option<String>,
    /// JSON list of pairs.
    pub(crate) request_headers: String,
    pub(crate) response_status: Option<u16>,
    pub(crate) response_headers: Option<String>,
    pub(crate) response_body: Option<Bytes>,
    pub(crate) response_truncated: bool,
    /// JSON, milliseconds.
    pub(crate) timings: String,
    pub(crate) sent_at: Timestamp,
    pub(crate) responded_at: Option<Timestamp>,
}

/// When an event is tried next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) rank: u8,
    pub(crate) due_at: Timestamp,
    pub(crate) cause: Trigger,
    /// How many of its attempts were probes.
    pub(crate) probes: u32,
}

/// What came of an attempt, to be recorded in one commit.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(crate) lane: LaneKey,
    pub(crate) epoch: i64,
    pub(crate) event: EventId,
    pub(crate) connection: ConnectionId,
    /// The pending row that was worked off.
    pub(crate) pending: PendingKey,
    pub(crate) attempt: NewAttempt,
    pub(crate) status: EventStatus,
    pub(crate) next: Option<Next>,
    pub(crate) size: u64,
    /// None: as before.
    pub(crate) health: Option<HealthUpdate>,
    /// None: the destination's circuit breaker stays as it is.
    pub(crate) breaker: Option<BreakerUpdate>,
    /// When it failed, where that counts for an issue: not of what is simulated.
    pub(crate) failed_at: Option<Timestamp>,
}

/// How the destination is doing after an attempt.
#[derive(Debug, Clone)]
pub(crate) struct HealthUpdate {
    /// Grows with each: one that comes late does not overwrite the ones after it.
    pub(crate) order: i64,
    pub(crate) consecutive_failures: u32,
    pub(crate) failing_since: Option<Timestamp>,
    pub(crate) last_error: Option<String>,
    /// Why it is to be disabled, if it is.
    pub(crate) disable: Option<String>,
}
