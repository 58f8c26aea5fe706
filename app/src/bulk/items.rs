//! The items of an operation, and what came of each.

use hookyard_model::{BulkItem, BulkItemStatus, BulkOperation, Page};
use leptos::prelude::*;

use super::{
    progress::Shares,
    words::{item_badge, item_word},
};
use crate::{
    failure::Failure,
    ui::{
        Empty, HttpStatus, Pager, Shape, Trouble, Visible, as_long_as, event_badge, grouped, here, once_read_quietly,
        query_param, sentence,
    },
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
    // Where the operation cannot be shown, neither can its items.
    let is_lost = move || found.with(|found| matches!(found, Some(Err(_))));
    let failure = move || items.with(|items| items.as_ref()?.as_ref().err().cloned()).filter(|_| !is_lost());
    view! {
        {move || failure().map(|failure| view! { <Trouble failure/> })}
        {once_read_quietly(items, move |page| view! { <Found page found status/> })}
    }
}

#[component]
fn Found(
    page: Memo<Page<BulkItem>>,
    found: Resource<Result<BulkOperation, Failure>>,
    status: Memo<Option<BulkItemStatus>>,
) -> impl IntoView {
    let is_any = move || page.with(|page| !page.models.is_empty());
    let pagination = Memo::new(move |_| page.with(|page| page.pagination.clone()));
    let none = move || match status.get() {
        Some(status) => format!("No item is “{}”", item_word(status).to_lowercase()),
        None => "No items".to_owned(),
    };
    view! {
        {as_long_as(is_any, move || view! { <Table page found/> })}
        {move || (!is_any()).then(|| view! { <Empty shape=Shape::Event title=none()/> })}
        {move || view! { <Pager pagination=pagination.get()/> }}
    }
}

#[component]
fn Table(page: Memo<Page<BulkItem>>, found: Resource<Result<BulkOperation, Failure>>) -> impl IntoView {
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
                <For each=move || page.with(|page| page.models.clone()) key=key_of let:item><Row item found/></For>
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
fn Row(item: BulkItem, found: Resource<Result<BulkOperation, Failure>>) -> impl IntoView {
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
        // Said where there is more than one.
        let name = found.with(|found| {
            let all = &found.as_ref()?.as_ref().ok()?.destinations;
            let mine = all.iter().find(|one| one.destination_id == id).filter(|_| all.len() > 1)?;
            Some(mine.destination_name.clone())
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
