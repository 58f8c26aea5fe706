//! What is taken as the same, as typed.

use hookyard_model::{DeduplicateRule, Rule};

use super::{Read, Span, span, span_of};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deduplicate {
    pub(crate) window: Span,
    /// `all`, `include` or `exclude`.
    pub(crate) by: String,
    /// A field a line.
    pub(crate) fields: String,
}

impl Default for Deduplicate {
    fn default() -> Self {
        Self { window: span::split(300_000), by: "all".to_owned(), fields: String::new() }
    }
}

impl Deduplicate {
    pub(super) fn of(rule: &DeduplicateRule) -> Self {
        let (by, fields) = match (&rule.include_fields, &rule.exclude_fields) {
            (Some(fields), _) => ("include", fields.join("\n")),
            (None, Some(fields)) => ("exclude", fields.join("\n")),
            (None, None) => ("all", String::new()),
        };
        Self { window: span::split(rule.window), by: by.to_owned(), fields }
    }

    pub(super) fn read(&self) -> Read {
        let window = span_of("/window", &self.window.0, &self.window.1)?;
        let fields: Vec<_> = self
            .fields
            .split(['\n', ','])
            .map(str::trim)
            .filter(|field| !field.is_empty())
            .map(str::to_owned)
            .collect();
        let (include_fields, exclude_fields) = match self.by.as_str() {
            "include" if fields.is_empty() => {
                return Err(("/include_fields", "name a field, such as body.id".to_owned()));
            }
            "exclude" if fields.is_empty() => {
                return Err(("/exclude_fields", "name a field, such as body.sent_at".to_owned()));
            }
            "include" => (Some(fields), None),
            "exclude" => (None, Some(fields)),
            _ => (None, None),
        };
        Ok(Rule::Deduplicate(DeduplicateRule { window, include_fields, exclude_fields }))
    }
}
