//! Payloads to begin with: an event type's example with values of this moment, or what its schema asks for.

use std::collections::HashMap;

use hookyard_model::{EventType, Timestamp};
use serde_json::{Map, Value, json};

/// How deep a schema is followed; the rest is left out.
const DEEPEST: usize = 8;

/// Where fresh values come from: the time, and numbers from 0 to below 1.
pub(super) struct Fresh<R> {
    pub(super) now: Timestamp,
    pub(super) random: R,
    /// What stands for each id of the example, so that ids that were the same stay the same.
    pub(super) ids: HashMap<String, String>,
}

impl<R: FnMut() -> f64> Fresh<R> {
    pub(super) fn new(now: Timestamp, random: R) -> Self {
        Self { now, random, ids: HashMap::new() }
    }

    /// An envelope to begin with, its members in the order that receivers know.
    pub(super) fn envelope(&mut self, name: &str, kind: Option<&EventType>) -> String {
        let example = kind.and_then(|kind| kind.example.clone());
        let data = example
            .or_else(|| kind.and_then(|kind| kind.schema.as_ref()).map(|schema| fitting(schema, schema, 0)))
            .unwrap_or_else(|| json!({}));
        let data = serde_json::to_string_pretty(&self.renewed("", data)).unwrap_or_default();
        format!(
            "{{\n  \"api_mode\": \"test\",\n  \"date\": {},\n  \"id\": {},\n  \"type\": {},\n  \"data\": {}\n}}",
            json!(self.time()),
            json!(self.uuid()),
            json!(name),
            data.replace('\n', "\n  "),
        )
    }

    /// `value` with new ids, times that have passed moved to now, and a new `random`.
    fn renewed(&mut self, name: &str, value: Value) -> Value {
        match value {
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| {
                    let value = self.renewed(&name, value);
                    (name, value)
                })
                .collect::<Map<_, _>>()
                .into(),
            Value::Array(elements) => elements.into_iter().map(|element| self.renewed(name, element)).collect(),
            Value::String(text) if name == "random" => json!(self.letters(text.chars().count().clamp(4, 32))),
            Value::String(text) if is_uuid(&text) => {
                let fresh = self.uuid();
                json!(self.ids.entry(text).or_insert(fresh))
            }
            Value::String(text) if text.parse::<Timestamp>().is_ok_and(|time| time < self.now) => json!(self.time()),
            other => other,
        }
    }

    /// Now, to the second.
    fn time(&self) -> String {
        Timestamp::from_millis(self.now.seconds() * 1000).to_string().replace(".000Z", "Z")
    }

    fn letters(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from_digit(self.below(36), 36).unwrap_or('x')).collect()
    }

    /// A random UUID (version 4), good enough to be told apart by eye; the server makes its own unless told not to.
    fn uuid(&mut self) -> String {
        let place = |place: char| match place {
            'x' => char::from_digit(self.below(16), 16).unwrap_or('0'),
            'y' => char::from_digit(self.below(4) + 8, 16).unwrap_or('8'),
            other => other,
        };
        "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx".chars().map(place).collect()
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to below a small number")]
    fn below(&mut self, end: u32) -> u32 {
        ((self.random)() * f64::from(end)) as u32
    }
}

fn is_uuid(text: &str) -> bool {
    let is_place = |(index, byte): (usize, u8)| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(is_place)
}

