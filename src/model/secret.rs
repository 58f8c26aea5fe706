//! Secrets, which cannot be printed by accident.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What stands in an answer where a secret is; sent back, it keeps the secret that is stored.
pub const REDACTED: &str = "••••••••";

/// A secret text; answers have a placeholder in its place.
// `Debug` prints the placeholder and there is no `Display`; only `reveal` shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(value_type = String))]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The placeholder in place of the secret.
    #[must_use]
    pub fn redacted(&self) -> Self {
        Self(REDACTED.to_owned())
    }

    pub fn is_redacted(&self) -> bool {
        self.0 == REDACTED
    }

    /// Takes the stored secret where only the placeholder came back.
    pub fn keep(&mut self, stored: Option<&Self>) {
        if let (true, Some(stored)) = (self.is_redacted(), stored) {
            self.clone_from(stored);
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[secret]")
    }
}
