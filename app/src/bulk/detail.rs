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
    failure::Failure,
    layout::Lost,
    ui::{Place, Skeleton, Trouble, query_value},
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
    let is_moving = StoredValue::new(true);
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
    view! {
        <Transition fallback=|| view! { <Place title="Bulk operation" up=("/bulk", "Bulk operations")/> <Skeleton rows=10/> }>
            <Found id found acts names/>
        </Transition>
        <Transition fallback=|| view! { <Skeleton rows=6/> }>
            <ItemTable items found status/>
        </Transition>
    }
}

/// What was found last stays while it is asked for again, so that nothing jumps.
#[component]
fn Found(
    id: BulkOperationId,
    found: Resource<Result<BulkOperation, Failure>>,
    acts: Acts,
    names: Resource<crate::attempt::Choices>,
) -> impl IntoView {
    let latest = Memo::new(move |before: Option<&Option<BulkOperation>>| match found.get() {
        Some(Ok(operation)) => Some(operation),
        _ => before.cloned().flatten(),
    });
    // A reading that fails while there is an older one is tried again, and said only where there is nothing to show.
    let failure = move || found.get().and_then(Result::err).filter(|_| latest.with(Option::is_none));
    let is_there = Memo::new(move |_| latest.with(Option::is_some));
    let shown = move || {
        is_there.get();
        let first = latest.get_untracked()?;
        let operation = Memo::new(move |_| latest.get().unwrap_or_else(|| first.clone()));
        Some(view! { <Shown operation acts names/> })
    };
    let left = Signal::derive(move || {
        latest.with(|operation| {
            let shares = operation.as_ref().map(Shares::of);
            shares.map_or(0, |shares| shares.count(BulkItemStatus::Pending) + shares.count(BulkItemStatus::Queued))
        })
    });
    view! {
        <Dialogs id left acts/>
        {move || failure().map(|failure| view! { <Place title="Bulk operation" up=("/bulk", "Bulk operations")/> <Trouble failure/> })}
        {shown}
    }
}

#[component]
fn Shown(operation: Memo<BulkOperation>, acts: Acts, names: Resource<crate::attempt::Choices>) -> impl IntoView {
    let title = operation.with_untracked(|operation| super::words::kind_word(operation.kind));
    let shares = Memo::new(move |_| operation.with(Shares::of));
    view! {
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
