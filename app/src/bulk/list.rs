//! The bulk operations: those under way first, then those that have ended.

use std::time::Duration;

use hookyard_model::{BulkBucket, BulkOperation, BulkStatus, Cursor, Page};
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
    ui::{
        Ago, Empty, Icon, Pager, Place, Shape, Skeleton, Trouble, Visible, grouped, latest, once_read_quietly,
        query_value, sentence,
    },
};

/// How often the page asks how far those under way are.
const EACH: Duration = Duration::from_millis(1500);

type List = Page<BulkOperation>;

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
    let is_shown = StoredValue::new(false);
    let failed = |found: &Option<Result<List, Failure>>| found.as_ref()?.as_ref().err().cloned();
    let failure = move || ongoing.with(failed).or_else(|| history.with(failed));
    view! {
        <Place title="Bulk operations"/>
        <Transition fallback=|| view! { <Skeleton rows=8/> }>
            // What was found last stays while it is asked for again.
            {move || failure().filter(|_| !is_shown.get_value()).map(|failure| view! { <Trouble failure/> })}
            {once_read_quietly(ongoing, move |now| once_read_quietly(history, move |past| {
                is_shown.set_value(true);
                view! { <Lists now past names/> }
            }))}
        </Transition>
    }
}

#[component]
fn Lists(now: Memo<List>, past: Memo<List>, names: Resource<Choices>) -> impl IntoView {
    let models = Memo::new(move |_| now.with(|page| page.models.clone()));
    let is_any = move |page: Memo<List>| page.with(|page| !page.models.is_empty());
    view! {
        {move || (!is_any(now) && !is_any(past)).then(|| view! { <Nothing/> })}
        <section class="part" aria-labelledby="ongoing" hidden=move || !is_any(now)>
            <header><h2 id="ongoing">"Under way"</h2></header>
            <ul class="bulk-ongoing" data-testid="ongoing">
                <For each=move || models.get() key=|one| one.id let:first><UnderWay first models names/></For>
            </ul>
        </section>
        {move || past.with(|page| (!page.models.is_empty()).then(|| page.clone())).map(|page| view! {
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
fn UnderWay(first: BulkOperation, models: Memo<Vec<BulkOperation>>, names: Resource<Choices>) -> impl IntoView {
    let id = first.id;
    let one = latest(models, first.clone(), |one| one.id);
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
