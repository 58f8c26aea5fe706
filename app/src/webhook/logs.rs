//! The Delivery Logs: the attempts of one webhook, filtered by what the URL says.

use hookyard_model::{AttemptFilter, AttemptId, Cursor, DestinationId, Mode};
use leptos::prelude::*;

use super::server::read_webhook;
use crate::{
    account::Me,
    attempt::{
        AttemptList, Histogram, LogFilters, LogQuery, count_attempts, newest_attempts, unfiltered, webhook_attempts,
    },
    developer::event_types,
    live::watch,
    ui::{Empty, Shape, here, query_value},
};

#[component]
pub(super) fn DeliveryLogs(id: DestinationId) -> impl IntoView {
    let is_test = expect_context::<Me>().mode == Mode::Test;
    let here = here();
    let query = Memo::new(move |_| LogQuery::read(|name| here.value(name)));
    let filter = Memo::new(move |_| query.get().filter);
    let cursor = query_value::<Cursor>("cursor");
    let changed = watch(move |change| change.destination.is_none_or(|changed| changed == id));
    let page = Resource::new(
        move || (changed.get(), filter.get(), cursor.get()),
        move |(_, filter, cursor)| webhook_attempts(id, filter, cursor),
    );
    // A search reads all that there is: it is counted when it is asked for, not whenever something comes.
    let to_count = move || {
        let filter = filter.get();
        (filter.q.is_none().then(|| changed.get()), filter)
    };
    let counted = Resource::new(to_count, move |(_, filter)| count_attempts(id, filter));
    let is_zoomed = Signal::derive(move || filter.with(|filter| filter.from.is_some() || filter.to.is_some()));
    let empty = move || {
        if query.with(|query| !query.chips.is_empty()) {
            return view! {
                <Empty shape=Shape::Question title="No attempt fits">
                    <p>"Lift one of the filters above, or look at all of them."</p>
                    <a class="button" href=move || unfiltered(here) data-noscroll="">"Clear filters"</a>
                </Empty>
            }
            .into_any();
        }
        let hint = if is_test {
            "Press Simulate Webhook to send one."
        } else {
            "They appear here as soon as events are published."
        };
        view! { <Empty shape=Shape::Webhook title="No deliveries yet"><p>{hint}</p></Empty> }.into_any()
    };
    view! {
        <section class="logs" aria-label="Attempts">
            <LogFilters query types=types(id)/>
            <Histogram shown=counted is_zoomed/>
            <Newer id query cursor changed/>
            <AttemptList page empty/>
        </section>
    }
}

/// The event types to choose from: those that the webhook is sent, then the others that there are.
fn types(id: DestinationId) -> Resource<Vec<String>> {
    Resource::new(
        || (),
        move |()| async move {
            let mut names = read_webhook(id).await.map(|webhook| webhook.event_types).unwrap_or_default();
            for kind in event_types().await.unwrap_or_default() {
                if !names.contains(&kind.name) {
                    names.push(kind.name);
                }
            }
            names
        },
    )
}

#[derive(Clone, PartialEq)]
struct Since {
    page: (Option<Cursor>, AttemptFilter),
    first: Option<AttemptId>,
    count: usize,
    is_more: bool,
}

/// On a page further down, rows do not shift; how many have come since is said instead.
#[component]
fn Newer(
    id: DestinationId,
    query: Memo<LogQuery>,
    cursor: Memo<Option<Cursor>>,
    changed: Signal<u32>,
) -> impl IntoView {
    let newest = Resource::new(
        move || (changed.get(), cursor.get(), query.get().filter),
        move |(_, cursor, filter)| async move {
            let newest = match cursor {
                Some(_) => newest_attempts(id, filter.clone()).await.unwrap_or_default(),
                None => Vec::new(),
            };
            (cursor, filter, newest)
        },
    );
    view! { <Transition><Hint newest/></Transition> }
}

/// What [`Since`] needs to know: the page, and what is newest now.
type Newest = (Option<Cursor>, AttemptFilter, Vec<AttemptId>);

#[component]
fn Hint(newest: Resource<Newest>) -> impl IntoView {
    let here = here();
    // What was the newest when this page, of these filters, was opened, and how many have come since.
    let since = Memo::new(move |before: Option<&Option<Since>>| {
        let (cursor, filter, newest) = newest.get()?;
        let page = (cursor, filter);
        let first = match before {
            Some(Some(before)) if before.page == page => before.first,
            _ => newest.first().copied(),
        };
        let count = newest.iter().take_while(|id| Some(**id) != first).count();
        Some(Since { page, first, count, is_more: count == newest.len() })
    });
    let count = move || since.get().filter(|since| since.count > 0).map(|since| (since.count, since.is_more));
    view! {
        <p class="newer-hint" role="status">
            {move || count().map(|(count, is_more)| {
                let more = if is_more { "+" } else { "" };
                view! { <a href=here.with(&[("cursor", None)])>{count}{more}" newer"</a> }
            })}
        </p>
    }
}
