//! Simple conditions of a filter as rows of field, operator and value, and back. What rows cannot say stays JSON.

use serde_json::{Map, Value, json};

/// A condition as it is typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Condition {
    /// Names with dots between them, such as `customer.country`; empty for the whole.
    pub(crate) field: String,
    /// Such as `$gte`.
    pub(crate) operator: String,
    pub(crate) value: String,
}

/// The operators that a row can have, and what they are called.
pub(crate) const OPERATORS: [(&str, &str); 12] = [
    ("$eq", "is"),
    ("$neq", "is not"),
    ("$contains", "contains"),
    ("$startsWith", "starts with"),
    ("$endsWith", "ends with"),
    ("$gt", "is more than"),
    ("$gte", "is at least"),
    ("$lt", "is less than"),
    ("$lte", "is at most"),
    ("$in", "is one of"),
    ("$nin", "is none of"),
    ("$exist", "is there"),
];

/// What else may mean an operator where a field's name stands.
const OTHERS: [&str; 4] = ["ref", "not", "or", "and"];

fn operator_of(key: &str) -> Option<&'static str> {
    let bare = key.strip_prefix('$').unwrap_or(key);
    OPERATORS.iter().map(|(operator, _)| *operator).find(|operator| &operator[1..] == bare)
}

/// The rows that say what `pattern` says; none where rows cannot.
pub(crate) fn rows_of(pattern: &Value) -> Option<Vec<Condition>> {
    let mut rows = Vec::new();
    read(pattern, "", &mut rows).then_some(rows)
}

fn read(pattern: &Value, field: &str, rows: &mut Vec<Condition>) -> bool {
    let Value::Object(object) = pattern else {
        return match typed(pattern, "$eq") {
            Some(value) => {
                rows.push(Condition { field: field.to_owned(), operator: "$eq".to_owned(), value });
                true
            }
            None => false,
        };
    };
    if object.is_empty() {
        return field.is_empty();
    }
    if object.keys().all(|key| operator_of(key).is_some()) {
        return object.iter().all(|(key, wanted)| {
            let Some((operator, value)) =
                operator_of(key).and_then(|operator| Some((operator, typed(wanted, operator)?)))
            else {
                return false;
            };
            rows.push(Condition { field: field.to_owned(), operator: operator.to_owned(), value });
            true
        });
    }
    object.iter().all(|(key, inner)| {
        let name = match key.strip_prefix('\\') {
            Some(name) => name,
            None if key.starts_with('$') => return false,
            None => key,
        };
        let inside = if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
        !name.is_empty() && !name.contains('.') && read(inner, &inside, rows)
    })
}

/// A wanted value as it is typed; none where a line cannot say it.
fn typed(wanted: &Value, operator: &str) -> Option<String> {
    match (operator, wanted) {
        ("$in" | "$nin", Value::Array(values)) => {
            let texts: Option<Vec<_>> = values.iter().map(|value| typed(value, "$eq")).collect();
            texts.filter(|texts| texts.iter().all(|text| !text.contains(','))).map(|texts| texts.join(", "))
        }
        ("$in" | "$nin", _) | (_, Value::Array(_) | Value::Object(_)) => None,
        ("$exist", Value::Bool(is_there)) => Some(if *is_there { "yes" } else { "no" }.to_owned()),
        ("$exist", _) => None,
        // A text that would be read as something else has its quotes.
        (_, Value::String(text)) if meant(text) == json!(text) => Some(text.clone()),
        (_, other) => Some(other.to_string()),
    }
}

/// What somebody means who types this: a number, a truth value, `null`, or else a text; in quotes always a text.
fn meant(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::Null | Value::String(_))) => value,
        _ => Value::String(text.to_owned()),
    }
}

