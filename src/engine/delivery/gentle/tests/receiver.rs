//! Receivers that are simulated, and a recovery that sends to them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use hookyard_model::PaceReading;

use super::super::*;

/// A receiver: so many workers with a bounded queue before them, or a limiter that refuses at once.
pub(super) struct Receiver {
    /// When each worker is free, in microseconds, and whether it has yet to give its first answer.
    workers: BinaryHeap<Reverse<(u64, bool)>>,
    /// When what waits in the queue begins.
    begins: BinaryHeap<Reverse<u64>>,
    bound: usize,
    /// How long one takes, in milliseconds.
    takes: f64,
    /// How long they are slow at first, four times as slow as later.
    pub(super) cold_for: f64,
    /// Whether what they take differs a lot, as waiting times of strangers do.
    pub(super) varies: bool,
    /// The share that is answered with 500.
    pub(super) fails: f64,
    /// When recovery begins it has just come back, and in so many milliseconds all of it is there.
    pub(super) comes_back_within: Option<f64>,
    limit: Option<(f64, u32)>,
    window: (u64, u32),
    dead: Option<u16>,
    /// After how many that came it dies.
    pub(super) dies_after: Option<u32>,
    chance: u64,
}

impl Receiver {
    pub(super) fn queue(workers: usize, takes: f64, bound: usize) -> Self {
        Self {
            workers: (0..workers).map(|_| Reverse((0, false))).collect(),
            begins: BinaryHeap::new(),
            bound,
            takes,
            cold_for: 0.0,
            varies: false,
            fails: 0.0,
            comes_back_within: None,
            limit: None,
            window: (0, 0),
            dead: None,
            dies_after: None,
            chance: 7,
        }
    }

    /// It begins anew: a quarter of the workers is there, the others come one by one, and each takes long for its first.
    fn comes_back(&mut self, now: u64) {
        let Some(within) = self.comes_back_within.take() else { return };
        let (all, first) = (self.workers.len(), self.workers.len() / 4);
        let at =
            |worker: usize| now + micros(within * (worker + 1).saturating_sub(first) as f64 / (all - first) as f64);
        self.workers = (0..all).map(|worker| Reverse((at(worker), true))).collect();
    }

    /// So many in each window of so many milliseconds.
    pub(super) fn limiter(window: f64, most: u32, takes: f64) -> Self {
        Self { limit: Some((window, most)), ..Self::queue(1000, takes, 1000) }
    }

    /// Answers everything with this status, 0: refuses connections.
    pub(super) fn dead(status: u16, takes: f64) -> Self {
        Self { dead: Some(status), ..Self::queue(1000, takes, 1000) }
    }

    /// From 0 up to 1, the same in each run.
    fn chance(&mut self) -> f64 {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) as f64 / (1_u64 << 31) as f64
    }

    /// What comes of a request that arrives at `now`, in microseconds, and when.
    fn answer(&mut self, now: u64) -> (u64, Outcome) {
        if let Some(left) = &mut self.dies_after {
            *left = left.saturating_sub(1);
            self.dead = (*left == 0).then_some(503);
        }
        if let Some(status) = self.dead {
            let refused = Outcome::Failed(ErrorCode::ConnectionRefused);
            return (now + micros(self.takes), if status == 0 { refused } else { Outcome::Answered(status) });
        }
        if let Some((window, most)) = self.limit {
            let number = now / micros(window);
            if self.window.0 != number {
                self.window = (number, 0);
            }
            self.window.1 += 1;
            if self.window.1 > most {
                return (now + 2000, Outcome::Answered(429));
            }
        }
        while self.begins.peek().is_some_and(|Reverse(at)| *at <= now) {
            self.begins.pop();
        }
        if self.begins.len() >= self.bound {
            return (now + 2000, Outcome::Answered(503));
        }
        let Reverse((free, is_first)) = self.workers.pop().unwrap();
        let begins = free.max(now);
        let cold = if begins < micros(self.cold_for) { 4.0 } else { 1.0 };
        let varied = if self.varies { -(1.0 - self.chance()).ln() } else { 1.0 };
        let first = if is_first { 5.0 } else { 1.0 };
        let ends = begins + micros(self.takes * cold * varied * first);
        self.workers.push(Reverse((ends, false)));
        self.begins.push(Reverse(begins));
        let status = if self.chance() < self.fails { 500 } else { 200 };
        (ends + 1000, Outcome::Answered(status))
    }
}

/// A recovery of so many items, beside live traffic of so many a second.
pub(super) struct Recovery {
    pub(super) items: u32,
    pub(super) live: f64,
    pub(super) most: usize,
    pub(super) limit: Option<(u32, Duration)>,
    /// Nothing was sent before it, so that nothing is known of the receiver.
    pub(super) is_first: bool,
    /// When it is given up.
    pub(super) for_seconds: f64,
}

