//! Events as a table.

use hookyard_model::{Event, Page};
use leptos::prelude::*;

use crate::{
    again::EventAct,
    failure::Failure,
    ui::{Ago, HttpStatus, Time, Visible, as_long_as, event_badge, latest},
};

/// A page of events, when it has any. Rows stay the same elements while what they say changes, so that none loses the focus.
#[component]
pub(crate) fn EventTable(page: Resource<Result<Page<Event>, Failure>>) -> impl IntoView {
    let is_any = move || page.with(|page| matches!(page, Some(Ok(page)) if !page.models.is_empty()));
    let table = move || {
        let events = Memo::new(move |_| page.get().and_then(Result::ok).map(|page| page.models).unwrap_or_default());
        view! {
            <table class="table compact" aria-label="Events">
                <thead>
                    <tr>
                        <th scope="col">"Time"</th>
                        <th scope="col">"Event type"</th>
                        <th scope="col">"From and to"</th>
                        <th scope="col">"Status"</th>
                        <th scope="col" class="number">"Attempts"</th>
                        <th scope="col">"Last response"</th>
                        <th scope="col">"Next attempt"</th>
                        <th scope="col"><span class="hidden">"What can be done"</span></th>
                    </tr>
                </thead>
                <tbody data-testid="events">
                    <For each=move || events.get() key=|event| event.id let:event>
                        <Row now=latest(events, event.clone(), |event| event.id) event/>
                    </For>
                </tbody>
            </table>
        }
    };
    as_long_as(is_any, table)
}

#[component]
fn Row(event: Event, now: Memo<Event>) -> impl IntoView {
    let id = event.id;
    let route = format!("{} → {}", event.source_name, event.destination_name);
    let nothing = || view! { <span class="nothing">"–"</span> }.into_any();
    let status = Memo::new(move |_| now.with(|event| event.status));
    let next = move || {
        let next = now.with(|event| event.next_attempt_at.filter(|_| event.status.is_pending()));
        next.map_or_else(nothing, |next| view! { <Time at=next/> }.into_any())
    };
    let answer = move || {
        let (status, error) = now.with(|event| (event.response_status, event.error_code));
        view! { <HttpStatus status error/> }
    };
    view! {
        <tr class="linked" data-testid="event" data-row="" data-status=move || status.get().as_str()>
            <td><a class="row-link" data-open="" href=format!("/events/{id}")><Ago at=event.created_at/></a></td>
            <td data-label="Event type">
                {event.event_type.map_or_else(nothing, |kind| view! { <code class="cut"><Visible text=kind/></code> }.into_any())}
                {event.simulated.then(|| view! { <span class="tag">"simulated"</span> })}
                {event.is_retry.then(|| view! { <span class="tag">"retry"</span> })}
            </td>
            <td data-label="From and to" class="grow">
                <span class="route" title=route>
                    <Visible text=event.source_name/>
                    <span class="to" aria-label="to">"→"</span>
                    <Visible text=event.destination_name/>
                </span>
            </td>
            <td data-label="Status">{move || event_badge(status.get())}</td>
            <td data-label="Attempts" class="number">{move || now.with(|event| event.attempts)}</td>
            <td data-label="Last response">{answer}</td>
            <td data-label="Next attempt">{next}</td>
            <td class="buttons"><EventAct id status of_row=true/></td>
        </tr>
    }
}
