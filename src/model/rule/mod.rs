//! Rules: what a connection does with a request on its way to the destination, in one fixed order.

use serde::{Deserialize, Serialize};

mod mistakes;
mod read;
mod retry;
mod sameness;

pub use mistakes::rule_mistakes;
pub use retry::Retries;
pub use sameness::Sameness;

use crate::{FilterPart, Mismatch, TransformationId};

/// One rule of a connection. They are kept in the order deduplicate, transform, filter, delay, retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Rule {
    Deduplicate(DeduplicateRule),
    Transform(TransformRule),
    Filter(FilterRule),
    Delay(DelayRule),
    Retry(RetryRule),
}

/// Of requests that are the same, only the first in a window makes an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeduplicateRule {
    /// Milliseconds: 1000 (a second) to 1296000000 (15 days), counted from the first of them.
    pub window: u64,
    /// What makes two requests the same, such as `body.id` or `headers.x-request-id`; with neither list their path, query
    /// and body, byte by byte. What is missing counts as `null`; a request that has none of them is never a duplicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_fields: Option<Vec<String>>,
    /// What is left out when path, query and body are compared, such as `body.sent_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude_fields: Option<Vec<String>>,
}

/// The payload is changed by a stored script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TransformRule {
    pub transformation_id: TransformationId,
}

/// Only what matches all given parts goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FilterRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub headers: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub body: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub query: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub path: Option<serde_json::Value>,
}

/// The first attempt waits. Waiting events do not hold up the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DelayRule {
    /// Milliseconds: 1 to 1296000000 (15 days).
    pub delay: u64,
}

/// How the waits between attempts grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum RetryStrategy {
    /// Always `interval`.
    Linear,
    /// `interval`, then twice as long each time.
    Exponential,
    /// The `intervals` as they are listed.
    Custom,
}

/// Which failures are tried again and when, in place of the default schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RetryRule {
    pub strategy: RetryStrategy,
    /// How many tries after the first, up to 50; of a custom list as many as it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Milliseconds: 1000 (a second) to 1296000000 (15 days).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<u64>,
    /// Milliseconds, for `custom`: the wait after the first attempt, the second, and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<Vec<u64>>,
    /// No wait is longer than so many milliseconds; for `exponential` a day (86400000) when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_interval: Option<u64>,
    /// The answers that are tried again, such as `429` and `500-599`; all failures when absent. No answer at all is
    /// always tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_status_codes: Option<Vec<String>>,
}

impl Rule {
    /// The word that says which kind it is.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Deduplicate(_) => "deduplicate",
            Self::Transform(_) => "transform",
            Self::Filter(_) => "filter",
            Self::Delay(_) => "delay",
            Self::Retry(_) => "retry",
        }
    }

    /// Its place in the canonical order.
    const fn place(&self) -> u8 {
        match self {
            Self::Deduplicate(_) => 0,
            Self::Transform(_) => 1,
            Self::Filter(_) => 2,
            Self::Delay(_) => 3,
            Self::Retry(_) => 4,
        }
    }
}

/// Why an event of this type is not among those that were chosen.
pub fn event_type_mismatch(chosen: &[String], event_type: Option<&str>) -> Option<Mismatch> {
    if event_type.is_some_and(|kind| chosen.iter().any(|known| known == kind)) {
        return None;
    }
    let is = event_type.map_or_else(|| "it has no event type".to_owned(), |kind| format!("its event type is {kind}"));
    Some(Mismatch {
        part: FilterPart::EventType,
        pointer: "/event_types".to_owned(),
        place: "event type".to_owned(),
        operator: "$in".to_owned(),
        wanted: chosen.iter().map(String::as_str).collect(),
        found: event_type.map(Into::into),
        sentence: format!("{is}, wanted one of {}", chosen.join(", ")),
    })
}

/// Puts rules into the canonical order; those of one kind keep theirs.
pub fn in_order(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.sort_by_key(Rule::place);
    rules
}
