//! What the board's buttons ask for.

use hookyard_model::{ConnectionId, Status};
use leptos::prelude::*;

use crate::{
    connection::server::{DeleteConnection, SetConnectionPaused, SetConnectionStatus},
    failure::Failure,
};

/// A connection that is asked to be deleted, and what that means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Doomed {
    pub(super) id: ConnectionId,
    pub(super) name: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) waiting: u64,
}

/// The ends of a connection to be made, as far as they are chosen.
pub(super) type Ends = (Option<String>, Option<String>);

#[derive(Clone, Copy)]
pub(super) struct Asked {
    status: ServerAction<SetConnectionStatus>,
    pause: ServerAction<SetConnectionPaused>,
    delete: ServerAction<DeleteConnection>,
    pub(super) doomed: RwSignal<Option<Doomed>>,
    pub(super) ends: RwSignal<Option<Ends>>,
    /// The source that is dragged to a destination.
    pub(super) dragged: RwSignal<Option<String>>,
}

impl Asked {
    pub(super) fn new() -> Self {
        Self {
            status: ServerAction::new(),
            pause: ServerAction::new(),
            delete: ServerAction::new(),
            doomed: RwSignal::new(None),
            ends: RwSignal::new(None),
            dragged: RwSignal::new(None),
        }
    }

    pub(super) fn set_paused(self, id: ConnectionId, paused: bool) {
        self.pause.dispatch(SetConnectionPaused { id, paused });
    }

    pub(super) fn set_enabled(self, id: ConnectionId, is_enabled: bool) {
        let status = if is_enabled { Status::Enabled } else { Status::Disabled };
        self.status.dispatch(SetConnectionStatus { id, status });
    }

    pub(super) fn delete(self, id: ConnectionId) {
        self.delete.dispatch(DeleteConnection { id });
    }

    /// A number that changes with each answer.
    pub(super) fn answered(self) -> (usize, usize, usize) {
        (self.status.version().get(), self.pause.version().get(), self.delete.version().get())
    }

    pub(super) fn failure(self) -> Option<Failure> {
        let of_status = self.status.value().get().and_then(Result::err);
        let of_pause = || self.pause.value().get().and_then(Result::err);
        of_status.or_else(of_pause).or_else(|| self.delete.value().get().and_then(Result::err))
    }
}
