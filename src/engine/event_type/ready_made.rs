//! The ready-made catalogue that a new team may start with.

use hookyard_model::EventTypeInput;

use crate::error::Result;

/// The ready-made event types.
pub(super) fn all() -> Result<Vec<EventTypeInput>> {
    Ok(serde_json::from_str(include_str!("ready_made.json"))?)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// What `value` lacks of what `schema` says, as far as these schemas go.
    fn mistakes(schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let mut found = Vec::new();
        let fits = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64(),
            _ => schema["enum"].as_array().is_some_and(|known| known.contains(value)) || schema["const"] == *value,
        };
        if !fits {
            found.push(format!("{at} does not fit"));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                found.push(format!("{at}/{name} is missing"));
            }
        }
        for (name, value) in value.as_object().into_iter().flatten() {
            let schema = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
            found.extend(mistakes(schema, value, &format!("{at}/{name}")));
        }
        for value in value.as_array().into_iter().flatten() {
            found.extend(mistakes(&schema["items"], value, at));
        }
        found
    }

    #[test]
    fn the_examples_are_what_the_schemas_say() {
        let all = all().unwrap();
        assert_eq!(all.len(), 7);
        for input in all {
            let (schema, example) = (input.schema.clone().unwrap(), input.example.clone().unwrap());
            assert_eq!(mistakes(&schema, &example, &input.name), Vec::<String>::new());
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{}", input.name);
            assert_eq!(EventTypeInput { label: None, ..input.clone() }.label(), input.label(), "the label by the rule");
            assert!(input.mistakes().is_empty(), "{}", input.name);
            assert_eq!(input.default_enabled, input.name.starts_with("patient.ehi_export_"), "{}", input.name);
        }
    }
}
