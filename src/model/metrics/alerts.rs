//! Alerts: what somebody should look after.

use serde::{Deserialize, Serialize};

use super::{Backlog, Window};
use crate::{Attempt, ConnectionId, DestinationId, Event, Health, RejectionCause, Request, Timestamp};

/// What went wrong in a window of time, and what waits now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Alerts {
    pub window: Window,
    pub from: Timestamp,
    pub to: Timestamp,
    /// Events of the window that were given up.
    pub failed_events: u64,
    /// Events that are held now, however old they are.
    pub held_events: u64,
    /// Events that wait now for a try, however old they are.
    pub queued_events: u64,
    /// Requests of the window that were not let in.
    pub rejected_requests: u64,
    /// Attempts of the window that failed.
    pub failed_attempts: u64,
    pub backlog: Backlog,
    pub rejected_by_cause: Vec<RejectedByCause>,
    /// The newest of each.
    pub recent_failed_events: Vec<Event>,
    pub recent_rejected_requests: Vec<Request>,
    pub recent_failed_attempts: Vec<Attempt>,
    /// The oldest of each.
    pub oldest_held_events: Vec<Event>,
    pub oldest_queued_events: Vec<Event>,
    /// Failing, close to being disabled, or disabled; the worst first.
    pub destinations: Vec<TroubledDestination>,
    pub paused: Vec<PausedThing>,
}

impl Alerts {
    /// Whether there is nothing to look after.
    pub fn is_calm(&self) -> bool {
        self.failed_events + self.held_events + self.queued_events + self.rejected_requests + self.failed_attempts == 0
            && self.destinations.is_empty()
            && self.paused.is_empty()
    }
}

/// How many requests were not let in for a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RejectedByCause {
    pub cause: RejectionCause,
    pub count: u64,
}

/// A destination that does not do well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TroubledDestination {
    pub id: DestinationId,
    pub name: String,
    /// Whether it is a webhook of the Developer tab.
    pub is_webhook: bool,
    pub health: Health,
    pub disabled_reason: Option<String>,
    /// Since when its circuit breaker is open.
    pub breaker_opened_at: Option<Timestamp>,
}

/// A connection or a destination that is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct PausedThing {
    /// None: the destination itself is paused.
    pub connection_id: Option<ConnectionId>,
    pub destination_id: DestinationId,
    pub is_webhook: bool,
    /// What people know it by.
    pub name: String,
    pub paused_at: Timestamp,
}
