//! JSON schemas as words and tables.

use serde_json::Value;

use super::{inline, put, text};

/// A schema in a few words: a link where it has a name.
pub(super) fn kind(out: &mut String, schema: &Value) {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        put(out, format_args!("<a class=\"kind\" href=\"#schema-{0}\">{0}</a>", text(name)));
        return;
    }
    if let Some(choices) = choices(schema) {
        for (index, choice) in choices.iter().enumerate() {
            if index > 0 {
                out.push_str(" or ");
            }
            kind(out, choice);
        }
        return;
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> =
            words.iter().map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)).collect();
        put(out, format_args!("<span class=\"kind\">{}</span>", text(&words.join(" | "))));
        return;
    }
    let name = match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    };
    put(out, format_args!("<span class=\"kind\">{}", text(&name)));
    if let Some(format) = schema["format"].as_str() {
        put(out, format_args!(" ({})", text(format)));
    }
    out.push_str("</span>");
    if schema["items"].is_object() {
        out.push_str(" of ");
        kind(out, &schema["items"]);
    }
}

/// A schema's description and its fields.
pub(super) fn table(out: &mut String, schema: &Value) {
    super::prose(out, schema["description"].as_str());
    if let Some(fields) = schema["properties"].as_object() {
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        out.push_str("<dl>");
        for (name, field) in fields {
            put(out, format_args!("<dt><code>{}</code> ", text(name)));
            kind(out, field);
            if required.iter().any(|known| known == name) {
                out.push_str(" <small>required</small>");
            }
            out.push_str("</dt><dd>");
            inline(out, field["description"].as_str().unwrap_or_default());
            for choice in choices(field).into_iter().flatten().filter(|choice| choice["properties"].is_object()) {
                table(out, choice);
            }
            out.push_str("</dd>");
        }
        out.push_str("</dl>");
        return;
    }
    match choices(schema) {
        Some(choices) if choices.iter().any(|choice| choice["properties"].is_object()) => {
            for choice in choices {
                table(out, choice);
            }
        }
        _ => {
            out.push_str("<p>");
            kind(out, schema);
            out.push_str("</p>");
        }
    }
}

fn choices(schema: &Value) -> Option<&Vec<Value>> {
    ["oneOf", "anyOf", "allOf"].iter().find_map(|word| schema[word].as_array())
}
