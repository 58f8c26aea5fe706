//! What differs between two payloads, place by place.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Payload;

/// How many differences are told at most.
const MOST: usize = 200;

/// One place in which two payloads differ: absent `before` it was added, absent `after` it was taken away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Difference {
    /// A JSON pointer (RFC 6901), such as `/headers/x-tenant` or `/body/items/0`.
    pub pointer: String,
    // A `null` that was there is told from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[cfg_attr(feature = "server", schema(value_type = Object, required = false))]
    pub before: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[cfg_attr(feature = "server", schema(value_type = Object, required = false))]
    pub after: Option<Value>,
}

fn there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Where two payloads differ, in the order method, path, query, headers, body; at most the first 200 places.
pub fn differences(before: &Payload, after: &Payload) -> Vec<Difference> {
    let mut found = Vec::new();
    let text = |text: &str| Value::String(text.to_owned());
    let headers = |payload: &Payload| serde_json::to_value(&payload.headers).unwrap_or_default();
    compare("/method", &text(&before.method), &text(&after.method), &mut found);
    compare("/path", &text(&before.path), &text(&after.path), &mut found);
    compare("/query", &text(&before.query), &text(&after.query), &mut found);
    compare("/headers", &headers(before), &headers(after), &mut found);
    compare("/body", &before.body, &after.body, &mut found);
    found
}

fn compare(pointer: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    if found.len() >= MOST || before == after {
        return;
    }
    let inner = |name: &str| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    let mut each = |name: &str, before: Option<&Value>, after: Option<&Value>| match (before, after) {
        (Some(before), Some(after)) => compare(&inner(name), before, after, found),
        (before, after) if found.len() < MOST => {
            found.push(Difference { pointer: inner(name), before: before.cloned(), after: after.cloned() });
        }
        _ => {}
    };
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before {
                each(name, Some(value), after.get(name));
            }
            for (name, value) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
                each(name, None, Some(value));
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for index in 0..before.len().max(after.len()) {
                each(&index.to_string(), before.get(index), after.get(index));
            }
        }
        _ => found.push(Difference {
            pointer: pointer.to_owned(),
            before: Some(before.clone()),
            after: Some(after.clone()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Body, Headers};

    fn payload(headers: &[(&str, &str)], body: Value) -> Payload {
        Payload {
            method: "POST".to_owned(),
            path: String::new(),
            query: String::new(),
            headers: Headers(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()),
            raw: Body::from_bytes(body.to_string().as_bytes()),
            body,
        }
    }

    #[test]
    fn each_place_that_differs_is_told() {
        let before = payload(&[("a", "1"), ("b", "2")], json!({"id": 1, "items": [{"n": 1}, 2], "gone": null}));
        let after = payload(&[("b", "3"), ("c", "4")], json!({"id": 1, "items": [{"n": 2}], "a/b": null}));
        let found: Vec<_> = differences(&before, &after)
            .into_iter()
            .map(|difference| (difference.pointer, difference.before, difference.after))
            .collect();
        let expected = [
            ("/headers/a", Some(json!("1")), None),
            ("/headers/b", Some(json!("2")), Some(json!("3"))),
            ("/headers/c", None, Some(json!("4"))),
            ("/body/gone", Some(json!(null)), None),
            ("/body/items/0/n", Some(json!(1)), Some(json!(2))),
            ("/body/items/1", Some(json!(2)), None),
            ("/body/a~1b", None, Some(json!(null))),
        ];
        assert_eq!(found, expected.map(|(pointer, before, after)| (pointer.to_owned(), before, after)));
        assert_eq!(differences(&before, &before), []);
    }

    #[test]
    fn differences_come_to_an_end_and_go_over_the_wire() {
        let many = |n: i32| payload(&[], (0..1000).map(|index| json!(index + n)).collect());
        let found = differences(&many(0), &many(1));
        assert_eq!(found.len(), MOST);
        let added = Difference { pointer: "/body/x".to_owned(), before: None, after: Some(Value::Null) };
        let wire = serde_json::to_string(&added).unwrap();
        assert_eq!(serde_json::from_str::<Difference>(&wire).unwrap(), added);
    }
}
