//! Who did what that others may ask about later.

use serde::{Deserialize, Serialize};

use crate::{AuditId, Mode, Timestamp};

/// Something that is written down when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuditAction {
    SecretRevealed,
    SecretRotated,
    SigningKeyAdded,
    SigningKeyRemoved,
    WebhookEnabled,
    WebhookDisabled,
    WebhookDeleted,
    MissedReplayed,
    MemberAdded,
    MemberRemoved,
    SettingsChanged,
    KeyCreated,
    KeyRevoked,
    SourceUrlRotated,
    SourceUrlEnded,
    SourceEnabled,
    SourceDisabled,
    SourceDeleted,
    BulkStarted,
    BulkPaused,
    BulkResumed,
    BulkCancelled,
    BulkLimited,
    BreakerProbed,
    BreakerClosed,
    RequestModified,
    IdempotencyConfirmed,
    DestinationEnabled,
    DestinationDisabled,
    DestinationPaused,
    DestinationUnpaused,
    ConnectionEnabled,
    ConnectionDisabled,
    ConnectionPaused,
    ConnectionUnpaused,
    EventRetried,
    EventCancelled,
    RequestReplayed,
}

words! {
    AuditAction: SecretRevealed = "secret_revealed", SecretRotated = "secret_rotated",
    SigningKeyAdded = "signing_key_added", SigningKeyRemoved = "signing_key_removed",
    WebhookEnabled = "webhook_enabled", WebhookDisabled = "webhook_disabled", WebhookDeleted = "webhook_deleted",
    MissedReplayed = "missed_replayed", MemberAdded = "member_added", MemberRemoved = "member_removed",
    SettingsChanged = "settings_changed", KeyCreated = "key_created", KeyRevoked = "key_revoked",
    SourceUrlRotated = "source_url_rotated", SourceUrlEnded = "source_url_ended", SourceEnabled = "source_enabled",
    SourceDisabled = "source_disabled", SourceDeleted = "source_deleted",
    BulkStarted = "bulk_started", BulkPaused = "bulk_paused", BulkResumed = "bulk_resumed",
    BulkCancelled = "bulk_cancelled", BulkLimited = "bulk_limited",
    BreakerProbed = "breaker_probed", BreakerClosed = "breaker_closed", RequestModified = "request_modified",
    IdempotencyConfirmed = "idempotency_confirmed",
    DestinationEnabled = "destination_enabled", DestinationDisabled = "destination_disabled",
    DestinationPaused = "destination_paused", DestinationUnpaused = "destination_unpaused",
    ConnectionEnabled = "connection_enabled", ConnectionDisabled = "connection_disabled",
    ConnectionPaused = "connection_paused", ConnectionUnpaused = "connection_unpaused",
    EventRetried = "event_retried", EventCancelled = "event_cancelled", RequestReplayed = "request_replayed",
}

impl AuditAction {
    /// Whether it is done to the team as a whole, and so belongs to neither mode.
    pub const fn is_of_both_modes(self) -> bool {
        matches!(self, Self::MemberAdded | Self::MemberRemoved | Self::SettingsChanged)
    }
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    pub id: AuditId,
    pub mode: Mode,
    pub action: AuditAction,
    /// The id of the user or key who did it.
    pub actor: String,
    /// Their e-mail address, or the key's public id; none when they are gone.
    pub actor_name: Option<String>,
    /// The id of what it was done to.
    pub subject: String,
    /// What else there is to say, in a sentence.
    pub detail: Option<String>,
    pub created_at: Timestamp,
}

/// Which entries are wanted; what is empty does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFilter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<AuditAction>,
}
