//! What is behind the numbers: the things in trouble, and the newest or oldest of each list.

use hookyard_model::{Alerts, Attempt, BreakerState, Event, HealthState, PausedThing, Request, TroubledDestination};
use leptos::prelude::*;

use crate::{
    again::{Act, Deed, EventAct},
    destination::breaker_badge,
    overview::in_window,
    request::cause_words,
    ui::{Ago, HttpStatus, Icon, Shape, Visible, error_word, health_badge},
};

#[component]
pub(super) fn Lists(alerts: Memo<Alerts>) -> impl IntoView {
    let destinations = Memo::new(move |_| alerts.with(|a| a.destinations.clone()));
    let paused = Memo::new(move |_| alerts.with(|a| a.paused.clone()));
    let events = move |pick: fn(&Alerts) -> &Vec<Event>| Memo::new(move |_| alerts.with(|a| pick(a).clone()));
    let requests = Memo::new(move |_| alerts.with(|a| a.recent_rejected_requests.clone()));
    let attempts = Memo::new(move |_| alerts.with(|a| a.recent_failed_attempts.clone()));
    let all =
        move |list: &'static str, query: &'static str| move || alerts.with(|a| in_window(list, query, a.from, a.to));
    let (failed, held, queued) =
        (events(|a| &a.recent_failed_events), events(|a| &a.oldest_held_events), events(|a| &a.oldest_queued_events));
    view! {
        <div class="alert-lists">
            <List title="Destinations in trouble" id="troubled" count=Signal::derive(move || destinations.with(Vec::len)) href=|| "/destinations".to_owned()>
                {move || destinations.get().into_iter().map(troubled).collect_view()}
            </List>
            <List title="Paused" id="paused" count=Signal::derive(move || paused.with(Vec::len)) href=|| "/connections".to_owned()>
                {move || paused.get().into_iter().map(paused_row).collect_view()}
            </List>
            <List title="Newest failed events" id="failed" count=Signal::derive(move || failed.with(Vec::len)) href=all("/events", "status=FAILED")>
                {move || failed.get().into_iter().map(event_row).collect_view()}
                <li class="acts"><a href=all("/bulk/new", "kind=event_bulk_retry&status=FAILED")>"Retry all of them …"</a></li>
            </List>
            <List title="Oldest held events" id="held" count=Signal::derive(move || held.with(Vec::len)) href=|| "/events?status=HOLD".to_owned()>
                {move || held.get().into_iter().map(event_row).collect_view()}
            </List>
            <List title="Oldest queued events" id="queued" count=Signal::derive(move || queued.with(Vec::len)) href=|| "/events?status=QUEUED,SCHEDULED".to_owned()>
                {move || queued.get().into_iter().map(event_row).collect_view()}
            </List>
            <List title="Newest rejected requests" id="rejected" count=Signal::derive(move || requests.with(Vec::len)) href=all("/requests", "status=rejected")>
                {move || requests.get().into_iter().map(request_row).collect_view()}
            </List>
            <List title="Newest failed attempts" id="attempts" count=Signal::derive(move || attempts.with(Vec::len)) href=all("/attempts", "status=FAILED")>
                {move || attempts.get().into_iter().map(attempt_row).collect_view()}
            </List>
        </div>
    }
}

/// A list that is there when it has something.
#[component]
fn List(
    title: &'static str,
    id: &'static str,
    count: Signal<usize>,
    href: impl Fn() -> String + Send + Sync + 'static,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="alert-list" aria-labelledby=format!("{id}-list") data-testid=format!("list-{id}") hidden=move || count.get() == 0>
            <header><h2 id=format!("{id}-list")>{title}</h2><a href=href>"All"<span class="hidden">" of: "{title}</span></a></header>
            <ul>{children()}</ul>
        </section>
    }
}

