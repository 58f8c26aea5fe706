//! Tries that are about to go out, and events that may not: whoever cancels many waits until none of them is on its way to
//! the network.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::{Duration, Instant},
};

use hookyard_model::EventId;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// How long a revoked event is remembered: a try that was begun before comes to its start long before that.
const REMEMBERED: Duration = Duration::from_mins(2);
/// How long to wait for tries that connect: a little more than a destination's longest timeout, after which none goes out.
pub(super) const PATIENCE: Duration = Duration::from_secs(61);

/// Tries of the ranks of recovery, which alone are cancelled in numbers.
#[derive(Debug, Default)]
pub(crate) struct Leaving {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Begun, and not taken up by a connection yet.
    about: HashSet<EventId>,
    revoked: HashMap<EventId, Instant>,
    /// The same, the oldest first.
    in_order: VecDeque<(Instant, EventId)>,
}

impl State {
    fn forget_before(&mut self, now: Instant) {
        while let Some((at, event)) = self.in_order.front().copied()
            && now.duration_since(at) >= REMEMBERED
        {
            self.in_order.pop_front();
            // Unless it was revoked again.
            if self.revoked.get(&event) == Some(&at) {
                self.revoked.remove(&event);
            }
        }
    }
}

impl Leaving {
    /// A try of the event begins; false when it may not.
    pub(super) fn begin(&self, event: EventId) -> bool {
        let mut state = self.state.lock();
        !state.revoked.contains_key(&event) && {
            state.about.insert(event);
            true
        }
    }

    /// The try went out, or ended.
    pub(super) fn gone(&self, event: EventId) {
        let was_about = self.state.lock().about.remove(&event);
        if was_about {
            self.changed.notify_waiters();
        }
    }

    /// No try of these begins from now on.
    pub(super) fn revoke(&self, events: impl Iterator<Item = EventId>) {
        let now = Instant::now();
        let mut state = self.state.lock();
        state.forget_before(now);
        for event in events {
            state.revoked.insert(event, now);
            state.in_order.push_back((now, event));
        }
    }

    /// Returns when none of these is about to go out.
    pub(super) async fn wait_for(&self, events: &[EventId]) {
        let gone = async {
            loop {
                let mut changed = std::pin::pin!(self.changed.notified());
                changed.as_mut().enable();
                if self.has_none(events) {
                    return;
                }
                changed.await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, gone).await;
    }

    fn has_none(&self, events: &[EventId]) -> bool {
        let state = self.state.lock();
        events.iter().all(|event| !state.about.contains(event))
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[tokio::test]
    async fn what_is_revoked_does_not_begin_and_what_has_begun_is_waited_for() {
        let (leaving, one, other) = (Leaving::default(), EventId::new(Ulid(1)), EventId::new(Ulid(2)));
        assert!(leaving.begin(one));
        leaving.revoke([one, other].into_iter());
        assert!(!leaving.begin(other));
        let both = [one, other];
        let waited = tokio::join!(leaving.wait_for(&both), async { leaving.gone(one) });
        assert_eq!(waited, ((), ()));
        assert!(!leaving.begin(one));
    }

    #[test]
    fn what_was_revoked_long_ago_is_forgotten_by_its_last_time() {
        let (first, second) = (EventId::new(Ulid(1)), EventId::new(Ulid(2)));
        let (start, minute) = (Instant::now(), Duration::from_mins(1));
        let mut state = State::default();
        for (event, at) in [(first, start), (second, start), (first, start + minute)] {
            state.revoked.insert(event, at);
            state.in_order.push_back((at, event));
        }
        state.forget_before(start + REMEMBERED);
        assert_eq!((state.revoked.contains_key(&first), state.revoked.contains_key(&second)), (true, false));
        state.forget_before(start + minute + REMEMBERED);
        assert!(state.revoked.is_empty() && state.in_order.is_empty());
    }
}
