//! The list of requests.

use hookyard_model::{BulkKind, Cursor, EventStatus, RejectionCause};
use leptos::prelude::*;

use super::{
    query::{self, BRANCHES, RequestQuery},
    server::{count_requests, newest_requests, requests},
    table::Table,
    words::cause_words,
};
use crate::{
    attempt::{ChoiceFilter, Counted, Histogram, ListFilters, Newer, Newest, choices, live_unless_searched},
    bulk::BulkLink,
    live::watch,
    ui::{Empty, Pager, Place, SelectFilter, Shape, Skeleton, TextFilter, Trouble, event_word, here, query_value},
};

const COUNTED: Counted =
    Counted { nouns: ("request", "requests"), good: "accepted", bad: "rejected", title: "Requests over time" };

#[component]
pub(crate) fn RequestsPage() -> impl IntoView {
    let here = here();
    let query = Memo::new(move |_| query::read(|name| here.value(name)));
    let filter = Memo::new(move |_| query.get().filter);
    let cursor = query_value::<Cursor>("cursor");
    let live = live_unless_searched(watch(|_| true), query);
    let page =
        Resource::new(move || (live.get(), filter.get(), cursor.get()), |(_, filter, cursor)| requests(filter, cursor));
    let counted = Resource::new(move || (live.get(), filter.get()), |(_, filter)| count_requests(filter));
    let newest = Resource::new(
        move || (live.get(), cursor.get(), filter.get()),
        |(_, cursor, filter)| async move {
            let newest = match cursor {
                Some(_) => newest_requests(filter.clone()).await.unwrap_or_default(),
                None => Vec::new(),
            };
            Newest { page: (cursor, filter), ids: newest }
        },
    );
    let is_zoomed = Signal::derive(move || filter.with(|filter| filter.from.is_some() || filter.to.is_some()));
    let is_filtered = move || query.with(|query| !query.chips.is_empty());
    view! {
        <Place title="Requests"><BulkLink kind=BulkKind::RequestBulkRetry/></Place>
        <section class="logs" aria-label="Requests">
            <RequestFilters query/>
            <Histogram shown=counted is_zoomed counted=COUNTED/>
            <Newer newest/>
            <Transition fallback=|| view! { <Skeleton rows=8/> }>
                <Table page/>
                {move || page.get().map(|page| match page {
                    Ok(page) if page.models.is_empty() && is_filtered() => view! {
                        <Empty shape=Shape::Request title="No request fits">
                            <a class="button" href="/requests">"Show all requests"</a>
                        </Empty>
                    }
                    .into_any(),
                    Ok(page) if page.models.is_empty() => view! {
                        <Empty shape=Shape::Request title="No requests yet">
                            <p>"What arrives at your "<a href="/sources">"sources"</a>", and what you publish, appears here."</p>
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
pub(crate) fn RequestFilters(
    query: Memo<RequestQuery>,
    /// The parameters that are about something else on the page, and stay.
    #[prop(default = &[])]
    kept: &'static [&'static str],
) -> impl IntoView {
    let choices = choices();
    let options = |all: &[(&str, &str)]| -> Vec<(String, String)> {
        all.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect()
    };
    let statuses = options(&[("accepted", "Accepted"), ("rejected", "Rejected")]);
    let senders = options(&[("true", "Verified"), ("false", "Not verified")]);
    let causes: Vec<_> =
        RejectionCause::ALL.iter().map(|cause| (cause.to_string(), cause_words(*cause).to_owned())).collect();
    let outcomes: Vec<_> =
        EventStatus::ALL.iter().map(|status| (status.to_string(), event_word(*status).to_owned())).collect();
    let replays = options(&[("true", "Replays alone"), ("false", "Without replays")]);
    view! {
        <ListFilters query search="Search" placeholder="Id, type, path or body" kept choices=Some(choices)>
            <SelectFilter name="status" label="Status" any="All" options=statuses/>
            <SelectFilter name="verified" label="Sender" any="All" options=senders/>
            <ChoiceFilter name="source" label="Source" choices pick=|choices| choices.sources/>
            <SelectFilter name="outcome" label="Outcome" any="All" options=outcomes/>
            <SelectFilter name="branches" label="Branches" any="All" options=options(&BRANCHES)/>
            <SelectFilter name="cause" label="Refused because" any="All" options=causes/>
            <TextFilter name="method" label="Method" placeholder="Any, POST …" offers=&METHODS/>
            <SelectFilter name="replays" label="Replays" any="All" options=replays/>
        </ListFilters>
    }
}

const METHODS: [&str; 5] = ["POST", "PUT", "PATCH", "DELETE", "GET"];
