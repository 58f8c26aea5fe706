//! The items of an operation, and what came of each.

use hookyard_model::{BulkItem, BulkItemStatus, BulkOperation, DestinationId, Page};
use leptos::prelude::*;

use super::{
    progress::Shares,
    words::{item_badge, item_word},
};
use crate::{
    failure::Failure,
    ui::{Empty, HttpStatus, Pager, Shape, Trouble, Visible, event_badge, grouped, here, query_param, sentence},
};

/// In the order in which somebody looks for them.
const TABS: [BulkItemStatus; 7] = [
    BulkItemStatus::Failed,
    BulkItemStatus::Retrying,
    BulkItemStatus::Skipped,
    BulkItemStatus::Done,
    BulkItemStatus::Queued,
    BulkItemStatus::Pending,
    BulkItemStatus::Cancelled,
];

/// The choice of a state, with how many items are in it.
#[component]
pub(super) fn ItemTabs(shares: Memo<Shares>) -> impl IntoView {
    let here = here();
    let chosen = query_param("items");
    let tab = move |status: Option<BulkItemStatus>| {
        let value = status.map(BulkItemStatus::as_str);
        let count = move || shares.with(|shares| status.map_or_else(|| shares.total(), |status| shares.count(status)));
        let href = move || here.with(&[("items", value), ("cursor", None)]);
        let is_current = move || (chosen.get().as_deref() == value).then_some("true");
        view! {
            <li><a href=href data-noscroll="" aria-current=is_current>
                {status.map_or("All", item_word)}" "<span class="count">{move || grouped(count())}</span>
            </a></li>
        }
    };
    view! {
        <section class="part" aria-labelledby="items">
            <header><h2 id="items">"Items"</h2></header>
            <nav class="windows item-tabs" aria-label="Items by what came of them">
                <ul>{tab(None)}{TABS.map(|status| tab(Some(status))).collect_view()}</ul>
            </nav>
        </section>
    }
}

#[component]
pub(super) fn ItemTable(
    items: Resource<Result<Page<BulkItem>, Failure>>,
    found: Resource<Result<BulkOperation, Failure>>,
    status: Memo<Option<BulkItemStatus>>,
) -> impl IntoView {
    let names = Memo::new(move |before: Option<&Vec<(DestinationId, String)>>| match found.get() {
        Some(Ok(operation)) => {
            operation.destinations.into_iter().map(|one| (one.destination_id, one.destination_name)).collect()
        }
        _ => before.cloned().unwrap_or_default(),
    });
    // Where the operation cannot be shown, neither can its items.
    let is_there = Memo::new(move |before: Option<&bool>| match found.get() {
        Some(found) => found.is_ok() || before == Some(&true),
        None => before == Some(&true),
    });
    let latest = Memo::new(move |before: Option<&Option<Page<BulkItem>>>| match items.get() {
        Some(Ok(page)) => Some(page),
        Some(Err(_)) => None,
        None => before.cloned().flatten(),
    });
    let failure = move || items.get().and_then(Result::err).filter(|_| is_there.get());
    let rows =
        Signal::derive(move || latest.with(|page| page.as_ref().map(|page| page.models.clone()).unwrap_or_default()));
    let pagination = Memo::new(move |_| latest.with(|page| page.as_ref().map(|page| page.pagination.clone())));
    let is_any = Memo::new(move |_| rows.with(|rows| !rows.is_empty()));
    let is_empty = Memo::new(move |_| is_there.get() && latest.with(Option::is_some) && !is_any.get());
    view! {
        {move || failure().map(|failure| view! { <Trouble failure/> })}
        {move || (is_there.get() && is_any.get()).then(|| view! { <Table rows names/> })}
        {move || is_empty.get().then(|| {
            let title = match status.get() {
                Some(status) => format!("No item is “{}”", item_word(status).to_lowercase()),
                None => "No items".to_owned(),
            };
            view! { <Empty shape=Shape::Event title/> }
        })}
        {move || pagination.get().filter(|_| is_there.get()).map(|pagination| view! { <Pager pagination/> })}
    }
}

#[component]
fn Table(rows: Signal<Vec<BulkItem>>, names: Memo<Vec<(DestinationId, String)>>) -> impl IntoView {
    view! {
        <table class="table bulk-items" aria-label="Items">
            <thead>
                <tr>
                    <th scope="col" class="number">"No."</th>
                    <th scope="col">"Sent again"</th>
                    <th scope="col">"Became"</th>
                    <th scope="col">"What came of it"</th>
                    <th scope="col">"Response"</th>
                    <th scope="col">"Reason"</th>
                </tr>
            </thead>
            <tbody data-testid="bulk-items">
                // What did not change stays, and with it the focus.
                <For each=move || rows.get() key=key_of let:item><Row item names/></For>
            </tbody>
        </table>
    }
}

/// An item and what came of it: a row is made anew when that changes.
fn key_of(item: &BulkItem) -> String {
    format!("{} {:?} {:?} {:?}", item.number, item.status, item.event_status, item.response_status)
}

/// Where an id leads to.
fn linked(path: &'static str, id: &str) -> AnyView {
    view! { <a class="cut" href=format!("{path}/{id}") title=id.to_owned()><code>{id.to_owned()}</code></a> }.into_any()
}

#[component]
fn Row(item: BulkItem, names: Memo<Vec<(DestinationId, String)>>) -> impl IntoView {
    let nothing = || view! { <span class="nothing">"–"</span> }.into_any();
    let either =
        |event: Option<hookyard_model::EventId>, request: Option<hookyard_model::RequestId>| match (event, request) {
            (Some(id), _) => linked("/events", &id.to_string()),
            (None, Some(id)) => linked("/requests", &id.to_string()),
            (None, None) => nothing(),
        };
    let destination = item.destination_id;
    let to = move || {
        let id = destination?;
        let name = names.with(|names| {
            (names.len() > 1)
                .then(|| names.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone()))
                .flatten()
        })?;
        Some(view! { <span class="cause">"to "<Visible text=name/></span> })
    };
    // That the new event is delivered or failed the item says itself.
    let event = item.event_status.filter(|_| item.status == BulkItemStatus::Retrying);
    view! {
        <tr data-testid="bulk-item" data-status=item.status.as_str()>
            <td class="number" data-label="No.">{item.number}</td>
            <td data-label="Sent again">{either(item.event_id, item.request_id)}{to}</td>
            <td data-label="Became">{either(item.new_event_id, item.new_request_id)}</td>
            <td data-label="What came of it">
                <span class="row">{item_badge(item.status)}{event.map(event_badge)}</span>
            </td>
            <td data-label="Response">
                {match item.response_status {
                    Some(status) => view! { <HttpStatus status=Some(status)/> }.into_any(),
                    None => nothing(),
                }}
            </td>
            <td data-label="Reason" class="grow">
                {match item.reason {
                    Some(reason) => view! { <span class="few-lines"><Visible text=sentence(&reason)/></span> }.into_any(),
                    None => nothing(),
                }}
            </td>
        </tr>
    }
}
