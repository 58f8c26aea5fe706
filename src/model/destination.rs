//! Destinations: where events go.

use serde::{Deserialize, Serialize};

use crate::{
    DestinationId, FieldError, Health, Mode, Secret, Status, TeamId, Timestamp,
    connection::{auth_fields, tagged_auth},
    source::{is_header_name, name_mistakes},
};

/// What kind of destination it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DestinationType {
    /// An HTTP or HTTPS URL.
    #[default]
    Http,
    /// The built-in receiver: answers 200 at once, without any network.
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

impl RatePeriod {
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3600,
        }
    }
}

/// How Hookyard proves itself to a destination, beside the signature that is always there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(tag = "auth_type", content = "auth", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum DestinationAuth {
    CustomHeader { header_name: String, value: Secret },
    ApiKey { header_name: String, value: Secret },
    Bearer { token: Secret },
    BasicAuth { username: String, password: Secret },
}

impl DestinationAuth {
    pub fn secret(&self) -> &Secret {
        match self {
            Self::CustomHeader { value: secret, .. }
            | Self::ApiKey { value: secret, .. }
            | Self::Bearer { token: secret }
            | Self::BasicAuth { password: secret, .. } => secret,
        }
    }

    pub fn secret_mut(&mut self) -> &mut Secret {
        match self {
            Self::CustomHeader { value: secret, .. }
            | Self::ApiKey { value: secret, .. }
            | Self::Bearer { token: secret }
            | Self::BasicAuth { password: secret, .. } => secret,
        }
    }
}

/// How a destination is sent to. In JSON `auth_type` and `auth` stand beside the other fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(try_from = "DestinationConfigFields", into = "DestinationConfigFields")]
pub struct DestinationConfig {
    /// Absolute `http` or `https` URL; none for the built-in receiver.
    pub url: Option<String>,
    pub http_method: HttpMethod,
    /// The one deadline of an attempt, from DNS to the last byte, in milliseconds: 1000 to 60000.
    pub timeout_ms: u32,
    /// Headers added to every attempt.
    pub headers: std::collections::BTreeMap<String, String>,
    /// Whether the path and query that followed the source's URL are left out.
    pub path_forwarding_disabled: bool,
    #[cfg_attr(feature = "server", schema(inline))]
    pub auth: Option<DestinationAuth>,
    /// At most so many attempts in a period.
    pub rate_limit: Option<u32>,
    pub rate_limit_period: RatePeriod,
    /// At most so many attempts under way at once.
    pub max_concurrency: Option<u32>,
}

/// How [`DestinationConfig`] is written.
#[derive(Serialize, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct DestinationConfigFields {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    http_method: HttpMethod,
    #[serde(default = "default_timeout")]
    timeout_ms: u32,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    path_forwarding_disabled: bool,
    #[serde(default)]
    auth_type: Option<String>,
    #[serde(default)]
    auth: Option<serde_json::Value>,
    #[serde(default)]
    rate_limit: Option<u32>,
    #[serde(default)]
    rate_limit_period: RatePeriod,
    #[serde(default)]
    max_concurrency: Option<u32>,
}

const fn default_timeout() -> u32 {
    30_000
}

impl TryFrom<DestinationConfigFields> for DestinationConfig {
    type Error = String;

    fn try_from(fields: DestinationConfigFields) -> Result<Self, String> {
        let auth = tagged_auth(fields.auth_type, fields.auth, "CUSTOM_HEADER, API_KEY, BEARER, BASIC_AUTH")?;
        Ok(Self {
            url: fields.url,
            http_method: fields.http_method,
            timeout_ms: fields.timeout_ms,
            headers: fields.headers,
            path_forwarding_disabled: fields.path_forwarding_disabled,
            auth,
            rate_limit: fields.rate_limit,
            rate_limit_period: fields.rate_limit_period,
            max_concurrency: fields.max_concurrency,
        })
    }
}

impl From<DestinationConfig> for DestinationConfigFields {
    fn from(config: DestinationConfig) -> Self {
        let (auth_type, auth) = auth_fields(config.auth.as_ref());
        Self {
            url: config.url,
            http_method: config.http_method,
            timeout_ms: config.timeout_ms,
            headers: config.headers,
            path_forwarding_disabled: config.path_forwarding_disabled,
            auth_type,
            auth,
            rate_limit: config.rate_limit,
            rate_limit_period: config.rate_limit_period,
            max_concurrency: config.max_concurrency,
        }
    }
}

