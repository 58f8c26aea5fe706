//! What a lane has in memory. Plain state: nothing here waits or asks the database.

mod waiting;

use std::collections::{BTreeMap, HashMap, HashSet};

use hookyard_model::{ConnectionId, EventId, Timestamp};

use super::lane::PendingRow;
use crate::budget::Budget;
pub(crate) use waiting::{Parcel, PendingKey, Waiting};

/// How many events of each rank a lane keeps in memory, so that what is sent again cannot take the room of live ones.
const ROOM: [usize; 4] = [1024, 256, 256, 256];
/// How many bytes of payload a lane keeps; one event may always be there, so that every lane goes on.
const ROOM_BYTES: usize = 16 << 20;
/// Ranks: live first attempts; retries and single replays; what a breaker held and let go; bulk operations.
pub(crate) const RANKS: [u8; 4] = [0, 1, 2, 3];
/// From this rank on, events are sent at the gentle pace of recovery.
pub(crate) const GENTLE: u8 = 2;
/// The rank of bulk operations.
pub(crate) const BULK: u8 = 3;

/// Where in memory an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Announced,
    Waiting,
    Sending,
    /// Sent; what came of it is being recorded.
    Settling,
}

/// A lane's events in memory and what is known of the rest.
#[derive(Debug)]
pub(super) struct Memory {
    queue: BTreeMap<PendingKey, Waiting>,
    /// Where each event is, and how many bytes it has.
    places: HashMap<EventId, (Place, usize)>,
    waiting: [usize; 4],
    bytes: usize,
    /// Those of recovery that wait: however long they do, what is live finds room.
    patient_bytes: usize,
    /// All lanes' bytes.
    budget: Budget,
    sending: usize,
    /// Those being sent that belong to a receiver check, and those of recovery.
    checking: HashSet<EventId>,
    recovering: HashSet<EventId>,
    settling: usize,
    /// Events that left memory since the read under way began.
    left: Option<HashSet<EventId>>,
    /// How often all that waits was dropped, and how often when the read under way began.
    dropped: u64,
    read_since: u64,
    /// Whether there may be due rows in the table that are not in memory, and how often somebody said so.
    more: [bool; 4],
    said: u64,
    /// When the next row in the table falls due that is not due yet.
    next_due: Timestamp,
    /// The last read found no room for anything: there is no use in another before something leaves.
    crowded: bool,
}

