//! Comparing JSON that was asked for with JSON that came.

use std::cmp::Ordering;

use serde_json::Value as Json;
use serde_json_borrow::Value;

use super::{view::Node, work::Work};

/// A number; whole ones are compared exactly.
#[derive(Debug, Clone, Copy)]
enum Num {
    Int(i128),
    Float(f64),
}

impl Num {
    #[expect(clippy::cast_precision_loss, reason = "a fraction is compared as what it is, a float")]
    fn compare(self, other: Self) -> Option<Ordering> {
        let float = |num: Self| match num {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        };
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (a, b) => float(a).partial_cmp(&float(b)),
        }
    }

    /// A number written as a text, as headers and queries have them.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // Not `inf` or `nan`, which also parse.
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        text.parse().map(Self::Int).ok().or_else(|| text.parse().ok().filter(|f: &f64| f.is_finite()).map(Self::Float))
    }
}

fn wanted_number(json: &Json, loose: bool) -> Option<Num> {
    match json {
        Json::Number(number) => number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
            .map(Num::Int)
            .or_else(|| number.as_f64().map(Num::Float)),
        Json::String(text) if loose => Num::parse(text),
        _ => None,
    }
}

fn number(value: &Value<'_>, loose: bool) -> Option<Num> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
            .map(Num::Int)
            .or_else(|| number.as_f64().map(Num::Float)),
        Value::Str(text) if loose => Num::parse(text),
        _ => None,
    }
}

/// Whether a value equals what is wanted. Numbers are the same however they are spelled, objects whatever the order of
/// their fields. `loose`: one of them is from headers or the query, where all is text; then a number or a truth value
/// equals its text. Nothing does where there is no work left.
pub(super) fn equal(wanted: &Json, value: &Value<'_>, loose: bool, work: &Work) -> bool {
    if !work.take(1) {
        return false;
    }
    match (wanted, value) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(wanted), Value::Bool(found)) => wanted == found,
        (Json::Bool(wanted), Value::Str(found)) if loose => found == if *wanted { "true" } else { "false" },
        (Json::String(wanted), Value::Bool(found)) if loose => wanted == if *found { "true" } else { "false" },
        (Json::String(wanted), Value::Str(found)) => {
            wanted.len() == found.len() && work.take_text(wanted) && wanted == found
        }
        (Json::Number(_), Value::Number(_)) => compare(wanted, value, false) == Some(Ordering::Equal),
        (Json::Number(_), Value::Str(_)) | (Json::String(_), Value::Number(_)) if loose => {
            compare(wanted, value, true) == Some(Ordering::Equal)
        }
        (Json::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len()
                && wanted.iter().zip(found).all(|(wanted, found)| equal(wanted, found, loose, work))
        }
        (Json::Object(wanted), Value::Object(found)) => {
            let width = found.len();
            wanted.len() == width
                && wanted.iter().all(|(name, wanted)| match Node::Value(value).get(name) {
                    Some(Node::Value(found)) => work.take_field(width) && equal(wanted, found, loose, work),
                    _ => false,
                })
        }
        _ => false,
    }
}

/// How a value compares to what is wanted: numbers as numbers, texts letter by letter; otherwise not at all.
pub(super) fn compare(wanted: &Json, value: &Value<'_>, loose: bool) -> Option<Ordering> {
    if let (Json::String(wanted), Value::Str(found)) = (wanted, value) {
        return Some(found.as_ref().cmp(wanted.as_str()));
    }
    number(value, loose)?.compare(wanted_number(wanted, loose)?)
}

/// A copy of its own.
pub(super) fn owned(node: Node<'_, '_>) -> Json {
    match node {
        Node::Value(value) => Json::from(value),
        Node::Named(named) => {
            Json::Object(named.iter().map(|(name, value)| (name.to_string(), Json::from(value))).collect())
        }
    }
}

/// How many characters of a text and how many items or fields are shown.
const SHOWN: usize = 200;
const SHOWN_ITEMS: usize = 10;

/// A copy that is cut where it is long.
pub(super) fn shown(node: Node<'_, '_>) -> Json {
    match node {
        Node::Value(value) => cut(value, 3),
        Node::Named(named) => {
            Json::Object(named.iter().take(SHOWN_ITEMS).map(|(name, value)| (short(name), cut(value, 2))).collect())
        }
    }
}

fn cut(value: &Value<'_>, depth: usize) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Number(_) => Json::from(value),
        Value::Str(text) => Json::String(short(text)),
        Value::Array(_) | Value::Object(_) if depth == 0 => Json::String("…".to_owned()),
        Value::Array(items) => Json::Array(items.iter().take(SHOWN_ITEMS).map(|item| cut(item, depth - 1)).collect()),
        Value::Object(fields) => Json::Object(
            fields.iter().take(SHOWN_ITEMS).map(|(name, item)| (short(name), cut(item, depth - 1))).collect(),
        ),
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// JSON in a sentence, cut where it is long.
pub(super) fn said(json: &Json) -> String {
    let text = json.to_string();
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
