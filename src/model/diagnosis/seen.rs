//! What an attempt shows.

use std::time::Duration;

use serde_json::Value;
use time::{OffsetDateTime, PrimitiveDateTime, macros::format_description};
use url::Url;

use crate::{Attempt, BodyEncoding, Timestamp};

/// How many characters of what a receiver says are quoted.
const QUOTED: usize = 240;
/// A clock that is off by more is told of.
const SKEW: Duration = Duration::from_mins(2);
/// Standard Webhooks receivers refuse signatures that are older or newer.
const TOLERANCE: Duration = Duration::from_mins(5);

pub(super) struct Seen<'a> {
    pub(super) attempt: &'a Attempt,
    /// The sentence of the one who sent.
    pub(super) message: &'a str,
    /// The answer's body where it is text.
    pub(super) body: Option<&'a str>,
    /// The same in lower case.
    pub(super) lower: String,
    pub(super) url: Option<Url>,
    pub(super) skew: Option<Skew>,
}

/// How far the receiver's clock is from ours.
pub(super) struct Skew {
    pub(super) words: String,
    pub(super) beyond_tolerance: bool,
}

/// What a receiver says is wrong with the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureFault {
    Missing,
    Mismatch,
    Timestamp,
}

impl<'a> Seen<'a> {
    pub(super) fn of(attempt: &'a Attempt) -> Self {
        let body = attempt.body.as_deref().filter(|_| attempt.body_encoding == Some(BodyEncoding::Utf8));
        Self {
            attempt,
            message: attempt.error_message.as_deref().unwrap_or_default(),
            body,
            lower: body.map(str::to_ascii_lowercase).unwrap_or_default(),
            url: attempt.requested_url.as_deref().and_then(|url| url.parse().ok()),
            skew: skew(attempt),
        }
    }

    /// Whether the sender's sentence has `phrase`.
    pub(super) fn tells(&self, phrase: &str) -> bool {
        self.message.contains(phrase)
    }

    /// The answer's header `name`, in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.attempt.response_headers.as_ref()?.find(name).map(str::trim).filter(|value| !value.is_empty())
    }

    pub(super) fn request_header(&self, name: &str) -> Option<&'a str> {
        self.attempt.request_headers.find(name)
    }

    /// What was asked, such as `POST https://a.example/hook`.
    pub(super) fn asked(&self) -> String {
        let url = self.attempt.requested_url.as_deref().unwrap_or("no URL");
        format!("{} {}", self.attempt.http_method, shortened(url, QUOTED))
    }

    pub(super) fn is_html(&self) -> bool {
        let start = self.lower.trim_start();
        self.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
            || start.starts_with("<!doctype html")
            || start.starts_with("<html")
    }

    /// Whether the answer's body has one of these, which are in lower case.
    pub(super) fn body_has(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.lower.contains(word))
    }

    /// What the answer says, shortened and in quotes.
    pub(super) fn says(&self) -> Option<String> {
        let whole = self.body?;
        let body = whole.trim();
        if body.is_empty() {
            return None;
        }
        if self.is_html() {
            let title = title(whole, &self.lower)?;
            return Some(format!("the answer is an HTML page with the title {}", quoted(title)));
        }
        let said = serde_json::from_str::<Value>(body).ok().as_ref().and_then(message).map(str::to_owned);
        Some(format!("it says {}", quoted(said.as_deref().unwrap_or(body))))
    }

    /// What the receiver says is wrong with the signature, if it does.
    pub(super) fn signature_fault(&self) -> Option<SignatureFault> {
        const BAD: &[&str] = &[
            "invalid",
            "mismatch",
            "match",
            "verif",
            "bad",
            "wrong",
            "fail",
            "incorrect",
            "not valid",
            "unexpected",
            "refused",
        ];
        const MISSING: &[&str] = &["missing", "required", "not found", "no signature", "without", "absent"];
        const OLD: &[&str] = &["old", "expired", "toleran", "stale", "future", "too new", "outside", "too far", "skew"];
        if self.is_html() {
            return None;
        }
        let text = self.lower.as_str();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let signature = has(&["signature", "hmac", "signing secret", "webhook-id"]);
        if text.contains("timestamp") && has(OLD) {
            Some(SignatureFault::Timestamp)
        } else if signature && has(MISSING) {
            Some(SignatureFault::Missing)
        } else if signature && has(BAD) {
            Some(SignatureFault::Mismatch)
        } else {
            None
        }
    }

    /// When the receiver asked to be tried again.
    pub(super) fn retry_after(&self) -> Option<Timestamp> {
        let asked = self.header("retry-after")?;
        let ended = self.attempt.responded_at.unwrap_or(self.attempt.delivered_at);
        asked.parse().map_or_else(|_| http_date(asked), |seconds| Some(ended.plus(Duration::from_secs(seconds))))
    }
}

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    let format =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let date: OffsetDateTime = PrimitiveDateTime::parse(text.trim(), format).ok()?.assume_utc();
    Some(Timestamp::from_millis(date.unix_timestamp().checked_mul(1000)?))
}

