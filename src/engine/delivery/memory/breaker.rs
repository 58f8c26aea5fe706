//! What a circuit breaker asks of a lane's memory.

use super::{EventId, GENTLE, Memory, Place, ROOM, Waiting};

impl Memory {
    /// Whether the event is being sent or recorded.
    pub(in crate::delivery) fn is_under_way(&self, event: EventId) -> bool {
        self.places.get(&event).is_some_and(|(place, _)| matches!(place, Place::Sending | Place::Settling))
    }

    /// An event that never waited here is being sent.
    pub(in crate::delivery) fn send_alone(&mut self, waiting: &Waiting) {
        let bytes = waiting.parcel.bytes();
        self.forget(waiting.key.event);
        self.places.insert(waiting.key.event, (Place::Sending, bytes));
        self.sending += 1;
        self.bytes += bytes;
        self.budget.take(bytes);
    }

    /// Whether little is left of what a breaker held and let go.
    pub(in crate::delivery) fn wants_backlog(&self) -> bool {
        let rank = usize::from(GENTLE);
        !self.more[rank] && self.waiting[rank] <= ROOM[rank] / 4
    }

    /// More of what a breaker held was let go.
    pub(in crate::delivery) fn expect_backlog(&mut self) {
        self.crowded = false;
        self.more[usize::from(GENTLE)] = true;
    }
}