/// A value that most likely fits `schema`, which is a part of `root`.
fn fitting(schema: &Value, root: &Value, depth: usize) -> Value {
    let part = |name: &str| schema.get(name);
    let given =
        part("const").or_else(|| part("default")).or_else(|| part("examples")?.get(0)).or_else(|| part("enum")?.get(0));
    let elsewhere = || {
        let target = part("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
        target
            .and_then(|pointer| root.pointer(pointer))
            .or_else(|| ["allOf", "anyOf", "oneOf"].into_iter().find_map(|name| part(name)?.get(0)))
    };
    let kind = match part("type") {
        Some(Value::Array(kinds)) => kinds.iter().find(|kind| *kind != "null").and_then(Value::as_str),
        kind => kind.and_then(Value::as_str),
    };
    match (given, kind) {
        (Some(given), _) => given.clone(),
        _ if depth > DEEPEST => Value::Null,
        (None, Some("array")) => {
            part("items").map_or_else(|| json!([]), |items| json!([fitting(items, root, depth + 1)]))
        }
        (None, Some("string")) => json!(match part("format").and_then(Value::as_str) {
            Some("uuid") => "6a0e2f1d-9c83-4b57-8e14-d5f7a3b6c920",
            Some("date-time") => "2026-01-31T08:15:00Z",
            Some("date") => "2026-01-31",
            Some("email") => "ada@example.com",
            Some("uri" | "url") => "https://example.com/",
            _ => "text",
        }),
        (None, Some("integer" | "number")) => part("minimum").cloned().unwrap_or_else(|| json!(1)),
        (None, Some("boolean")) => json!(true),
        (None, Some("null")) => Value::Null,
        (None, _) => match (part("properties").and_then(Value::as_object), elsewhere()) {
            (None, Some(elsewhere)) => fitting(elsewhere, root, depth + 1),
            (properties, _) => properties
                .into_iter()
                .flatten()
                .map(|(name, schema)| (name.clone(), fitting(schema, root, depth + 1)))
                .collect::<Map<_, _>>()
                .into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(schema: Option<Value>, example: Option<Value>) -> EventType {
        serde_json::from_value(json!({
            "id": "ety_01HF7YAT000000000000000007", "name": "a.b", "label": "A B", "description": null,
            "schema": schema, "example": example, "default_enabled": true, "deprecated_at": null,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    fn data_of(kind: &EventType, mut random: f64) -> Value {
        let next = move || {
            random = (random + 0.37) % 1.0;
            random
        };
        let mut fresh = Fresh::new("2026-06-30T12:00:00.5Z".parse().unwrap(), next);
        let envelope: Value = serde_json::from_str(&fresh.envelope("a.b", Some(kind))).unwrap();
        assert_eq!(envelope["type"], "a.b");
        assert_eq!(envelope["date"], "2026-06-30T12:00:00Z");
        assert!(is_uuid(envelope["id"].as_str().unwrap()), "{envelope}");
        envelope["data"].clone()
    }

    #[test]
    fn an_example_gets_new_ids_times_and_random_letters() {
        let id = "4f2a1c7e-58d0-4b7b-9a53-0c6f2d9e8b41";
        let example = json!({
            "id": id, "same": [id], "other": "b8e3f0a6-2c94-4d1e-8f67-91a5c3d7e204", "random": "r7q2",
            "made_at": "2025-01-01T00:00:00Z", "expires_at": "2027-03-01T09:30:00Z", "count": 3, "text": "as it was",
        });
        let kind = kind(None, Some(example));
        let (once, again) = (data_of(&kind, 0.1), data_of(&kind, 0.2));
        assert_ne!(once["id"], json!(id));
        assert_eq!(once["same"][0], once["id"]);
        assert_ne!(once["other"], once["id"]);
        assert_ne!(once["id"], again["id"]);
        assert_ne!(once["random"], again["random"]);
        assert_eq!(once["random"].as_str().unwrap().len(), 4);
        assert_eq!(once["made_at"], "2026-06-30T12:00:00Z");
        assert_eq!(once["expires_at"], "2027-03-01T09:30:00Z", "what lies ahead stays there");
        assert_eq!((&once["count"], &once["text"]), (&json!(3), &json!("as it was")));
    }

    #[test]
    fn without_an_example_the_schema_says_what_fits() {
        let schema = json!({
            "type": "object",
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "state": {"enum": ["open", "shut"]},
                "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
                "note": {"type": ["null", "string"]},
                "paid": {"type": "boolean"},
            },
            "$defs": {"line": {"properties": {"count": {"type": "integer", "minimum": 2}}}},
        });
        let data = data_of(&kind(Some(schema), None), 0.3);
        assert!(is_uuid(data["id"].as_str().unwrap()));
        assert_eq!(data["lines"], json!([{"count": 2}]));
        assert_eq!((&data["state"], &data["note"], &data["paid"]), (&json!("open"), &json!("text"), &json!(true)));
        let endless = json!({"properties": {"again": {"$ref": "#"}}});
        assert!(data_of(&kind(Some(endless), None), 0.3).is_object());
        assert_eq!(data_of(&kind(None, None), 0.3), json!({}));
    }
}
