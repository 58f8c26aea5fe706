//! Trying rules on requests that came, before they are saved. Nothing is sent or stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ConnectionId, ConsoleLine, Difference, FilterRule, Mismatch, Payload, RequestId, Rule, RunError, Secret, SourceId,
    Timestamp, TransformationId,
};

/// How many requests a trial takes when it is not said.
pub const TRIAL_LAST: u32 = 20;
/// How many requests a trial takes at most.
pub const TRIAL_MOST: u32 = 100;

/// Rules, and the requests to try them on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TrialInput {
    /// Whose requests are tried; that of the connection when absent.
    #[serde(default)]
    pub source_id: Option<SourceId>,
    /// The connection whose rules these are to become.
    #[serde(default)]
    pub connection_id: Option<ConnectionId>,
    /// The rules to try; those of the connection when absent.
    #[serde(default)]
    pub rules: Option<Vec<Rule>>,
    /// The event types that pass; all of them when absent.
    #[serde(default)]
    pub event_types: Option<Vec<String>>,
    /// A script that is not saved yet.
    #[serde(default)]
    pub script: Option<TrialScript>,
    /// The last so many requests that the source let in, 1 to 100; 20 when absent.
    #[serde(default)]
    pub last: Option<u32>,
    /// These requests rather than the last, 100 at most.
    #[serde(default)]
    pub request_ids: Option<Vec<RequestId>>,
}

/// A script that is tried in place of a stored one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TrialScript {
    /// The transformation that it is to become; without, it runs after those among the rules.
    #[serde(default)]
    pub transformation_id: Option<TransformationId>,
    pub code: String,
    /// In place of the stored environment.
    #[serde(default)]
    pub env: Option<BTreeMap<String, Secret>>,
}

/// What the rules make of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TrialOutcome {
    /// It would be sent.
    Sent,
    Filtered,
    Deduplicated,
    TransformFailed,
}

words! {
    TrialOutcome: Sent = "SENT", Filtered = "FILTERED", Deduplicated = "DEDUPLICATED",
    TransformFailed = "TRANSFORM_FAILED",
}

/// What came of trying rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Trial {
    /// Newest first.
    pub requests: Vec<TriedRequest>,
    pub counts: TrialCounts,
    /// Why some were not tried.
    pub not_tried_reason: Option<String>,
    pub duration_ms: f64,
}

/// How many requests each outcome had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TrialCounts {
    pub sent: u32,
    pub filtered: u32,
    pub deduplicated: u32,
    pub transform_failed: u32,
    pub not_tried: u32,
}

/// What the rules make of one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TriedRequest {
    pub request_id: RequestId,
    pub created_at: Timestamp,
    pub method: String,
    pub path: String,
    pub event_type: Option<String>,
    pub body_size: u64,
    pub outcome: TrialOutcome,
    /// Why it would not be sent, in a sentence.
    pub reason: Option<String>,
    /// The condition that it failed.
    pub mismatch: Option<Mismatch>,
    /// The request that it is the same as.
    pub duplicate_of: Option<RequestId>,
    /// How long the first attempt would wait.
    pub delay_ms: Option<u64>,
    /// The rules that it went through, in their order.
    pub steps: Vec<TrialStep>,
    /// What came; absent where no script was to change it, and where the answer would grow too long.
    pub before: Option<Payload>,
    /// What would be sent.
    pub after: Option<Payload>,
    /// Where they differ.
    pub changes: Vec<Difference>,
}

/// One rule that a request went through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TrialStep {
    /// `deduplicate`, `transform`, `filter` or `delay`.
    #[serde(rename = "type")]
    pub kind: String,
    pub duration_ms: f64,
    /// Of a script: which.
    pub transformation_id: Option<TransformationId>,
    /// What it wrote.
    pub console: Vec<ConsoleLine>,
    pub console_truncated: bool,
    /// What is probably not meant, such as numbers that lost digits.
    pub warnings: Vec<String>,
    /// Why it failed.
    pub error: Option<RunError>,
}

/// A filter, and what to try it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FilterTest {
    pub filter: FilterRule,
    #[serde(default)]
    pub input: FilterInput,
}

/// What a filter is tried on. What is left out is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FilterInput {
    /// Names with a text or a list of texts.
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub headers: Option<Value>,
    /// Any JSON.
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub body: Option<Value>,
    /// Names with a text or a list of texts, or the query string.
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub query: Option<Value>,
    #[serde(default)]
    pub path: Option<String>,
}

/// Whether a filter lets something pass, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FilterTested {
    pub matched: bool,
    /// The condition that failed.
    pub reason: Option<Mismatch>,
}
