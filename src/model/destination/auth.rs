//! How Hookyard proves itself to a destination.

use serde::{Deserialize, Serialize};

use super::config::{is_header_value, is_ours, url_mistake};
use crate::{FieldError, Secret, source::is_header_name};

/// How Hookyard proves itself to a destination, beside the signature that is always there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(tag = "auth_type", content = "auth", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum DestinationAuth {
    CustomHeader {
        header_name: String,
        value: Secret,
    },
    ApiKey {
        header_name: String,
        value: Secret,
    },
    Bearer {
        token: Secret,
    },
    BasicAuth {
        username: String,
        password: Secret,
    },
    /// A bearer token that is fetched where these credentials are known (RFC 6749, section 4.4), kept until shortly
    /// before it ends, and fetched anew when the receiver refuses it.
    #[serde(rename = "OAUTH2_CLIENT_CREDENTIALS")]
    OAuth2ClientCredentials {
        token_url: String,
        client_id: String,
        client_secret: Secret,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<String>,
    },
}

impl DestinationAuth {
    /// The words for the types, separated by a comma and a space.
    pub(super) const TYPES: &str = "CUSTOM_HEADER, API_KEY, BEARER, BASIC_AUTH, OAUTH2_CLIENT_CREDENTIALS";

    /// The word that says which it is.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::CustomHeader { .. } => "CUSTOM_HEADER",
            Self::ApiKey { .. } => "API_KEY",
            Self::Bearer { .. } => "BEARER",
            Self::BasicAuth { .. } => "BASIC_AUTH",
            Self::OAuth2ClientCredentials { .. } => "OAUTH2_CLIENT_CREDENTIALS",
        }
    }

    pub const fn secret(&self) -> &Secret {
        match self {
            Self::CustomHeader { value: secret, .. }
            | Self::ApiKey { value: secret, .. }
            | Self::Bearer { token: secret }
            | Self::BasicAuth { password: secret, .. }
            | Self::OAuth2ClientCredentials { client_secret: secret, .. } => secret,
        }
    }

    pub const fn secret_mut(&mut self) -> &mut Secret {
        match self {
            Self::CustomHeader { value: secret, .. }
            | Self::ApiKey { value: secret, .. }
            | Self::Bearer { token: secret }
            | Self::BasicAuth { password: secret, .. }
            | Self::OAuth2ClientCredentials { client_secret: secret, .. } => secret,
        }
    }

    /// The header that the secret travels in.
    pub fn header(&self) -> &str {
        match self {
            Self::CustomHeader { header_name, .. } | Self::ApiKey { header_name, .. } => header_name,
            Self::Bearer { .. } | Self::BasicAuth { .. } | Self::OAuth2ClientCredentials { .. } => "authorization",
        }
    }

    /// Where in a destination's input the secret stands.
    const fn secret_pointer(&self) -> &'static str {
        match self {
            Self::CustomHeader { .. } | Self::ApiKey { .. } => "/config/auth/value",
            Self::Bearer { .. } => "/config/auth/token",
            Self::BasicAuth { .. } => "/config/auth/password",
            Self::OAuth2ClientCredentials { .. } => "/config/auth/client_secret",
        }
    }

    pub(super) fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        let secret = self.secret();
        if secret.reveal().is_empty() {
            mistakes.push(FieldError::new(self.secret_pointer(), "the secret must not be empty"));
        }
        match self {
            Self::CustomHeader { header_name, .. } | Self::ApiKey { header_name, .. } => {
                if !is_header_name(header_name) || is_ours(&header_name.to_ascii_lowercase()) {
                    mistakes.push(FieldError::new(
                        "/config/auth/header_name",
                        format!("`{header_name}` is not a header that can be set"),
                    ));
                }
            }
            Self::BasicAuth { username, .. } => {
                if username.contains(':') || username.chars().any(char::is_control) {
                    mistakes.push(FieldError::new(
                        "/config/auth/username",
                        "a user name has no colon and no control characters",
                    ));
                }
            }
            Self::OAuth2ClientCredentials { token_url, client_id, scope, .. } => {
                mistakes.extend(url_mistake(token_url).map(|m| FieldError::new("/config/auth/token_url", m)));
                if client_id.is_empty() || client_id.chars().any(char::is_control) {
                    mistakes.push(FieldError::new("/config/auth/client_id", "give the client's id"));
                }
                let scope = scope.as_deref().unwrap_or_default();
                if !scope.bytes().all(|b| b == b' ' || (b.is_ascii_graphic() && b != b'"' && b != b'\\')) {
                    mistakes.push(FieldError::new(
                        "/config/auth/scope",
                        "scopes are words of printable ASCII, separated by spaces",
                    ));
                }
            }
            Self::Bearer { .. } => {}
        }
        let travels_as_it_is = matches!(self, Self::CustomHeader { .. } | Self::ApiKey { .. } | Self::Bearer { .. });
        if travels_as_it_is && !is_header_value(secret.reveal()) && !secret.is_redacted() {
            mistakes
                .push(FieldError::new(self.secret_pointer(), "the secret has characters that a header may not have"));
        }
        mistakes
    }
}
