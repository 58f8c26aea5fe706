//! Replays: a stored request once more, as it came or with some of it changed.

use serde::{Deserialize, Serialize};

use crate::{
    Body, ConnectionId, DestinationId, Difference, EventId, FieldError, IgnoredCause, Mismatch, Payload, REDACTED,
    RejectionCause, RequestId, SourceId, Timestamp,
};

/// How many characters the path of a replay has at most.
const LONGEST_PATH: usize = 2048;
/// How many bytes its query has at most.
const LONGEST_QUERY: usize = 16 << 10;
/// How many headers it has at most, and how many bytes one of them.
const MOST_HEADERS: usize = 200;
const LONGEST_HEADER: usize = 16 << 10;

/// Whether a replay is of what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ReplayMode {
    Exact,
    Modified,
}

words! { ReplayMode: Exact = "exact", Modified = "modified" }

/// What is different in a replay; what is absent stays as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modifications {
    #[serde(default)]
    pub method: Option<String>,
    /// What follows the source's URL, starting with `/`, or empty.
    #[serde(default)]
    pub path: Option<String>,
    /// The whole query string, without the question mark.
    #[serde(default)]
    pub query: Option<String>,
    #[serde(default)]
    pub headers: Option<HeaderChanges>,
    /// The exact bytes.
    #[serde(default)]
    pub body: Option<Body>,
}

/// Which headers are different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeaderChanges {
    /// These are all there are.
    All(Vec<(String, String)>),
    /// Those of these names have these values, or are gone where there are none; the others stay.
    Some(Vec<(String, Vec<String>)>),
}

/// The parts of a request that a replay may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    pub method: String,
    pub path: String,
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Modifications {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What cannot be sent, by its place among the modifications.
    pub fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        let mut wrong =
            |pointer: &str, said: Option<String>| mistakes.extend(said.map(|said| FieldError::new(pointer, said)));
        wrong("/method", self.method.as_deref().and_then(method_mistake));
        wrong("/path", self.path.as_deref().and_then(path_mistake));
        wrong("/query", self.query.as_deref().and_then(query_mistake));
        match &self.headers {
            None => {}
            Some(HeaderChanges::All(pairs)) => {
                for (index, (name, value)) in pairs.iter().enumerate() {
                    wrong(&format!("/headers/{index}"), header_mistake(name, value));
                }
                let count = pairs.len();
                wrong("/headers", (count > MOST_HEADERS).then(|| format!("{count} are more than {MOST_HEADERS}")));
            }
            Some(HeaderChanges::Some(changes)) => {
                for (name, values) in changes {
                    let said = name_mistake(name).or_else(|| values.iter().find_map(|value| value_mistake(value)));
                    wrong(&format!("/headers/{}", escaped(name)), said);
                }
                let count: usize = changes.iter().map(|(_, values)| values.len()).sum();
                wrong("/headers", (count > MOST_HEADERS).then(|| format!("{count} are more than {MOST_HEADERS}")));
            }
        }
        mistakes
    }

    /// The parts with what is different; says where they differ from what they were, as JSON pointers. The length that a
    /// header tells follows the body.
    pub fn apply(&self, parts: &mut Parts) -> Vec<String> {
        let before = parts.clone();
        if let Some(method) = &self.method {
            parts.method = method.to_ascii_uppercase();
        }
        if let Some(path) = &self.path {
            parts.path.clone_from(path);
        }
        if let Some(query) = &self.query {
            parts.query.clone_from(query);
        }
        match &self.headers {
            None => {}
            Some(HeaderChanges::All(pairs)) => {
                parts.headers = pairs.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
            }
            Some(HeaderChanges::Some(changes)) => {
                for (name, values) in changes {
                    set_header(&mut parts.headers, &name.to_ascii_lowercase(), values);
                }
            }
        }
        if let Some(body) = &self.body {
            parts.body = body.to_bytes();
        }
        let modified = differing(&before, parts);
        if parts.body != before.body {
            let length = parts.body.len().to_string();
            for (_, value) in parts.headers.iter_mut().filter(|(name, _)| name == "content-length") {
                value.clone_from(&length);
            }
        }
        modified
    }
}

/// Puts the values where the first of this name stood, or at the end.
fn set_header(headers: &mut Vec<(String, String)>, name: &str, values: &[String]) {
    let at = headers.iter().position(|(known, _)| known == name).unwrap_or(headers.len());
    headers.retain(|(known, _)| known != name);
    let at = at.min(headers.len());
    headers.splice(at..at, values.iter().map(|value| (name.to_owned(), value.clone())));
}

