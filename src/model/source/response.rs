//! What a sender of an accepted request is answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    is_header_name,
    template::{Format, Template},
};
use crate::{FieldError, FilterRule};

/// How long an answer's body may be as it is written, in bytes.
pub(super) const RESPONSE_BYTES: usize = 64 << 10;
/// How many rules a source has at most.
pub const RESPONSE_RULES: usize = 50;
/// The statuses that an answer can have. A redirect is none of them: it would lead senders away from here.
pub const RESPONSE_STATUSES: [u16; 25] = [
    200, 201, 202, 203, 204, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 422, 423, 429, 500, 501,
    502, 503,
];
const METHODS: [&str; 8] = ["GET", "QUERY", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// An answer of the team's own, in place of the default. It is never given to rejected requests.
///
/// Body and headers may have templates: `{{body.id}}`, `{{headers.x-request-id}}`, `{{query.mode}}`, `{{path}}`,
/// `{{method}}` and `{{request.id}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CustomResponse {
    #[serde(default = "ok")]
    pub status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// JSON, plain text or XML, such as `application/json`.
    pub content_type: String,
    pub body: String,
    /// The first enabled rule that matches answers; none: the answer above.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<ResponseRule>,
}

/// An answer to the requests that match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResponseRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What a request must be; all parts that are given must match.
    #[serde(default, rename = "match")]
    pub conditions: ResponseMatch,
    #[serde(default = "ok")]
    pub status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    pub content_type: String,
    pub body: String,
}

/// Which requests a rule answers: the method, and conditions of the filters' language over the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResponseMatch {
    /// One of these, in upper case; any when there is none. One alone may be written without the list.
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub method: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub path: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub query: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub headers: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub body: Option<serde_json::Value>,
}

const fn ok() -> u16 {
    200
}

const fn yes() -> bool {
    true
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Methods {
        None(()),
        One(String),
        Many(Vec<String>),
    }
    Ok(match Methods::deserialize(deserializer)? {
        Methods::None(()) => Vec::new(),
        Methods::One(method) => vec![method],
        Methods::Many(methods) => methods,
    })
}

impl Default for CustomResponse {
    fn default() -> Self {
        Self {
            status: ok(),
            headers: BTreeMap::new(),
            content_type: "application/json".to_owned(),
            body: r#"{"ok":true,"request_id":"{{request.id}}"}"#.to_owned(),
            rules: Vec::new(),
        }
    }
}

impl Default for ResponseRule {
    fn default() -> Self {
        let fallback = CustomResponse::default();
        Self {
            name: None,
            enabled: yes(),
            conditions: ResponseMatch::default(),
            status: fallback.status,
            headers: fallback.headers,
            content_type: fallback.content_type,
            body: fallback.body,
        }
    }
}

impl ResponseMatch {
    /// Its conditions as a filter.
    pub fn filter(&self) -> FilterRule {
        let Self { method: _, path, query, headers, body } = self.clone();
        FilterRule { headers, body, query, path }
    }
}

impl CustomResponse {
    pub(super) fn mistakes(&self) -> Vec<FieldError> {
        const AT: &str = "/config/custom_response";
        let mut mistakes = answer_mistakes(AT, self.status, &self.headers, &self.content_type, &self.body);
        if self.rules.len() > RESPONSE_RULES {
            let detail = format!("a source has at most {RESPONSE_RULES} rules, these are {}", self.rules.len());
            mistakes.push(FieldError::new(format!("{AT}/rules"), detail));
        }
        for (index, rule) in self.rules.iter().enumerate() {
            mistakes.extend(rule.mistakes(&format!("{AT}/rules/{index}")));
        }
        mistakes
    }
}

impl ResponseRule {
    fn mistakes(&self, at: &str) -> Vec<FieldError> {
        let mut mistakes = answer_mistakes(at, self.status, &self.headers, &self.content_type, &self.body);
        if self.name.as_ref().is_some_and(|name| name.chars().count() > 155 || name.chars().any(char::is_control)) {
            let detail = "a name has at most 155 characters, and no control characters";
            mistakes.push(FieldError::new(format!("{at}/name"), detail));
        }
        for (index, method) in self.conditions.method.iter().enumerate() {
            if !METHODS.contains(&method.as_str()) {
                let detail = format!("`{method}` is not one of {}", METHODS.join(", "));
                mistakes.push(FieldError::new(format!("{at}/match/method/{index}"), detail));
            }
        }
        mistakes.extend(super::responder::filter_mistakes(&self.conditions.filter(), &format!("{at}/match")));
        mistakes
    }
}

