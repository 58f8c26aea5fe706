//! The providers' schemes, as data: one table.

mod body_base64;
mod body_hex;
mod public_key;
mod standard;
mod timestamped;
mod token;
mod url;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::{
    Handshake, key,
    scheme::{Algorithm, Encoding, Key, Part, Place, Scheme, Signed, Stamp, Unit},
};

/// What is known of a provider's webhooks.
#[derive(Debug, Clone, Copy)]
pub struct SourcePreset {
    /// The source's type, such as `GITHUB`.
    pub kind: &'static str,
    /// The provider's name as it writes it.
    pub label: &'static str,
    /// What sends here, in a line.
    pub description: &'static str,
    /// Where the provider describes its signatures.
    pub docs_url: &'static str,
    /// What to do in the provider's settings, and where the fields' values are found.
    pub setup: &'static str,
    /// What `config.auth` has with the auth type `PROVIDER_SIGNATURE`.
    pub fields: &'static [PresetField],
    pub scheme: Scheme,
    /// What the provider asks of a new URL, which is answered by itself.
    pub handshake: Option<Handshake>,
}

/// A field of a preset, as a form shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresetField {
    /// Its name in `config.auth`.
    pub name: &'static str,
    pub label: &'static str,
    /// Where it is found, in a line.
    pub help: &'static str,
    /// Whether it is redacted where the source is shown.
    pub is_secret: bool,
    pub is_required: bool,
    pub format: FieldFormat,
}

/// How a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldFormat {
    /// Any text.
    Text,
    Hex,
    /// Base64, with `whsec_` before it or without.
    Whsec,
    /// An Ed25519 public key: 32 bytes in hex.
    Ed25519PublicKey,
    /// A P-256 public key: PEM, or the base64 within it.
    EcdsaPublicKey,
    /// An X.509 certificate as PEM, or an RSA public key as PEM.
    CertificateOrPublicKey,
}

impl FieldFormat {
    /// Whether it has several lines.
    pub const fn is_long(self) -> bool {
        matches!(self, Self::EcdsaPublicKey | Self::CertificateOrPublicKey)
    }
}

impl FieldFormat {
    /// What is wrong with a value of this format, if anything.
    pub(super) fn mistake(self, value: &str) -> Option<String> {
        if value.trim() != value && !self.is_long() {
            return Some("it starts or ends with white space".to_owned());
        }
        if value.contains('\0') {
            return Some("it has a NUL character".to_owned());
        }
        let right = match self {
            Self::Text => true,
            Self::Hex => key::hex(value).is_some(),
            Self::Whsec => key::whsec(value).is_some(),
            Self::Ed25519PublicKey => key::hex(value).is_some_and(|bytes| bytes.len() == 32),
            Self::EcdsaPublicKey => key::p256_point(value).is_some(),
            Self::CertificateOrPublicKey => key::rsa_keys(value).is_some(),
        };
        (!right).then(|| format!("it is not {}", self.words()))
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Hex => "hex: an even number of the digits 0 to 9 and a to f",
            Self::Whsec => "base64, with `whsec_` before it or without",
            Self::Ed25519PublicKey => "an Ed25519 public key: 64 hex digits",
            Self::EcdsaPublicKey => "a P-256 public key: PEM (BEGIN PUBLIC KEY), or the base64 within it",
            Self::CertificateOrPublicKey => {
                "an RSA certificate or public key as PEM (BEGIN CERTIFICATE or BEGIN PUBLIC KEY); several may follow each other"
            }
        }
    }
}

impl SourcePreset {
    pub fn field(&self, name: &str) -> Option<&'static PresetField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// How a request proves that it comes from the provider, in words.
    pub fn verification(&self) -> String {
        self.scheme.words()
    }
}

/// The groups of the table, each in a file of its own.
const GROUPS: [&[SourcePreset]; 7] = [
    body_hex::PRESETS,
    body_base64::PRESETS,
    timestamped::PRESETS,
    standard::PRESETS,
    url::PRESETS,
    public_key::PRESETS,
    token::PRESETS,
];

const COUNT: usize = {
    let (mut count, mut group) = (0, 0);
    while group < GROUPS.len() {
        count += GROUPS[group].len();
        group += 1;
    }
    count
};

