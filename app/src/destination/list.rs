//! The destinations, and how they do.

use hookyard_model::{Cursor, Destination, DestinationCard, DestinationId};
use leptos::prelude::*;

use super::{
    chart::AttemptBars,
    health::badges,
    server::{DestinationList, SetDestinationPaused, find_destinations},
};
use crate::{
    live::watch,
    ui::{
        Ago, Empty, FailureNotice, Filters, Icon, Pager, Place, SearchFilter, Shape, Skeleton, Trouble, Visible,
        query_param, query_value,
    },
};

/// What a destination without a URL is; webhooks are named so, too.
const BUILT_IN: &str = "Built-in receiver";

type Pause = ServerAction<SetDestinationPaused>;

#[component]
pub(crate) fn DestinationsPage() -> impl IntoView {
    let pause = Pause::new();
    let changed = watch(|_| true);
    let (q, cursor) = (query_param("q"), query_value::<Cursor>("cursor"));
    let found = Resource::new(
        move || (changed.get(), pause.version().get(), q.get(), cursor.get()),
        |(.., q, cursor)| find_destinations(q, cursor),
    );
    view! {
        <Place title="Destinations">
            <a class="button primary" href="/destinations/new"><Icon shape=Shape::Plus/>"Create Destination"</a>
        </Place>
        <FailureNotice failure=Signal::derive(move || pause.value().get().and_then(Result::err))/>
        <div class="toolbar">
            <Filters action="/destinations"><SearchFilter placeholder="Name, URL, description or id"/></Filters>
        </div>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || found.get().map(|found| match found {
                Ok(found) if found.page.models.is_empty() && q.get().is_some() => view! {
                    <Empty shape=Shape::Question title="No destination fits">
                        <a class="button" href="/destinations">"Show all destinations"</a>
                    </Empty>
                }
                .into_any(),
                Ok(found) if found.page.models.is_empty() => view! {
                    <Empty shape=Shape::Target title="No destinations yet">
                        <p>"A destination is a URL that events are delivered to. To see a delivery without a server of your own, begin with the built-in receiver."</p>
                        <p class="row">
                            <a class="button primary" href="/destinations/new">"Create Destination"</a>
                            <a class="button" href="/destinations/new?type=MOCK">"Use the built-in receiver"</a>
                        </p>
                    </Empty>
                }
                .into_any(),
                Ok(found) => view! { <Table found pause/> }.into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
    }
}

#[component]
fn Table(found: DestinationList, pause: Pause) -> impl IntoView {
    let DestinationList { page, cards } = found;
    let row = move |destination: Destination| {
        let card = cards.iter().find(|card| card.id == destination.id).cloned();
        view! { <Row destination card pause/> }
    };
    view! {
        <table class="table destinations" aria-label="Destinations">
            <thead>
                <tr>
                    <th scope="col">"Destination"</th>
                    <th scope="col">"Health"</th>
                    <th scope="col">"Last 24 hours"</th>
                    <th scope="col">"Waiting"</th>
                    <th scope="col"><span class="hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody data-testid="destinations">{page.models.into_iter().map(row).collect_view()}</tbody>
        </table>
        <Pager pagination=page.pagination/>
    }
}

#[component]
fn Row(destination: Destination, card: Option<DestinationCard>, pause: Pause) -> impl IntoView {
    let (id, name) = (destination.id, destination.name.clone());
    let is_paused = destination.paused_at.is_some();
    let verb = if is_paused { "Resume" } else { "Pause" };
    let backlog = card.as_ref().map(|card| card.backlog).unwrap_or_default();
    let about = if backlog.estimated { "about " } else { "" };
    let held = (backlog.held > 0).then(|| view! { <span class="cause">{about}{backlog.held}" held"</span> });
    let oldest = backlog.oldest_at.filter(|_| backlog.count > 0);
    // A webhook is named after its URL.
    let target = match destination.config.url.clone() {
        Some(url) if url.starts_with(&name) => None,
        Some(url) => Some(view! { <span class="cause cut"><Visible text=url/></span> }.into_any()),
        None if name.starts_with(BUILT_IN) => None,
        None => Some(view! { <span class="cause">{BUILT_IN}</span> }.into_any()),
    };
    let label = format!("{verb} {name}");
    view! {
        <tr class="linked" data-testid="destination">
            <td class="grow">
                <a class="row-link" href=page_of(id)><Visible text=name/></a>
                {target}
                {destination.is_webhook.then(|| view! { <span class="cause">"Webhook"</span> })}
            </td>
            <td data-label="Health">
                {badges(&destination)}
                {destination.health.last_error.clone().filter(|_| destination.health.consecutive_failures > 0)
                    .map(|error| view! { <span class="cause few-lines error"><Visible text=error/></span> })}
            </td>
            <td data-label="Last 24 hours"><AttemptBars card/></td>
            <td data-label="Waiting">
                {about}{backlog.count}{held}
                {oldest.map(|at| view! { <span class="cause">"oldest "<Ago at/></span> })}
            </td>
            <td class="buttons">
                <button type="button" class="button small" aria-label=label disabled=pause.pending()
                    on:click=move |_| drop(pause.dispatch(SetDestinationPaused { id, paused: !is_paused }))
                >{verb}</button>
            </td>
        </tr>
    }
}

fn page_of(id: DestinationId) -> String {
    format!("/destinations/{id}")
}
