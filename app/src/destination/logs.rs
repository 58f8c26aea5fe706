//! The attempts at one destination, filtered by what the URL says.

use hookyard_model::{Cursor, DestinationId};
use leptos::prelude::*;

use super::server::destination_event_types;
use crate::{
    attempt::{
        AttemptList, Histogram, LogFilters, LogQuery, Newer, Newest, attempts, count_attempts, live_unless_searched,
        newest_attempts, unfiltered,
    },
    bulk::RetryFailed,
    ui::{Empty, Shape, here, query_value},
};

#[component]
pub(super) fn Attempts(id: DestinationId, changed: Signal<u32>) -> impl IntoView {
    let here = here();
    let query = Memo::new(move |_| LogQuery::read(|name| here.value(name)));
    let filter = Memo::new(move |_| query.get().filter);
    let cursor = query_value::<Cursor>("cursor");
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
    let types = Resource::new(|| (), move |()| async move { destination_event_types(id).await.unwrap_or_default() });
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
        view! {
            <Empty shape=Shape::Target title="Nothing was sent here yet">
                <p>"Attempts appear here as soon as a connection brings an event."</p>
            </Empty>
        }
        .into_any()
    };
    view! {
        <section class="logs" aria-labelledby="attempts">
            <header class="row logs-acts"><h2 id="attempts">"Attempts"</h2><RetryFailed destination=id is_small=true/></header>
            <LogFilters query types/>
            <Histogram shown=counted is_zoomed/>
            <Newer newest/>
            <AttemptList page empty/>
        </section>
    }
}
