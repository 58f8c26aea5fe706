//! How many tries may be under way at once to a receiver.

use std::time::Duration;

use hookyard_model::Timestamp;

/// How long what was too much is believed to be so: then one more is tried, and again after as long.
const BELIEVED: Duration = Duration::from_secs(10);

/// How many tries may be under way. Halved where the receiver refuses or hangs, and back by as many as it answers; where it
/// refused, it stays below that for a while, since a receiver that has just come back would only fall over again.
#[derive(Debug)]
pub(super) struct Room {
    /// So many may be under way.
    pub(super) now: usize,
    pub(super) limit: usize,
    /// When it was made less since the receiver refused.
    pub(super) fell_at: Timestamp,
    /// What it bore when it refused last.
    bore: Option<usize>,
    /// Answers since it grew last.
    answers: usize,
    grew_at: Timestamp,
}

impl Room {
    pub(super) const fn new(limit: usize) -> Self {
        let (never, bore) = (Timestamp::from_millis(0), None);
        Self { now: limit, limit, fell_at: never, bore, answers: 0, grew_at: never }
    }

    pub(super) fn bound(&mut self, limit: usize) {
        self.limit = limit;
        self.now = self.now.min(limit);
    }

    /// It refused, since it has too much to do.
    pub(super) fn refused(&mut self, now: Timestamp) {
        self.bore = Some((self.now * 3 / 4).max(1));
        self.fall();
        (self.fell_at, self.grew_at, self.answers) = (now, now, 0);
    }

    /// Nobody was there. When it comes back it is cold, and what failed meanwhile comes all at once: slowly, then.
    pub(super) fn unreachable(&mut self, now: Timestamp) {
        self.now = (self.now / 2).max(4.min(self.limit));
        (self.bore, self.answers, self.grew_at) = (Some(self.limit), 0, now);
    }

    /// It did not answer in time.
    pub(super) fn timed_out(&mut self) {
        self.fall();
    }

    fn fall(&mut self) {
        self.now = (self.now / 2).max(2.min(self.limit));
    }

    /// It answered.
    pub(super) fn answered(&mut self, now: Timestamp) {
        let Some(bore) = self.bore else {
            self.now = (self.now * 2).clamp(1, self.limit);
            return;
        };
        self.answers += 1;
        // One more each time that all of them were answered; beyond what it bore, one more in a while.
        let grows = if self.now < bore { self.answers >= self.now } else { now >= self.grew_at.plus(BELIEVED) };
        if grows && self.now < self.limit {
            (self.now, self.answers, self.grew_at) = (self.now + 1, 0, now);
        }
        if self.now >= self.limit {
            self.bore = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_receiver_that_hangs_is_tried_with_fewer_and_one_that_answers_with_as_many_as_before() {
        let mut room = Room::new(32);
        for expected in [16, 8, 4, 2, 2] {
            room.timed_out();
            assert_eq!(room.now, expected);
        }
        for expected in [4, 8, 16, 32, 32] {
            room.answered(at(1));
            assert_eq!(room.now, expected);
        }
    }

    #[test]
    fn what_was_too_much_is_not_tried_again_at_once() {
        let mut room = Room::new(32);
        room.refused(at(1_000));
        assert_eq!(room.now, 16);
        for _ in 0..10_000 {
            room.answered(at(2_000));
        }
        assert_eq!(room.now, 24, "three quarters of what was too much");
        for second in 0..1_000 {
            room.answered(at(2_000 + second * 1_000));
        }
        assert_eq!(room.now, 32, "it may have grown since");
        let mut down = Room::new(32);
        for _ in 0..10 {
            down.unreachable(at(1));
        }
        assert_eq!(down.now, 4);
        for _ in 0..4 + 5 + 6 {
            down.answered(at(2));
        }
        assert_eq!(down.now, 7, "one more each time that all were answered");
        let mut one = Room::new(1);
        one.refused(at(1));
        assert_eq!(one.now, 1);
        one.answered(at(2));
        assert_eq!(one.now, 1);
    }
}
