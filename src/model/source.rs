//! Sources: the URLs that take requests in, with their checks.

use serde::{Deserialize, Serialize};

use crate::{FieldError, Secret, SourceId, TeamId, Timestamp};

/// What kind of source it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SourceType {
    /// A URL of its own that anything can post to.
    #[default]
    Webhook,
    /// The built-in source that published events enter by; a team has one a mode.
    Events,
}

words! { SourceType: Webhook = "WEBHOOK", Events = "EVENTS" }

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

/// The hash beneath an HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum HmacAlgorithm {
    Sha1,
    #[default]
    Sha256,
    Sha512,
}

/// How a signature is written in its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SignatureEncoding {
    #[default]
    Hex,
    Base64,
}

/// How a request proves that it comes from the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(tag = "auth_type", content = "auth", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum SourceAuth {
    /// `Authorization: Basic` with this name and password.
    BasicAuth { username: String, password: Secret },
    /// A shared key in a header.
    ApiKey { header_name: String, value: Secret },
    /// An HMAC over the body's exact bytes, in a header.
    Hmac {
        signature_header: String,
        secret: Secret,
        #[serde(default)]
        algorithm: HmacAlgorithm,
        #[serde(default)]
        encoding: SignatureEncoding,
        /// What stands before the signature in the header, such as `sha256=`.
        #[serde(default)]
        prefix: String,
    },
}

impl SourceAuth {
    /// The word that says which it is.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::BasicAuth { .. } => "BASIC_AUTH",
            Self::ApiKey { .. } => "API_KEY",
            Self::Hmac { .. } => "HMAC",
        }
    }

    /// The secret in it.
    pub fn secret(&self) -> &Secret {
        match self {
            Self::BasicAuth { password: secret, .. }
            | Self::ApiKey { value: secret, .. }
            | Self::Hmac { secret, .. } => secret,
        }
    }

    pub fn secret_mut(&mut self) -> &mut Secret {
        match self {
            Self::BasicAuth { password: secret, .. }
            | Self::ApiKey { value: secret, .. }
            | Self::Hmac { secret, .. } => secret,
        }
    }
}

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
}

fn default_methods() -> Vec<String> {
    ["POST", "PUT", "PATCH", "DELETE"].map(str::to_owned).into()
}

impl TryFrom<SourceConfigFields> for SourceConfig {
    type Error = String;

    fn try_from(fields: SourceConfigFields) -> Result<Self, String> {
        let auth = crate::connection::tagged_auth(fields.auth_type, fields.auth, "BASIC_AUTH, API_KEY, HMAC")?;
        Ok(Self { allowed_http_methods: fields.allowed_http_methods, auth })
    }
}

impl From<SourceConfig> for SourceConfigFields {
    fn from(config: SourceConfig) -> Self {
        let (auth_type, auth) = crate::connection::auth_fields(config.auth.as_ref());
        Self { allowed_http_methods: config.allowed_http_methods, auth_type, auth }
    }
}

impl Default for SourceConfig {
    fn default() -> Self {
        Self { allowed_http_methods: default_methods(), auth: None }
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
    pub config: SourceConfig,
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
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
        if self.kind == SourceType::Events {
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
            if auth.secret().reveal().is_empty() {
                mistakes.push(FieldError::new("/config/auth", "the secret must not be empty"));
            }
            let header = match auth {
                SourceAuth::BasicAuth { .. } => None,
                SourceAuth::ApiKey { header_name, .. } => Some(("/config/auth/header_name", header_name)),
                SourceAuth::Hmac { signature_header, .. } => Some(("/config/auth/signature_header", signature_header)),
            };
            if let Some((pointer, name)) = header.filter(|(_, name)| !is_header_name(name)) {
                mistakes.push(FieldError::new(pointer, format!("`{name}` is not a header name")));
            }
        }
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
