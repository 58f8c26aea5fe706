//! What a call may say that is different in a replay, in each of the ways to say it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use form_urlencoded::Serializer;
use hookyard_model::{Body, Code, FieldError, HeaderChanges, Modifications, Problem};
use serde_json::{Value, value::RawValue};

/// What a replay is asked for with.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) with: Modifications,
    pub(super) dry_run: bool,
    /// Where the modifications stand in the body, as a JSON pointer.
    place: String,
}

/// What a replay is asked for with. No body at all asks for the request as it came.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it is what the document says, and read field by field")]
pub(super) struct ReplayInput {
    /// What is different; also as `request` or `replay`, or with its fields in the place of this one.
    modifications: Option<ReplayModifications>,
    /// Answers with what would be sent, and where to, and sends nothing.
    dry_run: Option<bool>,
}

/// What is different in a replay; what is absent stays as it came.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it is what the document says, and read field by field")]
pub(super) struct ReplayModifications {
    /// GET, QUERY, POST, PUT, PATCH, DELETE, HEAD or OPTIONS, in either case.
    method: Option<String>,
    /// What follows the source's URL, starting with `/`: 2048 characters at most.
    path: Option<String>,
    /// The whole query: a string without its question mark, or an object of names with a value or a list of values.
    #[schema(value_type = Option<Value>)]
    query: Option<()>,
    /// An object of names with a value, a list of values, or null to take the header out, beside those that stay; or a
    /// list of pairs, which is then all there are. Credentials of the source are neither kept nor sent.
    #[schema(value_type = Option<Value>)]
    headers: Option<()>,
    /// The new body: a string is the exact text, `{"base64": "…"}` the exact bytes, and any other JSON is sent as it is
    /// written here.
    #[schema(value_type = Option<Value>)]
    body: Option<()>,
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

impl Asked {
    /// Reads the body of a call. No body at all asks for the request as it came.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let mut fields = object(bytes, "")?;
        let dry_run = match fields.remove("dry_run") {
            None => false,
            Some(raw) => serde_json::from_str::<Option<bool>>(raw.get())
                .map_err(|_| Problem::field("/dry_run", "must be true or false"))?
                .unwrap_or_default(),
        };
        let wrapped: Vec<&str> =
            ["modifications", "request", "replay"].into_iter().filter(|name| fields.contains_key(*name)).collect();
        let (with, place) = match wrapped[..] {
            [] => (modifications(fields, "")?, String::new()),
            [name] => {
                let place = format!("/{name}");
                let raw = fields.remove(name).map_or("null", RawValue::get);
                if let Some(other) = fields.keys().next() {
                    let detail = format!("there is no such field beside {name}");
                    return Err(Problem::field(format!("/{}", escaped(other)), detail));
                }
                let within = if raw == "null" { Fields::new() } else { object(raw.as_bytes(), &place)? };
                (modifications(within, &place)?, place)
            }
            [first, other, ..] => {
                let detail = format!("is the same as {first}; give one of them");
                return Err(Problem::field(format!("/{other}"), detail));
            }
        };
        Ok(Self { with, dry_run, place })
    }

    /// A problem of the modifications, at their place in the body.
    pub(super) fn placed(&self, problem: Problem) -> Problem {
        let place = |error: FieldError| FieldError::new(format!("{}{}", self.place, error.pointer), error.detail);
        let errors: Vec<_> = problem.errors.iter().cloned().map(place).collect();
        let detail = match (problem.code, errors.is_empty()) {
            (Code::InvalidInput, false) => Problem::invalid(errors.clone()).detail,
            _ => problem.detail.clone(),
        };
        Problem { errors, detail, ..problem }
    }
}

fn object<'a>(bytes: &'a [u8], place: &str) -> Result<Fields<'a>, Problem> {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        serde_json::from_slice::<serde::de::IgnoredAny>(bytes).map_err(|error| unreadable(&error))?;
        return Err(Problem::field(place, "must be an object"));
    }
    serde_json::from_slice(bytes).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> Problem {
    Problem::new(Code::InvalidJson, format!("the body is not JSON: {error}"))
}

