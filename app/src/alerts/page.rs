//! The alerts as a whole.

use hookyard_model::Alerts;
use leptos::prelude::*;

use super::{lists::Lists, server::read_alerts};
use crate::{
    failure::Failure,
    overview::{Tile, WindowChoice, calm, chosen_window, in_window, window_words},
    request::cause_words,
    ui::{Ago, Empty, Place, Shape, Skeleton, Trouble, grouped},
};

#[component]
pub(crate) fn AlertsPage() -> impl IntoView {
    let window = chosen_window();
    let changed = calm();
    let found = Resource::new(move || (changed.get(), window.get()), |(_, window)| read_alerts(window));
    view! {
        <Place title="Alerts"><WindowChoice window/></Place>
        <crate::issue::IssuesNow/>
        <crate::verify::UncleanNotice/>
        <Transition fallback=|| view! { <Skeleton rows=10/> }>
            <Found found/>
        </Transition>
    }
}

/// What was found last stays while it is asked for again, so that nothing jumps.
#[component]
fn Found(found: Resource<Result<Alerts, Failure>>) -> impl IntoView {
    let latest = Memo::new(move |before: Option<&Option<Alerts>>| match found.get() {
        Some(Ok(alerts)) => Some(alerts),
        _ => before.cloned().flatten(),
    });
    let failure = move || found.get().and_then(Result::err);
    let is_there = Memo::new(move |_| latest.with(Option::is_some));
    let is_calm = Memo::new(move |_| latest.with(|alerts| alerts.as_ref().is_some_and(Alerts::is_calm)));
    let shown = Signal::derive(move || latest.get());
    view! {
        {move || failure().map(|failure| view! { <Trouble failure/> })}
        {move || is_there.get().then(|| view! { <Counters alerts=shown/> })}
        {move || is_calm.get().then(|| {
            let words = latest.with(|alerts| alerts.as_ref().map(|alerts| window_words(alerts.window)).unwrap_or_default());
            view! {
                <Empty shape=Shape::Check title="Nothing to look after">
                    <p>"No event was given up and no request turned away in the "{words}", nothing waits, and nothing is paused."</p>
                </Empty>
            }
        })}
        {move || (is_there.get() && !is_calm.get()).then(|| view! { <Lists alerts=shown/> })}
    }
}

/// Five numbers, each with where there is more of it.
#[component]
fn Counters(alerts: Signal<Option<Alerts>>) -> impl IntoView {
    let of = move |pick: fn(&Alerts) -> u64| {
        Signal::derive(move || alerts.with(|a| a.as_ref().map(pick).unwrap_or_default()))
    };
    let value = move |pick: fn(&Alerts) -> u64| Signal::derive(move || grouped(of(pick).get()));
    let is_bad = move |pick: fn(&Alerts) -> u64| Signal::derive(move || of(pick).get() > 0);
    let list = move |list: &'static str, query: &'static str| {
        Signal::derive(move || {
            alerts.with(|a| a.as_ref().map(|a| in_window(list, query, a.from, a.to)).unwrap_or_default())
        })
    };
    let window = move || alerts.with(|a| a.as_ref().map(|a| window_words(a.window)).unwrap_or_default());
    let oldest = Memo::new(move |_| {
        alerts.with(|a| {
            a.as_ref().and_then(|a| a.backlog.oldest_at).filter(|_| a.as_ref().is_some_and(|a| a.queued_events > 0))
        })
    });
    let causes = move || {
        alerts.with(|a| {
            let causes = a.as_ref().map(|a| a.rejected_by_cause.clone()).unwrap_or_default();
            let one =
                |one: &hookyard_model::RejectedByCause| format!("{} {}", grouped(one.count), cause_words(one.cause));
            let words: Vec<_> = causes.iter().take(2).map(one).collect();
            if words.is_empty() { window().to_owned() } else { words.join(", ") }
        })
    };
    view! {
        <section class="figures five" aria-label="In numbers">
            <Tile
                label="Failed events"
                value=value(|a| a.failed_events)
                more=move || view! { {window} }
                href=list("/events", "status=FAILED")
                is_bad=is_bad(|a| a.failed_events)
                testid="alert-failed"
            />
            <Tile
                label="Held events"
                value=value(|a| a.held_events)
                more=|| view! { "now" }
                href=Signal::stored("/events?status=HOLD".to_owned())
                is_bad=is_bad(|a| a.held_events)
                testid="alert-held"
            />
            <Tile
                label="Queued events"
                value=value(|a| a.queued_events)
                more=move || view! {
                    {move || oldest.get().map_or_else(|| "now".into_any(), |at| view! { "oldest "<Ago at/> }.into_any())}
                }
                href=Signal::stored("/events?status=QUEUED,SCHEDULED".to_owned())
                is_bad=false
                testid="alert-queued"
            />
            <Tile
                label="Rejected requests"
                value=value(|a| a.rejected_requests)
                more=move || view! { {causes} }
                href=list("/requests", "status=rejected")
                is_bad=is_bad(|a| a.rejected_requests)
                testid="alert-rejected"
            />
            <Tile
                label="Failed attempts"
                value=value(|a| a.failed_attempts)
                more=move || view! { {window} }
                href=list("/attempts", "status=FAILED")
                is_bad=is_bad(|a| a.failed_attempts)
                testid="alert-attempts"
            />
        </section>
    }
}
