//! Events as a table.

use hookyard_model::Event;
use leptos::prelude::*;

use crate::ui::{Ago, HttpStatus, Time, Visible, event_badge};

#[component]
pub(crate) fn EventTable(events: Vec<Event>) -> impl IntoView {
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
                </tr>
            </thead>
            <tbody data-testid="events">{events.into_iter().map(|event| view! { <Row event/> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Row(event: Event) -> impl IntoView {
    let next = event.next_attempt_at.filter(|_| event.status.is_pending());
    let route = format!("{} → {}", event.source_name, event.destination_name);
    let nothing = || view! { <span class="nothing">"–"</span> }.into_any();
    view! {
        <tr class="linked" data-testid="event" data-status=event.status.as_str()>
            <td><a class="row-link" href=format!("/events/{}", event.id)><Ago at=event.created_at/></a></td>
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
            <td data-label="Status">{event_badge(event.status)}</td>
            <td data-label="Attempts" class="number">{event.attempts}</td>
            <td data-label="Last response"><HttpStatus status=event.response_status error=event.error_code/></td>
            <td data-label="Next attempt">{next.map_or_else(nothing, |next| view! { <Time at=next/> }.into_any())}</td>
        </tr>
    }
}
