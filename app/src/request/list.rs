//! The list of requests.

use hookyard_model::{Cursor, RejectionCause, Request, RequestStatus, SourceId};
use leptos::prelude::*;

use super::server::requests;
use crate::{
    live::watch,
    source::sources,
    ui::{
        Empty, Filters, Pager, Place, SearchFilter, SelectFilter, Shape, Skeleton, Time, Trouble, Visible, query_param,
        query_value, request_badge,
    },
};

#[component]
pub(crate) fn RequestsPage() -> impl IntoView {
    let status = query_value::<RequestStatus>("status");
    let source = query_value::<SourceId>("source");
    let q = query_param("q");
    let cursor = query_value::<Cursor>("cursor");
    let changed = watch(|_| true);
    let page = Resource::new(
        move || (changed.get(), status.get(), source.get(), q.get(), cursor.get()),
        |(_, status, source, q, cursor)| requests(status, source, q, cursor),
    );
    let known = Resource::new(|| (), |()| sources(None));
    let is_filtered = move || status.get().is_some() || source.get().is_some() || q.get().is_some();
    let statuses = vec![("accepted".to_owned(), "Accepted".to_owned()), ("rejected".to_owned(), "Rejected".to_owned())];
    view! {
        <Place title="Requests"/>
        <div class="toolbar">
            <Filters action="/requests">
                <SelectFilter name="status" label="Status" any="All" options=statuses/>
                <Transition>
                    {move || {
                        let sources = known.get().and_then(Result::ok).map(|page| page.models).unwrap_or_default();
                        let options: Vec<_> = sources.into_iter().map(|source| (source.id.to_string(), source.name)).collect();
                        view! { <SelectFilter name="source" label="Source" any="All" options/> }
                    }}
                </Transition>
                <SearchFilter placeholder="Id, type, path or body"/>
            </Filters>
        </div>
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
    }
}

#[component]
fn Table(requests: Vec<Request>) -> impl IntoView {
    view! {
        <table class="table" aria-label="Requests">
            <thead>
                <tr>
                    <th scope="col">"Time"</th>
                    <th scope="col">"Source"</th>
                    <th scope="col">"Request"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col">"Sender"</th>
                    <th scope="col" class="number">"Events"</th>
                    <th scope="col" class="number">"Ignored"</th>
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
            <td><a class="row-link" href=format!("/requests/{}", request.id)><Time at=request.ingested_at/></a></td>
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
            <td data-label="Events" class="number">{request.events_count}</td>
            <td data-label="Ignored" class="number">{request.ignored_count}</td>
        </tr>
    }
}

/// Whether the sender is who they should be.
pub(super) fn sender_words(request: &Request) -> &'static str {
    match request.rejection_cause {
        _ if request.verified => "Verified",
        Some(RejectionCause::SourceAuthFailed) => "Not proven",
        _ => "Not checked",
    }
}

/// Why a request was not let in, in a few words.
pub(super) const fn cause_words(cause: RejectionCause) -> &'static str {
    match cause {
        RejectionCause::SourceDisabled => "source disabled",
        RejectionCause::SourceMethodNotAllowed => "method not allowed",
        RejectionCause::PayloadTooLarge => "too large",
        RejectionCause::SourceAuthFailed => "sender not proven",
    }
}
