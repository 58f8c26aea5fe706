//! How the built-in receiver behaves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::config::is_header_value;
use crate::{FieldError, source::is_header_name};

/// How the built-in receiver behaves. There is no network between: what it does is made up, and recorded as an attempt
/// at a real receiver is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Mock {
    /// What it answers, 100 to 599.
    #[cfg_attr(feature = "server", schema(minimum = 100, maximum = 599))]
    pub status: u16,
    /// How long it waits before it answers, in milliseconds; beyond the destination's `timeout_ms` it is a timeout.
    #[cfg_attr(feature = "server", schema(maximum = 60_000))]
    pub delay_ms: u32,
    /// How its body comes, where that is not at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drip: Option<Drip>,
    pub headers: BTreeMap<String, String>,
    /// What it answers with, at most 64 KiB; none: a few words in JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The first so many attempts of each event are answered 500.
    pub fail_first: u32,
    /// Of a hundred attempts about so many are answered 500, by chance.
    #[cfg_attr(feature = "server", schema(maximum = 100))]
    pub fail_percent: u8,
}

/// A body that comes bit by bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Drip {
    /// In how many parts, 1 to 1000.
    #[cfg_attr(feature = "server", schema(minimum = 1, maximum = 1000))]
    pub chunks: u32,
    /// How long they take together, in milliseconds.
    #[cfg_attr(feature = "server", schema(maximum = 60_000))]
    pub over_ms: u32,
}

impl Default for Mock {
    fn default() -> Self {
        Self {
            status: 200,
            delay_ms: 0,
            drip: None,
            headers: BTreeMap::new(),
            body: None,
            fail_first: 0,
            fail_percent: 0,
        }
    }
}

impl Mock {
    /// The longest delay, and the longest time that a body takes.
    pub const LONGEST_MS: u32 = 60_000;
    /// The longest body, in bytes.
    pub const LONGEST_BODY: usize = 64 << 10;

    /// What it answers to the attempt `number` (from 1) of an event; `chance` is from 0 up to 1.
    pub fn answers(&self, number: u32, chance: f64) -> u16 {
        let fails = number <= self.fail_first || chance * 100.0 < f64::from(self.fail_percent);
        if fails { 500 } else { self.status }
    }

    /// When the whole answer is there, in milliseconds.
    pub fn takes_ms(&self) -> u32 {
        self.delay_ms + self.drip.map_or(0, |drip| drip.over_ms)
    }

    /// What of a body of so many bytes is there after so long, in milliseconds.
    pub fn comes_by(&self, bytes: usize, after_ms: u32) -> usize {
        let Some(dripping_ms) = after_ms.checked_sub(self.delay_ms) else { return 0 };
        match self.drip {
            Some(drip) if dripping_ms < drip.over_ms => {
                let chunks = u64::from(drip.chunks.max(1));
                let come = u64::from(dripping_ms) * chunks / u64::from(drip.over_ms);
                usize::try_from(bytes as u64 * come / chunks).unwrap_or(bytes)
            }
            Some(_) | None => bytes,
        }
    }

    pub(super) fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        let mut wrong =
            |pointer: &str, detail: &str| mistakes.push(FieldError::new(format!("/config/mock{pointer}"), detail));
        if !(100..=599).contains(&self.status) {
            wrong("/status", "must be 100 to 599");
        }
        if self.delay_ms > Self::LONGEST_MS {
            wrong("/delay_ms", "must be at most 60000 milliseconds");
        }
        if let Some(drip) = self.drip {
            if !(1..=1000).contains(&drip.chunks) {
                wrong("/drip/chunks", "must be 1 to 1000");
            }
            if drip.over_ms > Self::LONGEST_MS {
                wrong("/drip/over_ms", "must be at most 60000 milliseconds");
            }
        }
        if self.fail_percent > 100 {
            wrong("/fail_percent", "must be 0 to 100");
        }
        if self.body.as_ref().is_some_and(|body| body.len() > Self::LONGEST_BODY) {
            wrong("/body", "must have at most 64 KiB");
        }
        if self.headers.len() > 100 {
            wrong("/headers", "must be at most 100 headers");
        }
        for (name, value) in &self.headers {
            let pointer = format!("/headers/{}", name.replace('~', "~0").replace('/', "~1"));
            if !is_header_name(name) {
                wrong(&pointer, "this is not a header name");
            } else if !is_header_value(value) {
                wrong(&pointer, "the value has characters that a header may not have");
            }
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_attempts_fail_and_some_by_chance() {
        let mock = Mock { status: 202, fail_first: 2, fail_percent: 25, ..Mock::default() };
        for (number, chance, status) in [(1, 0.9, 500), (2, 0.9, 500), (3, 0.9, 202), (3, 0.25, 202), (3, 0.24, 500)] {
            assert_eq!(mock.answers(number, chance), status, "attempt {number}, chance {chance}");
        }
        assert_eq!(Mock::default().answers(1, 0.0), 200, "it never fails unless it is told to");
    }

    #[test]
    fn a_body_drips() {
        let mock = Mock { delay_ms: 100, drip: Some(Drip { chunks: 4, over_ms: 400 }), ..Mock::default() };
        assert_eq!(mock.takes_ms(), 500);
        for (after, come) in [(0, 0), (99, 0), (100, 0), (199, 0), (200, 20), (450, 60), (500, 80), (9999, 80)] {
            assert_eq!(mock.comes_by(80, after), come, "after {after} ms");
        }
        assert_eq!(Mock::default().comes_by(80, 0), 80);
    }
}
