//! The numbers on top of the overview.

use hookyard_model::{Overview, Timestamp};
use leptos::prelude::*;

use super::window::in_window;
use crate::ui::{Ago, grouped, milliseconds};

/// A number with what it is about, which leads to where there is more of it.
#[component]
pub(crate) fn Tile(
    label: &'static str,
    #[prop(into)] value: Signal<String>,
    /// What more there is to say.
    #[prop(into)]
    more: ViewFn,
    #[prop(into)] href: Signal<String>,
    /// Whether somebody should look.
    #[prop(into)]
    is_bad: Signal<bool>,
    testid: &'static str,
) -> impl IntoView {
    view! {
        <a class="figure" href=move || href.get() class:bad=move || is_bad.get() data-testid=testid>
            <span class="label">{label}</span>
            <b class="value">{move || value.get()}</b>
            <span class="more">{move || more.run()}</span>
        </a>
    }
}

#[component]
pub(super) fn Tiles(overview: Memo<Overview>) -> impl IntoView {
    let of = move |pick: fn(&Overview) -> String| Signal::derive(move || overview.with(pick));
    let is = move |pick: fn(&Overview) -> bool| Signal::derive(move || overview.with(pick));
    let list = move |list: &'static str, query: &'static str| {
        Signal::derive(move || overview.with(|o| in_window(list, query, o.from, o.to)))
    };
    let text = move |pick: fn(&Overview) -> String| {
        let words = of(pick);
        move || view! { {words.get()} }
    };
    let oldest = Memo::new(move |_| overview.with(|o| o.backlog.oldest_at));
    view! {
        <section class="figures" aria-label="In numbers">
            <Tile
                label="Requests"
                value=of(|o| grouped(o.totals.requests()))
                more=text(|o| rejected(o.totals.rejected))
                href=list("/requests", "")
                is_bad=false
                testid="tile-requests"
            />
            <Tile
                label="Events"
                value=of(|o| grouped(o.totals.events))
                more=text(|o| format!("{} delivered", grouped(o.totals.delivered)))
                href=list("/events", "")
                is_bad=false
                testid="tile-events"
            />
            <Tile
                label="Attempts"
                value=of(|o| grouped(o.totals.attempts()))
                more=text(|o| format!("{} failed", grouped(o.totals.attempts_failed)))
                href=list("/attempts", "")
                is_bad=false
                testid="tile-attempts"
            />
            <Tile
                label="Error rate"
                value=of(|o| o.totals.error_rate().map_or_else(|| "–".to_owned(), percent))
                more=text(|o| format!("{} given up", plural(o.totals.failed, "event", "events")))
                href=list("/attempts", "status=FAILED")
                is_bad=is(|o| o.totals.error_rate().is_some_and(|rate| rate >= 0.05))
                testid="tile-errors"
            />
            <Tile
                label="Latency, median"
                value=of(|o| time(o.totals.latency.p50))
                more=text(|o| format!("p95 {} · p99 {}", time(o.totals.latency.p95), time(o.totals.latency.p99)))
                href=list("/attempts", "")
                is_bad=false
                testid="tile-latency"
            />
            <Tile
                label="Waiting now"
                value=of(|o| format!("{}{}", if o.backlog.estimated { "≈ " } else { "" }, grouped(o.backlog.count)))
                more=move || view! { <Oldest oldest/> }
                href=Signal::stored("/events?status=QUEUED,SCHEDULED,HOLD".to_owned())
                is_bad=is(|o| o.backlog.held > 0)
                testid="tile-backlog"
            />
        </section>
    }
}

#[component]
fn Oldest(oldest: Memo<Option<Timestamp>>) -> impl IntoView {
    move || match oldest.get() {
        Some(at) => view! { "oldest "<Ago at/> }.into_any(),
        None => "nothing to deliver".into_any(),
    }
}

fn rejected(count: u64) -> String {
    match count {
        0 => "all accepted".to_owned(),
        count => format!("{} rejected", grouped(count)),
    }
}

pub(super) fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A share for people: `0.4 %`, `12 %`.
pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".to_owned(),
        p if p < 0.1 => "< 0.1 %".to_owned(),
        p if p < 10.0 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}

pub(super) fn time(ms: Option<f64>) -> String {
    ms.map_or_else(|| "–".to_owned(), milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_counts_are_for_people() {
        for (share, text) in [(0.0, "0 %"), (0.0004, "< 0.1 %"), (0.0123, "1.2 %"), (0.5, "50 %")] {
            assert_eq!(percent(share), text);
        }
        assert_eq!((plural(1, "event", "events").as_str(), rejected(0).as_str()), ("1 event", "all accepted"));
    }
}
