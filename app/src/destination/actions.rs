//! What can be done with a destination, and what is said before.

use hookyard_model::{Destination, DestinationId, Status};
use leptos::prelude::*;

use super::server::{CloseBreaker, DeleteDestination, ProbeDestination, SetDestinationPaused, SetDestinationStatus};
use crate::{
    failure::Failure,
    ui::{Confirm, FailureNotice, Icon, Shape},
};

/// What a page's buttons ask for.
#[derive(Clone, Copy)]
pub(super) struct Acts {
    status: ServerAction<SetDestinationStatus>,
    paused: ServerAction<SetDestinationPaused>,
    delete: ServerAction<DeleteDestination>,
    probe: ServerAction<ProbeDestination>,
    close: ServerAction<CloseBreaker>,
    is_disabling: RwSignal<bool>,
    is_deleting: RwSignal<bool>,
    is_closing: RwSignal<bool>,
    /// Whose page it is.
    id: DestinationId,
}

impl Acts {
    pub(super) fn new(id: DestinationId) -> Self {
        Self {
            status: ServerAction::new(),
            paused: ServerAction::new(),
            delete: ServerAction::new(),
            probe: ServerAction::new(),
            close: ServerAction::new(),
            is_disabling: RwSignal::new(false),
            is_deleting: RwSignal::new(false),
            is_closing: RwSignal::new(false),
            id,
        }
    }

    /// Grows with each thing done.
    pub(super) fn done(self) -> usize {
        let breaker = self.probe.version().get() + self.close.version().get();
        self.status.version().get() + self.paused.version().get() + breaker
    }

    pub(super) fn probe(self) {
        self.probe.dispatch(ProbeDestination { id: self.id });
    }

    pub(super) fn is_probing(self) -> Memo<bool> {
        self.probe.pending()
    }

    pub(super) fn ask_to_close(self) {
        self.is_closing.set(true);
    }

    pub(super) fn is_deleted(self) -> bool {
        matches!(self.delete.value().get(), Some(Ok(())))
    }

    fn failure(self) -> Option<Failure> {
        let status = self.status.value().get().and_then(Result::err);
        let paused = self.paused.value().get().and_then(Result::err);
        let probe = self.probe.value().get().and_then(Result::err);
        let breaker = probe.or_else(|| self.close.value().get().and_then(Result::err));
        status.or(paused).or(breaker).or_else(|| self.delete.value().get().and_then(Result::err))
    }
}

/// The buttons in the head of the page.
#[component]
pub(super) fn Buttons(destination: Destination, acts: Acts) -> impl IntoView {
    let (id, is_webhook) = (destination.id, destination.is_webhook);
    let is_enabled = destination.status == Status::Enabled;
    let is_paused = destination.paused_at.is_some();
    let pause = if is_paused { ("Resume", Shape::Arrow) } else { ("Pause", Shape::Hold) };
    view! {
        <a class="button" href=format!("/destinations/{id}/recovery")><Icon shape=Shape::Turn/>"Recovery"</a>
        <a class="button" href=format!("/destinations/{id}/edit")><Icon shape=Shape::Pencil/>"Edit"</a>
        <button
            type="button" class="button" class:primary=is_paused && is_enabled disabled=acts.paused.pending()
            on:click=move |_| drop(acts.paused.dispatch(SetDestinationPaused { id, paused: !is_paused }))
        ><Icon shape=pause.1/>{pause.0}</button>
        {if is_enabled {
            view! {
                <button type="button" class="button" on:click=move |_| acts.is_disabling.set(true)>
                    <Icon shape=Shape::Power/>"Disable"
                </button>
            }
            .into_any()
        } else {
            view! {
                <button
                    type="button" class="button primary" disabled=acts.status.pending()
                    on:click=move |_| drop(acts.status.dispatch(SetDestinationStatus { id, status: Status::Enabled }))
                ><Icon shape=Shape::Power/>"Enable"</button>
            }
            .into_any()
        }}
        {(!is_webhook).then(|| view! {
            <button type="button" class="button" on:click=move |_| acts.is_deleting.set(true)><Icon shape=Shape::Bin/>"Delete"</button>
        })}
    }
}

/// What is asked before something is done, and what went wrong with it.
#[component]
pub(super) fn Dialogs(id: DestinationId, acts: Acts) -> impl IntoView {
    view! {
        <FailureNotice failure=Signal::derive(move || acts.failure())/>
        <Confirm
            open=acts.is_disabling
            title="Disable this destination?"
            text="What waits for it is held until it is enabled. New requests make no event for it: they are ignored, with the \
                cause kept. To keep them for later, pause it instead."
            verb="Disable"
            on_yes=Callback::new(move |()| {
                acts.status.dispatch(SetDestinationStatus { id, status: Status::Disabled });
            })
        />
        <Confirm
            open=acts.is_closing
            title="Close the circuit breaker?"
            text="What it holds begins to go out, gently, without a probe first. If the receiver still fails, these attempts use up \
                retries until the breaker opens again. To find out first, send a probe."
            verb="Close it"
            on_yes=Callback::new(move |()| {
                acts.close.dispatch(CloseBreaker { id });
            })
        />
        <Confirm
            open=acts.is_deleting
            title="Delete this destination?"
            text="Its signing secret is gone with it, and what still waits for it is cancelled. Its events and attempts stay. \
                Connections that lead to it have to be deleted first."
            verb="Delete"
            on_yes=Callback::new(move |()| {
                acts.delete.dispatch(DeleteDestination { id });
            })
        />
    }
}