fn modifications(fields: Fields<'_>, place: &str) -> Result<Modifications, Problem> {
    let mut with = Modifications::default();
    let mut mistakes = Vec::new();
    for (name, raw) in fields {
        let at = format!("{place}/{}", escaped(&name));
        // As with all optional fields: null is nothing.
        if raw.get() == "null" && name != "body" {
            continue;
        }
        let read = match name.as_str() {
            "method" => text(raw).map(|method| with.method = Some(method.to_ascii_uppercase())),
            "path" => text(raw).map(|path| with.path = Some(path)),
            "query" => query(raw).map(|query| with.query = Some(query)),
            "headers" => headers(raw).map(|headers| with.headers = Some(headers)),
            "body" => body(raw).map(|body| with.body = Some(body)),
            _ => Err((String::new(), "there is no such field; method, path, query, headers and body are".to_owned())),
        };
        if let Err((within, detail)) = read {
            mistakes.push(FieldError::new(format!("{at}{within}"), detail));
        }
    }
    Problem::check(mistakes)?;
    Ok(with)
}

/// What is wrong with a value, and where within it.
type Mistake = (String, String);

fn text(raw: &RawValue) -> Result<String, Mistake> {
    serde_json::from_str(raw.get()).map_err(|_| (String::new(), "must be a string".to_owned()))
}

fn value(raw: &RawValue) -> Result<Value, Mistake> {
    serde_json::from_str(raw.get()).map_err(|error| (String::new(), error.to_string()))
}

/// A text, a number or a word as the text that it is written as.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// One or more of them.
fn scalars(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(all) => all.iter().map(scalar).collect(),
        one => scalar(one).map(|one| vec![one]),
    }
}

fn query(raw: &RawValue) -> Result<String, Mistake> {
    match value(raw)? {
        Value::String(query) => Ok(query),
        Value::Object(pairs) => {
            let mut query = Serializer::new(String::new());
            for (name, values) in &pairs {
                if values.is_null() {
                    continue;
                }
                let found = scalars(values).ok_or_else(|| {
                    (
                        format!("/{}", escaped(name)),
                        "must be a string, a number, true, false, or a list of them".to_owned(),
                    )
                })?;
                query.extend_pairs(found.iter().map(|value| (name, value)));
            }
            Ok(query.finish())
        }
        _ => Err((String::new(), "must be a string or an object".to_owned())),
    }
}

fn headers(raw: &RawValue) -> Result<HeaderChanges, Mistake> {
    match value(raw)? {
        Value::Object(changes) => {
            let change = |(name, values): (&String, &Value)| {
                let place =
                    || (format!("/{}", escaped(name)), "must be a string, a list of strings, or null".to_owned());
                let values = if values.is_null() { Vec::new() } else { scalars(values).ok_or_else(place)? };
                Ok((name.clone(), values))
            };
            changes.iter().map(change).collect::<Result<_, _>>().map(HeaderChanges::Some)
        }
        Value::Array(pairs) => {
            let pair = |(index, pair): (usize, &Value)| match pair.as_array().map(Vec::as_slice) {
                Some([Value::String(name), Value::String(value)]) => Ok((name.clone(), value.clone())),
                _ => Err((format!("/{index}"), "must be a pair of strings, a name and a value".to_owned())),
            };
            pairs.iter().enumerate().map(pair).collect::<Result<_, _>>().map(HeaderChanges::All)
        }
        _ => Err((String::new(), "must be an object or a list of pairs".to_owned())),
    }
}

fn body(raw: &RawValue) -> Result<Body, Mistake> {
    if raw.get().starts_with('"') {
        return text(raw).map(|text| Body::from_bytes(text.as_bytes()));
    }
    if let Ok(fields) = serde_json::from_str::<BTreeMap<String, Value>>(raw.get())
        && let [("base64", Value::String(base64))] =
            fields.iter().map(|(name, value)| (name.as_str(), value)).collect::<Vec<_>>()[..]
    {
        let bytes = STANDARD.decode(base64).map_err(|_| ("/base64".to_owned(), "is not base64".to_owned()))?;
        return Ok(Body::from_bytes(&bytes));
    }
    // As it is written: not a digit or a key is lost.
    Ok(Body::from_bytes(raw.get().as_bytes()))
}