/// Every provider whose requests can be checked by its own scheme, by kind.
pub static PRESETS: &[SourcePreset] = &gathered();

/// All groups in the order of their kinds.
#[cfg_attr(target_pointer_width = "64", expect(clippy::large_stack_arrays, reason = "it is run by the compiler alone"))]
const fn gathered() -> [SourcePreset; COUNT] {
    let mut all = [GROUPS[0][0]; COUNT];
    let (mut at, mut group) = (0, 0);
    while group < GROUPS.len() {
        let mut index = 0;
        while index < GROUPS[group].len() {
            // Moved towards the front until the one before it comes first.
            let mut place = at;
            while place > 0 && is_less(GROUPS[group][index].kind, all[place - 1].kind) {
                all[place] = all[place - 1];
                place -= 1;
            }
            all[place] = GROUPS[group][index];
            at += 1;
            index += 1;
        }
        group += 1;
    }
    all
}

const fn is_less(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut at = 0;
    while at < left.len() && at < right.len() {
        if left[at] != right[at] {
            return left[at] < right[at];
        }
        at += 1;
    }
    left.len() < right.len()
}

/// An HMAC-SHA256 over the body in hex, whose key is the field `secret`.
const HMAC: Signed = Signed {
    algorithm: Algorithm::HmacSha256,
    encoding: Encoding::Hex,
    place: Place::Header(""),
    prefix: "",
    separator: None,
    content: &[Part::Body],
    stamp: None,
    key: Key::Text("secret"),
};

/// The same in base64.
const HMAC_BASE64: Signed = Signed { encoding: Encoding::Base64, ..HMAC };

/// How many seconds a signature counts where the provider repeats it with each retry: three days.
const AS_LONG_AS_RETRIED: u32 = 3 * 86_400;

/// The Standard Webhooks specification's, with the headers of Svix, whom it comes from.
const STANDARD: Signed = Signed {
    place: Place::EitherHeader("webhook-signature", "svix-signature"),
    prefix: "v1,",
    separator: Some(' '),
    content: &[
        Part::Value(Place::EitherHeader("webhook-id", "svix-id")),
        Part::Text("."),
        Part::Stamp,
        Part::Text("."),
        Part::Body,
    ],
    stamp: Some(Stamp {
        place: Place::EitherHeader("webhook-timestamp", "svix-timestamp"),
        unit: Unit::Seconds,
        tolerance: Some(300),
    }),
    key: Key::Whsec("secret"),
    ..HMAC_BASE64
};

/// The field `secret`.
const fn secret(label: &'static str, help: &'static str) -> PresetField {
    PresetField { name: "secret", label, help, is_secret: true, is_required: true, format: FieldFormat::Text }
}

/// A field that anybody may see.
const fn open(name: &'static str, label: &'static str, help: &'static str, format: FieldFormat) -> PresetField {
    PresetField { name, label, help, is_secret: false, is_required: true, format }
}

/// A type of source, as the API lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SourceTypeInfo {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub label: &'static str,
    pub description: &'static str,
    pub docs_url: Option<&'static str>,
    /// How requests prove where they come from, in words.
    pub verification: Option<String>,
    /// What to do in the provider's settings.
    pub setup: Option<&'static str>,
    /// What the provider asks of a new URL and is answered by itself, in words.
    pub handshake: Option<&'static str>,
    /// What `config.auth` has with the auth type `PROVIDER_SIGNATURE`.
    pub fields: Vec<SourceTypeField>,
}

/// A field of a type's `config.auth`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SourceTypeField {
    pub name: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub secret: bool,
    pub required: bool,
    pub format: FieldFormat,
}

impl From<&SourcePreset> for SourceTypeInfo {
    fn from(preset: &SourcePreset) -> Self {
        let field = |field: &PresetField| SourceTypeField {
            name: field.name,
            label: field.label,
            help: field.help,
            secret: field.is_secret,
            required: field.is_required,
            format: field.format,
        };
        Self {
            kind: preset.kind,
            label: preset.label,
            description: preset.description,
            docs_url: Some(preset.docs_url),
            verification: Some(preset.verification()),
            setup: Some(preset.setup),
            handshake: preset.handshake.map(Handshake::words),
            fields: preset.fields.iter().map(field).collect(),
        }
    }
}
