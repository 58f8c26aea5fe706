//! Attempts: one HTTP try of one event.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    AttemptId, Body, Commas, ConnectionId, DestinationId, Diagnosis, EventId, Headers, Mode, RequestId, SourceId,
    TeamId, TimeBound, Timestamp,
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
}

words! {
    ErrorCode: Dns = "DNS", ConnectionRefused = "CONNECTION_REFUSED", ConnectionReset = "CONNECTION_RESET",
    ConnectTimeout = "CONNECT_TIMEOUT", Tls = "TLS", Timeout = "TIMEOUT", EgressDenied = "EGRESS_DENIED",
    Protocol = "PROTOCOL", BadStatus = "BAD_STATUS",
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
    pub trigger: Trigger,
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
