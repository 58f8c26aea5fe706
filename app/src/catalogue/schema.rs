//! A JSON Schema as a list of properties that people can read.

use serde_json::Value;

/// How much of a schema is listed: what is larger is better read as it is.
const MOST: usize = 300;
const DEEPEST: usize = 8;

/// A property, or an alternative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property {
    pub(super) depth: usize,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) is_required: bool,
    pub(super) is_deprecated: bool,
    pub(super) description: String,
    /// What values it may have.
    pub(super) notes: Vec<String>,
}

/// The properties of a schema, those of an object after it and one deeper; required ones first.
pub(super) fn properties(schema: &Value) -> Vec<Property> {
    let mut listing = Listing { root: schema, path: Vec::new(), found: Vec::new() };
    listing.inside(schema, 0);
    listing.found
}

struct Listing<'a> {
    root: &'a Value,
    /// The references that led here, so that a circle is gone round once.
    path: Vec<&'a str>,
    found: Vec<Property>,
}

impl<'a> Listing<'a> {
    /// What a schema says of what is inside a value.
    fn inside(&mut self, schema: &'a Value, depth: usize) {
        if depth > DEEPEST || self.found.len() >= MOST {
            return;
        }
        let before = self.path.len();
        if let Some(schema) = self.resolved(schema) {
            for part in list(schema, "allOf") {
                self.inside(part, depth);
            }
            let required: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
            let is_required = |name: &str| required.contains(&name);
            let mut named: Vec<_> = schema["properties"].as_object().into_iter().flatten().collect();
            named.sort_by_key(|(name, _)| !is_required(name));
            for (name, part) in named {
                self.property(name.clone(), part, is_required(name), depth);
            }
            if schema["additionalProperties"].is_object() {
                self.property("any other".to_owned(), &schema["additionalProperties"], false, depth);
            }
            if schema["items"].is_object() {
                self.inside(&schema["items"], depth);
            }
            for (index, part) in list(schema, "oneOf").chain(list(schema, "anyOf")).enumerate() {
                let name = if index == 0 { "either" } else { "or" };
                self.property(name.to_owned(), part, false, depth);
            }
        }
        self.path.truncate(before);
    }

    fn property(&mut self, name: String, schema: &'a Value, is_required: bool, depth: usize) {
        if self.found.len() >= MOST {
            return;
        }
        let before = self.path.len();
        let resolved = self.resolved(schema);
        let shown = resolved.unwrap_or(schema);
        let text = |field: &str| schema[field].as_str().or_else(|| shown[field].as_str());
        self.found.push(Property {
            depth,
            name,
            kind: resolved.map_or_else(|| "as above".to_owned(), |schema| self.kind(schema)),
            is_required,
            is_deprecated: schema["deprecated"] == true || shown["deprecated"] == true,
            description: text("description").or_else(|| text("title")).unwrap_or_default().to_owned(),
            notes: notes(shown),
        });
        if resolved.is_some() {
            self.inside(shown, depth + 1);
        }
        self.path.truncate(before);
    }

