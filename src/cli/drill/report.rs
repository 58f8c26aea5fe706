//! What a drill found, and whether it is what was promised.

use std::{fmt, time::Duration};

use serde::Serialize;
use serde_json::Value;

use super::receiver::{Story, Tally};

/// What is promised.
const MOST_OVERLOAD: f64 = 0.01;
const MOST_SLOWER: f64 = 2.0;
const MOST_LONGER: f64 = 1.25;
const MOST_ACTIONS: usize = 3;

/// All figures of a drill.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) database: &'static str,
    pub(super) breaker: bool,
    pub(super) capacity: u32,
    pub(super) live_rate: u32,
    /// Events of the outage that were sent, and of the steady traffic beside them.
    pub(super) outage_events: u64,
    pub(super) live_events: u64,
    pub(super) accepted: u64,
    pub(super) refused: u64,
    pub(super) unanswered: u64,
    pub(super) delivered: u64,
    /// Accepted, and never delivered.
    pub(super) missing: u64,
    /// Answered with success more than once.
    pub(super) sent_twice: u64,
    /// Tries of what was delivered, or being delivered.
    pub(super) repeated: u64,
    /// Tries under another `webhook-id` than the first.
    pub(super) renamed: u64,
    /// How long the receiver was down, how many events were taken in a second meanwhile, and how many failed.
    pub(super) outage_seconds: f64,
    pub(super) outage_taken_each_second: f64,
    pub(super) failed_in_outage: u64,
    pub(super) replay_tries: u64,
    /// Answers of the receiver that it had no room, to what was replayed and to the steady traffic beside it.
    pub(super) overload_answers: u64,
    pub(super) overload_answers_to_live: u64,
    pub(super) overload_share: f64,
    pub(super) live_before: Latency,
    pub(super) live_during: Latency,
    pub(super) drain_seconds: f64,
    /// How long the receiver would have taken at its full capacity, less the steady traffic.
    pub(super) limit_seconds: f64,
    pub(super) drain_ratio: f64,
    /// Against the receiver's whole capacity, as if there were no steady traffic.
    pub(super) drain_ratio_of_capacity: f64,
    pub(super) operator_actions: Vec<String>,
    /// The bulk operation as the server told of it last.
    pub(super) operation: Value,
    pub(super) server_peak_bytes: Option<u64>,
    pub(super) seconds: f64,
    pub(super) verdicts: Vec<Verdict>,
    pub(super) held: bool,
}

/// From sending to the receiver's answer, in milliseconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Latency {
    pub(super) events: usize,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) worst_ms: f64,
}

/// One promise.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    pub(super) what: &'static str,
    pub(super) value: String,
    pub(super) promised: String,
    pub(super) held: bool,
}

impl Latency {
    /// Of the steady traffic that was sent from `from` until `to` and delivered.
    pub(super) fn of(stories: &[Story], from: Duration, to: Duration) -> Self {
        let mut all: Vec<f64> = stories
            .iter()
            .filter(|story| story.is_live && story.sent >= from && story.sent < to)
            .filter_map(|story| Some((story.delivered?.saturating_sub(story.sent)).as_secs_f64() * 1000.0))
            .collect();
        all.sort_by(f64::total_cmp);
        let at = |hundredths: usize| all.get(all.len().saturating_sub(1) * hundredths / 100).copied().unwrap_or(0.0);
        Self { events: all.len(), p50_ms: round(at(50)), p99_ms: round(at(99)), worst_ms: round(at(100)) }
    }
}

/// To three digits after the point.
pub(super) fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts of a drill are far below that")]
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

impl Report {
    /// Fills in what the receiver counted.
    pub(super) fn count(&mut self, before: Tally, after: Tally) {
        self.delivered = after.delivered;
        (self.sent_twice, self.repeated, self.renamed) = (after.twice, after.repeated, after.renamed);
        self.replay_tries = after.replay_tries - before.replay_tries;
        self.overload_answers = after.replay_overloads - before.replay_overloads;
        self.overload_answers_to_live = after.live_overloads - before.live_overloads;
        self.overload_share = ratio(self.overload_answers + self.overload_answers_to_live, self.replay_tries);
    }

