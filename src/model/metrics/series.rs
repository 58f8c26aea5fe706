//! Series: measures over time, in stretches of equal length, none left out.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    BulkOperationId, BulkScope, Commas, ConnectionId, DestinationId, EventStatus, RequestStatus, SourceId, TimeBound,
    Timestamp,
};

/// How many points a series has at most.
pub const MOST_POINTS: u64 = 4000;
/// How many a series has at most when nobody says how long its stretches are to be.
const PLENTY: u64 = 125;

/// How long the stretches of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum Granularity {
    #[serde(rename = "1s")]
    Second,
    #[serde(rename = "5s")]
    FiveSeconds,
    #[serde(rename = "10s")]
    TenSeconds,
    #[serde(rename = "30s")]
    HalfMinute,
    #[serde(rename = "1m")]
    Minute,
    #[serde(rename = "5m")]
    FiveMinutes,
    #[serde(rename = "15m")]
    QuarterHour,
    #[serde(rename = "1h")]
    Hour,
}

words! {
    Granularity: Second = "1s", FiveSeconds = "5s", TenSeconds = "10s", HalfMinute = "30s", Minute = "1m",
    FiveMinutes = "5m", QuarterHour = "15m", Hour = "1h",
}

impl Granularity {
    pub const fn duration(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::FiveSeconds => 5,
            Self::TenSeconds => 10,
            Self::HalfMinute => 30,
            Self::Minute => 60,
            Self::FiveMinutes => 300,
            Self::QuarterHour => 900,
            Self::Hour => 3600,
        })
    }

    /// The finest that cuts so long a time into few enough stretches, and is not finer than `least`.
    pub fn fitting(span: Duration, least: Self) -> Self {
        let fits = |one: &&Self| **one >= least && one.points(span) <= PLENTY;
        Self::ALL.iter().find(fits).copied().unwrap_or(Self::Hour)
    }

    /// How many stretches so long a time has about.
    pub const fn points(self, span: Duration) -> u64 {
        span.as_secs().div_ceil(self.duration().as_secs())
    }
}

/// A window of time that ends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum Window {
    #[serde(rename = "1h")]
    Hour,
    #[serde(rename = "6h")]
    SixHours,
    #[default]
    #[serde(rename = "24h")]
    Day,
    #[serde(rename = "7d")]
    Week,
    #[serde(rename = "15d")]
    Fortnight,
}

words! { Window: Hour = "1h", SixHours = "6h", Day = "24h", Week = "7d", Fortnight = "15d" }

impl Window {
    pub const fn duration(self) -> Duration {
        Duration::from_hours(match self {
            Self::Hour => 1,
            Self::SixHours => 6,
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Fortnight => 15 * 24,
        })
    }

    /// How long a bar of its charts is: about sixty fill a chart.
    pub const fn step(self) -> Duration {
        Duration::from_mins(match self {
            Self::Hour => 1,
            Self::SixHours => 5,
            Self::Day => 30,
            Self::Week => 3 * 60,
            Self::Fortnight => 6 * 60,
        })
    }
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct DateRange {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// A stretch of time: when it begins, and the measures that were asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct MetricPoint {
    pub timestamp: Timestamp,
    /// A measure is null where there is nothing to measure, such as the latency of no attempt.
    #[serde(flatten)]
    #[cfg_attr(feature = "server", schema(value_type = std::collections::HashMap<String, Option<f64>>))]
    pub measures: BTreeMap<String, Option<serde_json::Number>>,
}

/// Measures over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct MetricSeries {
    /// From when the first stretch begins to when the last one ends: both are whole multiples of the granularity.
    pub date_range: DateRange,
    pub granularity: Granularity,
    pub series: Vec<MetricPoint>,
    /// Whether so many events wait that how many of them are held, queued or between two tries is an estimate; of bulk
    /// operations, whether there are more than were counted.
    pub partial: bool,
}

/// What is measured of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestMeasure {
    Count,
    AcceptedCount,
    RejectedCount,
    /// Branches that requests did not take.
    IgnoredCount,
    /// Bytes of bodies.
    Bytes,
}

words! {
    RequestMeasure: Count = "count", AcceptedCount = "accepted_count", RejectedCount = "rejected_count",
    IgnoredCount = "ignored_count", Bytes = "bytes",
}

/// What is measured of events, by when they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventMeasure {
    Count,
    DeliveredCount,
    FailedCount,
    CancelledCount,
    /// Status `QUEUED` now.
    QueuedCount,
    /// Status `SCHEDULED` now: tried, and to be tried again, or delayed.
    ProcessingCount,
    /// Status `HOLD` now.
    HoldCount,
    /// Branches that made no event, and events that a filter ended.
    IgnoredCount,
}

