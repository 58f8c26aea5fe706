//! The overview's destinations and sources, a row each.

use hookyard_model::{BreakerState, DestinationLine, HealthState, Overview, SourceLine};
use leptos::prelude::*;

use super::{
    tiles::{percent, plural, time},
    window::in_window,
};
use crate::{
    destination::breaker_badge,
    ui::{Ago, Badge, Shape, Sparkline, Tone, Visible, grouped, health_badge},
};

#[component]
pub(super) fn Destinations(overview: Memo<Overview>) -> impl IntoView {
    let lines = Memo::new(move |_| overview.with(|o| o.destinations.clone()));
    view! {
        <section class="part" aria-labelledby="overview-destinations" hidden=move || lines.with(Vec::is_empty)>
            <header><h2 id="overview-destinations">"Destinations"</h2><a href="/destinations">"All destinations"</a></header>
            <table class="table lines" aria-labelledby="overview-destinations">
                <thead>
                    <tr>
                        <th scope="col">"Destination"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="number">"Waiting"</th>
                        <th scope="col">"Oldest"</th>
                        <th scope="col" class="number">"Errors"</th>
                        <th scope="col" class="number">"p95"</th>
                        <th scope="col">"Attempts"</th>
                    </tr>
                </thead>
                <tbody data-testid="overview-destinations">
                    <For each=move || lines.get() key=|line| line.id let:line><DestinationRow line overview lines/></For>
                </tbody>
            </table>
        </section>
    }
}

/// The row stays the same element while what it shows changes.
#[component]
fn DestinationRow(line: DestinationLine, overview: Memo<Overview>, lines: Memo<Vec<DestinationLine>>) -> impl IntoView {
    let id = line.id;
    let href = if line.is_webhook { format!("/webhooks/{id}") } else { format!("/destinations/{id}") };
    let name = line.name.clone();
    let now = Memo::new(move |before: Option<&DestinationLine>| {
        let found = lines.with(|lines| lines.iter().find(|line| line.id == id).cloned());
        found.or_else(|| before.cloned()).unwrap_or_else(|| line.clone())
    });
    let state = move || {
        now.with(|line| match (line.paused_at, line.breaker_opened_at) {
            (Some(_), _) => view! { <Badge tone=Tone::Waiting shape=Shape::Hold word="Paused"/> }.into_any(),
            (None, Some(_)) if line.health.state != HealthState::Disabled => {
                breaker_badge(BreakerState::Open).into_any()
            }
            (None, _) => health_badge(line.health.state, line.health.state == HealthState::Disabled),
        })
    };
    let is_failing = Memo::new(move |_| now.with(|line| line.health.consecutive_failures > 0));
    let recover = move || {
        let name = now.with(|line| line.name.clone());
        is_failing.get().then(|| view! {
            " "<a href=format!("/destinations/{id}/recovery")>"Recover"<span class="hidden">" "<Visible text=name/></span></a>
        })
    };
    let failed = move || {
        overview.with(|o| {
            let query = format!("status=FAILED&destination={id}");
            in_window("/attempts", &query, o.from, o.to)
        })
    };
    let errors = move || match now.with(DestinationLine::error_rate) {
        Some(rate) if rate > 0.0 => view! { <a href=failed>{percent(rate)}</a> }.into_any(),
        Some(_) => "0 %".into_any(),
        None => view! { <span class="nothing">"–"</span> }.into_any(),
    };
    let waiting = move || match now.with(|line| line.backlog.count) {
        0 => "0".into_any(),
        count => {
            let href = format!("/events?status=QUEUED,SCHEDULED,HOLD&destination={id}");
            view! { <a href=href>{grouped(count)}</a> }.into_any()
        }
    };
    let words = Signal::derive(move || {
        now.with(|line| {
            format!("{} successful, {} failed", grouped(line.attempts_successful), grouped(line.attempts_failed))
        })
    });
    let oldest = Memo::new(move |_| now.with(|line| line.backlog.oldest_at));
    view! {
        <tr data-testid="overview-destination">
            <td class="grow"><a class="strong" href=href><Visible text=name/></a></td>
            <td data-label="State">{state}{recover}</td>
            <td data-label="Waiting" class="number">{waiting}</td>
            <td data-label="Oldest">
                {move || oldest.get().map_or_else(
                    || view! { <span class="nothing">"–"</span> }.into_any(),
                    |at| view! { <Ago at/> }.into_any(),
                )}
            </td>
            <td data-label="Errors" class="number">{errors}</td>
            <td data-label="p95" class="number">{move || now.with(|line| time(line.latency.p95))}</td>
            <td data-label="Attempts">
                <span class="spark">
                    <Sparkline pairs=Signal::derive(move || now.with(|line| line.bars.clone())) words/>
                    <span class="caption" aria-hidden="true">
                        {move || now.with(|line| plural(line.attempts_successful + line.attempts_failed, "attempt", "attempts"))}
                    </span>
                </span>
            </td>
        </tr>
    }
}

