//! The catalogue of event types.

use serde::{Deserialize, Serialize};

use crate::{EventTypeId, FieldError, Timestamp};

/// A kind of event that the team publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct EventType {
    pub id: EventTypeId,
    /// Such as `invoice.paid`.
    pub name: String,
    /// For people, such as "Invoice Paid".
    pub label: String,
    pub description: Option<String>,
    /// JSON Schema of an event's `data`.
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub schema: Option<serde_json::Value>,
    /// An example of an event's `data`.
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub example: Option<serde_json::Value>,
    /// Whether a new webhook's form has it ticked.
    pub default_enabled: bool,
    /// Since when it should not be chosen any more.
    pub deprecated_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A new event type.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EventTypeInput {
    /// Dot-separated parts of letters, digits and underscores.
    pub name: String,
    /// Made from the name when absent.
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub schema: Option<serde_json::Value>,
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub example: Option<serde_json::Value>,
    #[serde(default)]
    pub default_enabled: bool,
    #[serde(default)]
    pub deprecated: bool,
}

/// What importing a document would do, or did, to one event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ImportAction {
    Create,
    Update,
    /// It is in the catalogue as the document has it.
    Keep,
    /// It cannot be taken; see the mistakes.
    Refuse,
}

words! { ImportAction: Create = "create", Update = "update", Keep = "keep", Refuse = "refuse" }

/// One event type of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ImportedEventType {
    pub name: String,
    pub action: ImportAction,
    /// The event type as the document has it.
    pub input: EventTypeInput,
    pub mistakes: Vec<FieldError>,
}

/// A document with event types to import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EventTypeImport {
    /// An `OpenAPI` 3.1 document as JSON or YAML; its `webhooks` section is read.
    pub document: String,
    /// Only these; all when absent.
    #[serde(default)]
    pub names: Option<Vec<String>>,
    /// Whether to say only what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

impl EventTypeInput {
    pub fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        if !is_event_type_name(&self.name) {
            let detail = "use dot-separated parts of letters, digits and _, such as invoice.paid";
            mistakes.push(FieldError::new("/name", detail));
        }
        if crate::is_operational(&self.name) {
            mistakes.push(FieldError::new("/name", "names that start with hookyard. are Hookyard's own"));
        }
        if self.schema.as_ref().is_some_and(|schema| !schema.is_object() && !schema.is_boolean()) {
            mistakes.push(FieldError::new("/schema", "a JSON Schema is an object"));
        }
        mistakes
    }

    /// The label, or the name in title case.
    pub fn label(&self) -> String {
        self.label.clone().filter(|label| !label.trim().is_empty()).unwrap_or_else(|| title_case(&self.name))
    }
}

/// Whether `name` may name an event type (Standard Webhooks: dot-separated parts of `[a-zA-Z0-9_]`).
pub(crate) fn is_event_type_name(name: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    name.len() <= 128 && name.split('.').all(is_part)
}

/// What is wrong with a text at `pointer` that should name an event type.
pub fn event_type_mistake(name: &str, pointer: &str) -> Vec<FieldError> {
    if is_event_type_name(name) {
        return Vec::new();
    }
    let detail =
        format!("`{}` is not an event type name such as invoice.paid", name.chars().take(64).collect::<String>());
    vec![FieldError::new(pointer, detail)]
}

/// `patient.ehi_export_success` as "Patient EHI Export Success".
fn title_case(name: &str) -> String {
    const CAPITALS: [&str; 4] = ["ehi", "id", "url", "api"];
    let word = |word: &str| match word {
        word if CAPITALS.contains(&word) => word.to_ascii_uppercase(),
        word => word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect(),
    };
    name.split(['.', '_', '-']).filter(|part| !part.is_empty()).map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_made_from_the_name() {
        let input = EventTypeInput { name: "patient.ehi_export_success".into(), ..EventTypeInput::default() };
        assert_eq!(input.label(), "Patient EHI Export Success");
        assert!(input.mistakes().is_empty());
        for bad in ["", ".", "a..b", "a b", "é"] {
            assert!(!is_event_type_name(bad), "{bad}");
        }
    }
}