    /// Judges each promise.
    pub(super) fn judge(&mut self) {
        let mut verdicts = Vec::new();
        let mut say = |what, value: String, promised: &str, held| {
            verdicts.push(Verdict { what, value, promised: promised.to_owned(), held });
        };
        let asked = self.outage_events + self.live_events;
        say("events accepted", format!("{} of {asked}", self.accepted), "all", self.accepted == asked);
        say(
            "events delivered",
            format!("{} of {}", self.accepted - self.missing, self.accepted),
            "all",
            self.missing == 0,
        );
        say("sent twice by us", self.sent_twice.to_string(), "0", self.sent_twice == 0 && self.renamed == 0);
        say("tried again without a failure", self.repeated.to_string(), "0", self.repeated == 0);
        say(
            "overload answers by the replay",
            format!(
                "{:.3} % ({} of {} tries, and {} to live events)",
                self.overload_share * 100.0,
                self.overload_answers,
                self.replay_tries,
                self.overload_answers_to_live
            ),
            "< 1 %",
            self.overload_share < MOST_OVERLOAD,
        );
        for (what, before, during) in [
            ("live p50 against before", self.live_before.p50_ms, self.live_during.p50_ms),
            ("live p99 against before", self.live_before.p99_ms, self.live_during.p99_ms),
        ] {
            let times = during / before.max(0.001);
            let held = self.live_during.events > 0 && times < MOST_SLOWER;
            say(what, format!("{times:.2}x ({before:.1} ms, {during:.1} ms)"), "< 2x", held);
        }
        say(
            "time to drain against the receiver's own limit",
            format!("{:.2}x ({:.1} s, {:.1} s)", self.drain_ratio, self.drain_seconds, self.limit_seconds),
            "< 1.25x",
            self.drain_ratio < MOST_LONGER,
        );
        let actions = self.operator_actions.len();
        let (most, promised) = if self.breaker { (0, "0") } else { (MOST_ACTIONS, "at most 3") };
        say("operator actions", format!("{actions} {:?}", self.operator_actions), promised, actions <= most);
        self.held = verdicts.iter().all(|verdict| verdict.held);
        self.verdicts = verdicts;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{} events in an outage of {:.0} s ({:.0} taken a second), {} beside them, on {}",
            self.outage_events, self.outage_seconds, self.outage_taken_each_second, self.live_events, self.database
        )?;
        for Verdict { what, value, promised, held } in &self.verdicts {
            let mark = if *held { "ok    " } else { "FAILED" };
            writeln!(out, "{mark}  {what:<48} {value}  (promised: {promised})")?;
        }
        writeln!(
            out,
            "        {:<48} {:.2}x",
            "time to drain against the whole capacity", self.drain_ratio_of_capacity
        )?;
        if let Some(bytes) = self.server_peak_bytes {
            writeln!(out, "        {:<48} {} MiB", "most memory of the server", bytes >> 20)?;
        }
        write!(out, "{}", if self.held { "everything held" } else { "not everything held" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_of_live_events_of_a_time() {
        let story = |second: u64, millis: u64, is_live| {
            let sent = Duration::from_secs(second);
            Story { is_live, sent, delivered: Some(sent + Duration::from_millis(millis)), ..Story::default() }
        };
        let mut stories: Vec<_> = (1..=100).map(|n| story(10, n, true)).collect();
        stories.extend([story(9, 9000, true), story(11, 9000, true), story(10, 9000, false)]);
        let found = Latency::of(&stories, Duration::from_secs(10), Duration::from_secs(11));
        assert_eq!((found.events, found.p50_ms, found.p99_ms, found.worst_ms), (100, 50.0, 99.0, 100.0));
    }
}
