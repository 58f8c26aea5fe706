//! The transform stage: from an event's capture until its connection's scripts and filter let it go on, or not.
//!
//! An event of a connection with transformations is committed without a pending row; it has a row of `transforming`
//! instead. Scripts run on threads of their own (`transformation/pool.rs`), so neither a lane nor a capture waits for one.
//! What came of them is one commit by the writer: the runs, what they made, and the event's fate. Whoever deletes the row of
//! `transforming` in it decides: should two nodes have run the scripts, the other's commit changes nothing.
//!
//! - The node that captures an event keeps it in memory for its own threads where there is room, and says so in the row. What
//!   has no room is left to whoever looks for it, oldest first, some of each connection at a time.
//! - A node says every few seconds that it lives (`transformer`). Rows of nodes that do not are taken by others, so an
//!   event whose node died is transformed again, and delivered with the same `webhook-id`.
//! - Scripts and rules are those of the moment in which they run.

mod memory;
mod record;
mod rescue;
mod store;
mod work;

pub(crate) use memory::{Reserved, Stage};
pub(crate) use record::{Fate, Transformed, Work, record};
pub(crate) use rescue::{hand_back, run};
pub(crate) use store::{cancel, cancel_all};

use std::{collections::HashSet, sync::Arc};

use bytes::Bytes;
use hookyard_model::{ConnectionId, DestinationId, EventId, Mode, RequestId, SourceId, TeamId, Timestamp, Trigger};

use crate::{Engine, delivery::LaneKey, simulator::Staged, transformation::Content};

/// An event that is to be transformed, and what it brought.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) team: TeamId,
    pub(crate) mode: Mode,
    pub(crate) event: EventId,
    pub(crate) request: RequestId,
    pub(crate) source: SourceId,
    pub(crate) connection: ConnectionId,
    pub(crate) destination: DestinationId,
    pub(crate) event_type: Option<String>,
    pub(crate) webhook_id: String,
    pub(crate) simulated: bool,
    /// Of its pending row.
    pub(crate) rank: u8,
    pub(crate) cause: Trigger,
    pub(crate) created_at: Timestamp,
    pub(crate) brought: Arc<Brought>,
}

/// What a request brought, shared by its events.
#[derive(Debug)]
pub(crate) struct Brought {
    pub(crate) enveloped: bool,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// JSON list of pairs.
    pub(crate) headers: String,
    pub(crate) body: Bytes,
    pub(crate) replay_of: Option<RequestId>,
    pub(crate) staged: Option<Staged>,
}

impl Raw {
    pub(crate) const fn lane(&self) -> LaneKey {
        LaneKey { team: self.team, mode: self.mode, destination: self.destination }
    }

    /// How many bytes of memory it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        self.brought.body.len() + self.brought.headers.len() + self.brought.query.len() + 512
    }

    fn content(&self) -> Content {
        let brought = &self.brought;
        let (method, path, query) = (brought.method.clone(), brought.path.clone(), brought.query.clone());
        Content::stored(method, path, query, &brought.headers, brought.body.clone())
    }
}

/// An event for the stage, in the memory of this node where there was room for it.
#[derive(Debug)]
pub(crate) struct Entering {
    pub(crate) raw: Arc<Raw>,
    pub(crate) reserved: Option<Reserved>,
}

impl Engine {
    /// These events are committed, but for those that are not to be.
    pub(crate) fn enter(&self, entering: Vec<Entering>, is_kept: impl Fn(EventId) -> bool) {
        let mut elsewhere = false;
        for Entering { raw, reserved } in entering.into_iter().filter(|entering| is_kept(entering.raw.event)) {
            match reserved {
                Some(reserved) => self.transform_event(raw, reserved),
                None => elsewhere = true,
            }
        }
        if elsewhere {
            self.stage_has_work();
        }
    }

    /// Something is in the stage that nobody has in memory.
    pub(crate) fn stage_has_work(&self) {
        self.0.stage.look();
        self.0.routing.wake.transform();
    }

    /// What came of an event's transformations is committed, if its event is among those `recorded`.
    pub(crate) fn leave(&self, done: Transformed, nudged: &[LaneKey], recorded: &HashSet<EventId>) {
        let (lanes, wake, lane) = (&self.0.lanes, &self.0.routing.wake, done.raw.lane());
        if !recorded.contains(&done.raw.event) {
            // Cancelled meanwhile, or another node was first.
            lanes.lost(&done.waiting);
        } else if done.waiting.is_empty() {
            if matches!(done.fate, Fate::Sent { .. }) {
                lanes.look_at(&lane);
                if nudged.contains(&lane) {
                    wake.lane(lane);
                }
            }
        } else {
            lanes.arrived(done.waiting, nudged, wake);
        }
    }
}