/// The pattern that the rows say; what has no field does not count, unless it is about the whole.
pub(crate) fn pattern_of(rows: &[Condition], is_whole: bool) -> Option<Value> {
    let mut pattern = Value::Object(Map::new());
    for row in rows {
        let field = row.field.trim();
        if field.is_empty() != is_whole {
            continue;
        }
        let wanted = match row.operator.as_str() {
            "$in" | "$nin" => row.value.split(',').map(str::trim).filter(|text| !text.is_empty()).map(meant).collect(),
            "$exist" => json!(row.value != "no"),
            _ => meant(row.value.trim()),
        };
        let names: Vec<&str> = if is_whole { Vec::new() } else { field.split('.').collect() };
        put(&mut pattern, &names, &row.operator, wanted);
    }
    let is_empty = pattern.as_object().is_some_and(Map::is_empty);
    (!is_empty).then(|| if is_whole { plain(pattern) } else { pattern })
}

fn put(pattern: &mut Value, names: &[&str], operator: &str, wanted: Value) {
    let Value::Object(object) = pattern else { return };
    match names {
        [] => {
            object.insert(operator.to_owned(), wanted);
        }
        [name, inner @ ..] => {
            let is_word = operator_of(name).is_some() || OTHERS.contains(name) || name.starts_with('$');
            let key = if is_word { format!("\\{name}") } else { (*name).to_owned() };
            match object.get_mut(&key) {
                None if inner.is_empty() && operator == "$eq" => drop(object.insert(key, wanted)),
                None => put(object.entry(key).or_insert_with(|| json!({})), inner, operator, wanted),
                Some(before) => {
                    // A second condition on a field that had a plain value.
                    if !before.is_object() {
                        *before = json!({ "$eq": before.take() });
                    }
                    put(before, inner, operator, wanted);
                }
            }
        }
    }
}

/// `{"$eq": x}` alone as `x`.
fn plain(pattern: Value) -> Value {
    match pattern {
        Value::Object(mut object) if object.len() == 1 && object.contains_key("$eq") => {
            object.remove("$eq").unwrap_or_default()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(field: &str, operator: &str, value: &str) -> Condition {
        Condition { field: field.to_owned(), operator: operator.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn rows_and_patterns_say_the_same() {
        for (rows, pattern) in [
            (vec![row("type", "$eq", "order.paid")], json!({"type": "order.paid"})),
            (
                vec![row("amount", "$gte", "100"), row("amount", "$lt", "500"), row("customer.country", "$eq", "DE")],
                json!({"amount": {"$gte": 100, "$lt": 500}, "customer": {"country": "DE"}}),
            ),
            (vec![row("id", "$eq", "\"5\"")], json!({"id": "5"})),
            (vec![row("id", "$in", "1, 2, x")], json!({"id": {"$in": [1, 2, "x"]}})),
            (vec![row("note", "$exist", "no")], json!({"note": {"$exist": false}})),
            (vec![row("in", "$eq", "x")], json!({"\\in": "x"})),
            (vec![row("gone", "$eq", "null")], json!({"gone": null})),
        ] {
            assert_eq!(pattern_of(&rows, false), Some(pattern.clone()));
            assert_eq!(rows_of(&pattern), Some(rows));
        }
        assert_eq!(pattern_of(&[row("", "$eq", "/orders")], true), Some(json!("/orders")));
        assert_eq!(rows_of(&json!({"startsWith": "/a"})), Some(vec![row("", "$startsWith", "/a")]));
        assert_eq!(rows_of(&json!({})), Some(Vec::new()));
        assert_eq!(pattern_of(&[row(" ", "$eq", "x")], false), None);
        assert_eq!(
            pattern_of(&[row("a", "$eq", "1"), row("a", "$neq", "2")], false),
            Some(json!({"a": {"$eq": 1, "$neq": 2}}))
        );
    }

    #[test]
    fn what_rows_cannot_say_stays_json() {
        for pattern in [
            json!({"$or": [{"a": 1}, {"b": 2}]}),
            json!({"a": {"$not": {"b": 1}}}),
            json!({"a": [1, 2]}),
            json!({"a.b": 1}),
            json!({"a": {"$in": ["x,y"]}}),
            json!({"a": {}}),
            json!({"a": {"$ref": "body.b"}}),
            json!([1]),
        ] {
            assert_eq!(rows_of(&pattern), None, "{pattern}");
        }
    }
}
