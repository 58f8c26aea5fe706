//! Metrics: what happened over time, from counts that are kept as work happens.

mod alerts;
mod card;
mod overview;
mod series;

pub use alerts::{Alerts, PausedThing, RejectedByCause, TroubledDestination};
pub use card::{BINS, ConnectionCard, DestinationCard, SourceCard, TransformationCard};
pub use overview::{DestinationLine, Overview, OverviewBar, SourceLine, Totals};
pub use series::{
    AttemptMeasure, AttemptMetricsQuery, DateRange, EventMeasure, EventMetricsQuery, Granularity, MOST_POINTS,
    MetricPoint, MetricSeries, RequestMeasure, RequestMetricsQuery, Window,
};

use serde::{Deserialize, Serialize};

use crate::{DestinationId, Timestamp};

/// What waits for a destination, or for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Backlog {
    /// All that waits.
    pub count: u64,
    /// Those whose turn it is, or that are being tried.
    pub queued: u64,
    /// Those that wait for a later time, such as that of their next try.
    pub scheduled: u64,
    /// Those that are held, since something on their way is paused or disabled.
    pub held: u64,
    /// When the event that has waited longest was made.
    pub oldest_at: Option<Timestamp>,
    /// Whether there are so many that the numbers are taken from what was counted, and `queued`, `scheduled` and
    /// `held` from a part of them.
    pub estimated: bool,
}

/// What waits for a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct DestinationBacklog {
    pub destination_id: DestinationId,
    #[serde(flatten)]
    pub backlog: Backlog,
}

/// How long attempts took, in milliseconds, within 10 %; nothing where there was none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Latency {
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
}
