//! What does not fit a schema, in sentences for people.

use hookyard_model::FieldError;
use jsonschema::{ValidationError, error::TypeKind, error::ValidationErrorKind as Kind};
use serde_json::Value;

use super::survey::escaped;

/// What a mistake says, and where: `at` is the pointer to what was checked.
pub(super) fn of(error: &ValidationError<'_>, at: &str) -> Vec<FieldError> {
    let here = format!("{at}{}", error.instance_path().as_str());
    let each = |names: &[String], detail: &str| {
        names
            .iter()
            .take(super::MOST_MISTAKES)
            .map(|name| FieldError::new(format!("{here}/{}", escaped(name)), detail))
            .collect()
    };
    let value = error.instance();
    let detail = match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            return vec![FieldError::new(format!("{here}/{}", escaped(name)), "is missing")];
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            return each(unexpected, "is not a property that the schema knows");
        }
        Kind::PropertyNames { error } => format!("a property's name {}", detail_of(error, error.instance())),
        _ => detail_of(error, value),
    };
    vec![FieldError::new(here, detail)]
}

fn detail_of(error: &ValidationError<'_>, value: &Value) -> String {
    match error.kind() {
        Kind::Type { kind } => format!("must be {}, not {}", types(kind), kind_of(value)),
        Kind::Enum { options } => match options.as_array().map(Vec::as_slice) {
            Some([only]) => format!("must be {}", shown(only)),
            Some(options) => format!("must be one of {}", listed(options)),
            None => "is not one of the values that the schema allows".to_owned(),
        },
        Kind::Constant { expected_value } => format!("must be {}", shown(expected_value)),
        Kind::Format { format } => format!("must be {}", format_of(format)),
        Kind::Pattern { pattern } => format!("must match the pattern {}", cut(pattern)),
        Kind::MinLength { limit: 1 } => "must not be empty".to_owned(),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::MinItems { limit } => format!("must have at least {limit} {}", items(*limit)),
        Kind::MaxItems { limit } => format!("must have at most {limit} {}", items(*limit)),
        Kind::AdditionalItems { limit } => format!("must have at most {limit} {}", items(*limit as u64)),
        Kind::UnevaluatedItems { .. } => "has items that the schema does not know".to_owned(),
        Kind::UniqueItems => "must not have the same item twice".to_owned(),
        Kind::Contains => "lacks an item that the schema asks for".to_owned(),
        Kind::MinProperties { limit } => format!("must have at least {limit} {}", properties(*limit)),
        Kind::MaxProperties { limit } => format!("must have at most {limit} {}", properties(*limit)),
        Kind::FalseSchema if error.schema_path().as_str().ends_with("/additionalProperties") => {
            "must have no properties".to_owned()
        }
        Kind::FalseSchema => "is not allowed by the schema".to_owned(),
        Kind::Not { .. } => "is what the schema excludes".to_owned(),
        Kind::OneOfMultipleValid { .. } => {
            "fits more than one of the alternatives, and must fit exactly one".to_owned()
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            alternatives(context, error.instance_path().as_str())
        }
        Kind::ContentEncoding { content_encoding } => format!("must be text in {content_encoding}"),
        Kind::ContentMediaType { content_media_type } => format!("must be text of the type {content_media_type}"),
        Kind::Referencing(_) => "refers to something that is not in this schema".to_owned(),
        _ => "does not fit the schema".to_owned(),
    }
}

/// What keeps a value from the alternative that it is closest to.
fn alternatives(context: &[Vec<ValidationError<'_>>], at: &str) -> String {
    let count = context.len();
    let closest = context.iter().filter(|errors| !errors.is_empty()).min_by_key(|errors| errors.len());
    let Some(error) = closest.and_then(|errors| errors.first()) else {
        return format!("fits none of the {count} alternatives");
    };
    let mistake = of(error, "").into_iter().next().unwrap_or_else(|| FieldError::new("", "does not fit the schema"));
    let within = mistake.pointer.strip_prefix(at).unwrap_or(&mistake.pointer);
    let place = if within.is_empty() { "it".to_owned() } else { cut(within) };
    format!("fits none of the {count} alternatives; for one of them {place} {}", cut(&mistake.detail))
}

fn types(kind: &TypeKind) -> String {
    let names: Vec<_> = match kind {
        TypeKind::Single(kind) => vec![with_article(kind.as_str())],
        TypeKind::Multiple(kinds) => kinds.iter().map(|kind| with_article(kind.as_str())).collect(),
    };
    match names.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} or {last}", most.join(", ")),
        names => names.join(""),
    }
}

fn with_article(kind: &str) -> &'static str {
    match kind {
        "null" => "null",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a string",
        "array" => "a list",
        _ => "an object",
    }
}

fn kind_of(value: &Value) -> &'static str {
    with_article(match value {
        Value::Null => "null",
        Value::Bool(true) => return "true",
        Value::Bool(false) => return "false",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    })
}

fn format_of(format: &str) -> String {
    match format {
        "date-time" => "a date and time such as 2026-01-31T09:30:00Z".to_owned(),
        "date" => "a date such as 2026-01-31".to_owned(),
        "time" => "a time such as 09:30:00Z".to_owned(),
        "duration" => "a duration such as PT15M".to_owned(),
        "email" | "idn-email" => "an e-mail address".to_owned(),
        "hostname" | "idn-hostname" => "a host name".to_owned(),
        "ipv4" => "an IPv4 address".to_owned(),
        "ipv6" => "an IPv6 address".to_owned(),
        "uri" | "iri" => "a URL such as https://example.com/".to_owned(),
        "uuid" => "a UUID".to_owned(),
        "json-pointer" => "a JSON pointer".to_owned(),
        "regex" => "a regular expression".to_owned(),
        other => format!("of the format {}", cut(other)),
    }
}

fn items(count: u64) -> &'static str {
    if count == 1 { "item" } else { "items" }
}

fn properties(count: u64) -> &'static str {
    if count == 1 { "property" } else { "properties" }
}

fn listed(options: &[Value]) -> String {
    let shown: Vec<_> = options.iter().take(12).map(shown).collect();
    let more = options.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text),
        other => cut(&other.to_string()),
    }
}

/// A text, cut where it is long.
pub(super) fn cut(text: &str) -> String {
    const MOST: usize = 120;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}
