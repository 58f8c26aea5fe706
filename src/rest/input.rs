//! What comes in with a call: the body, and the id in the path.

use std::str::FromStr;

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, header, request::Parts},
};
use bytes::Bytes;
use hookyard_model::{Code, FieldError, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::answer::Refused;
use crate::receive::{Interrupted, Received, receive};

/// How large a body may be.
const LIMIT: usize = 10 << 20;
/// How large one may be that carries another.
const CARRYING_LIMIT: usize = 32 << 20;

/// A JSON body as a `T`.
pub(super) struct Input<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Input<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let Raw(bytes) = Raw::from_request(request, state).await?;
        Ok(Self(read_bytes(&bytes)?))
    }
}

/// A JSON body as a `T`, some of which stays as it was written, byte for byte.
pub(super) struct Exact<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Exact<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let Raw(bytes) = Raw::from_request(request, state).await?;
        // A value, which does not keep the bytes, says better what is wrong.
        read_bytes::<T>(&bytes)?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let said = error.to_string();
            Refused(Problem::field("", said.split(" at line ").next().unwrap_or_default()))
        })
    }
}

/// A JSON body, unread.
pub(super) struct Raw(pub(super) Bytes);

impl<S: Sync> FromRequest<S> for Raw {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        let (head, body) = request.into_parts();
        let bytes = body_up_to(&head, body, LIMIT).await?;
        if !bytes.is_empty() {
            check_type(&head.headers)?;
        }
        Ok(Self(bytes))
    }
}

/// No body, or one that says nothing: what a call does that takes none is not changed by a field.
pub(super) struct Nothing;

impl<S: Sync> FromRequest<S> for Nothing {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let Raw(bytes) = Raw::from_request(request, state).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self);
        }
        match parse(&bytes)? {
            Value::Object(fields) => match fields.keys().next() {
                None => Ok(Self),
                Some(name) => {
                    let detail = "there is no such field; this call takes none";
                    Err(Problem::field(format!("/{}", escaped(name)), detail).into())
                }
            },
            _ => Err(Problem::field("", "this call takes no body").into()),
        }
    }
}

/// A JSON body that carries another, unread: written in JSON, a body may be some times as long as it is.
pub(super) struct Carrying(pub(super) Bytes);

impl<S: Sync> FromRequest<S> for Carrying {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        let (head, body) = request.into_parts();
        let bytes = body_up_to(&head, body, CARRYING_LIMIT).await?;
        if !bytes.is_empty() {
            check_type(&head.headers)?;
        }
        Ok(Self(bytes))
    }
}

/// The whole body of a call, before it is known who reads it.
pub(super) async fn whole(head: &Parts, body: Body) -> Result<Bytes, Problem> {
    let path = head.uri.path();
    let is_carrying = path.starts_with("/v1/requests/") && path.ends_with("/retry");
    body_up_to(head, body, if is_carrying { CARRYING_LIMIT } else { LIMIT }).await
}

async fn body_up_to(head: &Parts, mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    match receive(&head.extensions, &mut body, limit).await {
        Ok(Received { bytes, too_large: false, .. }) => Ok(bytes),
        Ok(Received { too_large: true, .. }) => {
            crate::receive::discard(&mut body).await;
            Err(Problem::new(Code::PayloadTooLarge, format!("a body has at most {limit} bytes")))
        }
        Err(Interrupted::TooSlow) => {
            Err(Problem { status: 408, ..Problem::new(Code::InvalidJson, "the body did not arrive within a minute") })
        }
        Err(Interrupted::Broken) => Err(Problem::new(Code::InvalidJson, "the body did not arrive whole")),
        Err(Interrupted::NoRoom) => {
            crate::receive::discard(&mut body).await;
            let detail = "too many large bodies are arriving just now; try again in a moment";
            Err(Problem::new(Code::Unavailable, detail))
        }
    }
}

fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("none");
    let kind = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json")) {
        return Ok(());
    }
    let given: String = given.chars().take(100).collect();
    Err(Problem::new(Code::UnsupportedMediaType, format!("send content-type: application/json; it was {given}")))
}

/// Reads a `T` out of a body. No body at all is an empty object: what must be there is then missing by name.
fn read_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value = if bytes.is_empty() { Value::Object(serde_json::Map::new()) } else { parse(bytes)? };
    check_object(bytes)?;
    read(value)
}

