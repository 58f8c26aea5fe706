//! What a script returned, checked part by part. What is as it was keeps its bytes; what is left out is as it was.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hookyard_model::RunErrorCode;
use http::{HeaderName, HeaderValue};
use rquickjs::{Ctx, Object, Value};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::{clock::Clock, fault::Fault, fault::fault, member};
use crate::transformation::content::Content;

/// What an event may be sent by.
const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];
const MOST_HEADERS: usize = 200;
const HEADER_BYTES: usize = 64 << 10;
const PATH_BYTES: usize = 8 << 10;
const QUERY_BYTES: usize = 64 << 10;
const PARTS: [&str; 6] = ["method", "path", "query", "headers", "body", "body_encoding"];

/// A request's parts as JSON of the engine's writing, from before the script saw them.
pub(super) struct Before {
    headers: Option<String>,
    query: Option<String>,
    body: Option<String>,
}

impl Before {
    pub(super) fn of<'js>(ctx: &Ctx<'js>, request: &Value<'js>) -> rquickjs::Result<Self> {
        let object = request.as_object().cloned();
        let part = |name: &str| match &object {
            Some(object) => json(ctx, object.get::<_, Value<'js>>(name)?),
            None => Ok(None),
        };
        Ok(Self { headers: part("headers")?, query: part("query")?, body: part("body")? })
    }
}

fn json<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Option<String>> {
    ctx.json_stringify(value)?.map(|json| json.to_string()).transpose()
}

/// Reads what a script made of `content`.
pub(super) struct Reading<'js, 'a> {
    pub(super) ctx: &'a Ctx<'js>,
    pub(super) clock: &'a Clock,
    pub(super) content: &'a Content,
    pub(super) before: &'a Before,
    pub(super) body_limit: usize,
    pub(super) warnings: &'a mut Vec<String>,
}

