//! Requests as a table.

use hookyard_model::{Page, Request};
use leptos::prelude::*;

use super::words::{Outcomes, cause_words, sender_words};
use crate::{
    again::{Act, Deed, Modify},
    failure::Failure,
    ui::{Ago, Visible, as_long_as, latest, request_badge},
};

/// A page of requests, when it has any. Rows stay the same elements while what they say changes, so that none loses the focus.
#[component]
pub(super) fn Table(page: Resource<Result<Page<Request>, Failure>>) -> impl IntoView {
    let is_any = move || page.with(|page| matches!(page, Some(Ok(page)) if !page.models.is_empty()));
    let table = move || {
        let requests = Memo::new(move |_| page.get().and_then(Result::ok).map(|page| page.models).unwrap_or_default());
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
                        <th scope="col"><span class="hidden">"What can be done"</span></th>
                    </tr>
                </thead>
                <tbody data-testid="requests">
                    <For each=move || requests.get() key=|request| request.id let:request>
                        <Row now=latest(requests, request.clone(), |request| request.id) request/>
                    </For>
                </tbody>
            </table>
        }
    };
    as_long_as(is_any, table)
}

#[component]
fn Row(request: Request, now: Memo<Request>) -> impl IntoView {
    let id = request.id;
    let what = match &request.event_type {
        Some(kind) => kind.clone(),
        None if request.path.is_empty() => "/".to_owned(),
        None => request.path.clone(),
    };
    let sender = sender_words(&request);
    let outcomes = move || {
        let (summary, ignored) = now.with(|request| (request.event_summary.unwrap_or_default(), request.ignored_count));
        view! { <Outcomes summary ignored/> }
    };
    view! {
        <tr class="linked" data-testid="request" data-row="" data-status=request.status.as_str()>
            <td><a class="row-link" data-open="" href=format!("/requests/{id}")><Ago at=request.ingested_at/></a></td>
            <td data-label="Source"><Visible text=request.source_name/></td>
            <td data-label="Request" class="grow">
                <span class="method">{request.method}</span>" "<code class="cut"><Visible text=what/></code>
                {request.is_retry.then(|| view! { <span class="tag">"replay"</span> })}
                {(!request.replay_modified.is_empty()).then(|| view! { <span class="tag">"modified"</span> })}
            </td>
            <td data-label="Status">
                {request_badge(request.status)}
                {request.rejection_cause.map(|cause| view! { <span class="cause">{cause_words(cause)}</span> })}
            </td>
            <td data-label="Sender">{sender}</td>
            <td data-label="Branches">{outcomes}</td>
            <td class="buttons"><span class="row-acts"><Act deed=Deed::Replay(id) of_row=true/><Modify id of_row=true/></span></td>
        </tr>
    }
}