/// What is wrong with an answer whose fields are at `at`.
fn answer_mistakes(
    at: &str,
    status: u16,
    headers: &BTreeMap<String, String>,
    content_type: &str,
    body: &str,
) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    let mut wrong = |field: String, detail: String| mistakes.push(FieldError::new(format!("{at}/{field}"), detail));
    if !RESPONSE_STATUSES.contains(&status) {
        let known: Vec<_> = RESPONSE_STATUSES.iter().map(u16::to_string).collect();
        wrong("status".to_owned(), format!("{status} is not one of {}", known.join(", ")));
    }
    if status == 204 && !body.is_empty() {
        wrong("body".to_owned(), "an answer with the status 204 has no body".to_owned());
    }
    match Format::of(content_type) {
        None => wrong("content_type".to_owned(), content_type_mistake(content_type)),
        Some(format) => {
            if let Err(detail) = body_mistake(body, format) {
                wrong("body".to_owned(), detail);
            }
        }
    }
    if headers.len() > 20 {
        wrong(
            "headers".to_owned(),
            format!("an answer has at most 20 headers of its own, these are {}", headers.len()),
        );
    }
    for (name, value) in headers {
        if let Some(detail) = header_mistake(name, value) {
            wrong(format!("headers/{}", name.replace('~', "~0").replace('/', "~1")), detail);
        }
    }
    mistakes
}

fn content_type_mistake(content_type: &str) -> String {
    let shown: String = content_type.chars().take(64).collect();
    format!(
        "`{shown}` is not JSON, plain text or XML, such as application/json, text/plain or application/xml; what a \
         browser would run is not answered from here"
    )
}

fn body_mistake(body: &str, format: Format) -> Result<(), String> {
    if body.len() > RESPONSE_BYTES {
        return Err(format!("a body has at most {} KiB, this has {} bytes", RESPONSE_BYTES >> 10, body.len()));
    }
    if body.contains('\0') {
        return Err("a body has no NUL character".to_owned());
    }
    let template = Template::parse(body, format)?;
    if format == Format::Json && !body.trim().is_empty() {
        // With every value missing it must be JSON already.
        serde_json::from_str::<serde::de::IgnoredAny>(&template.without_values())
            .map_err(|error| format!("this is not JSON: {error}"))?;
    }
    Ok(())
}

/// What frames or routes the message, what a browser takes as an order, and what is ours.
const REFUSED: [&str; 36] = [
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "content-length",
    "content-encoding",
    "content-range",
    "content-type",
    "accept-ranges",
    "date",
    "server",
    "set-cookie",
    "set-cookie2",
    "clear-site-data",
    "www-authenticate",
    "authentication-info",
    "location",
    "refresh",
    "content-location",
    "content-disposition",
    "content-security-policy",
    "content-security-policy-report-only",
    "x-content-type-options",
    "x-frame-options",
    "strict-transport-security",
    "alt-svc",
    "service-worker-allowed",
    "sourcemap",
    "x-sourcemap",
    "nel",
    "report-to",
    "reporting-endpoints",
    "origin-trial",
];

/// Whether a header of an answer that is not made here, by its name in lower case, stays here: what frames or routes
/// the message, what a browser takes as an order, and what is ours.
pub fn is_kept_from_senders(name: &str) -> bool {
    REFUSED.contains(&name) || name.starts_with("proxy-") || name.starts_with("hookyard-")
}

fn header_mistake(name: &str, value: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    if !is_header_name(name) {
        return Some(format!("`{}` is not a header name", name.chars().take(64).collect::<String>()));
    }
    if lower == "content-type" {
        return Some("give the content type in `content_type`".to_owned());
    }
    if is_kept_from_senders(&lower) {
        return Some(format!("`{lower}` is not for an answer of your own"));
    }
    if value.chars().any(char::is_control) {
        return Some("a header's value is one line".to_owned());
    }
    if value.len() > 2048 {
        return Some(format!("a header's value has at most 2048 bytes, this has {}", value.len()));
    }
    Template::parse(value, Format::Text).err()
}