/// Where two requests differ, as JSON pointers.
fn differing(before: &Parts, after: &Parts) -> Vec<String> {
    let mut places = Vec::new();
    let mut differs = |place: &str, is_it: bool| {
        if is_it {
            places.push(place.to_owned());
        }
    };
    differs("/method", before.method != after.method);
    differs("/path", before.path != after.path);
    differs("/query", before.query != after.query);
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in before.headers.iter().chain(&after.headers) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    for name in names {
        let values = |parts: &Parts| {
            parts.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        differs(&format!("/headers/{}", escaped(name)), values(before) != values(after));
    }
    differs("/body", before.body != after.body);
    places
}

/// What was modified in a few words, such as `body, 2 headers`.
pub fn modified_words(places: &[String]) -> String {
    let headers = places.iter().filter(|place| place.starts_with("/headers/")).count();
    let mut words: Vec<String> = places
        .iter()
        .filter(|place| !place.starts_with("/headers/"))
        .map(|place| place.trim_start_matches('/').to_owned())
        .collect();
    match headers {
        0 => {}
        1 => words.push("1 header".to_owned()),
        more => words.push(format!("{more} headers")),
    }
    words.join(", ")
}

fn method_mistake(method: &str) -> Option<String> {
    const KNOWN: [&str; 8] = ["GET", "QUERY", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    let is_known = KNOWN.iter().any(|known| known.eq_ignore_ascii_case(method));
    (!is_known).then(|| format!("is one of {}", KNOWN.join(", ")))
}

/// Whether a character may stand in a path or a query as it is.
fn is_of_url(character: char) -> bool {
    character.is_ascii_graphic() && !matches!(character, '#' | '"' | '<' | '>')
}

fn path_mistake(path: &str) -> Option<String> {
    let length = path.chars().count();
    if length > LONGEST_PATH {
        return Some(format!("has {length} characters, and {LONGEST_PATH} are the most"));
    }
    if !path.is_empty() && !path.starts_with('/') {
        return Some("starts with /, or is empty".to_owned());
    }
    if path.contains('?') {
        return Some("has no question mark: what follows it is the query".to_owned());
    }
    unsendable(path)
}

fn query_mistake(query: &str) -> Option<String> {
    if query.len() > LONGEST_QUERY {
        return Some(format!("has {} bytes, and {LONGEST_QUERY} are the most", query.len()));
    }
    if query.starts_with('?') {
        return Some("stands without its question mark".to_owned());
    }
    unsendable(query)
}

fn unsendable(text: &str) -> Option<String> {
    let wrong = text.chars().find(|character| !is_of_url(*character))?;
    Some(format!("{wrong:?} cannot stand in a URL as it is; write it percent-encoded"))
}

fn header_mistake(name: &str, value: &str) -> Option<String> {
    name_mistake(name).or_else(|| value_mistake(value))
}

fn name_mistake(name: &str) -> Option<String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_name = !name.is_empty() && name.len() <= 256 && name.bytes().all(is_token);
    (!is_name).then(|| "is not the name of a header: letters, digits and hyphens".to_owned())
}

fn value_mistake(value: &str) -> Option<String> {
    if value.len() > LONGEST_HEADER {
        return Some(format!("has {} bytes, and {LONGEST_HEADER} are the most", value.len()));
    }
    let wrong = value.chars().any(|character| character.is_control() && character != '\t');
    wrong.then(|| "has a line break or another character that no header can have".to_owned())
}

/// A name as a part of a JSON pointer (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The headers that carry what a source was shown: their values are not kept, and not sent.
pub fn is_placeholder(value: &str) -> bool {
    value == REDACTED
}

/// The methods that a replay may have, for people to choose from.
pub const REPLAY_METHODS: [&str; 8] = ["POST", "PUT", "PATCH", "DELETE", "GET", "QUERY", "HEAD", "OPTIONS"];

/// What came of asking for a request to be replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ReplayedRequest {
    pub ok: bool,
    pub queued: bool,
    /// Always `queue`.
    pub transport: String,
    pub replayed_at: Timestamp,
    pub request_id: RequestId,
    pub source_id: SourceId,
    /// The new request.
    pub replay_request_id: RequestId,
    /// The same, by the name that others know it by.
    pub replay_message_id: RequestId,
    pub event_ids: Vec<EventId>,
    /// `exact` where the new request is the same as the original.
    pub replay_mode: ReplayMode,
    /// Where it is not the same, as JSON pointers such as `/headers/x-tenant` and `/body`.
    pub modified: Vec<String>,
    /// Why the original was not let in, where it was not. The replay is let in all the same.
    pub original_rejection_cause: Option<RejectionCause>,
}

/// What a replay would be, and where it would go. Nothing is sent or stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ReplayPreview {
    pub ok: bool,
    /// Always true.
    pub dry_run: bool,
    pub request_id: RequestId,
    pub source_id: SourceId,
    pub replay_mode: ReplayMode,
    /// Where it is not the same as the original, as JSON pointers.
    pub modified: Vec<String>,
    /// What differs there; at most the first 200 places.
    pub differences: Vec<Difference>,
    pub original_rejection_cause: Option<RejectionCause>,
    /// The request as it would be stored.
    pub data: Payload,
    /// Each connection of the source, and whether it would take it.
    pub branches: Vec<ReplayBranch>,
    /// How many connections were not asked, since there are very many.
    pub branches_left_out: u32,
}

/// What a connection would do with a replay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ReplayBranch {
    pub connection_id: ConnectionId,
    pub connection_name: String,
    pub destination_id: DestinationId,
    pub destination_name: String,
    /// Whether an event would go to the destination.
    pub is_taken: bool,
    /// Why not.
    pub ignored_cause: Option<IgnoredCause>,
    /// The same in a sentence, where more is known than the cause.
    pub reason: Option<String>,
    /// The condition of the filter that does not hold.
    pub mismatch: Option<Mismatch>,
    /// Whether the event would be held, since the connection is paused.
    pub is_held: bool,
    /// How long its first attempt would wait.
    pub delay_ms: Option<u64>,
    /// What the connection's transformations would change.
    pub changes: Vec<Difference>,
}

#[cfg(test)]
mod tests;
