//! The Delivery Logs: the attempts of one webhook, filtered by what the URL says.

use hookyard_model::{Cursor, DestinationId, Mode};
use leptos::prelude::*;

use super::server::read_webhook;
use crate::{
    account::Me,
    attempt::{
        AttemptList, Histogram, LogFilters, LogQuery, Newer, Newest, attempts, count_attempts, live_unless_searched,
        newest_attempts, unfiltered,
    },
    bulk::RetryFailed,
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
    // What is searched for is read when it is asked for, not whenever something comes.
    let live = live_unless_searched(changed, query);
    let page = Resource::new(
        move || (live.get(), filter.get(), cursor.get()),
        move |(_, filter, cursor)| attempts(Some(id), filter, cursor),
    );
    let counted =
        Resource::new(move || (live.get(), filter.get()), move |(_, filter)| count_attempts(Some(id), filter));
    let newest = Resource::new(
        move || (live.get(), cursor.get(), filter.get()),
        move |(_, cursor, filter)| async move {
            let newest = match cursor {
                Some(_) => newest_attempts(Some(id), filter.clone()).await.unwrap_or_default(),
                None => Vec::new(),
            };
            Newest { page: (cursor, filter), ids: newest }
        },
    );
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
            <p class="row logs-acts"><RetryFailed destination=id is_small=true/></p>
            <Histogram shown=counted is_zoomed/>
            <Newer newest/>
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