impl<'js> Reading<'js, '_> {
    fn caught<T>(&self, result: rquickjs::Result<T>) -> Result<T, Fault> {
        result.map_err(|error| fault(self.ctx, error, self.clock))
    }

    pub(super) fn read(mut self, returned: Value<'js>) -> Result<Content, Fault> {
        let what = match () {
            () if returned.is_undefined() => Some("nothing"),
            () if returned.is_null() => Some("null"),
            () if returned.is_array() => Some("an array"),
            () if returned.is_function() => Some("a function"),
            () if !returned.is_object() => Some(returned.type_name()),
            () => None,
        };
        let object = match (what, returned.into_object()) {
            (None, Some(object)) => object,
            (what, _) => {
                let what = what.unwrap_or("nothing");
                return Err(Fault::result(format!("the handler returned {what}; return a request: {{...request, …}}")));
            }
        };
        self.check_parts(&object)?;
        let body = self.body(&object)?;
        let headers = self.headers(&object, body.is_some())?;
        Ok(Content {
            method: self.method(&object)?,
            path: self.path(&object)?,
            query: self.query(&object)?,
            headers,
            body: match body {
                Some(body) => Bytes::from(body),
                None => self.content.body.clone(),
            },
        })
    }

    fn check_parts(&mut self, object: &Object<'js>) -> Result<(), Fault> {
        let names: Vec<String> = self.caught(object.keys::<String>().take(100).collect())?;
        if !names.is_empty() && !names.iter().any(|name| PARTS.contains(&name.as_str())) {
            return Err(Fault::result(
                "the handler returned an object without headers, body, query, path or method; return a request: {...request, …}",
            ));
        }
        for name in names.iter().filter(|name| !PARTS.contains(&name.as_str())).take(5) {
            self.warnings.push(format!("`{name}` is no part of a request and is dropped"));
        }
        Ok(())
    }

    /// A part as JSON; `None` where it is left out.
    fn part(&self, object: &Object<'js>, name: &str) -> Result<Option<String>, Fault> {
        let Some(value) = self.caught(member(object, name))? else { return Ok(None) };
        self.caught(json(self.ctx, value)).map_err(|fault| {
            let error = fault.into_error();
            // A value that JSON cannot hold, such as a BigInt or an object that contains itself.
            match error.code {
                RunErrorCode::Exception => {
                    Fault::result(format!("`{name}` cannot be written as JSON: {}", error.message))
                }
                code => Fault::new(code, error.message),
            }
        })
    }

    fn parsed<T: DeserializeOwned>(
        &self,
        object: &Object<'js>,
        name: &str,
        before: Option<&String>,
    ) -> Result<Option<T>, Fault> {
        let Some(json) = self.part(object, name)?.filter(|json| Some(json) != before) else { return Ok(None) };
        serde_json::from_str(&json)
            .map(Some)
            .map_err(|error| Fault::result(format!("`{name}` cannot be read: {error}")))
    }

    fn text(&self, object: &Object<'js>, name: &str, before: &str) -> Result<String, Fault> {
        match self.parsed(object, name, None)? {
            None => Ok(before.to_owned()),
            Some(Json::String(text)) => Ok(text),
            Some(other) => Err(Fault::result(format!("`{name}` is {}; it must be a string", kind(&other)))),
        }
    }

    fn method(&self, object: &Object<'js>) -> Result<String, Fault> {
        let method = self.text(object, "method", &self.content.method)?;
        if method != self.content.method && !METHODS.contains(&method.as_str()) {
            let shown: String = method.chars().take(32).collect();
            return Err(Fault::result(format!("`method` is `{shown}`; it must be one of {}", METHODS.join(", "))));
        }
        Ok(method)
    }

    fn path(&self, object: &Object<'js>) -> Result<String, Fault> {
        let path = self.text(object, "path", &self.content.path)?;
        if path == self.content.path {
            return Ok(path);
        }
        if !path.is_empty() && !path.starts_with('/') {
            return Err(Fault::result("`path` must be empty or start with a slash"));
        }
        if path.len() > PATH_BYTES || path.contains(|c: char| c.is_control() || c == '?' || c == '#') {
            return Err(Fault::result(format!(
                "`path` has at most {PATH_BYTES} bytes, and no question mark, hash or control character"
            )));
        }
        Ok(path)
    }

    fn query(&self, object: &Object<'js>) -> Result<String, Fault> {
        let Some(query) = self.parsed(object, "query", self.before.query.as_ref())? else {
            return Ok(self.content.query.clone());
        };
        let query = query_string(&query).map_err(Fault::result)?;
        if query.len() > QUERY_BYTES {
            return Err(Fault::result(format!("`query` has at most {QUERY_BYTES} bytes")));
        }
        Ok(query)
    }

    /// The headers; the type of a new body is said if the script did not.
    fn headers(&self, object: &Object<'js>, is_new_body: bool) -> Result<Vec<(String, String)>, Fault> {
        let headers = match self.parsed(object, "headers", self.before.headers.as_ref())? {
            None => self.content.headers.clone(),
            Some(headers) => header_pairs(&headers).map_err(Fault::result)?,
        };
        let says_type = headers.iter().any(|(name, _)| name == "content-type");
        let is_text = self.caught(member(object, "body"))?.is_none_or(|body| body.is_string());
        let mut headers = headers;
        if is_new_body && !says_type && !is_text {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        Ok(headers)
    }

    /// The new body's bytes; `None` where it is as it was.
    fn body(&mut self, object: &Object<'js>) -> Result<Option<Vec<u8>>, Fault> {
        let Some(value) = self.caught(member(object, "body"))? else { return Ok(None) };
        let encoding: Option<Json> = self.parsed(object, "body_encoding", None)?;
        let text = value.as_string().map(|text| self.caught(text.to_string())).transpose();
        let Some(json) = self.part(object, "body")? else {
            return Err(Fault::result("`body` is a function or a symbol; it must be JSON or a string"));
        };
        if self.before.body.as_ref() == Some(&json) {
            return Ok(None);
        }
        let text =
            text.map_err(|_| Fault::result("`body` is a string with half of a surrogate pair, which is no text"))?;
        let body = match (text, encoding.as_ref().and_then(Json::as_str)) {
            (Some(text), Some("base64")) => STANDARD.decode(text.trim()).map_err(|error| {
                Fault::result(format!("`body` is not base64 although `body_encoding` says so: {error}"))
            })?,
            (Some(text), _) => text.into_bytes(),
            (None, _) => {
                if self.content.has_long_numbers() {
                    self.warnings.push(
                        "the body has whole numbers beyond 9007199254740992, of which JavaScript loses digits; keep such ids in strings, or leave the body as it is"
                            .to_owned(),
                    );
                }
                json.into_bytes()
            }
        };
        if body.len() > self.body_limit {
            let detail =
                format!("the body it returned has {} bytes; a body has at most {}", body.len(), self.body_limit);
            return Err(Fault::new(RunErrorCode::TooLarge, detail));
        }
        Ok(Some(body))
    }
}

const fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

/// Names and values in the script's order, or something else.
#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
enum Fields {
    Object(InOrder),
    Other(Json),
}

/// The members of an object in their order: where a name stands twice, in two spellings, the later one is meant.
#[derive(Debug)]
struct InOrder(Vec<(String, Json)>);

impl<'de> serde::Deserialize<'de> for InOrder {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> serde::de::Visitor<'de> for Members {
            type Value = InOrder;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<InOrder, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(InOrder(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

fn values(value: &Json) -> &[Json] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// The query string that a value stands for.
pub(super) fn query_text(query: &Json) -> Result<String, String> {
    let fields = match query {
        Json::Object(fields) => {
            Fields::Object(InOrder(fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect()))
        }
        other => Fields::Other(other.clone()),
    };
    query_string(&fields)
}

/// A query string as it is, or made of an object.
fn query_string(query: &Fields) -> Result<String, String> {
    match query {
        Fields::Other(Json::String(text)) => {
            let text = text.strip_prefix('?').unwrap_or(text);
            let is_wrong = |c: char| c.is_control() || c.is_whitespace() || c == '#';
            if text.contains(is_wrong) {
                return Err("`query` has spaces, control characters or a hash; encode them".to_owned());
            }
            Ok(text.to_owned())
        }
        Fields::Object(InOrder(fields)) => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in fields {
                for value in values(value) {
                    match value {
                        Json::Null => {}
                        Json::String(text) => drop(query.append_pair(name, text)),
                        Json::Number(_) | Json::Bool(_) => drop(query.append_pair(name, &value.to_string())),
                        other => return Err(format!("`query.{name}` is {}; it must be a string", kind(other))),
                    }
                }
            }
            Ok(query.finish())
        }
        Fields::Other(other) => Err(format!("`query` is {}; it must be an object or a string", kind(other))),
    }
}

/// Headers of an object: a string each, or a list of strings; `null` takes one away.
fn header_pairs(headers: &Fields) -> Result<Vec<(String, String)>, String> {
    let InOrder(fields) = match headers {
        Fields::Object(fields) => fields,
        Fields::Other(other) => return Err(format!("`headers` is {}; it must be an object", kind(other))),
    };
    let mut pairs: Vec<(String, String)> = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        let shown: String = name.chars().take(64).collect();
        let Ok(known) = HeaderName::try_from(name.as_str()) else {
            return Err(format!("`{shown}` is no name of a header"));
        };
        pairs.retain(|(earlier, _)| earlier != known.as_str());
        for value in values(value) {
            match value {
                Json::Null => {}
                Json::String(text) if HeaderValue::from_str(text).is_ok() => {
                    pairs.push((known.as_str().to_owned(), text.clone()));
                }
                Json::String(_) => {
                    return Err(format!("the header `{shown}` has line breaks or other control characters"));
                }
                other => return Err(format!("the header `{shown}` is {}; it must be a string", kind(other))),
            }
        }
    }
    let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
    if pairs.len() > MOST_HEADERS || bytes > HEADER_BYTES {
        return Err(format!("there are at most {MOST_HEADERS} headers, of {HEADER_BYTES} bytes in all"));
    }
    Ok(pairs)
}
