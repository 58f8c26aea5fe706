//! The charts of the overview.

use hookyard_model::{Overview, OverviewBar, Timestamp, Totals};
use leptos::prelude::*;

use super::{
    tiles::{percent, time},
    window::in_window,
};
use crate::ui::{Bar, BarChart, Layer, grouped, milliseconds, short};

const fn layer(class: &'static str, word: &'static str) -> Layer {
    Layer { class, word }
}

#[component]
pub(super) fn Charts(overview: Memo<Overview>) -> impl IntoView {
    let bars = move |make: fn(&OverviewBar, Timestamp) -> Bar| {
        Signal::derive(move || {
            overview.with(|overview| {
                let step = std::time::Duration::from_millis(overview.step_ms);
                overview.bars.iter().map(|bar| make(bar, bar.at.plus(step))).collect()
            })
        })
    };
    let say = move |words: fn(&Totals) -> String| Signal::derive(move || overview.with(|o| words(&o.totals)));
    view! {
        <section class="charts" aria-label="Over time">
            <BarChart
                title="Requests"
                summary=say(requests_words)
                layers=vec![layer("good", "accepted"), layer("bad", "rejected")]
                bars=bars(requests)
                unit=short
                testid="chart-requests"
            />
            <BarChart
                title="Events"
                summary=say(events_words)
                layers=vec![layer("good", "delivered"), layer("bad", "given up"), layer("wait", "waiting or cancelled")]
                bars=bars(events)
                unit=short
                testid="chart-events"
            />
            <BarChart
                title="Attempts"
                summary=say(attempts_words)
                layers=vec![layer("good", "successful"), layer("bad", "failed")]
                bars=bars(attempts)
                unit=short
                testid="chart-attempts"
            />
            <BarChart
                title="Latency"
                summary=say(latency_words)
                layers=vec![layer("p50", "median"), layer("p95", "p95"), layer("p99", "p99")]
                bars=bars(latency)
                unit=milliseconds_short
                is_stacked=false
                testid="chart-latency"
            />
        </section>
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a bar may lack a value")]
fn count(count: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "it is drawn")]
    let drawn = count as f64;
    Some(drawn)
}

fn requests(bar: &OverviewBar, end: Timestamp) -> Bar {
    let totals = &bar.totals;
    Bar {
        at: bar.at,
        values: vec![count(totals.accepted), count(totals.rejected)],
        words: requests_words(totals),
        href: in_window("/requests", "", bar.at, end),
        hrefs: ["status=accepted", "status=rejected"].map(|query| in_window("/requests", query, bar.at, end)).into(),
    }
}

fn requests_words(totals: &Totals) -> String {
    format!("{} accepted, {} rejected", grouped(totals.accepted), grouped(totals.rejected))
}

fn events(bar: &OverviewBar, end: Timestamp) -> Bar {
    let totals = &bar.totals;
    let rest = totals.events.saturating_sub(totals.delivered + totals.failed);
    let statuses = ["status=SUCCESSFUL", "status=FAILED", "status=QUEUED,SCHEDULED,HOLD,CANCELLED"];
    Bar {
        at: bar.at,
        values: vec![count(totals.delivered), count(totals.failed), count(rest)],
        words: events_words(totals),
        href: in_window("/events", "", bar.at, end),
        hrefs: statuses.map(|query| in_window("/events", query, bar.at, end)).into(),
    }
}

fn events_words(totals: &Totals) -> String {
    let rest = totals.events.saturating_sub(totals.delivered + totals.failed);
    format!("{} delivered, {} given up, {} other", grouped(totals.delivered), grouped(totals.failed), grouped(rest))
}

fn attempts(bar: &OverviewBar, end: Timestamp) -> Bar {
    let totals = &bar.totals;
    let statuses = ["status=SUCCESSFUL", "status=FAILED"];
    Bar {
        at: bar.at,
        values: vec![count(totals.attempts_successful), count(totals.attempts_failed)],
        words: attempts_words(totals),
        href: in_window("/attempts", "", bar.at, end),
        hrefs: statuses.map(|query| in_window("/attempts", query, bar.at, end)).into(),
    }
}

fn attempts_words(totals: &Totals) -> String {
    let failed = grouped(totals.attempts_failed);
    let rate = totals.error_rate().map(|rate| format!(" ({})", percent(rate))).unwrap_or_default();
    format!("{} successful, {failed} failed{rate}", grouped(totals.attempts_successful))
}

fn latency(bar: &OverviewBar, end: Timestamp) -> Bar {
    let latency = bar.totals.latency;
    Bar {
        at: bar.at,
        values: vec![latency.p50, latency.p95, latency.p99],
        words: latency_words(&bar.totals),
        href: in_window("/attempts", "", bar.at, end),
        hrefs: vec![String::new(); 3],
    }
}

fn latency_words(totals: &Totals) -> String {
    let latency = totals.latency;
    match latency.p50 {
        None => "no attempt".to_owned(),
        Some(_) => format!("median {}, p95 {}, p99 {}", time(latency.p50), time(latency.p95), time(latency.p99)),
    }
}

/// A duration of a scale: `0`, `250 ms`, `2 s`.
fn milliseconds_short(ms: f64) -> String {
    match ms {
        0.0 => "0".to_owned(),
        ms if ms < 1000.0 && ms.fract() < 0.05 => format!("{ms:.0} ms"),
        ms if (1000.0..60_000.0).contains(&ms) && (ms / 1000.0).fract() < 0.005 => format!("{:.0} s", ms / 1000.0),
        ms => milliseconds(ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_leads_into_the_list_of_its_time_and_status() {
        let totals = Totals { events: 5, delivered: 3, failed: 1, ..Totals::default() };
        let bar = events(&OverviewBar { at: Timestamp::from_millis(0), totals }, Timestamp::from_millis(60_000));
        assert_eq!(bar.values, [Some(3.0), Some(1.0), Some(1.0)]);
        assert_eq!(bar.words, "3 delivered, 1 given up, 1 other");
        assert!(bar.hrefs[1].starts_with("/events?status=FAILED&from=1970-01-01T00:00:00.000Z&to="));
        assert_eq!((milliseconds_short(2000.0), milliseconds_short(2.0)), ("2 s".to_owned(), "2 ms".to_owned()));
    }
}
