//! What makes two requests the same.

use std::collections::BTreeMap;

use serde_json_borrow::Value;

use super::DeduplicateRule;
use crate::{FilterPart, Place, View};

/// What of a request is compared, read once from a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sameness {
    /// Path, query and body, byte by byte.
    Whole,
    /// These places.
    Only(Vec<Place>),
    /// Path, query and body, but for these places.
    But(Vec<Place>),
}

impl Sameness {
    /// Reads a rule that has passed its checks; a place that is none is left out.
    pub fn new(rule: &DeduplicateRule) -> Self {
        let places = |fields: &[String]| fields.iter().filter_map(|field| Place::parse(field).ok()).collect();
        match (&rule.include_fields, &rule.exclude_fields) {
            (Some(fields), _) => Self::Only(places(fields)),
            (None, Some(fields)) => Self::But(places(fields)),
            (None, None) => Self::Whole,
        }
    }

    /// Whether the body must be read as JSON to know.
    pub fn asks_for_body(&self) -> bool {
        match self {
            Self::Whole => false,
            Self::Only(places) => places.iter().any(|place| place.part() == FilterPart::Body),
            Self::But(_) => true,
        }
    }

    /// Writes what is compared to `out`, the same bytes for requests that are the same and for no others; false when
    /// there is nothing to compare.
    pub fn write(&self, view: &View<'_>, out: &mut dyn FnMut(&[u8])) -> bool {
        match self {
            Self::Whole => {
                write_text(view.path(), out);
                write_text(view.query_string(), out);
                out(view.bytes());
                true
            }
            Self::Only(places) => {
                let mut any = false;
                for place in places {
                    write_text(&place.to_string(), out);
                    any |= view.with(place, |value| {
                        write(value.unwrap_or(&Value::Null), &mut Vec::new(), &[], out);
                        value.is_some()
                    });
                }
                any
            }
            Self::But(places) => {
                let of = |part| places.iter().filter(move |place| place.part() == part).map(Place::steps);
                for place in places {
                    write_text(&place.to_string(), out);
                }
                if of(FilterPart::Path).next().is_none() {
                    write_text(view.path(), out);
                }
                let left_out: Vec<&[String]> = of(FilterPart::Query).collect();
                for (name, value) in url::form_urlencoded::parse(view.query_string().as_bytes()) {
                    if !left_out.iter().any(|steps| steps[0] == name) {
                        write_text(&name, out);
                        write_text(&value, out);
                    }
                }
                let left_out: Vec<&[String]> = of(FilterPart::Body).collect();
                out(b"|");
                match view.json() {
                    Some(body) => write(body, &mut Vec::new(), &left_out, out),
                    None => out(view.bytes()),
                }
                true
            }
        }
    }
}

fn write_text(text: &str, out: &mut dyn FnMut(&[u8])) {
    out(&(text.len() as u64).to_be_bytes());
    out(text.as_bytes());
}

/// Writes JSON so that what is the same by value is the same by its bytes: numbers however they are spelled, objects
/// whatever the order of their fields. What is at one of the places `left_out` is passed over.
fn write(value: &Value<'_>, at: &mut Vec<String>, left_out: &[&[String]], out: &mut dyn FnMut(&[u8])) {
    match value {
        Value::Null => out(b"n"),
        Value::Bool(true) => out(b"t"),
        Value::Bool(false) => out(b"f"),
        Value::Number(number) => {
            out(b"#");
            let int = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
            match (int, number.as_f64()) {
                (Some(int), _) => write_text(&int.to_string(), out),
                // What is whole is written as such, however it was spelled.
                (None, Some(float)) if float.fract() == 0.0 => write_text(&format!("{float:.0}"), out),
                (None, Some(float)) => write_text(&float.to_string(), out),
                (None, None) => {}
            }
        }
        Value::Str(text) => {
            out(b"s");
            write_text(text, out);
        }
        Value::Array(items) => {
            out(b"[");
            for (index, item) in items.iter().enumerate() {
                inside(index.to_string(), item, at, left_out, out);
            }
            out(b"]");
        }
        Value::Object(fields) => {
            out(b"{");
            // In one order; of a name that is repeated the last counts.
            let fields: BTreeMap<&str, &Value<'_>> = fields.iter().collect();
            for (name, field) in fields {
                if left_out.iter().any(|steps| leads_to(steps, at, name)) {
                    continue;
                }
                write_text(name, out);
                inside(name.to_owned(), field, at, left_out, out);
            }
            out(b"}");
        }
    }
}

/// Whether these steps are those to `name` inside `at`.
fn leads_to(steps: &[String], at: &[String], name: &str) -> bool {
    steps.split_last().is_some_and(|(last, before)| last == name && before == at)
}

