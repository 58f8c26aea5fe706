//! Cards: a noun's last 24 hours in a few numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Backlog;
use crate::{ConnectionId, DestinationId, SourceId, TransformationId};

/// Into how many parts a card cuts its 24 hours: 4 hours each, the oldest first.
pub const BINS: usize = 6;

/// What came in at a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SourceCard {
    pub id: SourceId,
    pub requests_24h_count: u64,
    /// The same as `requests_24h_count`.
    pub requests_24h_total_count: u64,
    pub requests_24h_accepted_count: u64,
    pub requests_24h_rejected_count: u64,
    pub requests_24h_accepted_bins: [u64; BINS],
    pub requests_24h_rejected_bins: [u64; BINS],
    pub connections_count: u64,
    /// Requests a minute, over the last five.
    pub per_minute: f64,
}

/// What a connection took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ConnectionCard {
    pub id: ConnectionId,
    pub events_24h_count: u64,
    pub events_24h_successful_count: u64,
    pub events_24h_failed_count: u64,
    /// Those of the last 24 hours that still wait.
    pub events_24h_pending_count: u64,
    pub events_24h_cancelled_count: u64,
    /// Requests that it did not take: filtered, duplicates, or since something was disabled.
    pub events_24h_ignored_count: u64,
    pub events_24h_bins: [u64; BINS],
    pub events_24h_successful_bins: [u64; BINS],
    pub events_24h_failed_bins: [u64; BINS],
    pub events_24h_pending_bins: [u64; BINS],
    pub events_24h_cancelled_bins: [u64; BINS],
    /// What waits now, however old it is.
    pub backlog: Backlog,
    /// Events a minute, over the last five.
    pub per_minute: f64,
    /// Failed events a minute, over the last five.
    pub failed_per_minute: f64,
}

/// What was sent to a destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct DestinationCard {
    pub id: DestinationId,
    pub attempts_24h_count: u64,
    pub attempts_24h_successful_count: u64,
    pub attempts_24h_failed_count: u64,
    pub attempts_24h_bins: [u64; BINS],
    pub attempts_24h_failed_bins: [u64; BINS],
    /// How long nineteen of twenty attempts took at most, in milliseconds.
    pub latency_p95: Option<f64>,
    /// What waits now.
    pub backlog: Backlog,
    /// Attempts a minute, over the last five.
    pub per_minute: f64,
    /// Failed attempts a minute, over the last five.
    pub failed_per_minute: f64,
}

/// What a transformation did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TransformationCard {
    pub id: TransformationId,
    pub executions_24h_count: u64,
    pub executions_24h_failed_count: u64,
    pub executions_24h_bins: [u64; BINS],
    pub executions_24h_failed_bins: [u64; BINS],
    /// How often each error came.
    pub error_code_counts: BTreeMap<String, u64>,
    pub connections_count: u64,
}