impl Default for Recovery {
    fn default() -> Self {
        Self { items: 0, live: 0.0, most: 16, limit: None, is_first: false, for_seconds: 100_000.0 }
    }
}

/// What came of a recovery.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// In seconds.
    pub(super) drained_at: f64,
    pub(super) stopped_at: Option<f64>,
    pub(super) sent: u32,
    answers: u32,
    pub(super) refused: u32,
    pub(super) live_mean: f64,
    pub(super) live_mean_before: f64,
    pub(super) live_p99: f64,
    /// How many were sent in each second.
    pub(super) sent_in: Vec<u32>,
    /// The most that were sent within a millisecond.
    pub(super) most_at_once: u32,
    /// What it told each second.
    pub(super) readings: Vec<PaceReading>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "drained at {:.1} s, stopped at {:?}, sent {}, {} of {} refused, live {:.1} -> {:.1} ms, p99 {:.1} ms, {} at once, each second {:?}",
            self.drained_at,
            self.stopped_at,
            self.sent,
            self.refused,
            self.answers,
            self.live_mean_before,
            self.live_mean,
            self.live_p99,
            self.most_at_once,
            &self.sent_in[..self.sent_in.len().min(60)]
        )
    }
}

impl Report {
    pub(super) fn overloads(&self) -> f64 {
        f64::from(self.refused) / f64::from(self.answers)
    }
}

impl Recovery {
    pub(super) fn run(&self, mut receiver: Receiver) -> Report {
        let mut gentle = Gentle::new();
        gentle.bound(self.most, self.limit);
        let mut report = Report::default();
        // What comes back: when, a number, whether it is live, when it was sent.
        let mut answers: BTreeMap<(u64, u32), (bool, u64, Outcome)> = BTreeMap::new();
        let (mut left, mut under_way, mut number, mut next_live) = (self.items, 0, 0, 0.0);
        let mut lives: Vec<f64> = Vec::new();
        let first = 10_000;
        for millis in 0.. {
            let (now, at) = (millis * 1000, Timestamp::from_millis(1_000_000 + millis as i64));
            let instant = |micros: u64| Timestamp::from_millis(1_000_000 + (micros / 1000) as i64);
            while let Some(entry) = answers.first_entry()
                && entry.key().0 <= now
            {
                let ((ended, _), (is_live, sent, outcome)) = entry.remove_entry();
                let took = Duration::from_micros(ended - sent);
                report.answers += 1;
                report.refused += u32::from(is_overload(outcome));
                if is_live {
                    lives.push(took.as_secs_f64() * 1000.0);
                } else {
                    under_way -= 1;
                    left = left.saturating_sub(u32::from(!is_overload(outcome)));
                }
                gentle.heard(Heard {
                    is_gentle: !is_live,
                    is_bulk: !is_live,
                    outcome,
                    sent_at: instant(sent),
                    at: instant(ended),
                    latency: matches!(outcome, Outcome::Answered(_)).then_some(took),
                });
            }
            if millis == first {
                report.live_mean_before = mean(&lives);
                lives.clear();
                receiver.comes_back(now);
            }
            let seconds = (millis.saturating_sub(first)) as f64 / 1000.0;
            if self.live > 0.0 && millis as f64 >= next_live {
                next_live += 1000.0 / self.live * (0.5 + receiver.chance());
                if millis >= first || !self.is_first {
                    let (ends, outcome) = receiver.answer(now);
                    number += 1;
                    answers.insert((ends, number), (true, now, outcome));
                }
            }
            if left == 0 || seconds > self.for_seconds || gentle.stopped.is_some() {
                report.drained_at = seconds;
                report.stopped_at = gentle.stopped.is_some().then_some(seconds);
                break;
            }
            let mut at_once = 0;
            while millis >= first && left > under_way && gentle.ready(true, under_way as usize, at).is_ok() {
                gentle.take(at);
                let (ends, outcome) = receiver.answer(now);
                number += 1;
                answers.insert((ends, number), (false, now, outcome));
                under_way += 1;
                at_once += 1;
                report.sent += 1;
                let second = seconds as usize;
                report.sent_in.resize(report.sent_in.len().max(second + 1), 0);
                report.sent_in[second] += 1;
            }
            report.most_at_once = report.most_at_once.max(at_once);
            if millis >= first && (millis - first) % 1000 == 999 {
                report.readings.push(gentle.reading((Timestamp::from_millis(0), false), at));
            }
        }
        report.live_mean = mean(&lives);
        lives.sort_by(f64::total_cmp);
        report.live_p99 = lives.get(lives.len() * 99 / 100).copied().unwrap_or_default();
        report
    }
}

fn micros(millis: f64) -> u64 {
    (millis * 1000.0) as u64
}

fn mean(all: &[f64]) -> f64 {
    all.iter().sum::<f64>() / all.len().max(1) as f64
}
