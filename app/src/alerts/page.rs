//! The alerts as a whole.

use hookyard_model::{Alerts, RejectedByCause};
use leptos::prelude::*;

use super::{lists::Lists, server::read_alerts};
use crate::{
    overview::{Tile, WindowChoice, calm, chosen_window, in_window, window_words},
    request::cause_words,
    ui::{Ago, Empty, Place, Shape, Skeleton, grouped, once_read},
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
            {once_read(found, |alerts| view! { <Found alerts/> })}
        </Transition>
    }
}

#[component]
fn Found(alerts: Memo<Alerts>) -> impl IntoView {
    let is_calm = Memo::new(move |_| alerts.with(Alerts::is_calm));
    let calm = move || {
        view! {
            <Empty shape=Shape::Check title="Nothing to look after">
                <p>"No event was given up and no request turned away in the "{move || alerts.with(|alerts| window_words(alerts.window))}", nothing waits, and nothing is paused."</p>
            </Empty>
        }
    };
    view! {
        <Counters alerts/>
        {move || if is_calm.get() { calm().into_any() } else { view! { <Lists alerts/> }.into_any() }}
    }
}

/// Five numbers, each with where there is more of it.
#[component]
fn Counters(alerts: Memo<Alerts>) -> impl IntoView {
    let value = move |pick: fn(&Alerts) -> u64| Signal::derive(move || grouped(alerts.with(pick)));
    let is_bad = move |pick: fn(&Alerts) -> u64| Signal::derive(move || alerts.with(pick) > 0);
    let list = move |list: &'static str, query: &'static str| {
        Signal::derive(move || alerts.with(|a| in_window(list, query, a.from, a.to)))
    };
    let window = move || alerts.with(|a| window_words(a.window));
    let oldest = Memo::new(move |_| alerts.with(|a| a.backlog.oldest_at.filter(|_| a.queued_events > 0)));
    let causes = move || {
        alerts.with(|a| {
            let one = |one: &RejectedByCause| format!("{} {}", grouped(one.count), cause_words(one.cause));
            let words: Vec<_> = a.rejected_by_cause.iter().take(2).map(one).collect();
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
