//! One bulk operation, live while it runs.

use std::time::Duration;

use hookyard_model::{BulkItemStatus, BulkOperation, BulkOperationId, BulkStatus, Cursor};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    beat::Beat,
    controls::{Acts, Buttons, Dialogs, LimitForm},
    items::{ItemTable, ItemTabs},
    pace::Destinations,
    progress::{Counts, ProgressBar, Shares},
    server::{bulk_items, read_bulk},
    summary::{Facts, Headline, Notices, Onward},
};
use crate::{
    attempt::choices,
    layout::Lost,
    ui::{Place, Skeleton, Trouble, once_read_quietly, query_value},
};

/// How often a page asks how far an operation is, and which items it has.
const EACH: Duration = Duration::from_secs(1);
const ITEMS_EACH: Duration = Duration::from_secs(3);

/// The operation that the path names.
#[component]
pub(crate) fn BulkPage() -> impl IntoView {
    let params = use_params_map();
    let id =
        Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<BulkOperationId>().ok()));
    move || match id.get() {
        Some(id) => view! { <Detail id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn Detail(id: BulkOperationId) -> impl IntoView {
    let acts = Acts::new();
    let (beat, item_beat) = (Beat::new(EACH), Beat::new(ITEMS_EACH));
    let (status, cursor) = (query_value::<BulkItemStatus>("items"), query_value::<Cursor>("cursor"));
    let found = Resource::new(move || (beat.get(), acts.done()), move |_| read_bulk(id));
    let items = Resource::new(
        move || (item_beat.get(), acts.done(), status.get(), cursor.get()),
        move |(_, _, status, cursor)| bulk_items(id, status, cursor),
    );
    let names = choices();
    let (is_moving, is_shown) = (StoredValue::new(true), StoredValue::new(false));
    Effect::new(move |_| {
        let moves = match found.get() {
            Some(Ok(operation)) => operation.status.is_ongoing() || operation.retrying_count > 0,
            Some(Err(failure)) => failure.status >= 500,
            None => return,
        };
        is_moving.set_value(moves);
        beat.heard(moves);
    });
    Effect::new(move |_| {
        if items.get().is_some() {
            item_beat.heard(is_moving.get_value());
        }
    });
    // A reading that fails while there is an older one is tried again, and said only where there is nothing to show.
    let failure = move || found.with(|found| found.as_ref()?.as_ref().err().cloned()).filter(|_| !is_shown.get_value());
    view! {
        <Transition fallback=|| view! { <Place title="Bulk operation" up=("/bulk", "Bulk operations")/> <Skeleton rows=10/> }>
            {move || failure().map(|failure| view! {
                <Place title="Bulk operation" up=("/bulk", "Bulk operations")/>
                <Trouble failure/>
            })}
            {once_read_quietly(found, move |operation| {
                is_shown.set_value(true);
                view! { <Shown operation acts names/> }
            })}
        </Transition>
        <Transition fallback=|| view! { <Skeleton rows=6/> }>
            <ItemTable items found status/>
        </Transition>
    }
}

#[component]
fn Shown(operation: Memo<BulkOperation>, acts: Acts, names: Resource<crate::attempt::Choices>) -> impl IntoView {
    let (id, title) = operation.with_untracked(|operation| (operation.id, super::words::kind_word(operation.kind)));
    let shares = Memo::new(move |_| operation.with(Shares::of));
    let left = Signal::derive(move || {
        shares.with(|shares| shares.count(BulkItemStatus::Pending) + shares.count(BulkItemStatus::Queued))
    });
    view! {
        <Dialogs id left acts/>
        <Place title up=("/bulk", "Bulk operations")><Buttons operation acts/></Place>
        <Notices operation/>
        <section class="bulk-progress" aria-label="Progress" data-testid="bulk-progress">
            <Headline operation shares/>
            <ProgressBar shares/>
            <Counts shares=shares.into()/>
            <Onward operation/>
        </section>
        <Told operation shares/>
        <Destinations operation/>
        <LimitForm operation acts/>
        <Facts operation names/>
        <ItemTabs shares/>
    }
}

/// How far it is, for those who read by ear: at each tenth, and when its state changes.
#[component]
fn Told(operation: Memo<BulkOperation>, shares: Memo<Shares>) -> impl IntoView {
    let status = Memo::new(move |_| operation.with(|operation| operation.status));
    let tenths = Memo::new(move |_| shares.with(Shares::percent) / 10);
    let words = move || match status.get() {
        BulkStatus::Running => format!("Running, {} percent", tenths.get() * 10),
        other => super::words::status_word(other).to_owned(),
    };
    view! { <p class="hidden" role="status">{words}</p> }
}
