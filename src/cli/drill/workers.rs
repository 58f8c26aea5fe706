//! A server of a fixed capacity, as sums: some workers, and a queue that holds no more than so many.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    time::Duration,
};

/// How many work at once when it is warm.
pub(super) const WORKERS: u32 = 8;
/// How many may wait for one of them; whoever comes then is told to come back later.
pub(super) const QUEUE: usize = 16;
/// A worker that just started takes so many times as long for its first answer.
const FIRST_IS_SLOW: u32 = 5;

/// Workers that are never idle while somebody waits. Times are since the drill began, so nothing depends on how exactly
/// anybody sleeps: over any while it does as much as it can, and no more.
#[derive(Debug)]
pub(super) struct Workers {
    /// How long one answer takes.
    service: Duration,
    /// When each is free, and whether it has yet to give its first answer.
    free: BinaryHeap<Reverse<(Duration, bool)>>,
    /// When those who wait are served.
    starts: VecDeque<Duration>,
}

impl Workers {
    /// All at work.
    pub(super) fn warm(capacity: u32) -> Self {
        let free = (0..WORKERS).map(|_| Reverse((Duration::ZERO, false))).collect();
        Self { service: Self::service(capacity), free, starts: VecDeque::new() }
    }

    /// A quarter of them at work, the others one by one until `ramp` has passed.
    pub(super) fn cold(capacity: u32, now: Duration, ramp: Duration) -> Self {
        let first = WORKERS / 4;
        let at = |worker: u32| now + ramp * (worker + 1).saturating_sub(first) / (WORKERS - first);
        let free = (0..WORKERS).map(|worker| Reverse((at(worker), true))).collect();
        Self { service: Self::service(capacity), free, starts: VecDeque::new() }
    }

    fn service(capacity: u32) -> Duration {
        Duration::from_secs(u64::from(WORKERS)) / capacity.max(1)
    }

    /// Takes one in; returns when it is answered. None: there is no room.
    pub(super) fn take(&mut self, now: Duration) -> Option<Duration> {
        while self.starts.front().is_some_and(|start| *start <= now) {
            self.starts.pop_front();
        }
        let mut next = self.free.peek_mut()?;
        let Reverse((free, is_first)) = *next;
        let start = free.max(now);
        if start > now {
            if self.starts.len() >= QUEUE {
                return None;
            }
            self.starts.push_back(start);
        }
        let done = start + if is_first { self.service * FIRST_IS_SLOW } else { self.service };
        *next = Reverse((done, false));
        Some(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn it_does_as_much_as_it_can_and_no_more() {
        let mut workers = Workers::warm(200);
        let done: Vec<_> = (0..24).filter_map(|_| workers.take(ms(0))).collect();
        assert_eq!((done.len(), done[0], done[7], done[8], done[23]), (24, ms(40), ms(40), ms(80), ms(120)));
        assert_eq!(workers.take(ms(0)), None);
        assert_eq!(workers.take(ms(39)), None);
        // Eight of those who waited are being served.
        assert_eq!((0..9).filter_map(|_| workers.take(ms(40))).count(), 8);
    }

    #[test]
    fn a_cold_one_grows() {
        let answered_by = |second: u64| {
            let mut workers = Workers::cold(200, ms(0), ms(30_000));
            let tries = (0..second * 1000).filter_map(|now| workers.take(ms(now)));
            tries.filter(|done| *done <= ms(second * 1000)).count()
        };
        assert!((40..=50).contains(&answered_by(1)), "{}", answered_by(1));
        let last = answered_by(32) - answered_by(31);
        assert!((195..=205).contains(&last), "{last}");
    }
}