#[component]
pub(super) fn Sources(overview: Memo<Overview>) -> impl IntoView {
    let lines = Memo::new(move |_| overview.with(|o| o.sources.clone()));
    view! {
        <section class="part" aria-labelledby="overview-sources" hidden=move || lines.with(Vec::is_empty)>
            <header><h2 id="overview-sources">"Sources"</h2><a href="/sources">"All sources"</a></header>
            <table class="table lines" aria-labelledby="overview-sources">
                <thead>
                    <tr>
                        <th scope="col">"Source"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="number">"Accepted"</th>
                        <th scope="col" class="number">"Rejected"</th>
                        <th scope="col" class="number">"A minute, of late"</th>
                        <th scope="col">"Requests"</th>
                    </tr>
                </thead>
                <tbody data-testid="overview-sources">
                    <For each=move || lines.get() key=|line| line.id let:line><SourceRow line overview lines/></For>
                </tbody>
            </table>
        </section>
    }
}

#[component]
fn SourceRow(line: SourceLine, overview: Memo<Overview>, lines: Memo<Vec<SourceLine>>) -> impl IntoView {
    let id = line.id;
    let name = line.name.clone();
    let now = Memo::new(move |before: Option<&SourceLine>| {
        let found = lines.with(|lines| lines.iter().find(|line| line.id == id).cloned());
        found.or_else(|| before.cloned()).unwrap_or_else(|| line.clone())
    });
    let list = move |status: &'static str| {
        overview.with(|o| {
            let query = format!("status={status}&source={id}");
            in_window("/requests", &query, o.from, o.to)
        })
    };
    let number = move |pick: fn(&SourceLine) -> u64, status: &'static str| {
        move || match now.with(pick) {
            0 => "0".into_any(),
            count => view! { <a href=move || list(status)>{grouped(count)}</a> }.into_any(),
        }
    };
    let state = move || {
        now.with(|line| match line.disabled_at {
            Some(_) => view! { <Badge tone=Tone::Off shape=Shape::Slash word="Disabled"/> },
            None => view! { <Badge tone=Tone::Good shape=Shape::Check word="Active"/> },
        })
    };
    let words = Signal::derive(move || {
        now.with(|line| format!("{} accepted, {} rejected", grouped(line.accepted), grouped(line.rejected)))
    });
    view! {
        <tr data-testid="overview-source">
            <td class="grow"><a class="strong" href=format!("/sources/{id}")><Visible text=name/></a></td>
            <td data-label="State">{state}</td>
            <td data-label="Accepted" class="number">{number(|line| line.accepted, "accepted")}</td>
            <td data-label="Rejected" class="number">{number(|line| line.rejected, "rejected")}</td>
            <td data-label="A minute, of late" class="number">{move || now.with(|line| rate(line.per_minute))}</td>
            <td data-label="Requests">
                <span class="spark"><Sparkline pairs=Signal::derive(move || now.with(|line| line.bars.clone())) words/></span>
            </td>
        </tr>
    }
}

/// A rate a minute: `0`, `0.4`, `12`.
fn rate(per_minute: f64) -> String {
    match per_minute {
        0.0 => "0".to_owned(),
        rate if rate < 10.0 => format!("{rate:.1}"),
        rate => format!("{rate:.0}"),
    }
}
