//! Webhooks, the rows of the Developer tab, and what is published to them.

use serde::{Deserialize, Serialize};

use crate::{
    AttemptBucket, AttemptStatus, AutoDisable, DestinationId, DestinationType, ErrorCode, EventId, FieldError, Health,
    HealthState, Mode, RequestId, Timestamp, connection::event_type_mistakes, destination::url_mistake,
};

/// Whether a webhook is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum WebhookStatus {
    Enabled,
    Disabled,
}

words! { WebhookStatus: Enabled = "enabled", Disabled = "disabled" }

/// The last attempt of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct LastDelivery {
    pub at: Timestamp,
    pub status: AttemptStatus,
    pub response_status: Option<u16>,
    pub error_code: Option<ErrorCode>,
}

/// What was sent to a webhook in the last 24 hours, for a small chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct WebhookActivity {
    pub id: DestinationId,
    /// 24 whole hours, the oldest first; the last one is under way.
    pub hours: Vec<AttemptBucket>,
}

/// A webhook: a destination with one connection from the built-in source, whose filter is its event types.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Webhook {
    pub id: DestinationId,
    pub mode: Mode,
    /// `HTTP`, or `MOCK` for the built-in receiver.
    #[serde(rename = "type")]
    pub kind: DestinationType,
    /// None for the built-in receiver.
    pub url: Option<String>,
    pub description: Option<String>,
    pub event_types: Vec<String>,
    pub status: WebhookStatus,
    pub health: Health,
    /// What it takes to disable it by itself; none: that never happens.
    pub auto_disable: Option<AutoDisable>,
    pub last_delivery: Option<LastDelivery>,
    pub disabled_at: Option<Timestamp>,
    pub disabled_reason: Option<String>,
    /// Since when its events are held instead of sent.
    pub paused_at: Option<Timestamp>,
    /// Since when its circuit breaker is open, which holds its events too.
    pub breaker_opened_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Webhook {
    /// Whether somebody has to look after it: it is close to being disabled by itself, or was.
    pub fn is_troubled(&self) -> bool {
        match self.health.state {
            HealthState::Healthy | HealthState::Failing => false,
            HealthState::Warning => true,
            HealthState::Disabled => self.is_disabled_by_itself(),
        }
    }

    /// Whether Hookyard disabled it, not a person.
    pub const fn is_disabled_by_itself(&self) -> bool {
        matches!(self.status, WebhookStatus::Disabled) && self.disabled_reason.is_some()
    }

    /// What people know it by: its URL, or that it is a built-in receiver and the end of its id, which tells it from others.
    pub fn shown_name(&self) -> String {
        let id = self.id.to_string();
        self.url.clone().unwrap_or_else(|| format!("Built-in receiver {}", &id[id.len() - 6..]))
    }
}

/// A new webhook.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    #[serde(default, rename = "type")]
    pub kind: DestinationType,
    /// Unique in the team over both modes; `https` in live mode.
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub event_types: Vec<String>,
}

impl NewWebhook {
    pub fn mistakes(&self, mode: Mode) -> Vec<FieldError> {
        let url = match (self.kind, self.url.as_deref()) {
            (DestinationType::Mock, Some(_)) => Some("the built-in receiver has no URL".to_owned()),
            (DestinationType::Mock, None) => None,
            (DestinationType::Http, url) => webhook_url_mistake(url.unwrap_or_default(), mode),
        };
        let mut mistakes: Vec<_> = url.map(|detail| FieldError::new("/url", detail)).into_iter().collect();
        if self.event_types.is_empty() {
            mistakes.push(FieldError::new("/event_types", "choose at least one event type"));
        }
        mistakes.extend(event_type_mistakes(&self.event_types));
        mistakes
    }
}

/// Changes to a webhook; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WebhookPatch {
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub event_types: Option<Vec<String>>,
}

impl WebhookPatch {
    pub fn mistakes(&self, mode: Mode) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        if let Some(detail) = self.url.as_deref().and_then(|url| webhook_url_mistake(url, mode)) {
            mistakes.push(FieldError::new("/url", detail));
        }
        if let Some(types) = &self.event_types {
            if types.is_empty() {
                mistakes.push(FieldError::new("/event_types", "choose at least one event type"));
            }
            mistakes.extend(event_type_mistakes(types));
        }
        mistakes
    }
}

fn webhook_url_mistake(url: &str, mode: Mode) -> Option<String> {
    match url_mistake(url) {
        None if mode == Mode::Live && !url.to_ascii_lowercase().starts_with("https:") => {
            Some("a live webhook must be https".to_owned())
        }
        _ if url.trim().is_empty() => Some("give the URL to send to".to_owned()),
        mistake => mistake,
    }
}

/// An event to publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// The event type's name.
    #[serde(rename = "type")]
    pub kind: String,
    /// Any JSON object.
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub data: serde_json::Value,
    /// What receivers deduplicate on; a UUID, made when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// What became of a published or simulated event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Published {
    /// The envelope's id.
    pub id: String,
    pub request_id: RequestId,
    pub event_ids: Vec<EventId>,
    /// Where the data does not fit the event type's schema, when the team wants to be warned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<FieldError>,
}
