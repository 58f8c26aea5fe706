//! The list of events.

use hookyard_model::{BulkKind, Cursor, EventStatus};
use leptos::prelude::*;

use super::{
    query::{self, EventQuery},
    server::{count_events, events, newest_events},
    table::EventTable,
};
use crate::{
    attempt::{
        ChoiceFilter, Counted, ErrorFilter, Histogram, ListFilters, Newer, Newest, choices, live_unless_searched,
    },
    bulk::BulkLink,
    live::watch,
    ui::{Empty, Pager, Place, SelectFilter, Shape, Skeleton, Trouble, event_word, here, query_value},
};

const COUNTED: Counted = Counted {
    nouns: ("event that is done", "events that are done"),
    good: "delivered",
    bad: "failed",
    title: "Events over time",
};

#[component]
pub(crate) fn EventsPage() -> impl IntoView {
    let here = here();
    let query = Memo::new(move |_| query::read(|name| here.value(name)));
    let filter = Memo::new(move |_| query.get().filter);
    let cursor = query_value::<Cursor>("cursor");
    let live = live_unless_searched(watch(|_| true), query);
    let page =
        Resource::new(move || (live.get(), filter.get(), cursor.get()), |(_, filter, cursor)| events(filter, cursor));
    let counted = Resource::new(move || (live.get(), filter.get()), |(_, filter)| count_events(filter));
    let newest = Resource::new(
        move || (live.get(), cursor.get(), filter.get()),
        |(_, cursor, filter)| async move {
            let newest = match cursor {
                Some(_) => newest_events(filter.clone()).await.unwrap_or_default(),
                None => Vec::new(),
            };
            Newest { page: (cursor, filter), ids: newest }
        },
    );
    let is_zoomed = Signal::derive(move || filter.with(|filter| filter.from.is_some() || filter.to.is_some()));
    let is_filtered = move || query.with(|query| !query.chips.is_empty());
    view! {
        <Place title="Events"><BulkLink kind=BulkKind::EventBulkRetry/></Place>
        <section class="logs" aria-label="Events">
            <EventFilters query/>
            <Histogram shown=counted is_zoomed counted=COUNTED/>
            <Newer newest/>
            <Transition fallback=|| view! { <Skeleton rows=8/> }>
                <EventTable page/>
                {move || page.get().map(|page| match page {
                    Ok(page) if page.models.is_empty() && is_filtered() => view! {
                        <Empty shape=Shape::Event title="No event fits">
                            <a class="button" href="/events">"Show all events"</a>
                        </Empty>
                    }
                    .into_any(),
                    Ok(page) if page.models.is_empty() => view! {
                        <Empty shape=Shape::Event title="No events yet">
                            <p>"Each request makes an event for every destination it goes to."</p>
                        </Empty>
                    }
                    .into_any(),
                    Ok(page) => view! { <Pager pagination=page.pagination/> }.into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
        </section>
    }
}

/// What the list can be filtered by.
#[component]
pub(crate) fn EventFilters(
    query: Memo<EventQuery>,
    /// The parameters that are about something else on the page, and stay.
    #[prop(default = &[])]
    kept: &'static [&'static str],
) -> impl IntoView {
    let choices = choices();
    let statuses: Vec<_> =
        EventStatus::ALL.iter().map(|status| (status.to_string(), event_word(*status).to_owned())).collect();
    let retries = vec![
        ("true".to_owned(), "Sent again on demand".to_owned()),
        ("false".to_owned(), "Without those sent again".to_owned()),
    ];
    view! {
        <ListFilters query search="Search" placeholder="Id, type or failure" kept choices=Some(choices)>
            <SelectFilter name="status" label="Status" any="All" options=statuses/>
            <ChoiceFilter name="source" label="Source" choices pick=|choices| choices.sources/>
            <ChoiceFilter name="connection" label="Connection" choices pick=|choices| choices.connections/>
            <ChoiceFilter name="destination" label="Destination" choices pick=|choices| choices.destinations/>
            <ErrorFilter/>
            <SelectFilter name="retries" label="Retries" any="All" options=retries/>
        </ListFilters>
    }
}