fn inside(step: String, value: &Value<'_>, at: &mut Vec<String>, left_out: &[&[String]], out: &mut dyn FnMut(&[u8])) {
    if left_out.is_empty() {
        return write(value, at, left_out, out);
    }
    at.push(step);
    if left_out.contains(&at.as_slice()) {
        out(b"-");
    } else {
        write(value, at, left_out, out);
    }
    at.pop();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(rule: &serde_json::Value, (headers, path, query, body): (&str, &str, &str, &str)) -> Option<Vec<u8>> {
        let rule: DeduplicateRule = serde_json::from_value(rule.clone()).unwrap();
        let mut bytes = Vec::new();
        let view = View::of_stored(headers, path, query, body.as_bytes());
        Sameness::new(&rule).write(&view, &mut |some| bytes.extend_from_slice(some)).then_some(bytes)
    }

    #[test]
    fn requests_are_the_same_by_what_the_rule_names() {
        let none = r#"[["x-id","1"],["date","now"]]"#;
        let other = r#"[["x-id","1"],["date","later"]]"#;
        let whole = json!({"window": 1000});
        let only = |fields: &[&str]| json!({"window": 1000, "include_fields": fields});
        let but = |fields: &[&str]| json!({"window": 1000, "exclude_fields": fields});
        for (rule, one, two, same) in [
            (whole.clone(), (none, "/a", "b=1", "{}"), (other, "/a", "b=1", "{}"), true),
            (whole.clone(), (none, "/a", "b=1", "{}"), (none, "/a", "b=1", "{ }"), false),
            (whole.clone(), (none, "/a", "", "{}"), (none, "/b", "", "{}"), false),
            (whole, (none, "/a", "", "{}"), (none, "", "/a", "{}"), false),
            (only(&["body.id"]), (none, "/a", "", r#"{"id":1,"n":1}"#), (none, "/b", "x", r#"{"n":2,"id":1.0}"#), true),
            (only(&["body.id"]), (none, "", "", r#"{"id":1}"#), (none, "", "", r#"{"id":"1"}"#), false),
            (
                only(&["body.id", "body.gone"]),
                (none, "", "", r#"{"id":1}"#),
                (none, "", "", r#"{"id":1,"gone":null}"#),
                true,
            ),
            (only(&["body"]), (none, "", "", r#"{"a":1,"b":[2]}"#), (none, "", "", r#"{ "b":[2.0], "a":1 }"#), true),
            (only(&["body"]), (none, "", "", r#"[["a"],"b"]"#), (none, "", "", r#"[["a","b"]]"#), false),
            (only(&["headers.X-Id"]), (none, "", "", "1"), (other, "", "", "2"), true),
            (only(&["headers.date"]), (none, "", "", "1"), (other, "", "", "1"), false),
            (only(&["query.q", "path"]), (none, "/a", "q=1&z=2", ""), (none, "/a", "z=3&q=1", ""), true),
            (but(&["body.at"]), (none, "/a", "", r#"{"at":1,"n":1}"#), (none, "/a", "", r#"{"n":1.0,"at":2}"#), true),
            (but(&["body.at"]), (none, "/a", "", r#"{"at":1,"n":1}"#), (none, "/a", "", r#"{"n":1}"#), true),
            (but(&["body.at"]), (none, "/a", "", r#"{"at":1,"n":1}"#), (none, "/a", "", r#"{"n":2}"#), false),
            (
                but(&["body.l[0].at"]),
                (none, "", "", r#"{"l":[{"at":1}]}"#),
                (none, "", "", r#"{"l":[{"at":2}]}"#),
                true,
            ),
            (but(&["body.l[0]"]), (none, "", "", r#"{"l":[1,2]}"#), (none, "", "", r#"{"l":[3,2]}"#), true),
            (but(&["body.l[0]"]), (none, "", "", r#"{"l":[1,2]}"#), (none, "", "", r#"{"l":[1,3]}"#), false),
            (but(&["query.t"]), (none, "", "a=1&t=1", "x"), (none, "", "a=1&t=2", "x"), true),
            (but(&["path"]), (none, "/a", "", "x"), (none, "/b", "", "x"), true),
            (but(&["path"]), (none, "/a", "", "x"), (none, "/b", "", "y"), false),
        ] {
            assert_eq!(written(&rule, one) == written(&rule, two), same, "{rule}: {one:?} and {two:?}");
        }
        assert_eq!(written(&only(&["body.id"]), (none, "", "", "{}")), None, "there is nothing to compare");
    }
}
