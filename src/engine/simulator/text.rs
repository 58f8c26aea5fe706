//! Changes to JSON objects as texts: what is not changed keeps its bytes.

use serde_json::{Value, value::RawValue};

use crate::capture::Fields;

/// How far a schema's references and objects are followed.
const DEEPEST: usize = 64;
/// Where more than one shape is allowed, or what is required depends on what is there, a value is left as it is.
const DEPENDS: [&str; 7] = ["anyOf", "oneOf", "allOf", "if", "dependentRequired", "dependentSchemas", "minProperties"];

fn members(object: &str) -> Option<Vec<(std::borrow::Cow<'_, str>, &RawValue)>> {
    serde_json::from_str(object).ok().map(|Fields(members)| members)
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let members: Vec<_> = members.into_iter().map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
    format!("{{{}}}", members.join(","))
}

/// The value of a member, as it was written.
pub(super) fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    members(object)?.into_iter().find(|(known, _)| known == name).map(|(_, value)| value.get())
}

/// The object with this value for a member, in its place where it has one, else at the end.
pub(super) fn with(text: &str, name: &str, value: &str) -> String {
    let Some(members) = members(text) else { return text.to_owned() };
    if !members.iter().any(|(known, _)| known == name) {
        return appended(text, name, value);
    }
    let replaced = |(known, old): &(_, &RawValue)| if *known == name { value.to_owned() } else { old.get().to_owned() };
    object(members.iter().map(|member| (member.0.as_ref(), replaced(member))))
}

/// The object with one member more; all that was there keeps its bytes.
pub(super) fn appended(object: &str, name: &str, value: &str) -> String {
    let open = object.trim_end().strip_suffix('}').unwrap_or(object).trim_end();
    let comma = if open.ends_with('{') { "" } else { "," };
    format!("{open}{comma}{}:{value}}}", quoted(name))
}

/// The data without what its schema does not require; `None` when there is nothing of the kind.
pub(super) fn without_optional(data: &str, schema: &Value) -> Option<String> {
    let less = required_of(data, schema, schema, 0);
    let same = match (serde_json::from_str::<Value>(&less), serde_json::from_str::<Value>(data)) {
        (Ok(less), Ok(all)) => less == all,
        _ => true,
    };
    (!same).then_some(less)
}

/// The value without what `schema`, a part of `root`, does not require in it.
fn required_of(value: &str, schema: &Value, root: &Value, depth: usize) -> String {
    let schema = resolved(schema, root);
    if depth >= DEEPEST || DEPENDS.iter().any(|word| schema.get(word).is_some()) {
        return value.to_owned();
    }
    if value.starts_with('[') {
        let (Some(items), Ok(values)) = (schema.get("items"), serde_json::from_str::<Vec<&RawValue>>(value)) else {
            return value.to_owned();
        };
        let values: Vec<_> = values.iter().map(|value| required_of(value.get(), items, root, depth + 1)).collect();
        return format!("[{}]", values.join(","));
    }
    let (Some(properties), Some(members)) = (schema.get("properties"), members(value)) else {
        return value.to_owned();
    };
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let kept = members.iter().filter(|(name, _)| required.contains(&name.as_ref())).map(|(name, value)| {
        let value = match properties.get(name.as_ref()) {
            Some(schema) => required_of(value.get(), schema, root, depth + 1),
            None => value.get().to_owned(),
        };
        (name.as_ref(), value)
    });
    object(kept)
}

/// The schema that a reference within the document stands for.
fn resolved<'a>(mut schema: &'a Value, root: &'a Value) -> &'a Value {
    for _ in 0..DEEPEST {
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|to| root.pointer(to.strip_prefix('#')?));
        match target {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_changed_keeps_its_bytes() {
        let text = r#"{ "a" : 1.50, "b":[ 1 ] }"#;
        assert_eq!(member(text, "b"), Some("[ 1 ]"));
        assert_eq!(with(text, "b", "2"), r#"{"a":1.50,"b":2}"#);
        assert_eq!(with(text, "c\"", "2"), r#"{ "a" : 1.50, "b":[ 1 ],"c\"":2}"#);
        assert_eq!(appended("{ }", "c", "{}"), r#"{"c":{}}"#);
    }

    #[test]
    fn what_is_not_required_goes_at_every_depth() {
        let schema = json!({
            "required": ["a", "list", "kept"],
            "properties": {
                "a": { "$ref": "#/$defs/a" },
                "list": { "items": { "$ref": "#/$defs/a" } },
                "either": {},
                "map": { "type": "object" },
            },
            "$defs": { "a": { "required": ["n"], "properties": { "n": {}, "more": {} } } },
        });
        let data = r#"{"a":{"n":1.50,"more":1},"list":[{"more":2,"n":10000000000000000000001}],"either":1,"kept":{"x":1},"other":2}"#;
        let less = without_optional(data, &schema).unwrap();
        assert_eq!(less, r#"{"a":{"n":1.50},"list":[{"n":10000000000000000000001}],"kept":{"x":1}}"#);
        assert_eq!(without_optional(&less, &schema), None, "nothing more to leave out");
        for (case, schema) in [
            ("no schema to speak of", json!({})),
            ("shapes to choose from", json!({ "properties": { "a": {} }, "anyOf": [{}] })),
            ("a circle", json!({ "$ref": "#" })),
            ("nothing", json!(true)),
        ] {
            assert_eq!(without_optional(r#"{"a":1}"#, &schema), None, "{case}");
        }
    }
}
