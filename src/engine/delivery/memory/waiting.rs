//! What waits in a lane's memory.

use std::sync::Arc;

use bytes::Bytes;
use hookyard_model::{ConnectionId, EventId, HttpMethod, RequestId, Timestamp, Trigger};

use crate::{
    delivery::{Forwarded, LaneKey},
    simulator::Staged,
};

/// The place of a pending row in its lane: rows are sent in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PendingKey {
    pub(crate) rank: u8,
    pub(crate) due_at: Timestamp,
    pub(crate) event: EventId,
}

/// What is delivered: the request's content, shared by all its events.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) request: RequestId,
    pub(crate) enveloped: bool,
    pub(crate) body: Bytes,
    pub(crate) content_type: Option<String>,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Forwarded,
    /// Where it is not the destination's own.
    pub(crate) method: Option<HttpMethod>,
    /// The request that this one replays.
    pub(crate) replay_of: Option<RequestId>,
    /// What is wrong with it on purpose.
    pub(crate) staged: Option<Staged>,
}

impl Parcel {
    /// How many bytes of memory it takes, about.
    pub(super) fn bytes(&self) -> usize {
        self.body.len() + self.headers.bytes()
    }
}

/// An event in a lane's memory.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) lane: LaneKey,
    pub(crate) key: PendingKey,
    pub(crate) connection: ConnectionId,
    pub(crate) event_type: Option<String>,
    pub(crate) webhook_id: String,
    pub(crate) simulated: bool,
    /// Attempts made so far.
    pub(crate) attempts: u32,
    /// How many of them were probes of a circuit breaker, which use up no retry.
    pub(crate) probes: u32,
    pub(crate) cause: Trigger,
    pub(crate) parcel: Arc<Parcel>,
    /// Whether its lane was told of it before its commit.
    pub(crate) is_announced: bool,
}

impl Waiting {
    pub(super) fn is_of_a_check(&self) -> bool {
        self.parcel.staged.is_some_and(|staged| staged.is_check)
    }
}
