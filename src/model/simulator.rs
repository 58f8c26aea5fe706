//! The simulator: made-up events, what they will look like, the ones worth keeping, and what a receiver makes of them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    AttemptId, AttemptStatus, DestinationId, EventId, FieldError, Headers, ReceiverCheckId, SavedPayloadId, Timestamp,
};

/// A simulated event for one webhook.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Simulation {
    #[serde(rename = "type")]
    pub kind: String,
    /// The envelope: `api_mode`, `date`, `id`, `type`, `data`; as it was typed, byte for byte.
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub payload: Box<RawValue>,
    /// Whether to send the payload as it is, instead of filling in `api_mode`, `date`, `id` and `type`.
    #[serde(default)]
    pub exact: bool,
    /// What is wrong with it on purpose; none: an ordinary delivery. Of some come several events. `stale_timestamp`,
    /// `wrong_signature` and `missing_signature` are to be refused, so they are tried once; all else is retried like a
    /// real event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<Scenario>,
}

/// What a simulated event would look like on its way, were it sent at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SimulationPreview {
    pub method: String,
    /// None for the built-in receiver.
    pub url: Option<String>,
    pub headers: Headers,
    /// The exact bytes.
    pub body: String,
    /// What is signed: `{webhook-id}.{webhook-timestamp}.{body}` (Standard Webhooks 1.0.0).
    pub signature_base: String,
    /// Where the data does not fit the event type's schema; pointers are into the payload.
    pub warnings: Vec<FieldError>,
}

/// A payload kept under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SavedPayload {
    pub id: SavedPayloadId,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// As it was typed.
    pub payload: String,
    pub exact: bool,
    pub updated_at: Timestamp,
}

/// A payload to keep; one of the same name is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SavedPayloadInput {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub payload: String,
    #[serde(default)]
    pub exact: bool,
}

/// What a receiver may be confronted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// An ordinary delivery: the anchor that the others are compared with.
    Valid,
    /// The same event twice, with the same `webhook-id`.
    Duplicate,
    /// A newer event before an older one.
    OutOfOrder,
    /// Signed properly, an hour ago.
    StaleTimestamp,
    /// Signed with another secret.
    WrongSignature,
    /// Not signed.
    MissingSignature,
    /// A type that the receiver cannot know.
    UnknownEventType,
    /// Without the fields that the schema does not require.
    MissingOptionalFields,
    /// With fields that the schema does not name.
    UnknownFields,
    /// 1 MiB of data.
    LargePayload,
    /// 50 events at once.
    Burst,
}

words! {
    Scenario: Valid = "valid", Duplicate = "duplicate", OutOfOrder = "out_of_order", StaleTimestamp = "stale_timestamp",
    WrongSignature = "wrong_signature", MissingSignature = "missing_signature",
    UnknownEventType = "unknown_event_type", MissingOptionalFields = "missing_optional_fields",
    UnknownFields = "unknown_fields", LargePayload = "large_payload", Burst = "burst",
}

/// A receiver check as it was asked for. Each of its deliveries is tried once, after what is live, and a failure counts
/// for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceiverCheckInput {
    /// The event type to make events of; the first that the webhook chose when absent.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Which scenarios; all when empty. `valid` is always among them.
    #[serde(default)]
    pub scenarios: Vec<Scenario>,
    /// Within how many milliseconds an answer is good, 50 to 30000; 1000 when absent.
    #[serde(default)]
    pub answers_within_ms: Option<u32>,
}

/// How a receiver did at something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Not all answers are there yet.
    Waiting,
    Pass,
    Fail,
    NotApplicable,
}

words! { Finding: Waiting = "waiting", Pass = "pass", Fail = "fail", NotApplicable = "not_applicable" }

/// An attempt that a finding rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CheckedDelivery {
    pub event_id: EventId,
    /// None until it was tried.
    pub attempt_id: Option<AttemptId>,
    pub status: Option<AttemptStatus>,
    pub response_status: Option<u16>,
    pub error_message: Option<String>,
    /// Milliseconds.
    pub latency: Option<f64>,
}

/// One line of a receiver check's report. `valid` stands there twice: first for what it is, last for how fast the receiver
/// answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CheckItem {
    pub scenario: Scenario,
    /// What is asked of the receiver, such as "Refuses a wrong signature".
    pub title: String,
    pub finding: Finding,
    /// What was seen, in a sentence.
    pub evidence: String,
    /// What to do about it; empty when it passed.
    pub advice: String,
    /// The deliveries it rests on; of a burst the slowest and the failed ones.
    pub deliveries: Vec<CheckedDelivery>,
}

/// What a receiver makes of everything it may meet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ReceiverCheck {
    pub id: ReceiverCheckId,
    pub destination_id: DestinationId,
    #[serde(rename = "type")]
    pub kind: String,
    pub created_at: Timestamp,
    /// Whether all answers are there, or were waited for long enough.
    pub done: bool,
    /// How many deliveries there are, and how many were tried.
    pub deliveries: u32,
    pub tried: u32,
    pub items: Vec<CheckItem>,
}

impl SavedPayloadInput {
    /// How many characters a name has at most, and how many bytes a payload.
    pub const MAX_NAME: usize = 100;
    pub const MAX_PAYLOAD: usize = 1 << 20;

    /// What was typed is kept, also when it is not JSON yet.
    pub fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = crate::event_type_mistake(&self.kind, "/type");
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > Self::MAX_NAME || name.chars().any(char::is_control) {
            mistakes.push(FieldError::new("/name", "a name has 1 to 100 characters, and no control characters"));
        }
        if self.payload.len() > Self::MAX_PAYLOAD {
            mistakes.push(FieldError::new("/payload", "a payload that is kept has at most 1 MiB"));
        }
        if self.payload.contains('\0') {
            mistakes.push(FieldError::new("/payload", "a payload that is kept has no NUL character"));
        }
        mistakes
    }
}

impl ReceiverCheckInput {
    /// Within how many milliseconds an answer is good, when nothing else is said.
    pub const ANSWERS_WITHIN_MS: u32 = 1000;

    pub fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = self.kind.as_deref().map_or_else(Vec::new, |kind| crate::event_type_mistake(kind, "/type"));
        if self.answers_within_ms.is_some_and(|limit| !(50..=30_000).contains(&limit)) {
            mistakes.push(FieldError::new("/answers_within_ms", "must be 50 to 30000"));
        }
        mistakes
    }
}