/// A list would be read as the fields in their order, which nobody can mean.
pub(super) fn check_object(bytes: &[u8]) -> Result<(), Problem> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::field("", "the body is a list; send an object"));
    }
    Ok(())
}

fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        // serde_json's sentence ends with the line and the column.
        Problem::new(Code::InvalidJson, format!("the body is not JSON: {error}"))
    })
}

/// The fields of our inputs that are objects: serde would read a list there as well, field after field.
const OBJECTS: [&str; 8] = [
    "config",
    "config/circuit_breaker",
    "config/custom_response",
    "config/proxy",
    "auto_disable",
    "schema",
    "env",
    "context",
];

/// Reads a `T` out of `value`, or says which field is in the way.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    for pointer in OBJECTS.map(|field| format!("/{field}")) {
        if value.pointer(&pointer).is_some_and(Value::is_array) {
            return Err(Problem::field(pointer, "must be an object, not a list"));
        }
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().iter().fold(String::new(), |path, segment| match segment {
            Segment::Map { key } => format!("{path}/{}", escaped(key)),
            Segment::Seq { index } => format!("{path}/{index}"),
            Segment::Enum { .. } | Segment::Unknown => path,
        });
        let FieldError { pointer, detail } = pointed(path, &error.inner().to_string());
        Problem::field(pointer, detail)
    })
}

/// What serde says about the value at `pointer`, put at the very field that it names.
fn pointed(mut pointer: String, said: &str) -> FieldError {
    // "`auth`: …" is about a field of what stands there.
    if let Some((field, said)) = said.strip_prefix('`').and_then(|said| said.split_once("`: ")) {
        return pointed(format!("{pointer}/{}", escaped(field)), said);
    }
    if let Some(field) = said.strip_prefix("missing field `").and_then(|said| said.strip_suffix('`')) {
        return FieldError::new(format!("{pointer}/{}", escaped(field)), "is missing");
    }
    if let Some((field, expected)) = said.strip_prefix("unknown field `").and_then(|said| said.split_once('`')) {
        // The path leads to the unknown field itself, but where it was read from a copy.
        let last = format!("/{}", escaped(field));
        if !pointer.ends_with(&last) {
            pointer.push_str(&last);
        }
        let expected = expected.strip_prefix(", ").unwrap_or("there are no fields here");
        return FieldError::new(pointer, format!("there is no such field; {expected}"));
    }
    FieldError::new(pointer, plain(said))
}

/// serde's words in those of JSON.
fn plain(said: &str) -> String {
    let Some((wrong, expected)) = said.split_once(", expected ") else { return said.to_owned() };
    let json = |words: &str| words.replace("sequence", "list").replace("a map", "an object").replace("map", "object");
    let expected = match expected {
        // A word of a few, by which serde would also read an object.
        "string or map" => "a string".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        words if words.starts_with("struct ") => "an object".to_owned(),
        words => json(words),
    };
    let kinds = ["unknown variant ", "invalid type: ", "invalid value: "];
    match kinds.map(|kind| wrong.strip_prefix(kind)) {
        [Some(word), ..] => format!("{word} is not {expected}"),
        [_, Some(kind), _] => format!("expected {expected}, not {}", json(kind)),
        [.., Some(value)] => format!("{} is out of range; expected {expected}", json(value)),
        _ => said.to_owned(),
    }
}

/// A name as a part of a JSON pointer (RFC 6901).
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The id in the path. One that is not well-formed is one that does not exist.
pub(super) struct Id<T>(pub(super) T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        let id = text.and_then(|Path(text)| text.parse().ok());
        id.map(Self).ok_or_else(|| Refused(nothing_at(parts.uri.path())))
    }
}

/// The two ids in the path.
pub(super) struct Ids<A, B>(pub(super) A, pub(super) B);

impl<A: FromStr, B: FromStr, S: Send + Sync> FromRequestParts<S> for Ids<A, B> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let texts = Path::<(String, String)>::from_request_parts(parts, state).await.ok();
        let ids = texts.and_then(|Path((one, other))| Some(Self(one.parse().ok()?, other.parse().ok()?)));
        ids.ok_or_else(|| Refused(nothing_at(parts.uri.path())))
    }
}