    /// What a schema stands for; none where it leads back to where we came from, or nowhere.
    fn resolved(&mut self, schema: &'a Value) -> Option<&'a Value> {
        let mut schema = schema;
        while let Some(target) = schema["$ref"].as_str() {
            if self.path.contains(&target) {
                return None;
            }
            self.path.push(target);
            schema = self.root.pointer(target.strip_prefix('#')?)?;
        }
        Some(schema)
    }

    fn kind(&self, schema: &Value) -> String {
        let named = |name: &str| match name {
            "array" => self.list_of(&schema["items"]),
            other => other.to_owned(),
        };
        let kind = match &schema["type"] {
            Value::String(name) => named(name),
            Value::Array(names) => names.iter().filter_map(Value::as_str).map(named).collect::<Vec<_>>().join(" or "),
            _ if schema["properties"].is_object() => "object".to_owned(),
            _ if schema["items"].is_object() => self.list_of(&schema["items"]),
            _ => kind_of_values(schema).unwrap_or("anything").to_owned(),
        };
        match schema["format"].as_str() {
            Some(format) => format!("{kind}, {format}"),
            None => kind,
        }
    }

    fn list_of(&self, items: &Value) -> String {
        let items = match items["$ref"].as_str().and_then(|target| self.root.pointer(target.strip_prefix('#')?)) {
            Some(target) => target,
            None => items,
        };
        match items["type"].as_str() {
            Some("array") => "list of lists".to_owned(),
            Some(name) => format!("list of {name}s"),
            None if items["properties"].is_object() => "list of objects".to_owned(),
            None => "list".to_owned(),
        }
    }
}

/// The kind that all of the allowed values have.
fn kind_of_values(schema: &Value) -> Option<&'static str> {
    let of = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    if let Some(only) = schema.get("const") {
        return Some(of(only));
    }
    let mut kinds = schema["enum"].as_array()?.iter().map(of);
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first)
}

fn list<'a>(schema: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    schema[field].as_array().into_iter().flatten()
}

fn notes(schema: &Value) -> Vec<String> {
    let shown = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut notes = Vec::new();
    if let Some(only) = schema.get("const") {
        notes.push(format!("always {}", shown(only)));
    }
    let allowed: Vec<_> = list(schema, "enum").map(shown).collect();
    if !allowed.is_empty() {
        notes.push(format!("one of {}", allowed.join(", ")));
    }
    for (field, words) in [
        ("minimum", "at least"),
        ("exclusiveMinimum", "more than"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "less than"),
        ("minLength", "characters, at least"),
        ("maxLength", "characters, at most"),
        ("minItems", "items, at least"),
        ("maxItems", "items, at most"),
        ("pattern", "matches"),
        ("default", "if left out,"),
    ] {
        if let Some(value) = schema.get(field) {
            notes.push(format!("{words} {}", shown(value)));
        }
    }
    if let Some(example) = list(schema, "examples").next().filter(|example| !example.is_object() && !example.is_array())
    {
        notes.push(format!("such as {}", shown(example)));
    }
    notes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(schema: &Value) -> Vec<String> {
        let line = |property: Property| {
            let mark = if property.is_required { "!" } else { "" };
            format!("{}{}{mark}: {}", "  ".repeat(property.depth), property.name, property.kind)
        };
        properties(schema).into_iter().map(line).collect()
    }

    #[test]
    fn properties_stand_below_what_has_them() {
        let schema = json!({
            "required": ["b"],
            "properties": {
                "a": {"type": ["string", "null"], "format": "uuid"},
                "b": {"type": "array", "items": {"required": ["url"], "properties": {"url": {"type": "string"}}}},
                "c": {"enum": ["x", "y"]},
                "d": {"type": "object", "additionalProperties": {"type": "integer"}},
            },
        });
        assert_eq!(
            lines(&schema),
            [
                "b!: list of objects",
                "  url!: string",
                "a: string or null, uuid",
                "c: string",
                "d: object",
                "  any other: integer"
            ]
        );
        assert_eq!(properties(&schema)[3].notes, ["one of x, y"]);
    }

    #[test]
    fn references_are_followed_once_round() {
        let schema = json!({
            "$ref": "#/$defs/node",
            "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}, "gone": {"$ref": "#/$defs/none"}}}},
        });
        assert_eq!(lines(&schema), ["gone: as above", "next: as above"]);
        let either = json!({"oneOf": [{"properties": {"a": {"type": "string"}}}, {"type": "null"}]});
        assert_eq!(lines(&either), ["either: object", "  a: string", "or: null"]);
        let wide =
            json!({"properties": (0..1000).map(|n| (n.to_string(), json!(true))).collect::<serde_json::Map<_, _>>()});
        assert_eq!(lines(&wide).len(), MOST);
        assert_eq!(lines(&json!(true)), Vec::<String>::new());
    }
}
