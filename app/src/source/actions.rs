//! Disabling, enabling and deleting a source, and what is said before.

use hookyard_model::{SourceConnection, SourceId, Status};
use leptos::prelude::*;

use super::server::{DeleteSource, SetSourceStatus};
use crate::{
    failure::Failure,
    ui::{Confirm, Dialog, FailureNotice, Visible},
};

/// What a page's buttons ask for.
#[derive(Clone, Copy)]
pub(super) struct SourceActs {
    pub(super) status: ServerAction<SetSourceStatus>,
    delete: ServerAction<DeleteSource>,
    is_disabling: RwSignal<bool>,
    is_deleting: RwSignal<bool>,
}

impl SourceActs {
    pub(super) fn new() -> Self {
        Self {
            status: ServerAction::new(),
            delete: ServerAction::new(),
            is_disabling: RwSignal::new(false),
            is_deleting: RwSignal::new(false),
        }
    }

    /// Grows with each thing done.
    pub(super) fn done(self) -> usize {
        self.status.version().get() + self.delete.version().get()
    }

    /// Says what becomes of the connections before it does.
    pub(super) fn disable(self) {
        self.is_disabling.set(true);
    }

    pub(super) fn delete(self) {
        self.is_deleting.set(true);
    }

    pub(super) fn is_deleted(self) -> bool {
        matches!(self.delete.value().get(), Some(Ok(())))
    }

    fn failure(self) -> Option<Failure> {
        let status = self.status.value().get().and_then(Result::err);
        status.or_else(|| self.delete.value().get().and_then(Result::err))
    }
}

/// What went wrong, and the dialogs.
#[component]
pub(super) fn SourceDialogs(
    id: SourceId,
    acts: SourceActs,
    /// What starts at the source, once that is known.
    connections: Signal<Vec<SourceConnection>>,
) -> impl IntoView {
    let SourceActs { status, delete, is_disabling, is_deleting } = acts;
    let enabled = move || connections.get().into_iter().filter(|known| known.disabled_at.is_none()).collect::<Vec<_>>();
    let sentence = move || match enabled().len() {
        0 => "Its URL answers 410 until it is enabled again. No connection is affected.".to_owned(),
        1 => "Its URL answers 410 until it is enabled again. One connection is disabled with it, and enabled with it:"
            .to_owned(),
        n => format!(
            "Its URL answers 410 until it is enabled again. {n} connections are disabled with it, and enabled with it:"
        ),
    };
    let no = move |_| is_disabling.set(false);
    let yes = move |_| {
        is_disabling.set(false);
        status.dispatch(SetSourceStatus { id, status: Status::Disabled });
    };
    let used = move || {
        match connections.with(Vec::len) {
        0 => "Its URL stops working at once. What it took in stays until its time.".to_owned(),
        1 => "One connection starts here, so it cannot be deleted yet: delete the connection first, or disable the source.".to_owned(),
        n => format!("{n} connections start here, so it cannot be deleted yet: delete those first, or disable the source."),
    }
    };
    view! {
        <FailureNotice failure=Signal::derive(move || acts.failure())/>
        <Dialog open=is_disabling title="Disable this source?">
            <p>{sentence}</p>
            <ul class="list" data-testid="affected">
                {move || enabled().into_iter().map(|connection| view! { <li><Visible text=connection.name/></li> }).collect_view()}
            </ul>
            <p class="aside">"What was taken in before is still delivered."</p>
            <footer>
                <button type="button" class="button" autofocus on:click=no>"Keep it enabled"</button>
                <button type="button" class="button danger" on:click=yes>"Disable"</button>
            </footer>
        </Dialog>
        <Confirm
            open=is_deleting
            title="Delete this source?"
            text=Signal::derive(used)
            verb="Delete"
            on_yes=Callback::new(move |()| {
                delete.dispatch(DeleteSource { id });
            })
        />
    }
}