/// A name as a part of a JSON pointer (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(json: &str) -> Modifications {
        Asked::read(json.as_bytes()).unwrap().with
    }

    #[test]
    fn there_are_some_ways_to_say_the_same() {
        let expected = with(r#"{"method":"put","path":"/a"}"#);
        assert_eq!((expected.method.as_deref(), expected.path.as_deref()), (Some("PUT"), Some("/a")));
        for name in ["modifications", "request", "replay"] {
            assert_eq!(with(&format!(r#"{{"{name}":{{"method":"PUT","path":"/a"}},"dry_run":true}}"#)), expected);
        }
        for nothing in ["", "{}", r#"{"modifications":null}"#, r#"{"modifications":{}}"#, r#"{"method":null}"#] {
            assert!(with(nothing).is_empty(), "{nothing}");
        }
        assert!(Asked::read(br#"{"dry_run":true}"#).unwrap().dry_run);
    }

    #[test]
    fn a_body_is_text_or_bytes_or_json_as_it_is_written() {
        for (json, bytes) in [
            (r#""{ \"a\": 1 }""#, &b"{ \"a\": 1 }"[..]),
            (r#"{"b": 1.10, "a":12345678901234567890123}"#, br#"{"b": 1.10, "a":12345678901234567890123}"#),
            (r#"{"base64":"/w8="}"#, b"\xff\x0f"),
            (r#"{"base64":"/w8=","more":1}"#, br#"{"base64":"/w8=","more":1}"#),
            ("null", b"null"),
            ("[1, 2]", b"[1, 2]"),
        ] {
            assert_eq!(with(&format!(r#"{{"body":{json}}}"#)).body.unwrap().to_bytes(), bytes, "{json}");
        }
    }

    #[test]
    fn headers_and_queries_are_objects_or_lists() {
        let text = |text: &str| text.to_owned();
        let changed =
            with(r#"{"headers":{"X-A":"1","x-b":null,"x-c":["2","3"]},"query":{"a b":[1,true],"c":"&","d":null}}"#);
        let changes =
            vec![(text("X-A"), vec![text("1")]), (text("x-b"), vec![]), (text("x-c"), vec![text("2"), text("3")])];
        assert_eq!(changed.headers, Some(HeaderChanges::Some(changes)));
        assert_eq!(changed.query.as_deref(), Some("a+b=1&a+b=true&c=%26"));
        let listed = with(r#"{"headers":[["a","1"],["a","2"]]}"#);
        assert_eq!(listed.headers, Some(HeaderChanges::All(vec![(text("a"), text("1")), (text("a"), text("2"))])));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, pointer) in [
            (r#"{"colour":1}"#, "/colour"),
            (r#"{"modifications":{"colour":1}}"#, "/modifications/colour"),
            (r#"{"request":{"path":7}}"#, "/request/path"),
            (r#"{"modifications":{},"path":"/a"}"#, "/path"),
            (r#"{"modifications":{},"replay":{}}"#, "/replay"),
            (r#"{"modifications":[]}"#, "/modifications"),
            (r#"{"headers":[["a"]]}"#, "/headers/0"),
            (r#"{"headers":{"a/b":{}}}"#, "/headers/a~1b"),
            (r#"{"query":{"a":{}}}"#, "/query/a"),
            (r#"{"body":{"base64":"§"}}"#, "/body/base64"),
            (r#"{"dry_run":"yes"}"#, "/dry_run"),
            ("[]", ""),
        ] {
            let problem = Asked::read(json.as_bytes()).unwrap_err();
            assert_eq!(problem.errors.first().map(|error| error.pointer.as_str()), Some(pointer), "{json}");
        }
        assert_eq!(Asked::read(b"{").unwrap_err().code, Code::InvalidJson);
    }
}