fn troubled(one: TroubledDestination) -> impl IntoView {
    let href = if one.is_webhook { format!("/webhooks/{}", one.id) } else { format!("/destinations/{}", one.id) };
    let is_by_itself = one.health.state == HealthState::Disabled && one.disabled_reason.is_some();
    let why = one.disabled_reason.or(one.health.last_error);
    let recovered = one.name.clone();
    view! {
        <li>
            {health_badge(one.health.state, is_by_itself)}
            {one.breaker_opened_at.and_then(|_| breaker_badge(BreakerState::Open))}
            <a class="strong name" href=href><Visible text=one.name/></a>
            {why.map(|why| view! { <span class="why-short"><Visible text=why/></span> })}
            {one.health.failing_since.map(|at| view! { <span class="when"><Ago at/></span> })}
            <a href=format!("/destinations/{}/recovery", one.id)>"Recover"<span class="hidden">" "<Visible text=recovered/></span></a>
        </li>
    }
}

fn paused_row(one: PausedThing) -> impl IntoView {
    let (what, href) = match one.connection_id {
        Some(_) if one.is_webhook => ("webhook", format!("/webhooks/{}", one.destination_id)),
        Some(id) => ("connection", format!("/connections/{id}")),
        None if one.is_webhook => ("webhook", format!("/webhooks/{}", one.destination_id)),
        None => ("destination", format!("/destinations/{}", one.destination_id)),
    };
    view! {
        <li>
            <span class="badge waiting"><Icon shape=Shape::Hold/><span>"Paused"</span></span>
            <a class="strong name" href=href><Visible text=one.name/></a>
            <span class="why-short">{what}</span>
            <span class="when"><Ago at=one.paused_at/></span>
        </li>
    }
}

/// An event leads to the trace of its request, which tells the whole of it.
fn event_row(event: Event) -> impl IntoView {
    let why = event.failure_message.clone().or_else(|| event.error_code.map(|code| error_word(code).to_owned()));
    let what = event.event_type.clone().unwrap_or_else(|| event.source_name.clone());
    view! {
        <li data-row="">
            <a class="strong name" data-open="" href=format!("/requests/{}", event.request_id)>
                <Visible text=what/>" → "<Visible text=event.destination_name/>
            </a>
            {why.map(|why| view! { <span class="why-short"><Visible text=why/></span> })}
            <span class="when"><Ago at=event.created_at/></span>
            <EventAct id=event.id status=event.status of_row=true/>
        </li>
    }
}

fn request_row(request: Request) -> impl IntoView {
    let why =
        request.rejection_detail.clone().or_else(|| request.rejection_cause.map(|cause| cause_words(cause).to_owned()));
    view! {
        <li data-row="">
            <a class="strong name" data-open="" href=format!("/requests/{}", request.id)><Visible text=request.source_name/></a>
            {why.map(|why| view! { <span class="why-short"><Visible text=why/></span> })}
            <span class="when"><Ago at=request.created_at/></span>
            <Act deed=Deed::Replay(request.id) of_row=true/>
        </li>
    }
}

fn attempt_row(attempt: Attempt) -> impl IntoView {
    // Of what a provider sent there is no type: where it was sent to tells more than an id.
    let to = attempt.requested_url.as_deref().map(|url| url.split_once("://").map_or(url, |(_, rest)| rest));
    let to = to.map(|to| to.split(['?', '#']).next().unwrap_or(to));
    let what =
        attempt.event_type.clone().unwrap_or_else(|| to.map_or_else(|| "Request".to_owned(), |to| format!("to {to}")));
    view! {
        <li data-row="">
            <HttpStatus status=attempt.response_status error=attempt.error_code/>
            <a class="strong name" data-open="" href=format!("/requests/{}", attempt.request_id)><Visible text=what/></a>
            {attempt.error_message.map(|why| view! { <span class="why-short"><Visible text=why/></span> })}
            <span class="when"><Ago at=attempt.created_at/></span>
            <EventAct id=attempt.event_id status=attempt.event_status of_row=true/>
        </li>
    }
}
