//! Sources: the URLs that take requests in, with their checks.

mod auth;
mod handshake;
pub mod key;
mod kind;
mod preset;
mod proxy;
mod responder;
mod response;
pub mod scheme;
mod template;

pub use auth::{HmacAlgorithm, SignatureEncoding, SourceAuth};
pub use handshake::Handshake;
pub use kind::SourceType;
pub use preset::{FieldFormat, PRESETS, PresetField, SourcePreset, SourceTypeField, SourceTypeInfo};
pub use proxy::{ProxyConfig, SourceMode};
pub use responder::{Answered, Asked, Responder};
pub use response::{
    CustomResponse, RESPONSE_RULES, RESPONSE_STATUSES, ResponseMatch, ResponseRule, is_kept_from_senders,
};

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, DestinationId, End, FieldError, OrderBy, SourceId, TeamId, Timestamp};

/// Whether something takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[default]
    Enabled,
    Disabled,
}

words! { Status: Enabled = "enabled", Disabled = "disabled" }

/// What a source accepts. In JSON `auth_type` and `auth` stand beside `allowed_http_methods`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(try_from = "SourceConfigFields", into = "SourceConfigFields")]
#[cfg_attr(feature = "server", schema(as = SourceConfig))]
pub struct SourceConfig {
    /// Upper-case method names; the default is POST, PUT, PATCH and DELETE.
    pub allowed_http_methods: Vec<String>,
    #[cfg_attr(feature = "server", schema(inline))]
    pub auth: Option<SourceAuth>,
    /// What senders of accepted requests are answered in place of the default.
    pub custom_response: Option<CustomResponse>,
    /// `proxy`: senders of accepted requests get what the upstream in `proxy` answers.
    pub mode: Option<SourceMode>,
    /// The upstream, which is called where `mode` says so.
    pub proxy: Option<ProxyConfig>,
}

/// How [`SourceConfig`] is written.
#[derive(Serialize, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct SourceConfigFields {
    #[serde(default = "default_methods")]
    allowed_http_methods: Vec<String>,
    #[serde(default)]
    auth_type: Option<String>,
    #[serde(default)]
    auth: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    custom_response: Option<CustomResponse>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<SourceMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proxy: Option<ProxyConfig>,
}

fn default_methods() -> Vec<String> {
    ["POST", "PUT", "PATCH", "DELETE"].map(str::to_owned).into()
}

impl TryFrom<SourceConfigFields> for SourceConfig {
    type Error = String;

    fn try_from(fields: SourceConfigFields) -> Result<Self, String> {
        const KNOWN: &str = "BASIC_AUTH, API_KEY, HMAC, PROVIDER_SIGNATURE";
        let auth = crate::connection::tagged_auth(fields.auth_type, fields.auth, KNOWN)?;
        Ok(Self {
            allowed_http_methods: fields.allowed_http_methods,
            auth,
            custom_response: fields.custom_response,
            mode: fields.mode,
            proxy: fields.proxy,
        })
    }
}

impl From<SourceConfig> for SourceConfigFields {
    fn from(config: SourceConfig) -> Self {
        let (auth_type, auth) = crate::connection::auth_fields(config.auth.as_ref());
        Self {
            allowed_http_methods: config.allowed_http_methods,
            auth_type,
            auth,
            custom_response: config.custom_response,
            mode: config.mode,
            proxy: config.proxy,
        }
    }
}

impl SourceConfig {
    /// The upstream that answers senders, where one does.
    pub fn upstream(&self) -> Option<&ProxyConfig> {
        match self.mode {
            Some(SourceMode::Proxy) => self.proxy.as_ref(),
            None => None,
        }
    }

    /// What is wrong with how senders are answered.
    fn answer_mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = self.custom_response.as_ref().map(CustomResponse::mistakes).unwrap_or_default();
        mistakes.extend(self.proxy.iter().flat_map(ProxyConfig::mistakes));
        if self.mode == Some(SourceMode::Proxy) {
            if self.proxy.is_none() {
                mistakes.push(FieldError::new("/config/proxy", "a proxy needs an upstream: give its `target_url`"));
            }
            if self.custom_response.is_some() {
                let detail = "a proxy answers what its upstream answers; leave out `custom_response`, or `mode`";
                mistakes.push(FieldError::new("/config/custom_response", detail));
            }
        }
        mistakes
    }
}

