//! What a script works on, and how it stands in JSON.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hookyard_model::{Body, Headers, Payload};
use serde_json::{Map, Value, value::RawValue};

/// A request on its way through scripts: its parts as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Without the question mark.
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// How a body stands in the JSON that a script gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Text,
    Base64,
}

impl Content {
    /// From what is stored; headers that cannot be read are none.
    pub(crate) fn stored(method: String, path: String, query: String, headers: &str, body: Bytes) -> Self {
        Self { method, path, query, headers: serde_json::from_str(headers).unwrap_or_default(), body }
    }

    /// As it is stored: a JSON list of pairs.
    pub(crate) fn header_pairs(&self) -> String {
        serde_json::to_string(&self.headers).unwrap_or_default()
    }

    /// As people see it.
    pub(crate) fn payload(&self) -> Payload {
        let raw = Body::from_bytes(&self.body);
        let body = serde_json::from_slice(&self.body).unwrap_or_else(|_| Value::String(raw.text.clone()));
        Payload {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: Headers(self.headers.clone()),
            body,
            raw,
        }
    }

    pub(super) fn form(&self) -> Form {
        // Without building anything, and whatever the depth.
        if serde_json::from_slice::<serde::de::IgnoredAny>(&self.body).is_ok()
            && std::str::from_utf8(&self.body).is_ok()
        {
            Form::Json
        } else if std::str::from_utf8(&self.body).is_ok() {
            Form::Text
        } else {
            Form::Base64
        }
    }

    /// The text of the JSON object that a script gets: the body as JSON, else as text, else in base64, which
    /// `body_encoding` says.
    pub(super) fn envelope(&self) -> serde_json::Result<String> {
        #[derive(serde::Serialize)]
        struct Envelope<'a> {
            method: &'a str,
            path: &'a str,
            query: Map<String, Value>,
            headers: Headers,
            body: Part<'a>,
            #[serde(skip_serializing_if = "Option::is_none")]
            body_encoding: Option<&'static str>,
        }
        #[derive(serde::Serialize)]
        #[serde(untagged)]
        enum Part<'a> {
            Json(&'a RawValue),
            Text(String),
        }
        let text = || std::str::from_utf8(&self.body).unwrap_or_default();
        let form = self.form();
        let body = match form {
            Form::Json => Part::Json(serde_json::from_str(text())?),
            Form::Text => Part::Text(text().to_owned()),
            Form::Base64 => Part::Text(STANDARD.encode(&self.body)),
        };
        serde_json::to_string(&Envelope {
            method: &self.method,
            path: &self.path,
            query: query_object(&self.query),
            headers: Headers(self.headers.clone()),
            body,
            body_encoding: (form == Form::Base64).then_some("base64"),
        })
    }

    /// Whether numbers in its JSON have more digits than a script can keep.
    pub(super) fn has_long_numbers(&self) -> bool {
        self.form() == Form::Json && has_long_numbers(&self.body)
    }
}

/// A query string as an object: repeated keys become lists.
fn query_object(query: &str) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = Value::String(value.into_owned());
        match object.get_mut(&*name) {
            None => {
                object.insert(name.into_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    object
}

/// Whether there is a whole number beyond what a double tells apart, outside of texts.
fn has_long_numbers(json: &[u8]) -> bool {
    const EXACT: u64 = 1 << 53;
    let mut bytes = json.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'"' {
            while let Some(byte) = bytes.next() {
                match byte {
                    b'\\' => drop(bytes.next()),
                    b'"' => break,
                    _ => {}
                }
            }
        } else if byte.is_ascii_digit() {
            let mut value = u64::from(byte - b'0');
            while let Some(digit) = bytes.next_if(u8::is_ascii_digit) {
                value = value.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
            }
            // What follows is a fraction or an exponent, which was never exact.
            let whole = bytes.next_if(|next| matches!(next, b'.' | b'e' | b'E')).is_none();
            if whole && value > EXACT {
                return true;
            }
            while bytes.next_if(|next| next.is_ascii_digit() || matches!(next, b'+' | b'-' | b'e' | b'E')).is_some() {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(query: &str, body: &[u8]) -> Content {
        Content {
            method: "POST".to_owned(),
            path: "/a".to_owned(),
            query: query.to_owned(),
            headers: vec![("x".to_owned(), "1".to_owned()), ("x".to_owned(), "2".to_owned())],
            body: Bytes::copy_from_slice(body),
        }
    }

    #[test]
    fn a_script_gets_json_where_there_is_json() {
        for (case, query, body, expected) in [
            (
                "JSON stays as it came, with its spaces and digits",
                "a=1&b=2&a=3",
                br#"{"n": 12345678901234567890}"#.as_slice(),
                r#"{"method":"POST","path":"/a","query":{"a":["1","3"],"b":"2"},"headers":{"x":["1","2"]},"body":{"n": 12345678901234567890}}"#,
            ),
            ("text", "", b"a=b", r#"{"method":"POST","path":"/a","query":{},"headers":{"x":["1","2"]},"body":"a=b"}"#),
            (
                "bytes",
                "",
                b"\xff\xfe",
                r#"{"method":"POST","path":"/a","query":{},"headers":{"x":["1","2"]},"body":"//4=","body_encoding":"base64"}"#,
            ),
        ] {
            assert_eq!(content(query, body).envelope().unwrap(), expected, "{case}");
        }
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        assert_eq!(content("", &deep).form(), Form::Json, "depth is no reason to take it for text");
    }

    #[test]
    fn numbers_that_lose_digits_are_seen() {
        for (json, long) in [
            ("9007199254740992", false),
            ("9007199254740993", true),
            (r#"{"id":-12345678901234567890}"#, true),
            (r#"{"id":"12345678901234567890","n":0.12345678901234567890,"e":1e30}"#, false),
            (r#"{"a\"9":[1,22,333333333333333333333]}"#, true),
        ] {
            assert_eq!(has_long_numbers(json.as_bytes()), long, "{json}");
        }
    }
}