pub(super) fn nothing_at(path: &str) -> Problem {
    let path: String = path.chars().take(200).collect();
    Problem::new(Code::ResourceNotFound, format!("there is nothing at {path}"))
}

#[cfg(test)]
mod tests {
    use hookyard_model::{DestinationInput, NewWebhook, SourceInput};

    use super::*;

    fn mistake<T: DeserializeOwned>(json: &str) -> (String, String) {
        let problem = parse(json.as_bytes()).and_then(read::<T>).err().unwrap();
        let error = problem.errors.into_iter().next().unwrap();
        (error.pointer, error.detail)
    }

    #[test]
    fn a_bad_field_is_named() {
        for (json, pointer, detail) in [
            (r#"{"name":"a","colour":1}"#, "/colour", "there is no such field"),
            ("{}", "/name", "is missing"),
            (r#"{"name":7}"#, "/name", "expected a string, not integer `7`"),
            (r#"{"name":"a","type":"SMOKE"}"#, "/type", "`SMOKE` is not a source type"),
            (r#"{"name":"a","config":{"nonsense":1}}"#, "/config/nonsense", "there is no such field"),
            (r#"{"name":"a","config":{"a/b~":1}}"#, "/config/a~1b~0", "there is no such field"),
            (
                r#"{"name":"a","config":{"allowed_http_methods":["GET",1]}}"#,
                "/config/allowed_http_methods/1",
                "expected a string",
            ),
            (r#"{"name":"a","config":{"auth_type":"NONE"}}"#, "/config/auth_type", "`NONE` is not one of"),
            (
                r#"{"name":"a","config":{"auth_type":"BASIC_AUTH","auth":{"username":"u"}}}"#,
                "/config/auth/password",
                "is missing",
            ),
            (
                r#"{"name":"a","config":{"auth_type":"API_KEY","auth":{"header_name":"u","value":"v","x":1}}}"#,
                "/config/auth/x",
                "there is no such field",
            ),
            ("[]", "", "invalid length"),
        ] {
            let found = mistake::<SourceInput>(json);
            assert_eq!(found.0, pointer, "{json}: {}", found.1);
            assert!(found.1.contains(detail), "{json}: {}", found.1);
        }
        assert_eq!(mistake::<NewWebhook>(r#"{"event_types":["a",null]}"#).0, "/event_types/1");
        assert_eq!(mistake::<DestinationInput>(r#"{"name":"a","config":{"timeout_ms":-1}}"#).0, "/config/timeout_ms");
        let list = r#"{"name":"a","config":{"circuit_breaker":[10,30]}}"#;
        assert_eq!(mistake::<DestinationInput>(list).0, "/config/circuit_breaker");
    }

    #[test]
    fn what_was_expected_is_said_in_words_of_json() {
        for (said, plainly) in [
            ("invalid type: string \"ten\", expected u32", "expected a whole number, 0 or more, not string \"ten\""),
            (
                "invalid value: integer `-1`, expected u32",
                "integer `-1` is out of range; expected a whole number, 0 or more",
            ),
            ("invalid type: null, expected struct NewBulkOperation", "expected an object, not null"),
            ("invalid type: integer `5`, expected string or map", "expected a string, not integer `5`"),
            ("invalid type: map, expected a sequence", "expected a list, not object"),
        ] {
            assert_eq!(plain(said), plainly);
        }
    }

    #[test]
    fn unreadable_json_is_told_where() {
        let problem = parse(b"{\n  \"name\": }").unwrap_err();
        assert_eq!((problem.status, problem.code), (400, Code::InvalidJson));
        assert!(problem.detail.contains("line 2 column 11"), "{}", problem.detail);
        assert!(parse(&[0xff, 0xfe]).is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn only_json_is_read() {
        for (given, is_read) in [
            (Some("application/json"), true),
            (Some("Application/JSON; charset=utf-8"), true),
            (Some("application/merge-patch+json"), true),
            (Some("text/plain"), false),
            (None, false),
        ] {
            let headers = given.map(|given| (header::CONTENT_TYPE, given.parse().unwrap()));
            assert_eq!(check_type(&headers.into_iter().collect()).is_ok(), is_read, "{given:?}");
        }
    }
}
