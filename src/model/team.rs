//! A team's own matters: its members, its settings, and who is told what.

use serde::{Deserialize, Serialize};

use crate::{DestinationId, FieldError, Mode, NoticeId, Secret, Timestamp, UserId};

/// What happens to a published event that does not fit its type's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SchemaCheck {
    /// It is sent, and the answer says what does not fit.
    #[default]
    Warn,
    /// It is refused.
    Refuse,
    /// Nobody looks.
    Off,
}

words! { SchemaCheck: Warn = "warn", Refuse = "refuse", Off = "off" }

/// What a team decides for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TeamSettings {
    pub schema_check: SchemaCheck,
}

/// Somebody who belongs to the team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Member {
    pub user_id: UserId,
    pub email: String,
    /// `owner` or `member`.
    pub role: String,
    /// Whether notices about webhooks are mailed to them.
    pub notices: bool,
    pub created_at: Timestamp,
}

/// Somebody new in the team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    pub email: String,
    /// Their first password. Left out for somebody who has an account on this server already.
    #[serde(default)]
    pub password: Option<Secret>,
}

impl NewMember {
    pub fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        if !crate::user::is_email(&self.email) {
            mistakes.push(FieldError::new("/email", "not an e-mail address such as ada@example.com"));
        }
        mistakes
            .extend(self.password.as_ref().and_then(|password| crate::user::password_mistake(password, "/password")));
        mistakes
    }
}

/// A change in how a webhook does that people are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    /// It is half way to being disabled.
    Warning,
    /// It was disabled by itself.
    Disabled,
    /// It delivers again.
    Recovered,
}

words! { NoticeKind: Warning = "warning", Disabled = "disabled", Recovered = "recovered" }

impl NoticeKind {
    /// The type of the operational event, such as `hookyard.webhook.warning`.
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Warning => "hookyard.webhook.warning",
            Self::Disabled => "hookyard.webhook.disabled",
            Self::Recovered => "hookyard.webhook.recovered",
        }
    }

    /// What the operational event is called in lists.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Warning => "Webhook Warning",
            Self::Disabled => "Webhook Disabled",
            Self::Recovered => "Webhook Recovered",
        }
    }

    /// When there is such an event, in a sentence.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Warning => "A webhook keeps failing and is half way to being disabled by itself.",
            Self::Disabled => "A webhook was disabled by itself: it failed for too long, or answered 410 Gone.",
            Self::Recovered => "A webhook that was close to being disabled, or was disabled, delivers again.",
        }
    }

    /// The kind whose operational event has this type.
    pub fn of_event_type(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.event_type() == name)
    }
}

/// Whether a type is Hookyard's own, which nobody else publishes.
pub fn is_operational(event_type: &str) -> bool {
    event_type == "hookyard" || event_type.starts_with("hookyard.")
}

/// A notice that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Notice {
    pub id: NoticeId,
    pub mode: Mode,
    pub kind: NoticeKind,
    pub destination_id: DestinationId,
    /// What the webhook was sent to then; none for the built-in receiver.
    pub url: Option<String>,
    /// What happened, in a sentence.
    pub text: String,
    /// Whom it was mailed to.
    pub mailed_to: Vec<String>,
    pub mailed_at: Option<Timestamp>,
    /// Why it could not be mailed, as of the last try.
    pub mail_error: Option<String>,
    pub created_at: Timestamp,
}

/// Events that a webhook missed while it was disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Missed {
    pub count: u64,
    pub oldest: Option<Timestamp>,
    pub newest: Option<Timestamp>,
}

/// Some of the missed events, queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ReplayedMissed {
    /// How many were queued by this call.
    pub queued: u64,
    /// How many are left; call again for them.
    pub left: u64,
}
