//! Which events of the stage this node has in memory: bounded in number, in bytes and for each connection.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use hookyard_model::{ConnectionId, EventId};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// How many there are at most, and how many of one connection.
const MOST: usize = 4096;
const OF_ONE: usize = 256;
/// How many bytes of payload.
const BYTES: usize = 64 << 20;
/// How many bytes that scripts made may wait to be committed.
const MADE: usize = 128 << 20;

/// The stage of this node.
#[derive(Debug, Clone)]
pub(crate) struct Stage(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    node: Arc<str>,
    /// Whether this node transforms at all.
    open: AtomicBool,
    memory: Mutex<Memory>,
    due: Notify,
}

#[derive(Debug, Default)]
struct Memory {
    here: HashSet<EventId>,
    of: HashMap<ConnectionId, usize>,
    bytes: usize,
    /// What scripts made and is not committed yet.
    made: usize,
    /// The table may have events of these that nobody has in memory; they go first.
    more: HashSet<ConnectionId>,
    /// The table may have events that this node is said to have, and has not.
    lost: bool,
}

/// A place in memory, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    stage: Stage,
    event: EventId,
    connection: ConnectionId,
    bytes: usize,
    made: usize,
}

impl Stage {
    pub(crate) fn new(node: String) -> Self {
        let (open, memory) = (AtomicBool::new(false), Mutex::default());
        Self(Arc::new(Inner { node: node.into(), open, memory, due: Notify::new() }))
    }

    pub(crate) fn node(&self) -> &Arc<str> {
        &self.0.node
    }

    pub(super) fn open(&self, open: bool) {
        self.0.open.store(open, Relaxed);
    }

    /// Somebody is to look into the table.
    pub(crate) fn look(&self) {
        self.0.due.notify_one();
    }

    pub(super) async fn looked_for(&self) {
        self.0.due.notified().await;
    }

    /// A place for an event that is just captured; none where it is to go through the table.
    pub(crate) fn reserve(&self, connection: ConnectionId, event: EventId, bytes: usize) -> Option<Reserved> {
        if !self.0.open.load(Relaxed) {
            return None;
        }
        let mut memory = self.0.memory.lock();
        let is_next = !memory.more.contains(&connection);
        if is_next && memory.has_room(connection, bytes) {
            return Some(self.put(&mut memory, connection, event, bytes));
        }
        memory.more.insert(connection);
        None
    }

    /// A place for an event that was taken from the table; none when it is here already.
    pub(super) fn take(&self, connection: ConnectionId, event: EventId, bytes: usize) -> Option<Reserved> {
        let mut memory = self.0.memory.lock();
        (!memory.here.contains(&event)).then(|| self.put(&mut memory, connection, event, bytes))
    }

    fn put(&self, memory: &mut Memory, connection: ConnectionId, event: EventId, bytes: usize) -> Reserved {
        memory.here.insert(event);
        *memory.of.entry(connection).or_default() += 1;
        memory.bytes += bytes;
        Reserved { stage: self.clone(), event, connection, bytes, made: 0 }
    }

    /// How many more of a connection are to be taken from the table.
    pub(super) fn room(&self, connection: ConnectionId) -> usize {
        let memory = self.0.memory.lock();
        let used = memory.of.get(&connection).copied().unwrap_or_default();
        if memory.has_room(connection, 0) { OF_ONE.saturating_sub(used) } else { 0 }
    }

    pub(super) fn is_here(&self, event: EventId) -> bool {
        self.0.memory.lock().here.contains(&event)
    }

    /// The table has no more of this connection, or it has.
    pub(super) fn has_more(&self, connection: ConnectionId, more: bool) {
        let mut memory = self.0.memory.lock();
        if more {
            memory.more.insert(connection);
        } else {
            memory.more.remove(&connection);
        }
    }

    /// The table has events of these connections alone.
    pub(super) fn only(&self, connections: &[ConnectionId]) {
        self.0.memory.lock().more.retain(|connection| connections.contains(connection));
    }

    /// Nobody knows whether what is said to be here was committed.
    pub(crate) fn lost(&self) {
        self.0.memory.lock().lost = true;
        self.look();
    }

    /// The same, and nobody looks before it is time to: what just failed may fail again.
    pub(crate) fn lost_for_now(&self) {
        self.0.memory.lock().lost = true;
    }

    pub(super) fn take_lost(&self) -> bool {
        std::mem::take(&mut self.0.memory.lock().lost)
    }

    /// Whether too much waits to be committed to make more.
    pub(super) fn is_full(&self) -> bool {
        self.0.memory.lock().made > MADE
    }
}

impl Memory {
    fn has_room(&self, connection: ConnectionId, bytes: usize) -> bool {
        self.here.len() < MOST
            && self.bytes.saturating_add(bytes) <= BYTES.max(bytes)
            && self.of.get(&connection).is_none_or(|used| *used < OF_ONE)
    }
}

impl Reserved {
    /// So much was made of it.
    pub(super) fn made(&mut self, bytes: usize) {
        self.made += bytes;
        self.stage.0.memory.lock().made += bytes;
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let mut memory = self.stage.0.memory.lock();
        memory.here.remove(&self.event);
        memory.bytes -= self.bytes;
        memory.made -= self.made;
        let mut left = 0;
        if let Some(used) = memory.of.get_mut(&self.connection) {
            *used -= 1;
            left = *used;
        }
        if left == 0 {
            memory.of.remove(&self.connection);
        }
        // Half of the room at a time, so that the table is not read for each.
        if left <= OF_ONE / 2 && memory.more.contains(&self.connection) {
            self.stage.look();
        }
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[test]
    fn a_place_is_given_where_there_is_room_and_nobody_before() {
        let stage = Stage::new("a".to_owned());
        let (one, other) = (ConnectionId::new(Ulid(1)), ConnectionId::new(Ulid(2)));
        let event = |n: usize| EventId::new(Ulid(n as u128));
        assert!(stage.reserve(one, event(0), 1).is_none(), "not open yet");
        stage.open(true);
        stage.has_more(one, false);
        let mut places: Vec<_> = (0..OF_ONE).filter_map(|n| stage.reserve(one, event(n), 1)).collect();
        assert_eq!(places.len(), OF_ONE);
        assert!(stage.reserve(one, event(OF_ONE), 1).is_none(), "one connection has its share");
        let others = stage.reserve(other, event(1000), 1);
        assert!(others.is_some(), "another has its own");
        places.pop();
        assert!(stage.reserve(one, event(OF_ONE + 1), 1).is_none(), "the one in the table goes first");
        assert_eq!(stage.room(one), 1);
        let taken = stage.take(one, event(OF_ONE), 1);
        assert!(taken.is_some() && stage.take(one, event(OF_ONE), 1).is_none(), "once");
        drop((taken, places));
        stage.has_more(one, false);
        assert!(stage.reserve(one, event(OF_ONE + 2), 1).is_some());
        assert!(stage.reserve(other, event(2000), BYTES + 1).is_none());
        drop(others);
        assert_eq!(stage.0.memory.lock().bytes, 0);
    }
}
