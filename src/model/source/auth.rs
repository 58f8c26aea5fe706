//! How a request proves that it comes from the provider.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{SourcePreset, SourceType, is_header_name};
use crate::{FieldError, REDACTED, Secret};

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
    pub fn unseal(&mut self, text: &str) -> bool {
        if let Self::ProviderSignature(fields) = self {
            return serde_json::from_str(text).map(|stored| *fields = stored).is_ok();
        }
        for (_, secret) in self.secrets_mut() {
            *secret = Secret::new(text);
        }
        true
    }

    /// The placeholder in place of each secret; what a source of this type says openly, such as a public key, stays.
    pub fn redact(&mut self, kind: SourceType) {
        let preset = kind.preset().filter(|_| matches!(self, Self::ProviderSignature(_)));
        for (name, secret) in self.secrets_mut() {
            let is_open = preset.and_then(|preset| preset.field(name)).is_some_and(|field| !field.is_secret);
            if !is_open {
                *secret = secret.redacted();
            }
        }
    }

    /// Takes the stored secrets where placeholders came back; a mistake for each that stands for no stored secret.
    pub fn keep(&mut self, stored: Option<&Self>) -> Vec<FieldError> {
        let same = stored.filter(|stored| stored.kind() == self.kind());
        let stored: BTreeMap<&str, &Secret> = same.map(Self::secrets).unwrap_or_default().into_iter().collect();
        let mut mistakes = Vec::new();
        for (name, secret) in self.secrets_mut() {
            secret.keep(stored.get(name).copied());
            if secret.is_redacted() {
                let detail =
                    "the placeholder keeps a secret of the same auth_type and type, and none is stored; give it";
                mistakes.push(FieldError::new(format!("/config/auth/{}", pointer_token(name)), detail));
            }
        }
        mistakes
    }

    /// Whether its secrets may be kept when a source's type changes: what one provider gave is nothing to another.
    pub fn survives(&self, from: SourceType, to: SourceType) -> bool {
        from == to || !matches!(self, Self::ProviderSignature(_))
    }

    pub(super) fn mistakes(&self, kind: SourceType) -> Vec<FieldError> {
        if let Self::ProviderSignature(fields) = self {
            return kind.preset().map_or_else(
                || {
                    let detail =
                        format!("a source of type {kind} has no scheme of a provider; choose the provider's type");
                    vec![FieldError::new("/config/auth_type", detail)]
                },
                |preset| preset_mistakes(preset, fields),
            );
        }
        let mut mistakes = Vec::new();
        for (name, secret) in self.secrets() {
            if secret.reveal().is_empty() {
                mistakes.push(FieldError::new(format!("/config/auth/{name}"), "the secret must not be empty"));
            }
        }
        if let Self::ApiKey { value, .. } = self
            && value.reveal().trim() != value.reveal()
        {
            // A header is read without them.
            mistakes.push(FieldError::new("/config/auth/value", "it starts or ends with white space"));
        }
        let header = match self {
            Self::BasicAuth { .. } | Self::ProviderSignature(_) => None,
            Self::ApiKey { header_name, .. } => Some(("/config/auth/header_name", header_name)),
            Self::Hmac { signature_header, .. } => Some(("/config/auth/signature_header", signature_header)),
        };
        if let Some((pointer, name)) = header.filter(|(_, name)| !is_header_name(name)) {
            mistakes.push(FieldError::new(pointer, format!("`{name}` is not a header name")));
        }
        mistakes
    }
}

/// What is missing, unknown or not what it should be among a provider's fields.
fn preset_mistakes(preset: &SourcePreset, fields: &BTreeMap<String, Secret>) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    for field in preset.fields {
        let value = fields.get(field.name).map_or("", Secret::reveal);
        let detail = if value.is_empty() {
            field.is_required.then(|| format!("{} needs it: {}", preset.label, field.help))
        } else if value == REDACTED {
            // It stands for what is stored, which was looked at then.
            None
        } else {
            field.format.mistake(value)
        };
        mistakes.extend(detail.map(|detail| FieldError::new(format!("/config/auth/{}", field.name), detail)));
    }
    for unknown in fields.keys().filter(|name| preset.field(name).is_none()) {
        let known: Vec<&str> = preset.fields.iter().map(|field| field.name).collect();
        let shown: String = unknown.chars().take(64).collect();
        let detail = format!("{} has no field `{shown}`; it has {}", preset.label, known.join(", "));
        mistakes.push(FieldError::new(format!("/config/auth/{}", pointer_token(&shown)), detail));
    }
    mistakes
}

/// A name as it stands in a JSON pointer (RFC 6901).
fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
