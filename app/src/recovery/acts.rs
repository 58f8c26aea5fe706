//! What the page's buttons ask for.

use leptos::prelude::*;

use super::server::{ConfirmOnce, RetryOne, StartRecovery};
use crate::{
    connection::SetConnectionPaused,
    destination::{ProbeDestination, SetDestinationPaused, SetDestinationStatus},
    failure::Failure,
};

#[derive(Clone, Copy)]
pub(super) struct Acts {
    pub(super) status: ServerAction<SetDestinationStatus>,
    pub(super) paused: ServerAction<SetDestinationPaused>,
    pub(super) probe: ServerAction<ProbeDestination>,
    pub(super) connection: ServerAction<SetConnectionPaused>,
    pub(super) confirm: ServerAction<ConfirmOnce>,
    pub(super) retry: ServerAction<RetryOne>,
    pub(super) start: ServerAction<StartRecovery>,
    /// Grows with each form that was saved in place.
    pub(super) saved: RwSignal<u32>,
}

impl Acts {
    pub(super) fn new() -> Self {
        Self {
            status: ServerAction::new(),
            paused: ServerAction::new(),
            probe: ServerAction::new(),
            connection: ServerAction::new(),
            confirm: ServerAction::new(),
            retry: ServerAction::new(),
            start: ServerAction::new(),
            saved: RwSignal::new(0),
        }
    }

    /// Grows with each thing done.
    pub(super) fn done(self) -> usize {
        let of_destination = self.status.version().get() + self.paused.version().get() + self.probe.version().get();
        let of_steps = self.connection.version().get() + self.confirm.version().get() + self.retry.version().get();
        of_destination + of_steps + self.saved.get() as usize
    }

    /// What went wrong with what the notices offer.
    pub(super) fn failure(self) -> Option<Failure> {
        let status = self.status.value().get().and_then(Result::err);
        let paused = self.paused.value().get().and_then(Result::err);
        status.or(paused).or_else(|| self.probe.value().get().and_then(Result::err))
    }
}