words! {
    EventMeasure: Count = "count", DeliveredCount = "delivered_count", FailedCount = "failed_count",
    CancelledCount = "cancelled_count", QueuedCount = "queued_count", ProcessingCount = "processing_count",
    HoldCount = "hold_count", IgnoredCount = "ignored_count",
}

impl EventMeasure {
    /// Whether it says what waits now, rather than what was counted.
    pub const fn is_of_now(self) -> bool {
        matches!(self, Self::QueuedCount | Self::ProcessingCount | Self::HoldCount)
    }
}

/// What is measured of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptMeasure {
    Count,
    SuccessfulCount,
    FailedCount,
    LatencyP50,
    LatencyP95,
    LatencyP99,
}

words! {
    AttemptMeasure: Count = "count", SuccessfulCount = "successful_count", FailedCount = "failed_count",
    LatencyP50 = "latency_p50", LatencyP95 = "latency_p95", LatencyP99 = "latency_p99",
}

impl AttemptMeasure {
    pub const fn is_latency(self) -> bool {
        matches!(self, Self::LatencyP50 | Self::LatencyP95 | Self::LatencyP99)
    }
}

/// Which measures of which requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestMetricsQuery {
    #[serde(default)]
    pub measures: Commas<RequestMeasure>,
    #[serde(default)]
    pub from: Option<TimeBound>,
    #[serde(default)]
    pub to: Option<TimeBound>,
    #[serde(default)]
    pub granularity: Option<Granularity>,
    #[serde(default)]
    pub source_id: Commas<SourceId>,
    #[serde(default)]
    pub status: Option<RequestStatus>,
    /// Those of bulk operations.
    #[serde(default)]
    pub batch_operation_id: Commas<BulkOperationId>,
    /// Which of theirs; none: both.
    #[serde(default)]
    pub batch_operation_scope: Option<BulkScope>,
}

/// Which measures of which events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventMetricsQuery {
    #[serde(default)]
    pub measures: Commas<EventMeasure>,
    #[serde(default)]
    pub from: Option<TimeBound>,
    #[serde(default)]
    pub to: Option<TimeBound>,
    #[serde(default)]
    pub granularity: Option<Granularity>,
    #[serde(default)]
    pub source_id: Commas<SourceId>,
    #[serde(default)]
    pub connection_id: Commas<ConnectionId>,
    #[serde(default)]
    pub destination_id: Commas<DestinationId>,
    #[serde(default)]
    pub status: Commas<EventStatus>,
    /// Those of bulk operations.
    #[serde(default)]
    pub batch_operation_id: Commas<BulkOperationId>,
    /// Which of theirs; none: both.
    #[serde(default)]
    pub batch_operation_scope: Option<BulkScope>,
}

/// Which measures of which attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptMetricsQuery {
    #[serde(default)]
    pub measures: Commas<AttemptMeasure>,
    #[serde(default)]
    pub from: Option<TimeBound>,
    #[serde(default)]
    pub to: Option<TimeBound>,
    #[serde(default)]
    pub granularity: Option<Granularity>,
    #[serde(default)]
    pub destination_id: Commas<DestinationId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_cut_into_few_enough_stretches() {
        for (hours, least, expected) in [
            (1, Granularity::Second, Granularity::HalfMinute),
            (1, Granularity::Minute, Granularity::Minute),
            (6, Granularity::Second, Granularity::FiveMinutes),
            (24, Granularity::Second, Granularity::QuarterHour),
            (24 * 15, Granularity::Second, Granularity::Hour),
        ] {
            assert_eq!(Granularity::fitting(Duration::from_hours(hours), least), expected, "{hours} h");
        }
        assert_eq!(Granularity::fitting(Duration::from_mins(2), Granularity::Second), Granularity::Second);
    }

    #[test]
    fn a_point_has_its_measures_beside_its_time() {
        let measures = BTreeMap::from([("count".to_owned(), Some(3.into())), ("latency_p50".to_owned(), None)]);
        let point = MetricPoint { timestamp: Timestamp::from_millis(0), measures };
        let json = serde_json::to_value(&point).unwrap();
        assert_eq!(json, serde_json::json!({"timestamp": "1970-01-01T00:00:00.000Z", "count": 3, "latency_p50": null}));
        assert_eq!(serde_json::from_value::<MetricPoint>(json).unwrap(), point);
    }
}
