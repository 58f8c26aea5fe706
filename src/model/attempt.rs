//! Attempts: one HTTP try of one event.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    AttemptId, Body, BulkOperationId, Commas, ConnectionId, DestinationId, Diagnosis, EventId, EventStatus, Headers,
    Mode, RequestId, SourceId, TeamId, TimeBound, Timestamp,
};

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AttemptStatus {
    Successful,
    Failed,
}

words! { AttemptStatus: Successful = "SUCCESSFUL", Failed = "FAILED" }

/// Why there was an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Trigger {
    /// The event's first.
    Initial,
    /// The schedule's.
    Automatic,
    /// Somebody asked for it.
    Manual,
    /// A bulk operation asked for it.
    BulkRetry,
    /// What held the event was lifted.
    Unpause,
    /// The node that sent before stopped without saying what came of it; this may be a repetition.
    Recovery,
}

words! {
    Trigger: Initial = "INITIAL", Automatic = "AUTOMATIC", Manual = "MANUAL", BulkRetry = "BULK_RETRY",
    Unpause = "UNPAUSE", Recovery = "RECOVERY",
}

/// How an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// The name could not be resolved.
    Dns,
    ConnectionRefused,
    /// The connection broke, before or within the answer.
    ConnectionReset,
    ConnectTimeout,
    Tls,
    /// The deadline passed after the connection stood.
    Timeout,
    /// The address is not public and not allowed.
    EgressDenied,
    /// What came back was not HTTP.
    Protocol,
    /// An answer other than 2xx.
    BadStatus,
    /// A transformation failed, so nothing was sent.
    TransformFailed,
}

words! {
    ErrorCode: Dns = "DNS", ConnectionRefused = "CONNECTION_REFUSED", ConnectionReset = "CONNECTION_RESET",
    ConnectTimeout = "CONNECT_TIMEOUT", Tls = "TLS", Timeout = "TIMEOUT", EgressDenied = "EGRESS_DENIED",
    Protocol = "PROTOCOL", BadStatus = "BAD_STATUS", TransformFailed = "TRANSFORM_FAILED",
}

/// Where an attempt's time went, in milliseconds; absent is what did not happen (a kept connection needs no DNS).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Timings {
    /// From due to the start of the attempt.
    pub queue_ms: Option<f64>,
    pub dns_ms: Option<f64>,
    pub connect_ms: Option<f64>,
    pub tls_ms: Option<f64>,
    /// From the request's first byte to the answer's first.
    pub first_byte_ms: Option<f64>,
    /// From the answer's first byte to its last.
    pub body_ms: Option<f64>,
    /// From the start of the attempt to its end.
    pub total_ms: f64,
}

/// An attempt as its team sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Attempt {
    pub id: AttemptId,
    pub team_id: TeamId,
    pub mode: Mode,
    pub event_id: EventId,
    pub request_id: RequestId,
    pub connection_id: ConnectionId,
    pub source_id: SourceId,
    pub destination_id: DestinationId,
    pub event_type: Option<String>,
    pub webhook_id: String,
    /// Counts from 1.
    pub attempt_number: u32,
    /// How many attempts its event has had, as of now.
    pub event_attempts: u32,
    /// Where its event is, as of now.
    pub event_status: EventStatus,
    pub trigger: Trigger,
    /// The bulk operation that its event is of, where it is of one.
    pub bulk_retry_id: Option<BulkOperationId>,
    pub status: AttemptStatus,
    pub simulated: bool,
    pub error_code: Option<ErrorCode>,
    pub error_message: Option<String>,
    pub http_method: String,
    pub requested_url: Option<String>,
    pub response_status: Option<u16>,
    /// From the start to the answer's head, in milliseconds.
    pub response_latency: Option<f64>,
    /// From the start to the end, in milliseconds.
    pub delivery_latency: f64,
    pub timings: Timings,
    pub successful_at: Option<Timestamp>,
    /// When it was sent.
    pub delivered_at: Timestamp,
    pub responded_at: Option<Timestamp>,
    /// When the event is tried again, as of now.
    pub next_attempt_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// When it was over.
    pub updated_at: Timestamp,
    /// The headers as sent.
    pub request_headers: Headers,
    /// The bytes as sent; their text when they are UTF-8, else base64. Absent where a list has too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_body_encoding: Option<crate::BodyEncoding>,
    pub response_headers: Option<Headers>,
    /// The answer's body after decoding, at most 64 KiB; text when UTF-8, else base64. Absent where a list has too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_encoding: Option<crate::BodyEncoding>,
    /// Whether the answer's body was longer than what is kept.
    pub response_body_truncated: bool,
    /// What a failure means and what to do; of one attempt, where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<Diagnosis>,
}

impl Attempt {
    /// The request's exact bytes, when this record has them.
    pub fn request_bytes(&self) -> Option<Body> {
        Some(Body { encoding: self.request_body_encoding?, text: self.request_body.clone()? })
    }

    /// The kept part of the answer's body, when this record has it.
    pub fn response_bytes(&self) -> Option<Body> {
        Some(Body { encoding: self.body_encoding?, text: self.body.clone()? })
    }
}

/// Which answers are wanted: `200`, `4xx`, or `none` for attempts without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseCode {
    Exactly(u16),
    /// The hundreds, 1 to 5.
    Class(u8),
    None,
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(code) => code.fmt(out),
            Self::Class(hundreds) => write!(out, "{hundreds}xx"),
            Self::None => out.write_str("none"),
        }
    }
}

