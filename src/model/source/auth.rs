//! How a request proves that it comes from the provider.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{SourceType, is_header_name};
use crate::{FieldError, Secret};

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
    /// The provider's own scheme; which fields it has, the source's type says.
    ProviderSignature(BTreeMap<String, Secret>),
}

impl SourceAuth {
    /// The word that says which it is.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::BasicAuth { .. } => "BASIC_AUTH",
            Self::ApiKey { .. } => "API_KEY",
            Self::Hmac { .. } => "HMAC",
            Self::ProviderSignature(_) => "PROVIDER_SIGNATURE",
        }
    }

    fn secrets(&self) -> Vec<(&str, &Secret)> {
        match self {
            Self::BasicAuth { password, .. } => vec![("password", password)],
            Self::ApiKey { value, .. } => vec![("value", value)],
            Self::Hmac { secret, .. } => vec![("secret", secret)],
            Self::ProviderSignature(fields) => fields.iter().map(|(name, secret)| (name.as_str(), secret)).collect(),
        }
    }

    fn secrets_mut(&mut self) -> Vec<(&str, &mut Secret)> {
        match self {
            Self::BasicAuth { password, .. } => vec![("password", password)],
            Self::ApiKey { value, .. } => vec![("value", value)],
            Self::Hmac { secret, .. } => vec![("secret", secret)],
            Self::ProviderSignature(fields) => {
                fields.iter_mut().map(|(name, secret)| (name.as_str(), secret)).collect()
            }
        }
    }

    /// All its secrets as one text, to be sealed: the one there is, or an object of a provider's fields.
    pub fn sealable(&self) -> String {
        match self {
            Self::ProviderSignature(fields) => serde_json::to_string(fields).unwrap_or_default(),
            other => other.secrets().first().map(|(_, secret)| secret.reveal().to_owned()).unwrap_or_default(),
        }
    }

    /// Takes back what [`Self::sealable`] gave; false when it is not that.
    pub fn unseal(&mut self, text: String) -> bool {
        if let Self::ProviderSignature(fields) = self {
            return serde_json::from_str(&text).map(|stored| *fields = stored).is_ok();
        }
        for (_, secret) in self.secrets_mut() {
            *secret = Secret::new(text.as_str());
        }
        true
    }

    /// The placeholder in place of each secret.
    pub fn redact(&mut self) {
        for (_, secret) in self.secrets_mut() {
            *secret = secret.redacted();
        }
    }

    /// Takes the stored secrets where placeholders came back; false where one came back for a secret that there is not.
    pub fn keep(&mut self, stored: Option<&Self>) -> bool {
        let same = stored.filter(|stored| stored.kind() == self.kind());
        let stored: BTreeMap<&str, &Secret> = same.map(Self::secrets).unwrap_or_default().into_iter().collect();
        let mut whole = true;
        for (name, secret) in self.secrets_mut() {
            secret.keep(stored.get(name).copied());
            whole &= !secret.is_redacted();
        }
        whole
    }

    pub(super) fn mistakes(&self, kind: SourceType) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        for (name, secret) in self.secrets() {
            if secret.reveal().is_empty() {
                mistakes.push(FieldError::new(format!("/config/auth/{name}"), "the secret must not be empty"));
            }
        }
        let header = match self {
            Self::BasicAuth { .. } => None,
            Self::ApiKey { header_name, .. } => Some(("/config/auth/header_name", header_name)),
            Self::Hmac { signature_header, .. } => Some(("/config/auth/signature_header", signature_header)),
            Self::ProviderSignature(_) => {
                if kind.preset().is_none() {
                    let detail =
                        format!("a source of type {kind} has no scheme of a provider; choose the provider's type");
                    mistakes.push(FieldError::new("/config/auth_type", detail));
                }
                None
            }
        };
        if let Some((pointer, name)) = header.filter(|(_, name)| !is_header_name(name)) {
            mistakes.push(FieldError::new(pointer, format!("`{name}` is not a header name")));
        }
        mistakes
    }
}
