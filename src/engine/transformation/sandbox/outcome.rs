//! What a script returned, checked part by part. What is as it was keeps its bytes; what is left out is as it was.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hookyard_model::RunErrorCode;
use rquickjs::{Ctx, Function, Object, Value};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::{
    clock::Clock,
    fault::{Fault, fault},
    fields::{HEADER_BYTES, header_pairs, kind, query_string},
    member,
};
use crate::{
    delivery::{HOPS, is_kept_back},
    transformation::content::Content,
};

/// What an event may be sent by.
const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];
const PATH_BYTES: usize = 8 << 10;
const QUERY_BYTES: usize = 64 << 10;
/// How long the JSON of a method and a path is at most before it is read, and of other parts: they may have escapes and more.
const LINE_UNITS: usize = 64 << 10;
const FIELDS_UNITS: usize = 4 * HEADER_BYTES;
/// How much of a name is said.
const NAME_CHARS: usize = 64;
const PARTS: [&str; 6] = ["method", "path", "query", "headers", "body", "body_encoding"];

/// A request's parts as JSON of the engine's writing, from before the script saw them.
pub(super) struct Before {
    headers: Option<String>,
    query: Option<String>,
    body: Option<String>,
}

impl Before {
    /// How long a part is, which may come back however long it is.
    fn units(&self, name: &str) -> usize {
        let part = match name {
            "headers" => &self.headers,
            "query" => &self.query,
            "body" => &self.body,
            _ => &None,
        };
        part.as_ref().map_or(0, String::len)
    }

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

/// What is to be read is longer than it may be.
fn too_long(name: &str) -> Fault {
    Fault::new(RunErrorCode::TooLarge, format!("the `{name}` it returned is too long"))
}

/// Reads what a script made of `content`.
pub(super) struct Reading<'js, 'a> {
    pub(super) ctx: &'a Ctx<'js>,
    pub(super) clock: &'a Clock,
    pub(super) content: &'a Content,
    pub(super) before: &'a Before,
    pub(super) body_limit: usize,
    /// Tells how many units of UTF-16 a text of the script's has, without taking it out of there.
    pub(super) units: Function<'js>,
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
        let keys: Vec<rquickjs::String<'js>> = self.caught(object.keys().take(100).collect())?;
        let mut names = Vec::with_capacity(keys.len());
        for key in keys {
            let is_long = self.units(key.as_value())? > 4 * LINE_UNITS;
            names.push(if is_long { "…".to_owned() } else { self.caught(key.to_string())? });
        }
        if !names.is_empty() && !names.iter().any(|name| PARTS.contains(&name.as_str())) {
            return Err(Fault::result(
                "the handler returned an object without headers, body, query, path or method; return a request: {...request, …}",
            ));
        }
        for name in names.iter().filter(|name| !PARTS.contains(&name.as_str())).take(5) {
            let shown: String = name.chars().take(NAME_CHARS).collect();
            self.warnings.push(format!("`{shown}` is no part of a request and is dropped"));
        }
        Ok(())
    }

    /// How many units of UTF-16 a text has; 0 where it is none.
    fn units(&self, text: &Value<'js>) -> Result<usize, Fault> {
        let units: usize = self.caught(self.units.call((text.clone(),)))?;
        Ok(units)
    }

    /// A part as JSON; `None` where it is left out.
    fn part(&self, object: &Object<'js>, name: &str) -> Result<Option<String>, Fault> {
        let most = if name == "headers" || name == "query" { FIELDS_UNITS } else { LINE_UNITS };
        let Some(value) = self.caught(member(object, name))? else { return Ok(None) };
        let Some(json) = self.json(name, value)? else { return Ok(None) };
        if self.units(json.as_value())? > most.max(self.before.units(name)) {
            return Err(too_long(name));
        }
        self.caught(json.to_string()).map(Some)
    }

    /// A value as JSON that is still the script's.
    fn json(&self, name: &str, value: Value<'js>) -> Result<Option<rquickjs::String<'js>>, Fault> {
        self.caught(self.ctx.json_stringify(value)).map_err(|fault| {
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
    fn headers(&mut self, object: &Object<'js>, is_new_body: bool) -> Result<Vec<(String, String)>, Fault> {
        let headers = match self.parsed(object, "headers", self.before.headers.as_ref())? {
            None => self.content.headers.clone(),
            Some(headers) => header_pairs(&headers).map_err(Fault::result)?,
        };
        let stays: Vec<&str> = headers
            .iter()
            .filter(|header| is_kept_back(&header.0) && !self.content.headers.contains(header))
            .map(|(name, _)| name.as_str())
            .collect();
        for name in stays.into_iter().take(5) {
            let what = if name == "authorization" { "; set it at the destination, under authentication" } else { "" };
            self.warnings.push(format!("the header `{name}` that it set is not sent{what}"));
        }
        let mut headers = headers;
        // This one no script takes away: circles end by it.
        let hops = self.content.headers.iter().find(|(name, _)| name == HOPS);
        if let Some(hops) = hops.filter(|hops| !headers.contains(hops)) {
            headers.retain(|(name, _)| name != HOPS);
            headers.push(hops.clone());
        }
        let says_type = headers.iter().any(|(name, _)| name == "content-type");
        let is_text = self.caught(member(object, "body"))?.is_none_or(|body| body.is_string());
        if is_new_body && !says_type && !is_text {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        Ok(headers)
    }

    /// The new body's bytes; `None` where it is as it was.
    fn body(&mut self, object: &Object<'js>) -> Result<Option<Vec<u8>>, Fault> {
        let Some(value) = self.caught(member(object, "body"))? else { return Ok(None) };
        let encoding: Option<Json> = self.parsed(object, "body_encoding", None)?;
        // A text of so many units has at least as many bytes.
        let most = 2 * self.body_limit;
        if self.units(&value)? > most.max(self.before.units("body")) {
            return Err(too_long("body"));
        }
        let Some(json) = self.json("body", value.clone())? else {
            return Err(Fault::result("`body` is a function or a symbol; it must be JSON or a string"));
        };
        let is_like_before = self.units(json.as_value())? <= most.max(self.before.units("body"));
        let json = if is_like_before { Some(self.caught(json.to_string())) } else { None };
        if let (Some(Ok(json)), Some(before)) = (&json, &self.before.body)
            && json == before
        {
            return Ok(None);
        }
        let text = match value.as_string() {
            Some(text) if self.units(text.as_value())? > most => return Err(too_long("body")),
            Some(text) => Some(self.caught(text.to_string())),
            None => None,
        };
        let text = text.transpose();
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
                json.ok_or_else(|| too_long("body"))??.into_bytes()
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