impl Default for SourceConfig {
    fn default() -> Self {
        Self { allowed_http_methods: default_methods(), auth: None, custom_response: None, mode: None, proxy: None }
    }
}

/// A source as its team sees it; its secret is redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Source {
    pub id: SourceId,
    pub team_id: TeamId,
    pub name: String,
    pub description: Option<String>,
    #[serde(rename = "type")]
    pub kind: SourceType,
    pub status: Status,
    /// Where providers send to; none for the built-in source.
    pub url: Option<String>,
    /// Every URL that works: the one that is shown first, then those before it that have not ended.
    pub urls: Vec<SourceUrl>,
    pub config: SourceConfig,
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Which sources are wanted; what is empty does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFilter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<SourceType>,
    /// What the name, the description or the id has in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    #[serde(default, skip_serializing_if = "OrderBy::is_usual")]
    pub order_by: OrderBy,
}

/// A URL that a source takes requests in at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SourceUrl {
    pub url: String,
    /// What it ends in.
    pub token: SourceId,
    pub created_at: Timestamp,
    /// When it stops working; none for the one that is shown.
    pub expires_at: Option<Timestamp>,
}

/// How a source's URL is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RotateUrl {
    /// How long the URL until now still works: 0 (not at all) to 720 hours (30 days).
    #[serde(default = "a_day")]
    pub overlap_hours: u32,
}

const fn a_day() -> u32 {
    24
}

impl Default for RotateUrl {
    fn default() -> Self {
        Self { overlap_hours: a_day() }
    }
}

impl RotateUrl {
    pub fn mistakes(&self) -> Vec<FieldError> {
        if self.overlap_hours <= 720 {
            return Vec::new();
        }
        vec![FieldError::new("/overlap_hours", format!("0 to 720 hours (30 days), not {}", self.overlap_hours))]
    }
}

/// A connection as the page of its source shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceConnection {
    pub id: ConnectionId,
    pub name: String,
    pub destination: End<DestinationId>,
    pub paused_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    /// Whether it is disabled because its source is, and will be enabled with it.
    pub disabled_with_source: bool,
}

/// What a team says of a source when it makes or replaces one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceInput {
    /// 1 to 155 characters, unique in the team's mode.
    pub name: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default, rename = "type")]
    pub kind: SourceType,
    #[serde(default)]
    pub config: SourceConfig,
    #[serde(default)]
    pub status: Status,
}

impl SourceInput {
    pub fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = name_mistakes(&self.name);
        if self.kind == SourceType::EVENTS {
            mistakes.push(FieldError::new("/type", "EVENTS is the built-in source; a team has one already"));
        }
        if self.config.allowed_http_methods.is_empty() {
            mistakes.push(FieldError::new("/config/allowed_http_methods", "allow at least one method, such as POST"));
        }
        for (index, method) in self.config.allowed_http_methods.iter().enumerate() {
            const KNOWN: [&str; 8] = ["GET", "QUERY", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
            if !KNOWN.contains(&method.as_str()) {
                let detail = format!("`{method}` is not one of {}", KNOWN.join(", "));
                mistakes.push(FieldError::new(format!("/config/allowed_http_methods/{index}"), detail));
            }
        }
        if let Some(auth) = &self.config.auth {
            mistakes.extend(auth.mistakes(self.kind));
        }
        mistakes.extend(self.config.answer_mistakes());
        mistakes
    }
}

/// What every name must be.
pub(crate) fn name_mistakes(name: &str) -> Vec<FieldError> {
    let length = name.chars().count();
    if name.trim().is_empty() {
        vec![FieldError::new("/name", "give it a name")]
    } else if length > 155 {
        vec![FieldError::new("/name", format!("a name has at most 155 characters, this has {length}"))]
    } else if name.chars().any(char::is_control) {
        vec![FieldError::new("/name", "a name has no control characters")]
    } else {
        Vec::new()
    }
}

/// Whether `name` may stand as a header's name (RFC 9110, 5.1).
pub(crate) fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