impl Default for DestinationConfig {
    fn default() -> Self {
        Self {
            url: None,
            http_method: HttpMethod::Post,
            timeout_ms: default_timeout(),
            headers: std::collections::BTreeMap::new(),
            path_forwarding_disabled: false,
            auth: None,
            rate_limit: None,
            rate_limit_period: RatePeriod::Second,
            max_concurrency: None,
        }
    }
}

impl DestinationConfig {
    fn mistakes(&self, kind: DestinationType) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        match (kind, &self.url) {
            (DestinationType::Http, None) => mistakes.push(FieldError::new("/config/url", "give the URL to send to")),
            (DestinationType::Http, Some(url)) => {
                mistakes.extend(url_mistake(url).map(|m| FieldError::new("/config/url", m)));
            }
            (DestinationType::Mock, Some(_)) => {
                mistakes.push(FieldError::new("/config/url", "the built-in receiver has no URL"));
            }
            (DestinationType::Mock, None) => {}
        }
        if !(1000..=60_000).contains(&self.timeout_ms) {
            mistakes.push(FieldError::new("/config/timeout_ms", "must be 1000 to 60000 milliseconds"));
        }
        if self.rate_limit == Some(0) {
            mistakes.push(FieldError::new(
                "/config/rate_limit",
                "must be at least 1; pause the connection to stop deliveries",
            ));
        }
        if !(1..=1000).contains(&self.max_concurrency.unwrap_or(1)) {
            mistakes.push(FieldError::new("/config/max_concurrency", "must be 1 to 1000"));
        }
        for (name, value) in &self.headers {
            let lower = name.to_ascii_lowercase();
            let pointer = format!("/config/headers/{}", name.replace('~', "~0").replace('/', "~1"));
            if !is_header_name(name) {
                mistakes.push(FieldError::new(pointer, format!("`{name}` is not a header name")));
            } else if is_ours(&lower) {
                mistakes.push(FieldError::new(pointer, format!("`{name}` is set by Hookyard itself")));
            } else if !is_header_value(value) {
                mistakes.push(FieldError::new(pointer, "the value has characters that a header may not have"));
            }
        }
        if let Some(auth) = &self.auth {
            if auth.secret().reveal().is_empty() {
                mistakes.push(FieldError::new("/config/auth", "the secret must not be empty"));
            }
            if !is_header_value(auth.secret().reveal()) && !auth.secret().is_redacted() {
                mistakes.push(FieldError::new("/config/auth", "the secret has characters that a header may not have"));
            }
            if let DestinationAuth::CustomHeader { header_name, .. } | DestinationAuth::ApiKey { header_name, .. } =
                auth
                && (!is_header_name(header_name) || is_ours(&header_name.to_ascii_lowercase()))
            {
                mistakes.push(FieldError::new("/config/auth/header_name", format!("`{header_name}` cannot be set")));
            }
        }
        mistakes
    }
}

/// Headers that an attempt sets itself, or that frame the HTTP message.
fn is_ours(lower: &str) -> bool {
    lower.starts_with("webhook-")
        || lower.starts_with("hookyard-")
        || ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"]
            .contains(&lower)
}

fn is_header_value(value: &str) -> bool {
    value.bytes().all(|b| b == b'\t' || (0x20..0x7f).contains(&b))
}

/// What is wrong with a URL to deliver to, if anything.
pub(crate) fn url_mistake(text: &str) -> Option<String> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Some("a URL has no spaces and no control characters".to_owned());
    }
    let url = match url::Url::parse(text) {
        Ok(url) => url,
        Err(error) => return Some(format!("`{}` is not a URL: {error}", text.chars().take(100).collect::<String>())),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Some(format!("`{}` is not http or https", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("put no user name or password into the URL; use the destination's auth".to_owned());
    }
    if url.fragment().is_some() {
        return Some("a URL to deliver to has no #fragment".to_owned());
    }
    if text.len() > 2048 {
        return Some("a URL has at most 2048 characters".to_owned());
    }
    None
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
    pub status: Status,
    pub config: DestinationConfig,
    pub auto_disable: Option<AutoDisable>,
    pub health: Health,
    pub disabled_at: Option<Timestamp>,
    /// Why it was disabled, when Hookyard did it.
    pub disabled_reason: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
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
