//! The buttons: forms that work without scripts too.

use hookyard_model::{EventId, EventStatus, RequestId};
use leptos::{prelude::*, server_fn::ServerFn, task::spawn_local};

use super::said::doings;
use crate::{
    event::{CancelEvent, RetryEvent, cancel_event, retry_event},
    failure::Failure,
    request::{ReplayRequest, replay_request},
    ui::{Icon, Shape, shortcut},
};

/// Something to be done about one event or request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Deed {
    Retry(EventId),
    Cancel(EventId),
    Replay(RequestId),
}

impl Deed {
    fn id(self) -> String {
        match self {
            Self::Retry(id) | Self::Cancel(id) => id.to_string(),
            Self::Replay(id) => id.to_string(),
        }
    }

    fn url(self) -> &'static str {
        match self {
            Self::Retry(_) => RetryEvent::url(),
            Self::Cancel(_) => CancelEvent::url(),
            Self::Replay(_) => ReplayRequest::url(),
        }
    }

    /// The word on the button, its icon, and the key that presses it.
    const fn look(self) -> (&'static str, Shape, &'static str) {
        match self {
            Self::Retry(_) => ("Retry", Shape::Turn, "r"),
            Self::Cancel(_) => ("Cancel", Shape::Slash, "c"),
            Self::Replay(_) => ("Replay", Shape::Turn, "r"),
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Retry(_) | Self::Cancel(_) => "event",
            Self::Replay(_) => "request",
        }
    }

    /// Does it, and says where what it made is found.
    async fn perform(self) -> Result<Option<String>, Failure> {
        match self {
            Self::Retry(id) => retry_event(id).await.map(|made| Some(format!("/events/{}", made.replay_event_id))),
            Self::Cancel(id) => cancel_event(id).await.map(|_| None),
            Self::Replay(id) => {
                replay_request(id).await.map(|made| Some(format!("/requests/{}", made.replay_request_id)))
            }
        }
    }
}

/// The button for it; what comes of it is said at the foot of the page, and the button keeps the focus.
#[component]
pub(crate) fn Act(
    deed: Deed,
    /// Whether it stands in a row of a list, where there is room for an icon alone.
    #[prop(optional)]
    of_row: bool,
    /// The words on it, where they are not the usual ones.
    #[prop(optional)]
    word: Option<&'static str>,
) -> impl IntoView {
    let doings = doings();
    let (usual, shape, key) = deed.look();
    let does = usual.to_lowercase();
    let word = word.unwrap_or(usual);
    // Not disabled meanwhile: what is loses the focus.
    let is_busy = RwSignal::new(false);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        spawn_local(async move {
            let came = deed.perform().await;
            // The row may be gone meanwhile.
            is_busy.try_set(false);
            doings.tell(deed, came);
        });
    };
    let label = format!("{word} {} {}", deed.noun(), deed.id());
    let made = move || doings.made(deed);
    view! {
        <form class="act" class:of-row=of_row method="post" action=deed.url() on:submit=submit>
            <input type="hidden" name="id" value=deed.id()/>
            <button
                class="button small"
                class:icon-only=of_row
                class:quiet=of_row
                data-do=does
                aria-label=of_row.then_some(label)
                title=of_row.then_some(word)
                aria-keyshortcuts=shortcut(key)
                aria-disabled=move || is_busy.get().then_some("true")
            >
                <Icon shape/>
                {(!of_row).then_some(word)}
            </button>
            {move || made().map(|href| view! {
                <a class="made" href=href title="Open what it made">
                    <Icon shape=Shape::Check/>
                    <span class:hidden=of_row>"Open the new "{deed.noun()}</span>
                </a>
            })}
        </form>
    }
}

/// What can be done about an event: to end it while it waits, else to send it again.
#[component]
pub(crate) fn EventAct(
    id: EventId,
    #[prop(into)] status: Signal<EventStatus>,
    #[prop(optional)] of_row: bool,
) -> impl IntoView {
    let is_pending = Memo::new(move |_| status.get().is_pending());
    move || {
        let deed = if is_pending.get() { Deed::Cancel(id) } else { Deed::Retry(id) };
        view! { <Act deed of_row/> }
    }
}

/// The way to the page where a request is changed before it is replayed.
#[component]
pub(crate) fn Modify(id: RequestId, #[prop(optional)] of_row: bool) -> impl IntoView {
    view! {
        <a
            class="button small"
            class:icon-only=of_row
            class:quiet=of_row
            data-do="edit"
            href=format!("/requests/{id}/replay")
            aria-label=of_row.then(|| format!("Modify and replay request {id}"))
            title=of_row.then_some("Modify and replay")
            aria-keyshortcuts=shortcut("e")
        >
            <Icon shape=Shape::Pencil/>
            {(!of_row).then_some("Modify and replay")}
        </a>
    }
}