/// An answer that a cache had kept carries the time of its making, so it tells nothing.
fn skew(attempt: &Attempt) -> Option<Skew> {
    let headers = attempt.response_headers.as_ref()?;
    if headers.find("age").is_some_and(|age| age.trim() != "0") {
        return None;
    }
    let (theirs, ours) = (http_date(headers.find("date")?)?, attempt.responded_at?);
    let (apart, way) = if theirs < ours { (ours.since(theirs), "behind") } else { (theirs.since(ours), "ahead of") };
    let words = format!("its clock is {} {way} ours, by the Date header of its answer", duration(apart));
    (apart > SKEW).then_some(Skew { words, beyond_tolerance: apart > TOLERANCE })
}

/// `text` on one line, without what cannot be seen, and not too long.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let seen: String = text.chars().take(most * 4).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most && text.chars().count() <= most * 4 {
        return line;
    }
    line.chars().take(most).chain(['…']).collect()
}

pub(super) fn quoted(text: &str) -> String {
    format!("“{}”", shortened(text, QUOTED))
}

/// A duration as people say it: two units at most.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => match time.subsec_millis() / 100 {
            0 => format!("{seconds} s"),
            tenths => format!("{seconds}.{tenths} s"),
        },
        60..3600 => parts(seconds, 60, "min", "s"),
        3600..86_400 => parts(seconds / 60, 60, "h", "min"),
        _ => parts(seconds / 3600, 24, "d", "h"),
    }
}

fn parts(all: u64, unit: u64, large: &str, small: &str) -> String {
    match (all / unit, all % unit) {
        (whole, 0) => format!("{whole} {large}"),
        (whole, rest) => format!("{whole} {large} {rest} {small}"),
    }
}

pub(super) fn millis(ms: f64) -> String {
    duration(Duration::from_secs_f64((ms / 1000.0).max(0.0)))
}

/// The sentence in an error's JSON, wherever such sentences usually are.
fn message(value: &Value) -> Option<&str> {
    const NAMES: [&str; 8] = ["detail", "message", "error_description", "error", "reason", "msg", "title", "errors"];
    match value {
        Value::String(text) => Some(text.as_str()).filter(|text| !text.trim().is_empty()),
        Value::Object(fields) => NAMES.iter().find_map(|name| fields.get(*name).and_then(message)),
        Value::Array(list) => list.first().and_then(message),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// The title of an HTML page; `lower` is the page in lower case.
fn title<'a>(page: &'a str, lower: &str) -> Option<&'a str> {
    let inside = |from: &str, to: &str| {
        let tag = lower.find(from)?;
        let start = tag + lower[tag..].find('>')? + 1;
        let end = start + lower[start..].find(to)?;
        page.get(start..end).map(str::trim).filter(|text| !text.is_empty())
    };
    inside("<title", "</title").or_else(|| inside("<h1", "</h1"))
}
