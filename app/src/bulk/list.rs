//! The bulk operations: those under way first, then those that have ended.

use std::time::Duration;

use hookyard_model::{BulkBucket, BulkOperation, BulkOperationId, BulkStatus, Cursor, Page};
use leptos::prelude::*;

use super::{
    beat::Beat,
    progress::{ProgressBar, Shares},
    server::bulk_operations,
    summary::FilterWords,
    words::{kind_word, status_badge, things},
};
use crate::{
    attempt::{Choices, choices},
    failure::Failure,
    overview::calm,
    ui::{Ago, Empty, Icon, Pager, Place, Shape, Skeleton, Trouble, Visible, grouped, query_value, sentence},
};

/// How often the page asks how far those under way are.
const EACH: Duration = Duration::from_millis(1500);

type Found = Result<Page<BulkOperation>, Failure>;

#[component]
pub(crate) fn BulkOperationsPage() -> impl IntoView {
    let (beat, changed) = (Beat::new(EACH), calm());
    let cursor = query_value::<Cursor>("cursor");
    let ongoing = Resource::new(move || (beat.get(), changed.get()), |_| bulk_operations(BulkBucket::Ongoing, None));
    let count = RwSignal::new(0_usize);
    let history = Resource::new(
        move || (changed.get(), count.get(), cursor.get()),
        |(.., cursor)| bulk_operations(BulkBucket::History, cursor),
    );
    let names = choices();
    Effect::new(move |_| {
        if let Some(found) = ongoing.get() {
            let there = found.map_or(0, |page| page.models.len());
            // One less is one more that has ended.
            if count.get_untracked() != there {
                count.set(there);
            }
            beat.heard(there > 0);
        }
    });
    view! {
        <Place title="Bulk operations"/>
        <Transition fallback=|| view! { <Skeleton rows=8/> }>
            <Lists ongoing history names/>
        </Transition>
    }
}

#[component]
fn Lists(ongoing: Resource<Found>, history: Resource<Found>, names: Resource<Choices>) -> impl IntoView {
    // What was found last stays while it is asked for again.
    let latest = |found: Resource<Found>| {
        Memo::new(move |before: Option<&Option<Page<BulkOperation>>>| match found.get() {
            Some(Ok(page)) => Some(page),
            _ => before.cloned().flatten(),
        })
    };
    let (now, past) = (latest(ongoing), latest(history));
    let failure = move || ongoing.get().and_then(Result::err).or_else(|| history.get().and_then(Result::err));
    let is_first = Memo::new(move |_| now.with(Option::is_none) || past.with(Option::is_none));
    let ids = Memo::new(move |_| {
        now.with(|page| {
            page.as_ref().map(|page| page.models.iter().map(|one| one.id).collect::<Vec<_>>()).unwrap_or_default()
        })
    });
    let is_nothing = Memo::new(move |_| {
        let none = |page: &Option<Page<BulkOperation>>| page.as_ref().is_some_and(|page| page.models.is_empty());
        now.with(none) && past.with(none)
    });
    view! {
        {move || failure().filter(|_| is_first.get()).map(|failure| view! { <Trouble failure/> })}
        {move || is_nothing.get().then(|| view! { <Nothing/> })}
        <section class="part" aria-labelledby="ongoing" hidden=move || ids.with(Vec::is_empty)>
            <header><h2 id="ongoing">"Under way"</h2></header>
            <ul class="bulk-ongoing" data-testid="ongoing">
                <For each=move || ids.get() key=|id| *id let:id><Ongoing id now names/></For>
            </ul>
        </section>
        {move || past.get().filter(|page| !page.models.is_empty()).map(|page| view! {
            <section class="part" aria-labelledby="history">
                <header><h2 id="history">"History"</h2></header>
                <History page names/>
            </section>
        })}
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <Empty shape=Shape::Turn title="No bulk operations yet">
            <p>"After an outage, a bulk operation sends again all that a filter finds, slowly at first and never faster than the receiver bears, below what comes in live. Begin on a list: filter it to what failed, then press Retry all."</p>
            <p class="row">
                <a class="button primary" href="/events?status=FAILED">"Failed events"</a>
                <a class="button" href="/requests">"Requests"</a>
            </p>
        </Empty>
    }
}

