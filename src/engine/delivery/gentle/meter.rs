//! What the pace of recovery goes by: how many went out, what came back, and how long that took.

use std::{collections::VecDeque, time::Duration};

use hookyard_model::Timestamp;

/// How long a part of [`Meter::parts`] is, and how many are kept.
const PART_MS: i64 = 200;
const PARTS: usize = 16;
/// How many latencies are kept, and for how long they are new; older ones count when few are.
const LATENCIES: usize = 256;
const RECENT: Duration = Duration::from_millis(600);
const OLD: Duration = Duration::from_secs(20);
/// Counts and latencies of the last seconds: plain memory of a fixed size.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Oldest first: the number of the part of time, and what it counts.
    parts: VecDeque<(i64, Counts)>,
    latencies: VecDeque<Latency>,
}

/// What recovery did in a part of time.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    sent: u32,
    /// Answered, with whatever, but not with that it was too much.
    taken: u32,
    refused: u32,
}

/// The same, a second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    pub(super) sent: f64,
    pub(super) taken: f64,
    pub(super) refused: f64,
}

/// The median of latencies, in milliseconds, how far apart the middle half of them is, and about by how much the median
/// may differ by chance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Middle {
    pub(super) millis: f64,
    pub(super) spread: f64,
    pub(super) error: f64,
}

#[derive(Debug)]
struct Latency {
    sent_at: Timestamp,
    at: Timestamp,
    millis: f64,
}

impl Meter {
    fn part(&mut self, now: Timestamp) -> &mut Counts {
        let number = now.millis().div_euclid(PART_MS);
        if self.parts.back().is_none_or(|(last, _)| *last < number) {
            self.parts.push_back((number, Counts::default()));
            if self.parts.len() > PARTS {
                self.parts.pop_front();
            }
        }
        // What ended a little earlier than what was counted before belongs to about the same time.
        let last = self.parts.len() - 1;
        &mut self.parts[last].1
    }

    pub(super) fn sent(&mut self, now: Timestamp) {
        self.part(now).sent += 1;
    }

    pub(super) fn ended(&mut self, is_refused: bool, now: Timestamp) {
        let part = self.part(now);
        if is_refused {
            part.refused += 1;
        } else {
            part.taken += 1;
        }
    }

    /// How long the receiver took for something that was sent then.
    pub(super) fn took(&mut self, latency: Duration, sent_at: Timestamp, at: Timestamp) {
        self.latencies.push_back(Latency { sent_at, at, millis: latency.as_secs_f64() * 1000.0 });
        if self.latencies.len() > LATENCIES {
            self.latencies.pop_front();
        }
    }

    /// What recovery did in the last whole parts of time before now, as many a second as that comes to.
    pub(super) fn rates(&self, within: Duration, now: Timestamp) -> Rates {
        let parts = i64::try_from(within.as_millis()).unwrap_or(PART_MS) / PART_MS;
        let end = now.millis().div_euclid(PART_MS);
        let mut sum = Counts::default();
        for (_, counts) in self.parts.iter().filter(|(number, _)| (end - parts..end).contains(number)) {
            sum.sent += counts.sent;
            sum.taken += counts.taken;
            sum.refused += counts.refused;
        }
        let a_second = |count: u32| f64::from(count) / within.as_secs_f64();
        Rates { sent: a_second(sum.sent), taken: a_second(sum.taken), refused: a_second(sum.refused) }
    }

    /// How long the last answers took of what was sent `since` then or later: a second's, or so many as are `few`.
    pub(super) fn latency(&self, since: Timestamp, few: usize, now: Timestamp) -> Option<Middle> {
        let recent = |age: Duration| {
            let after = now.minus(age);
            self.latencies.iter().rev().filter(move |one| one.at > after && one.sent_at >= since)
        };
        let mut millis: Vec<f64> = recent(RECENT).map(|one| one.millis).collect();
        if millis.len() < few {
            millis = recent(OLD).take(few).map(|one| one.millis).collect();
        }
        if millis.len() < few.div_ceil(2) {
            return None;
        }
        millis.sort_unstable_by(f64::total_cmp);
        let at = |quarter: usize| millis[(millis.len() - 1) * quarter / 4];
        let count = f64::from(u32::try_from(millis.len()).unwrap_or(u32::MAX));
        let spread = at(3) - at(1);
        Some(Middle { millis: at(2), spread, error: spread / count.sqrt() * (1.0 + 4.0 / count) })
    }
}
