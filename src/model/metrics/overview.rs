//! The overview: a window of time at a glance.

use serde::{Deserialize, Serialize};

use super::{Backlog, Latency, Window};
use crate::{DestinationId, Health, SourceId, Timestamp};

/// What happened in a window of time, and what waits now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub window: Window,
    /// When the first bar begins.
    pub from: Timestamp,
    /// When the last bar ends, which is under way.
    pub to: Timestamp,
    /// The length of a bar, in milliseconds.
    pub step_ms: u64,
    pub totals: Totals,
    pub bars: Vec<OverviewBar>,
    pub backlog: Backlog,
    /// Those with the most to look after first.
    pub destinations: Vec<DestinationLine>,
    /// Those with the most requests first.
    pub sources: Vec<SourceLine>,
    /// Whether nothing ever came in.
    pub is_fresh: bool,
}

/// What was counted in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Totals {
    pub accepted: u64,
    pub rejected: u64,
    /// Events made.
    pub events: u64,
    /// Those of them that were delivered.
    pub delivered: u64,
    /// Those of them that were given up.
    pub failed: u64,
    /// Branches that were not taken.
    pub ignored: u64,
    pub attempts_successful: u64,
    pub attempts_failed: u64,
    pub latency: Latency,
}

impl Totals {
    pub const fn requests(&self) -> u64 {
        self.accepted + self.rejected
    }

    pub const fn attempts(&self) -> u64 {
        self.attempts_successful + self.attempts_failed
    }

    /// The share of attempts that failed, 0 to 1; nothing when there was none.
    pub fn error_rate(&self) -> Option<f64> {
        share(self.attempts_failed, self.attempts())
    }
}

/// A share, 0 to 1; nothing of nothing.
#[expect(clippy::cast_precision_loss, reason = "a share is for reading")]
pub(super) fn share(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

/// A bar of the charts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OverviewBar {
    /// When it begins.
    pub at: Timestamp,
    pub totals: Totals,
}

/// How a destination did in the window, and does now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DestinationLine {
    pub id: DestinationId,
    pub name: String,
    /// Whether it is a webhook of the Developer tab.
    pub is_webhook: bool,
    pub health: Health,
    pub paused_at: Option<Timestamp>,
    /// Since when its circuit breaker is open.
    pub breaker_opened_at: Option<Timestamp>,
    pub attempts_successful: u64,
    pub attempts_failed: u64,
    /// Attempts in each bar: successful and failed.
    pub bars: Vec<(u64, u64)>,
    pub latency: Latency,
    pub backlog: Backlog,
}

impl DestinationLine {
    /// The share of attempts that failed, 0 to 1; nothing when there was none.
    pub fn error_rate(&self) -> Option<f64> {
        share(self.attempts_failed, self.attempts_successful + self.attempts_failed)
    }
}

/// What came in at a source in the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceLine {
    pub id: SourceId,
    pub name: String,
    pub disabled_at: Option<Timestamp>,
    pub accepted: u64,
    pub rejected: u64,
    /// Requests in each bar: accepted and rejected.
    pub bars: Vec<(u64, u64)>,
    /// Requests a minute, over the last five.
    pub per_minute: f64,
}
