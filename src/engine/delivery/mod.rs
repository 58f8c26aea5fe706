//! Delivery: from a pending row to a settled attempt.
//!
//! # Who is who
//!
//! - A *lane* is a destination's queue and the right to send to it. One node holds it at a time, by a lease in its row.
//! - A *pending* row is an event that needs an attempt. It is written with its event and gone when the event ends.
//! - An event is *waiting* when it is in a holder's memory, *sending* while it is tried, *announced* while the commit that
//!   creates it is under way.
//! - An *outcome* is what came of a try. It is never an error: `judge` makes a verdict of it, and settling records that.
//!
//! # What is promised
//!
//! - Every event whose capture was committed is tried until it is delivered, given up, cancelled or held: at least once.
//! - One node at a time sends to a destination, so concurrency, rate, slow-down and order are plain memory and true for
//!   all nodes. A lane that is stuck holds up itself alone.
//! - What a lane has in memory is bounded in events and in bytes; the rest stays in the table and is read in pages.
//! - No task, timer, connection or commit belongs to an event that waits.
//!
//! # Races, and what settles them
//!
//! - *A page is read while events are pushed from memory.* A row is skipped when its event is in memory, announced, or
//!   was settled since the read began (`Memory::read`). What could not be pushed for lack of room makes the lane read again.
//! - *An event is committed while the lane is released.* The release only succeeds if the lane's `nudges` are what they
//!   were when it began, and every commit for a lane that is not held here raises them.
//! - *A node sleeps past its lease.* It stops sending before the lease ends by its own monotonic clock, until a renewal
//!   tells that the lane is still its own. Else what it settles later changes nothing but adds the attempt, since the
//!   lane's epoch is another then.
//! - *A node dies.* Its leases run out; what was due when it died is sent again by whoever takes the lane, trigger
//!   `RECOVERY`: it may be a repetition, with the same `webhook-id`.
//! - *An event is cancelled while it is tried.* The attempt is recorded, the event stays cancelled.
//! - *Events are cancelled while another node has them in memory.* Whoever cancels is answered once that node has dropped
//!   them and none is about to leave it (`recall.rs`).

mod address;
mod attempt;
mod backoff;
mod breaker;
mod certificate;
mod cidr;
mod connect;
mod craft;
mod decode;
mod forward;
mod gentle;
mod guard;
pub(crate) mod hold;
mod lane;
mod lanes;
mod leaving;
mod memory;
mod mock;
mod pace;
mod rate;
mod reading;
mod recall;
mod room;
mod send;
mod sign;
mod store;
mod tls;
mod token;
mod unconnected;
mod verdict;
mod wake;

pub(crate) use address::append_path;
pub(crate) use breaker::{BreakerUpdate, record as record_breaker};
pub use cidr::Cidr;
pub(crate) use craft::{USER_AGENT, craft, header_pairs};
pub(crate) use decode::{Exchange, Whole, decoded};
pub(crate) use forward::{Forwarded, HOPS, is_kept_back};
pub(crate) use gentle::expected;
pub(crate) use lanes::{Lanes, hand_back, run};
pub(crate) use memory::{BULK, Parcel, PendingKey, RANKS, Waiting};
pub(crate) use pace::gentle_room;
pub(crate) use reading::{is_fresh, pace_reading};
pub(crate) use send::{Outgoing, Sender, uri};
pub(crate) use sign::{Signer, Signers};
pub(crate) use wake::{Wake, run as run_wake};

use hookyard_model::{DestinationId, Mode, TeamId};

/// Which lane: the destination, with its team and mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub(crate) struct LaneKey {
    pub(crate) team: TeamId,
    pub(crate) mode: Mode,
    pub(crate) destination: DestinationId,
}