impl FromStr for ResponseCode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "expected a status such as 503, a class such as 5xx, or none";
        match text.as_bytes() {
            b"none" => Ok(Self::None),
            [hundreds @ b'1'..=b'5', b'x', b'x'] => Ok(Self::Class(hundreds - b'0')),
            _ => text.parse().ok().filter(|code| (100..=599).contains(code)).map(Self::Exactly).ok_or(WRONG),
        }
    }
}

/// How many attempts there were in some stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct AttemptBucket {
    /// When it begins.
    pub at: Timestamp,
    pub successful: u64,
    pub failed: u64,
}

/// Attempts over time, in buckets of equal length, none left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct AttemptHistogram {
    pub from: Timestamp,
    pub to: Timestamp,
    /// The length of a bucket, in milliseconds.
    pub step_ms: u64,
    pub buckets: Vec<AttemptBucket>,
}

/// The lengths that a histogram's buckets may have, in seconds; longer ones are whole days.
const STEPS: [u64; 18] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY];
const DAY: u64 = 86_400;

impl AttemptHistogram {
    /// As many buckets at most as may be asked for.
    pub const MOST_BUCKETS: u32 = 300;
    pub const DEFAULT_BUCKETS: u32 = 60;

    /// Empty buckets from `from` to `to`, about `buckets` of them (1 to 300) and of a round length. They begin at whole
    /// multiples of it, so the first begins at `from` or before, and the last ends after `to`.
    pub fn empty(from: Timestamp, to: Timestamp, buckets: u32) -> Self {
        let buckets = u64::from(buckets.clamp(1, Self::MOST_BUCKETS));
        let span = to.since(from).as_secs();
        let least = span.div_ceil(buckets);
        let step = STEPS.into_iter().find(|step| *step >= least).unwrap_or_else(|| least.div_ceil(DAY) * DAY);
        let length = i64::try_from(step * 1000).unwrap_or(i64::MAX);
        let first = from.millis().div_euclid(length);
        let last = to.millis().div_euclid(length).max(first);
        let at = |number: i64| Timestamp::from_millis(number.saturating_mul(length));
        let empty = |number| AttemptBucket { at: at(number), successful: 0, failed: 0 };
        Self { from: at(first), to: at(last + 1), step_ms: step * 1000, buckets: (first..=last).map(empty).collect() }
    }

    /// Counts attempts made at `at`; what is outside is not counted.
    pub fn add(&mut self, at: Timestamp, status: AttemptStatus, count: u64) {
        let length = i64::try_from(self.step_ms).unwrap_or(i64::MAX).max(1);
        let index = usize::try_from((at.millis() - self.from.millis()).div_euclid(length)).ok();
        if let Some(bucket) = index.and_then(|index| self.buckets.get_mut(index)) {
            match status {
                AttemptStatus::Successful => bucket.successful += count,
                AttemptStatus::Failed => bucket.failed += count,
            }
        }
    }
}

/// Which attempts are wanted; what is empty does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFilter {
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub id: Commas<AttemptId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub event_id: Commas<EventId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub destination_id: Commas<DestinationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<AttemptStatus>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub event_type: Commas<String>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub response_status: Commas<ResponseCode>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub error_code: Commas<ErrorCode>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub trigger: Commas<Trigger>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<TimeBound>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<TimeBound>,
    /// Text that stands in the ids, the event type, the error, the payload or the answer's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_histogram_has_round_steps_and_no_gaps() {
        let to: Timestamp = "2026-03-04T10:17:33.250Z".parse().unwrap();
        for (case, span, buckets, step, count) in [
            ("a day by the hour", Duration::from_hours(24), 24, 3600, 25),
            ("a day in about 60", Duration::from_hours(24), 60, 1800, 49),
            ("fifteen days", Duration::from_hours(360), 60, 21_600, 61),
            ("fifteen days in few", Duration::from_hours(360), 10, 2 * DAY, 9),
            ("five minutes", Duration::from_mins(5), 60, 5, 61),
            ("no time at all", Duration::ZERO, 60, 1, 1),
            ("one", Duration::from_hours(1), 1, 3600, 2),
            ("more than may be", Duration::from_mins(5), 100_000, 1, 301),
        ] {
            let histogram = AttemptHistogram::empty(to.minus(span), to, buckets);
            assert_eq!((histogram.step_ms / 1000, histogram.buckets.len()), (step, count), "{case}");
            assert!(histogram.from <= to.minus(span) && histogram.to > to, "{case}");
            let step = Duration::from_millis(histogram.step_ms);
            assert!(histogram.buckets.windows(2).all(|pair| pair[1].at == pair[0].at.plus(step)), "{case}");
            assert_eq!(histogram.buckets[0].at, histogram.from, "{case}");
            assert_eq!(histogram.buckets[count - 1].at.plus(step), histogram.to, "{case}");
        }
    }

    #[test]
    fn attempts_are_counted_in_their_bucket() {
        let from: Timestamp = "2026-03-04T10:00:00Z".parse().unwrap();
        let mut histogram = AttemptHistogram::empty(from, from.plus(Duration::from_mins(2)), 2);
        for (seconds, status) in [
            (0, AttemptStatus::Failed),
            (59, AttemptStatus::Successful),
            (60, AttemptStatus::Successful),
            (179, AttemptStatus::Successful),
            (180, AttemptStatus::Successful),
        ] {
            histogram.add(from.plus(Duration::from_secs(seconds)), status, 1);
        }
        histogram.add(from.minus(Duration::from_millis(1)), AttemptStatus::Failed, 1);
        let counts: Vec<_> = histogram.buckets.iter().map(|bucket| (bucket.successful, bucket.failed)).collect();
        assert_eq!(counts, [(1, 1), (1, 0), (1, 0)]);
    }
}
