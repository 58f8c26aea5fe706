//! What can be asked of a webhook wherever it is shown, with the dialogs that it takes.

use hookyard_model::{Status, Webhook};
use leptos::prelude::*;

use super::{
    form::WebhookForm,
    server::{DeleteWebhook, SetWebhookPaused, SetWebhookStatus},
};
use crate::{
    failure::Failure,
    ui::{Confirm, ConfirmByName, Dialog, FailureNotice},
};

/// What a page's buttons ask for.
#[derive(Clone, Copy)]
pub(crate) struct WebhookActions {
    editing: RwSignal<Option<Webhook>>,
    disabling: RwSignal<Option<Webhook>>,
    deleting: RwSignal<Option<Webhook>>,
    edited: RwSignal<u32>,
    status: ServerAction<SetWebhookStatus>,
    paused: ServerAction<SetWebhookPaused>,
    delete: ServerAction<DeleteWebhook>,
}

impl WebhookActions {
    pub(crate) fn new() -> Self {
        Self {
            editing: RwSignal::new(None),
            disabling: RwSignal::new(None),
            deleting: RwSignal::new(None),
            edited: RwSignal::new(0),
            status: ServerAction::new(),
            paused: ServerAction::new(),
            delete: ServerAction::new(),
        }
    }

    /// Grows with each thing done, so that what shows webhooks reads them again.
    pub(crate) fn done(self) -> usize {
        let edited = self.edited.get() as usize;
        edited + self.status.version().get() + self.paused.version().get() + self.delete.version().get()
    }

    pub(crate) fn edit(self, webhook: Webhook) {
        self.editing.set(Some(webhook));
    }

    /// Asks before it does.
    pub(crate) fn disable(self, webhook: Webhook) {
        self.disabling.set(Some(webhook));
    }

    pub(crate) fn enable(self, webhook: &Webhook) {
        self.status.dispatch(SetWebhookStatus { id: webhook.id, status: Status::Enabled });
    }

    pub(crate) fn set_paused(self, webhook: &Webhook, paused: bool) {
        self.paused.dispatch(SetWebhookPaused { id: webhook.id, paused });
    }

    /// Asks for its name before it does.
    pub(crate) fn delete(self, webhook: Webhook) {
        self.deleting.set(Some(webhook));
    }

    /// The webhook that was just enabled.
    pub(crate) fn just_enabled(self) -> Option<Webhook> {
        let webhook = self.status.value().get()?.ok()?;
        (webhook.disabled_at.is_none()).then_some(webhook)
    }

    /// Whether the last thing asked for was a deletion, and it is done.
    pub(crate) fn is_deleted(self) -> bool {
        matches!(self.delete.value().get(), Some(Ok(())))
    }

    fn failure(self) -> Option<Failure> {
        let status = self.status.value().get().and_then(Result::err);
        let paused = move || self.paused.value().get().and_then(Result::err);
        status.or_else(paused).or_else(|| self.delete.value().get().and_then(Result::err))
    }
}

/// Opens a dialog as long as there is something to ask about.
fn opened(asked: RwSignal<Option<Webhook>>) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(asked.with(Option::is_some)));
    open
}

/// What went wrong, and the dialogs. Stands once on a page.
#[component]
pub(crate) fn WebhookDialogs(actions: WebhookActions) -> impl IntoView {
    let WebhookActions { editing, disabling, deleting, edited, status, delete, .. } = actions;
    let (is_editing, is_disabling, is_deleting) = (opened(editing), opened(disabling), opened(deleting));
    let name = move |of: RwSignal<Option<Webhook>>| of.get().map(|webhook| webhook.shown_name()).unwrap_or_default();
    let do_disable = move |()| {
        if let Some(webhook) = disabling.get_untracked() {
            status.dispatch(SetWebhookStatus { id: webhook.id, status: Status::Disabled });
        }
    };
    let do_delete = move |()| {
        if let Some(webhook) = deleting.get_untracked() {
            delete.dispatch(DeleteWebhook { id: webhook.id });
        }
    };
    view! {
        <FailureNotice failure=Signal::derive(move || actions.failure())/>
        <Dialog open=is_editing title="Edit webhook" wide=true>
            {move || editing.get().map(|webhook| view! {
                <WebhookForm webhook done=move |_| {
                    is_editing.set(false);
                    edited.update(|count| *count += 1);
                }/>
            })}
        </Dialog>
        <Confirm
            open=is_disabling
            title="Disable this webhook?"
            text=Signal::derive(move || format!(
                "{} is sent nothing until it is enabled again. Events that come meanwhile are kept as missed, and can \
                 be replayed then. What waits for a retry is held and goes on then.",
                name(disabling),
            ))
            verb="Disable"
            on_yes=Callback::new(do_disable)
        />
        <ConfirmByName
            open=is_deleting
            title="Delete this webhook?"
            name=Signal::derive(move || name(deleting))
            verb="Delete"
            on_yes=Callback::new(do_delete)
        >
            <p>"It is sent nothing any more. This cannot be undone."</p>
            <ul class="list">
                <li>"Lost at once: its signing secrets, its settings, and the deliveries that still wait."</li>
                <li>"Kept until their time: its delivery logs, the events and the requests they came from."</li>
            </ul>
        </ConfirmByName>
    }
}
