//! How a destination is sent to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{DestinationAuth, DestinationType, HttpMethod, Mock, RatePeriod};
use crate::{
    CircuitBreaker, FieldError,
    connection::{auth_fields, tagged_auth},
    source::is_header_name,
};

/// How a destination is sent to. In JSON `auth_type` and `auth` stand beside the other fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(try_from = "DestinationConfigFields", into = "DestinationConfigFields")]
pub struct DestinationConfig {
    /// Absolute `http` or `https` URL; none for the built-in receiver.
    pub url: Option<String>,
    pub http_method: HttpMethod,
    /// The one deadline of an attempt, from DNS to the last byte, in milliseconds: 1000 to 60000.
    pub timeout_ms: u32,
    /// Headers added to every attempt.
    pub headers: BTreeMap<String, String>,
    /// Whether the path and query that followed the source's URL are left out.
    pub path_forwarding_disabled: bool,
    #[cfg_attr(feature = "server", schema(inline))]
    pub auth: Option<DestinationAuth>,
    /// How the built-in receiver behaves; none: it answers 200 at once.
    pub mock: Option<Mock>,
    /// At most so many attempts in a period.
    pub rate_limit: Option<u32>,
    pub rate_limit_period: RatePeriod,
    /// At most so many attempts under way at once.
    pub max_concurrency: Option<u32>,
    /// When its circuit breaker opens. `null`: never. Left out: 10 failures in a row over 30 seconds.
    pub circuit_breaker: Option<CircuitBreaker>,
}

/// How [`DestinationConfig`] is written.
#[derive(Serialize, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct DestinationConfigFields {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    http_method: HttpMethod,
    #[serde(default = "default_timeout")]
    timeout_ms: u32,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    path_forwarding_disabled: bool,
    #[serde(default)]
    auth_type: Option<String>,
    #[serde(default)]
    auth: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mock: Option<Mock>,
    #[serde(default)]
    rate_limit: Option<u32>,
    #[serde(default)]
    rate_limit_period: RatePeriod,
    #[serde(default)]
    max_concurrency: Option<u32>,
    #[serde(default = "default_breaker")]
    circuit_breaker: Option<CircuitBreaker>,
}

const fn default_timeout() -> u32 {
    30_000
}

fn default_breaker() -> Option<CircuitBreaker> {
    CircuitBreaker::default().into()
}

impl TryFrom<DestinationConfigFields> for DestinationConfig {
    type Error = String;

    fn try_from(fields: DestinationConfigFields) -> Result<Self, String> {
        let auth = tagged_auth(fields.auth_type, fields.auth, DestinationAuth::TYPES)?;
        Ok(Self {
            url: fields.url,
            http_method: fields.http_method,
            timeout_ms: fields.timeout_ms,
            headers: fields.headers,
            path_forwarding_disabled: fields.path_forwarding_disabled,
            auth,
            mock: fields.mock,
            rate_limit: fields.rate_limit,
            rate_limit_period: fields.rate_limit_period,
            max_concurrency: fields.max_concurrency,
            circuit_breaker: fields.circuit_breaker,
        })
    }
}

impl From<DestinationConfig> for DestinationConfigFields {
    fn from(config: DestinationConfig) -> Self {
        let (auth_type, auth) = auth_fields(config.auth.as_ref());
        Self {
            url: config.url,
            http_method: config.http_method,
            timeout_ms: config.timeout_ms,
            headers: config.headers,
            path_forwarding_disabled: config.path_forwarding_disabled,
            auth_type,
            auth,
            mock: config.mock,
            rate_limit: config.rate_limit,
            rate_limit_period: config.rate_limit_period,
            max_concurrency: config.max_concurrency,
            circuit_breaker: config.circuit_breaker,
        }
    }
}

impl Default for DestinationConfig {
    fn default() -> Self {
        Self {
            url: None,
            http_method: HttpMethod::Post,
            timeout_ms: default_timeout(),
            headers: BTreeMap::new(),
            path_forwarding_disabled: false,
            auth: None,
            mock: None,
            rate_limit: None,
            rate_limit_period: RatePeriod::Second,
            max_concurrency: None,
            circuit_breaker: default_breaker(),
        }
    }
}

impl DestinationConfig {
    pub(super) fn mistakes(&self, kind: DestinationType) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        match (kind, &self.url) {
            (DestinationType::Http, None) => mistakes.push(FieldError::new("/config/url", "give the URL to send to")),
            (DestinationType::Http, Some(url)) => {
                mistakes.extend(url_mistake(url).map(|m| FieldError::new("/config/url", m)));
            }
            (DestinationType::Mock, Some(_)) => {
                mistakes.push(FieldError::new("/config/url", "the built-in receiver has no URL"));
            }
            (DestinationType::Mock, None) => {}
        }
        if !(1000..=60_000).contains(&self.timeout_ms) {
            mistakes.push(FieldError::new("/config/timeout_ms", "must be 1000 to 60000 milliseconds"));
        }
        if self.rate_limit == Some(0) {
            mistakes.push(FieldError::new(
                "/config/rate_limit",
                "must be at least 1; pause the destination to stop deliveries",
            ));
        }
        if !(1..=1000).contains(&self.max_concurrency.unwrap_or(1)) {
            mistakes.push(FieldError::new("/config/max_concurrency", "must be 1 to 1000"));
        }
        for (name, value) in &self.headers {
            let lower = name.to_ascii_lowercase();
            let pointer = format!("/config/headers/{}", name.replace('~', "~0").replace('/', "~1"));
            if !is_header_name(name) {
                mistakes.push(FieldError::new(pointer, format!("`{name}` is not a header name")));
            } else if is_ours(&lower) {
                mistakes.push(FieldError::new(pointer, format!("`{name}` is set by Hookyard itself")));
            } else if !is_header_value(value) {
                mistakes.push(FieldError::new(pointer, "the value has characters that a header may not have"));
            }
        }
        if let Some(rule) = self.circuit_breaker {
            mistakes.extend(rule.mistakes());
        }
        if let Some(auth) = &self.auth {
            mistakes.extend(auth.mistakes());
        }
        match (kind, &self.mock) {
            (DestinationType::Http, Some(_)) => {
                mistakes
                    .push(FieldError::new("/config/mock", "only the built-in receiver (MOCK) behaves as it is told"));
            }
            (DestinationType::Mock, Some(mock)) => mistakes.extend(mock.mistakes()),
            (_, None) => {}
        }
        mistakes
    }
}

/// Headers that an attempt sets itself, or that frame the HTTP message.
pub(super) fn is_ours(lower: &str) -> bool {
    lower.starts_with("webhook-")
        || lower.starts_with("hookyard-")
        || ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"]
            .contains(&lower)
}

pub(super) fn is_header_value(value: &str) -> bool {
    value.bytes().all(|b| b == b'\t' || (0x20..0x7f).contains(&b))
}

/// What is wrong with a URL to deliver to, if anything.
pub(crate) fn url_mistake(text: &str) -> Option<String> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Some("a URL has no spaces and no control characters".to_owned());
    }
    let url = match url::Url::parse(text) {
        Ok(url) => url,
        Err(error) => return Some(format!("`{}` is not a URL: {error}", text.chars().take(100).collect::<String>())),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Some(format!("`{}` is not http or https", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("put no user name or password into the URL; use the destination's auth".to_owned());
    }
    if url.fragment().is_some() {
        return Some("a URL to deliver to has no #fragment".to_owned());
    }
    if text.len() > 2048 {
        return Some("a URL has at most 2048 characters".to_owned());
    }
    None
}