/// One that runs or is paused, with how far it is.
#[component]
fn Ongoing(id: BulkOperationId, now: Memo<Option<Page<BulkOperation>>>, names: Resource<Choices>) -> impl IntoView {
    let found = move |page: &Option<Page<BulkOperation>>| {
        page.as_ref().and_then(|page| page.models.iter().find(|one| one.id == id).cloned())
    };
    now.with_untracked(found).map(|first| view! { <UnderWay first now names/> })
}

#[component]
fn UnderWay(first: BulkOperation, now: Memo<Option<Page<BulkOperation>>>, names: Resource<Choices>) -> impl IntoView {
    let id = first.id;
    let before = first.clone();
    let one = Memo::new(move |last: Option<&BulkOperation>| {
        let found =
            now.with(|page| page.as_ref().and_then(|page| page.models.iter().find(|one| one.id == id).cloned()));
        found.or_else(|| last.cloned()).unwrap_or_else(|| before.clone())
    });
    let shares = Memo::new(move |_| one.with(Shares::of));
    let status = Memo::new(move |_| one.with(|one| one.status));
    let reason =
        Memo::new(move |_| one.with(|one| one.pause_reason.clone().filter(|_| one.status == BulkStatus::Paused)));
    view! {
        <li class="thing" data-testid="bulk-operation" data-status=move || status.get().as_str()>
            <div class="head">
                {move || status_badge(status.get())}
                <h3><a href=format!("/bulk/{id}")>{kind_word(first.kind)}</a></h3>
                <span class="nothing">
                    {move || grouped(shares.with(Shares::over))}" of "{things(first.kind, first.total_count)}
                </span>
                <span class="percent">{move || format!("{} %", shares.with(Shares::percent))}</span>
            </div>
            <ProgressBar shares/>
            {move || reason.get().map(|reason| view! {
                <p class="obstacle"><Icon shape=Shape::Hold/><span><Visible text=sentence(&reason)/></span></p>
            })}
            <div class="bulk-about">
                <FilterWords operation=first.clone() names/>
                <span class="nothing">
                    <Ago at=first.created_at/>
                    {first.requested_by_name.clone().map(|name| view! { " by "<Visible text=name/> })}
                </span>
            </div>
        </li>
    }
}

#[component]
fn History(page: Page<BulkOperation>, names: Resource<Choices>) -> impl IntoView {
    let row = move |one: BulkOperation| {
        let failed = one.failed_count;
        view! {
            <tr class="linked" data-testid="bulk-operation" data-status=one.status.as_str()>
                <td><a class="row-link" href=format!("/bulk/{}", one.id)><Ago at=one.created_at/></a></td>
                <td data-label="What">{kind_word(one.kind)}</td>
                <td data-label="Filter" class="grow"><FilterWords operation=one.clone() names/></td>
                <td data-label="State">{status_badge(one.status)}</td>
                <td data-label="Items" class="number">{grouped(one.total_count)}</td>
                <td data-label="Delivered" class="number">{grouped(one.done_count)}</td>
                <td data-label="Failed" class="number" class:bad=failed != 0>{grouped(failed)}</td>
                <td data-label="By">{one.requested_by_name.map(|name| view! { <span class="cut"><Visible text=name/></span> })}</td>
            </tr>
        }
    };
    view! {
        <table class="table bulk-history" aria-label="History">
            <thead>
                <tr>
                    <th scope="col">"When"</th>
                    <th scope="col">"What"</th>
                    <th scope="col">"Filter"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="number">"Items"</th>
                    <th scope="col" class="number">"Delivered"</th>
                    <th scope="col" class="number">"Failed"</th>
                    <th scope="col">"By"</th>
                </tr>
            </thead>
            <tbody>{page.models.into_iter().map(row).collect_view()}</tbody>
        </table>
        <Pager pagination=page.pagination/>
    }
}
