//! Why something did not pass a filter.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a filter looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FilterPart {
    /// The connection's choice of event types, rather than a rule.
    EventType,
    Headers,
    Query,
    Path,
    Body,
}

words! {
    FilterPart: EventType = "event_type", Headers = "headers", Query = "query", Path = "path", Body = "body",
}

/// The first condition of a filter that did not hold, and the value that failed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Mismatch {
    pub part: FilterPart,
    /// A JSON pointer to the condition in the filter, such as `/body/amount/$gte`.
    pub pointer: String,
    /// Where the value stands, such as `body.amount`.
    pub place: String,
    /// Such as `$gte`; `$eq` for a plain value.
    pub operator: String,
    /// What the condition asks for.
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub wanted: Value,
    /// What was there instead, cut where it is long; absent when there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[cfg_attr(feature = "server", schema(value_type = Object, required = false))]
    pub found: Option<Value>,
    /// All of it in a sentence: `body.amount is 50, wanted at least 100`.
    pub sentence: String,
}

fn there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
