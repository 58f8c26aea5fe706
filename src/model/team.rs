//! A team's own matters: its members, its settings, and who is told what.

use serde::{Deserialize, Serialize};

use crate::{DestinationId, FieldError, IssueId, Mode, NoticeId, Secret, Timestamp, UserId, destination::url_mistake};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TeamSettings {
    pub schema_check: SchemaCheck,
    /// For how many minutes nothing more is told of a destination's issues once something was, 0 to 1440. What is opened
    /// meanwhile is told in the next message.
    pub issue_quiet_minutes: u32,
    /// A Slack-compatible incoming webhook that takes messages about issues; a placeholder stands for it when it is read.
    pub slack_url: Option<Secret>,
}

impl Default for TeamSettings {
    fn default() -> Self {
        Self { schema_check: SchemaCheck::default(), issue_quiet_minutes: 60, slack_url: None }
    }
}

impl TeamSettings {
    /// The longest quiet time, a day.
    pub const MOST_QUIET_MINUTES: u32 = 24 * 60;

    pub fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        if self.issue_quiet_minutes > Self::MOST_QUIET_MINUTES {
            let detail = format!("must be 0 to {} minutes", Self::MOST_QUIET_MINUTES);
            mistakes.push(FieldError::new("/issue_quiet_minutes", detail));
        }
        let url = self.slack_url.as_ref().filter(|url| !url.is_redacted());
        mistakes
            .extend(url.and_then(|url| url_mistake(url.reveal())).map(|detail| FieldError::new("/slack_url", detail)));
        mistakes
    }

    /// The same with a placeholder for what is secret.
    #[must_use]
    pub fn redacted(self) -> Self {
        Self { slack_url: self.slack_url.as_ref().map(Secret::redacted), ..self }
    }
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

/// A change in how a webhook or a destination does that people are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// It is half way to being disabled.
    Warning,
    /// It was disabled by itself.
    Disabled,
    /// It delivers again.
    Recovered,
    /// A destination fails for a cause that it did not fail for before.
    IssueOpened,
    /// All of a destination's issues are over.
    IssueResolved,
}

words! {
    NoticeKind: Warning = "warning", Disabled = "disabled", Recovered = "recovered", IssueOpened = "issue_opened",
    IssueResolved = "issue_resolved",
}

impl NoticeKind {
    /// The type of the operational event, such as `hookyard.webhook.warning`.
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Warning => "hookyard.webhook.warning",
            Self::Disabled => "hookyard.webhook.disabled",
            Self::Recovered => "hookyard.webhook.recovered",
            Self::IssueOpened => "hookyard.issue.opened",
            Self::IssueResolved => "hookyard.issue.resolved",
        }
    }

    /// What the operational event is called in lists.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Warning => "Webhook Warning",
            Self::Disabled => "Webhook Disabled",
            Self::Recovered => "Webhook Recovered",
            Self::IssueOpened => "Issue Opened",
            Self::IssueResolved => "Issue Resolved",
        }
    }

    /// When there is such an event, in a sentence.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Warning => "A webhook keeps failing and is half way to being disabled by itself.",
            Self::Disabled => "A webhook was disabled by itself: it failed for too long, or answered 410 Gone.",
            Self::Recovered => "A webhook that was close to being disabled, or was disabled, delivers again.",
            Self::IssueOpened => "A destination or webhook fails for a cause that it did not fail for just before.",
            Self::IssueResolved => "All issues of a destination or webhook are over.",
        }
    }

    /// Whether it is about an issue, not about how a webhook does.
    pub const fn is_of_issue(self) -> bool {
        matches!(self, Self::IssueOpened | Self::IssueResolved)
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
    /// The issue that it is about.
    pub issue_id: Option<IssueId>,
    /// What the webhook was sent to then; none for the built-in receiver, and of issues.
    pub url: Option<String>,
    /// What happened, in a sentence.
    pub text: String,
    /// Whom it was mailed to.
    pub mailed_to: Vec<String>,
    pub mailed_at: Option<Timestamp>,
    /// Why it could not be mailed, as of the last try.
    pub mail_error: Option<String>,
    /// When the team's chat took it.
    pub slack_at: Option<Timestamp>,
    /// Why the team's chat did not take it, as of the last try.
    pub slack_error: Option<String>,
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
