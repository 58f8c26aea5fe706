//! What kind of source it is.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::preset::{PRESETS, SourcePreset};

/// What kind of source it is: a URL of its own, the built-in one, or a provider's with its scheme.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourceType(&'static str);

impl SourceType {
    /// A URL of its own that anything can post to.
    pub const WEBHOOK: Self = Self("WEBHOOK");
    /// The built-in source that published events enter by; a team has one a mode.
    pub const EVENTS: Self = Self("EVENTS");

    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The provider's scheme, if it is a provider's.
    pub fn preset(self) -> Option<&'static SourcePreset> {
        PRESETS.iter().find(|preset| preset.kind == self.0)
    }
}

impl Default for SourceType {
    fn default() -> Self {
        Self::WEBHOOK
    }
}

/// A text that is no source type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a source type; `GET /v1/source-types` lists them")]
pub struct BadSourceType(String);

impl FromStr for SourceType {
    type Err = BadSourceType;

    fn from_str(text: &str) -> Result<Self, BadSourceType> {
        let built_in = [Self::WEBHOOK, Self::EVENTS].into_iter().find(|kind| kind.0 == text);
        let known =
            built_in.or_else(|| PRESETS.iter().find(|preset| preset.kind == text).map(|preset| Self(preset.kind)));
        known.ok_or_else(|| BadSourceType(text.chars().take(64).collect()))
    }
}

impl fmt::Display for SourceType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl fmt::Debug for SourceType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl Serialize for SourceType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for SourceType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(feature = "server")]
text_column!(SourceType);

#[cfg(feature = "server")]
impl utoipa::PartialSchema for SourceType {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let words = [Self::WEBHOOK.0, Self::EVENTS.0].into_iter().chain(PRESETS.iter().map(|preset| preset.kind));
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(words.collect::<Vec<_>>()))
            .into()
    }
}

#[cfg(feature = "server")]
impl utoipa::ToSchema for SourceType {}
