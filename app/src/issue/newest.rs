//! The newest failures of an issue; each event can be sent again from here.

use hookyard_model::{Attempt, Event};
use leptos::prelude::*;

use crate::{
    again::EventAct,
    ui::{Ago, HttpStatus, Visible},
};

/// A list of the newest, and the way to all of them.
#[component]
pub(super) fn Newest(href: String, rows: Vec<AnyView>) -> impl IntoView {
    view! {
        <section class="part" aria-labelledby="newest-failures" data-testid="newest-failures">
            <header>
                <h2 id="newest-failures">"Newest failures"</h2>
                <a href=href>"All"<span class="hidden">" failures"</span></a>
            </header>
            <div class="alert-list"><ul>{rows}</ul></div>
        </section>
    }
}

/// It leads to the trace of its request, which tells the whole of it.
pub(super) fn attempt_row(attempt: Attempt) -> AnyView {
    let what = attempt.event_type.clone().unwrap_or_else(|| attempt.event_id.to_string());
    view! {
        <li data-row="">
            <HttpStatus status=attempt.response_status error=attempt.error_code/>
            <a class="strong name" data-open="" href=format!("/requests/{}", attempt.request_id)><Visible text=what/></a>
            {attempt.error_message.map(|why| view! { <span class="why-short"><Visible text=why/></span> })}
            <span class="when"><Ago at=attempt.created_at/></span>
            <EventAct id=attempt.event_id status=attempt.event_status of_row=true/>
        </li>
    }
    .into_any()
}

pub(super) fn event_row(event: Event) -> AnyView {
    let what = event.event_type.clone().unwrap_or_else(|| event.source_name.clone());
    view! {
        <li data-row="">
            <a class="strong name" data-open="" href=format!("/events/{}", event.id)><Visible text=what/></a>
            {event.failure_message.map(|why| view! { <span class="why-short"><Visible text=why/></span> })}
            <span class="when"><Ago at=event.created_at/></span>
            <EventAct id=event.id status=event.status of_row=true/>
        </li>
    }
    .into_any()
}
