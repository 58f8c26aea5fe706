//! Destinations: where events go.

mod auth;
mod config;
mod mock;

use serde::{Deserialize, Serialize};

use crate::{
    Breaker, DestinationId, FieldError, Health, Mode, OrderBy, Status, TeamId, Timestamp, source::name_mistakes,
};

pub use auth::DestinationAuth;
pub use config::DestinationConfig;
pub(crate) use config::url_mistake;
pub use mock::{Drip, Mock};

/// What kind of destination it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DestinationType {
    /// An HTTP or HTTPS URL.
    #[default]
    Http,
    /// The built-in receiver: behaves as it is told, without any network.
    Mock,
}

words! { DestinationType: Http = "HTTP", Mock = "MOCK" }

/// The method a destination is sent to with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    #[default]
    Post,
    Put,
    Patch,
    Delete,
}

words! { HttpMethod: Post = "POST", Put = "PUT", Patch = "PATCH", Delete = "DELETE" }

/// What a rate limit counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum RatePeriod {
    #[default]
    Second,
    Minute,
    Hour,
}

words! { RatePeriod: Second = "second", Minute = "minute", Hour = "hour" }

impl RatePeriod {
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3600,
        }
    }
}

/// When a destination that fails is disabled by itself: both bounds must be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AutoDisable {
    pub consecutive_failures: u32,
    pub failing_for_seconds: u64,
}

impl AutoDisable {
    /// What holds where nothing is said: in test mode twenty failures are enough, in live mode they must also last a day.
    pub const fn default_for(mode: Mode) -> Self {
        let failing_for_seconds = match mode {
            Mode::Test => 0,
            Mode::Live => 86_400,
        };
        Self { consecutive_failures: 20, failing_for_seconds }
    }

    /// For how long it must have failed.
    pub const fn failing_for(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.failing_for_seconds)
    }
}

/// A destination as its team sees it; its secrets are redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Destination {
    pub id: DestinationId,
    pub team_id: TeamId,
    pub name: String,
    pub description: Option<String>,
    #[serde(rename = "type")]
    pub kind: DestinationType,
    /// Whether it is a webhook of the Developer tab, which has one connection of its own.
    pub is_webhook: bool,
    pub status: Status,
    pub config: DestinationConfig,
    pub auto_disable: Option<AutoDisable>,
    pub health: Health,
    pub breaker: Breaker,
    /// Since when all its events are held.
    pub paused_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    /// Why it was disabled, when Hookyard did it.
    pub disabled_reason: Option<String>,
    /// How many attempts there were in the last 24 hours. Lists say 0 unless `include_metrics` is asked for.
    pub attempts_24h_count: u64,
    /// The same in six stretches of four hours, the oldest first.
    pub attempts_24h_bins: [u64; 6],
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Which destinations, and how much of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DestinationFilter {
    /// Text that stands in the name, the description or the URL, or the whole id.
    pub q: Option<String>,
    /// Whether to count the attempts of the last 24 hours.
    pub include_metrics: bool,
    #[serde(default, skip_serializing_if = "OrderBy::is_usual")]
    pub order_by: OrderBy,
}

/// What a team says of a destination when it makes or replaces one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DestinationInput {
    /// 1 to 155 characters, unique in the team's mode.
    pub name: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default, rename = "type")]
    pub kind: DestinationType,
    #[serde(default)]
    pub config: DestinationConfig,
    /// `null`: never. Left out: the mode's default.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "given")]
    #[cfg_attr(feature = "server", schema(value_type = Option<AutoDisable>))]
    pub auto_disable: Option<Option<AutoDisable>>,
    #[serde(default)]
    pub status: Status,
}

/// An optional field that may also be given as `null`.
mod given {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(
        clippy::option_option,
        clippy::ref_option,
        reason = "absent, null and given are three things; serde's signature"
    )]
    pub(super) fn serialize<T: Serialize, S: Serializer>(
        value: &Option<Option<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    #[expect(clippy::option_option, reason = "absent, null and given are three things")]
    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<T>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}

impl DestinationInput {
    pub fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = name_mistakes(&self.name);
        mistakes.extend(self.config.mistakes(self.kind));
        if let Some(Some(rule)) = self.auto_disable
            && rule.consecutive_failures == 0
        {
            mistakes
                .push(FieldError::new("/auto_disable/consecutive_failures", "must be at least 1; give null for never"));
        }
        mistakes
    }
}