impl Memory {
    /// Nothing is known yet: the table must be read.
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            queue: BTreeMap::new(),
            places: HashMap::new(),
            waiting: [0; 4],
            bytes: 0,
            patient_bytes: 0,
            budget,
            sending: 0,
            checking: HashSet::new(),
            recovering: HashSet::new(),
            settling: 0,
            left: None,
            dropped: 0,
            read_since: 0,
            more: [true; 4],
            said: 0,
            next_due: Timestamp::NEVER,
            crowded: false,
        }
    }

    pub(super) const fn sending(&self) -> usize {
        self.sending
    }

    /// How many were sent but not recorded yet.
    pub(super) const fn settling(&self) -> usize {
        self.settling
    }

    /// The try of an event ended; it stays in memory until what came of it is recorded.
    pub(super) fn sent(&mut self, event: EventId) {
        if let Some((place @ Place::Sending, _)) = self.places.get_mut(&event) {
            *place = Place::Settling;
            self.checking.remove(&event);
            self.recovering.remove(&event);
            self.sending -= 1;
            self.settling += 1;
        }
    }

    /// Whether nothing is in memory and nothing due is in the table.
    pub(super) fn is_idle(&self) -> bool {
        self.places.is_empty() && self.more == [false; 4]
    }

    pub(super) const fn next_due(&self) -> Timestamp {
        self.next_due
    }

    /// Something was put into the table past us, or may have been.
    pub(super) fn look_again(&mut self) {
        self.crowded = false;
        self.more = [true; 4];
        self.said += 1;
    }

    /// How often somebody said that there may be more in the table.
    pub(super) const fn said(&self) -> u64 {
        self.said
    }

    /// Something of this rank is in the table alone.
    fn leave_to_table(&mut self, rank: u8) {
        self.more[usize::from(rank)] = true;
        self.said += 1;
    }

    /// A commit with this event begins; whoever reads the table meanwhile leaves it to [`Self::push`].
    pub(super) fn announce(&mut self, event: EventId) {
        self.places.entry(event).or_insert((Place::Announced, 0));
    }

    /// The commit with this event is done. Without an announcement somebody may have read it from the table already.
    pub(super) fn push(&mut self, waiting: Waiting) {
        let key = waiting.key;
        if self.places.get(&key.event).map(|(place, _)| *place) != Some(Place::Announced) {
            self.leave_to_table(key.rank);
            return;
        }
        // Whoever was there before goes first; so while the table has more of this rank, it must go through the table.
        if self.more[usize::from(key.rank)] || !self.has_room(key.rank, waiting.parcel.bytes()) {
            self.forget(key.event);
            self.leave_to_table(key.rank);
        } else {
            self.insert(waiting);
        }
    }

    fn has_room(&self, rank: u8, bytes: usize) -> bool {
        let rank = usize::from(rank);
        self.waiting[rank] < ROOM[rank] && self.has_bytes(rank, self.bytes_of(rank), bytes)
    }

    /// How many bytes share the room of this rank: those of recovery have a part of their own.
    const fn bytes_of(&self, rank: usize) -> usize {
        if rank >= GENTLE as usize { self.patient_bytes } else { self.bytes - self.patient_bytes }
    }

    /// Whether so many more bytes of a rank fit, when `there` are there.
    fn has_bytes(&self, rank: usize, there: usize, bytes: usize) -> bool {
        let most = if rank >= usize::from(GENTLE) { ROOM_BYTES / 4 } else { ROOM_BYTES };
        there == 0 || (there + bytes <= most && self.budget.has_room(bytes))
    }

    /// Something of recovery waits no more.
    fn unread(&mut self, waiting: &Waiting) {
        if waiting.key.rank >= GENTLE {
            self.patient_bytes -= waiting.parcel.bytes();
        }
    }

    fn insert(&mut self, waiting: Waiting) {
        let bytes = waiting.parcel.bytes();
        self.places.insert(waiting.key.event, (Place::Waiting, bytes));
        self.waiting[usize::from(waiting.key.rank)] += 1;
        self.bytes += bytes;
        self.patient_bytes += if waiting.key.rank >= GENTLE { bytes } else { 0 };
        self.budget.take(bytes);
        self.queue.insert(waiting.key, waiting);
    }

    /// The event is no longer ours to send: settled, cancelled, held, or its commit failed.
    pub(super) fn forget(&mut self, event: EventId) {
        if let Some((place, bytes)) = self.places.remove(&event) {
            self.crowded = false;
            match place {
                Place::Sending => {
                    self.sending -= 1;
                    self.checking.remove(&event);
                    self.recovering.remove(&event);
                }
                Place::Settling => self.settling -= 1,
                Place::Waiting => {
                    let key = self.queue.keys().find(|key| key.event == event).copied();
                    if let Some(waiting) = key.and_then(|key| self.queue.remove(&key)) {
                        self.waiting[usize::from(waiting.key.rank)] -= 1;
                        self.unread(&waiting);
                    }
                }
                Place::Announced => {}
            }
            self.bytes -= bytes;
            self.budget.give_back(bytes);
        }
        if let Some(left) = &mut self.left {
            left.insert(event);
        }
    }

    /// The event is no longer to be sent, unless it is being sent already. One that is just being read from the table or
    /// about to be pushed is not taken up either.
    pub(super) fn forget_waiting(&mut self, event: EventId) {
        let place = self.places.get(&event).map(|(place, _)| *place);
        if !matches!(place, Some(Place::Sending | Place::Settling)) {
            self.forget(event);
        }
    }

    /// Drops what waits for these connections and returns whether there was any.
    pub(super) fn drop_of(&mut self, connections: &[ConnectionId]) -> bool {
        let events: Vec<EventId> =
            self.queue.values().filter(|w| connections.contains(&w.connection)).map(|w| w.key.event).collect();
        for event in &events {
            self.forget(*event);
        }
        !events.is_empty()
    }

    /// Whether anything waits for these connections.
    pub(super) fn has_of(&self, connections: &[ConnectionId]) -> bool {
        !connections.is_empty() && self.queue.values().any(|waiting| connections.contains(&waiting.connection))
    }

    /// Drops all that waits, and what a read under way finds; what is being sent stays.
    pub(super) fn drop_all(&mut self) {
        self.dropped += 1;
        let events: Vec<EventId> = self.queue.keys().map(|key| key.event).collect();
        for event in events {
            self.forget(event);
        }
    }

    /// How often all that waits was dropped: what was read before may be of the past.
    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The events that do not wait: those that are being sent, and those that may begin to wait, whatever the table says.
    pub(super) fn begun(&self) -> Vec<EventId> {
        self.places.iter().filter(|(_, (place, _))| *place != Place::Waiting).map(|(event, _)| *event).collect()
    }

    /// The events that are being sent or recorded.
    pub(super) fn under_way(&self) -> Vec<EventId> {
        let under_way = |place: Place| matches!(place, Place::Sending | Place::Settling);
        self.places.iter().filter(|(_, (place, _))| under_way(*place)).map(|(event, _)| *event).collect()
    }

    /// The next event to send, which is then being sent.
    pub(super) fn take(&mut self) -> Option<Waiting> {
        let (_, waiting) = self.queue.pop_first()?;
        self.waiting[usize::from(waiting.key.rank)] -= 1;
        self.unread(&waiting);
        self.places.insert(waiting.key.event, (Place::Sending, waiting.parcel.bytes()));
        self.sending += 1;
        if waiting.key.rank >= GENTLE {
            self.recovering.insert(waiting.key.event);
        }
        if waiting.is_of_a_check() {
            self.checking.insert(waiting.key.event);
        }
        Some(waiting)
    }

    /// Whether the next event belongs to a receiver check and may not be sent, since others of its kind take up half of
    /// the room already: what is live must always find some.
    pub(super) fn must_make_room(&self, concurrency: usize) -> bool {
        self.checking.len() >= concurrency.div_ceil(2)
            && self.queue.first_key_value().is_some_and(|(_, waiting)| waiting.is_of_a_check())
    }

    /// The rank to read from the table now, and how many rows: the first that has more and runs low in memory. A rank
    /// is not read while one before it has more, since what it has goes first.
    pub(super) fn wants(&self, now: Timestamp) -> Option<(u8, usize)> {
        if self.left.is_some() || self.crowded {
            return None;
        }
        let due = self.next_due <= now;
        for rank in RANKS {
            let index = usize::from(rank);
            if self.more[index] || due {
                let room = if rank >= GENTLE { ROOM_BYTES / 4 } else { ROOM_BYTES };
                let low = self.waiting[index] <= ROOM[index] / 4 && self.bytes_of(index) <= room / 2;
                // What is in memory is still in the table, before what is wanted.
                return low.then(|| (rank, self.places.len() + ROOM[index] / 2));
            }
        }
        None
    }

    /// A read of the table begins.
    pub(super) fn begin_read(&mut self, rank: u8, now: Timestamp) {
        self.left = Some(HashSet::new());
        self.read_since = self.dropped;
        if self.next_due <= now {
            self.next_due = Timestamp::NEVER;
            self.more = [true; 4];
        }
        self.more[usize::from(rank)] = false;
    }

    /// Whether a row that was read is new to us.
    pub(super) fn is_new(&self, event: EventId) -> bool {
        !self.places.contains_key(&event) && !self.left.as_ref().is_some_and(|left| left.contains(&event))
    }

    /// A read of `rank` ended: what was new in it, whether rows were left behind, and when the next falls due.
    pub(super) fn end_read(&mut self, rank: u8, found: Vec<Waiting>, more: bool, next_due: Timestamp) {
        if self.read_since != self.dropped {
            // What was found may have been cancelled since.
            self.fail_read(rank);
            return;
        }
        self.crowded = more && found.is_empty();
        for waiting in found {
            if self.is_new(waiting.key.event) {
                self.insert(waiting);
            }
        }
        self.left = None;
        self.more[usize::from(rank)] |= more;
        self.next_due = self.next_due.min(next_due);
    }

    /// Of rows that are new to us, those that there is room for, in order, and whether some were left out.
    pub(super) fn choose(&self, mut rows: Vec<PendingRow>) -> (Vec<PendingRow>, bool) {
        let rank = rows.first().map_or(0, |row| usize::from(row.key.rank));
        let mut bytes = self.bytes_of(rank);
        let mut room = ROOM[rank] - self.waiting[rank].min(ROOM[rank]);
        let fits = rows.iter().take_while(|row| {
            let fits = room > 0 && self.has_bytes(rank, bytes, row.size);
            room = room.saturating_sub(1);
            bytes += row.size;
            fits
        });
        let fit = fits.count();
        let cut = rows.len() > fit;
        rows.truncate(fit);
        (rows, cut)
    }

    /// The rank of the next event to send.
    pub(super) fn next_rank(&self) -> Option<u8> {
        self.queue.first_key_value().map(|(key, _)| key.rank)
    }

    /// How many of recovery are being sent, and whether any waits for that.
    pub(super) fn recovering(&self) -> (usize, bool) {
        let waits = self.waiting[usize::from(GENTLE)..].iter().any(|waiting| *waiting > 0);
        (self.recovering.len(), waits)
    }

    /// Nothing in the table is for us just now. Returns false, and it is to be looked at again, when somebody said otherwise
    /// since it was `said` so often: what was found out meanwhile may be of the past.
    pub(super) fn settle_down(&mut self, said: u64) -> bool {
        let is_so = self.said == said;
        if is_so {
            self.more = [false; 4];
            self.next_due = Timestamp::NEVER;
        }
        is_so
    }

    /// A read failed: it is to be made again.
    pub(super) fn fail_read(&mut self, rank: u8) {
        self.left = None;
        self.more[usize::from(rank)] = true;
    }

    /// A row that we know of falls due at `due_at`.
    pub(super) fn expect(&mut self, due_at: Timestamp) {
        self.next_due = self.next_due.min(due_at);
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

mod breaker;
#[cfg(test)]
mod tests;
