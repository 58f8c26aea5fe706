//! The list of requests.

use hookyard_model::{Cursor, EventStatus, RejectionCause, Request};
use leptos::prelude::*;

use super::{
    query::{self, BRANCHES, RequestQuery},
    server::{count_requests, newest_requests, requests},
    words::{Outcomes, cause_words, sender_words},
};
use crate::{
    attempt::{ChoiceFilter, Counted, Histogram, ListFilters, Newer, Newest, choices, live_unless_searched},
    live::watch,
    ui::{
        Ago, Empty, Pager, Place, SelectFilter, Shape, Skeleton, TextFilter, Trouble, Visible, event_word, here,
        query_value, request_badge,
    },
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
        <Place title="Requests"/>
        <section class="logs" aria-label="Requests">
            <RequestFilters query/>
            <Histogram shown=counted is_zoomed counted=COUNTED/>
            <Newer newest/>
            <Transition fallback=|| view! { <Skeleton rows=8/> }>
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
                    Ok(page) => view! { <Table requests=page.models/> <Pager pagination=page.pagination/> }.into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
        </section>
    }
}

#[component]
fn RequestFilters(query: Memo<RequestQuery>) -> impl IntoView {
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
        <ListFilters query search="Search" placeholder="Id, type, path or body" choices=Some(choices)>
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

#[component]
fn Table(requests: Vec<Request>) -> impl IntoView {
    view! {
        <table class="table requests" aria-label="Requests">
            <thead>
                <tr>
                    <th scope="col">"Time"</th>
                    <th scope="col">"Source"</th>
                    <th scope="col">"Request"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col">"Sender"</th>
                    <th scope="col">"Branches"</th>
                </tr>
            </thead>
            <tbody data-testid="requests">{requests.into_iter().map(|request| view! { <Row request/> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Row(request: Request) -> impl IntoView {
    let what = match &request.event_type {
        Some(kind) => kind.clone(),
        None if request.path.is_empty() => "/".to_owned(),
        None => request.path.clone(),
    };
    let sender = sender_words(&request);
    view! {
        <tr class="linked" data-testid="request" data-status=request.status.as_str()>
            <td><a class="row-link" href=format!("/requests/{}", request.id)><Ago at=request.ingested_at/></a></td>
            <td data-label="Source"><Visible text=request.source_name/></td>
            <td data-label="Request" class="grow">
                <span class="method">{request.method}</span>" "<code class="cut"><Visible text=what/></code>
                {request.is_retry.then(|| view! { <span class="tag">"replay"</span> })}
            </td>
            <td data-label="Status">
                {request_badge(request.status)}
                {request.rejection_cause.map(|cause| view! { <span class="cause">{cause_words(cause)}</span> })}
            </td>
            <td data-label="Sender">{sender}</td>
            <td data-label="Branches"><Outcomes summary=request.event_summary.unwrap_or_default() ignored=request.ignored_count/></td>
        </tr>
    }
}
