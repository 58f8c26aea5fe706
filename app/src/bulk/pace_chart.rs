//! The pace over the last minutes, drawn small.

use std::fmt::Write as _;

use hookyard_model::PaceReading;
use leptos::prelude::*;

use super::words::a_second;
use crate::ui::milliseconds;

/// So much time is drawn, in seconds, and how tall a drawing is.
const SPAN: f64 = 180.0;
const HEIGHT: f64 = 40.0;

/// Readings further apart than this are not joined: nothing was sent between them.
const GAP: f64 = 6.0;

/// So many readings are kept at most.
const MOST: usize = 400;

/// Puts a reading to those before, and leaves out what is too old to be drawn.
pub(super) fn remember(history: &mut Vec<PaceReading>, reading: &PaceReading) {
    if history.last().is_some_and(|last| last.at >= reading.at) {
        return;
    }
    history.push(reading.clone());
    let first = history.iter().position(|one| seconds_before(reading, one) <= SPAN).unwrap_or(0);
    history.drain(..first.max(history.len().saturating_sub(MOST)));
}

#[expect(clippy::cast_precision_loss, reason = "some minutes in milliseconds")]
fn seconds_before(last: &PaceReading, one: &PaceReading) -> f64 {
    (last.at.millis() - one.at.millis()) as f64 / 1000.0
}

/// A line through a reading's values, `top` being the height of the drawing. One alone is a short stroke.
fn line(history: &[PaceReading], top: f64, value: fn(&PaceReading) -> f64) -> String {
    let Some(last) = history.last() else { return String::new() };
    let mut path = String::new();
    let mut before = None;
    for one in history {
        let x = SPAN - seconds_before(last, one);
        let y = HEIGHT - (value(one) / top).clamp(0.0, 1.0) * HEIGHT;
        let joined = before.is_some_and(|before| x - before <= GAP);
        let _ = if joined {
            write!(path, "L{x:.1} {y:.1}")
        } else {
            write!(path, "M{:.1} {y:.1}H{x:.1}", (x - 1.5).max(0.0))
        };
        before = Some(x);
    }
    path
}

fn top(history: &[PaceReading], values: &[fn(&PaceReading) -> f64]) -> f64 {
    let all = history.iter().flat_map(|one| values.iter().map(move |value| value(one)));
    all.filter(|value| value.is_finite()).fold(0.0_f64, f64::max).max(1.0) * 1.1
}

/// A line of a drawing: its class and what it shows.
type Line = (&'static str, fn(&PaceReading) -> f64);

/// One drawing with its words, which stand beside it and change with each reading.
#[component]
fn Strip(
    history: Signal<Vec<PaceReading>>,
    label: &'static str,
    lines: &'static [Line],
    /// The height of the drawing where it is always the same.
    #[prop(optional)]
    fixed: Option<f64>,
    /// The last reading: what is now, and what it is to be held against.
    words: fn(&PaceReading) -> (String, String),
) -> impl IntoView {
    let values: Vec<_> = lines.iter().map(|(_, value)| *value).collect();
    let paths = move || {
        history.with(|history| {
            let top = fixed.unwrap_or_else(|| top(history, &values));
            let path = |(class, value): &Line| {
                view! { <path class=*class d=line(history, top, *value) vector-effect="non-scaling-stroke"></path> }
            };
            lines.iter().map(path).collect_view()
        })
    };
    let said = Memo::new(move |_| history.with(|history| history.last().map(words).unwrap_or_default()));
    view! {
        <div class="strip">
            <dt>{label}</dt>
            <dd><b>{move || said.get().0}</b><span>{move || said.get().1}</span></dd>
            <dd class="drawing" aria-hidden="true">
                <svg viewBox=format!("0 0 {SPAN} {HEIGHT}") preserveAspectRatio="none" focusable="false">{paths}</svg>
            </dd>
        </div>
    }
}

const RATE: [Line; 2] = [("allowed", |one| one.allowed), ("sent", |one| one.sent)];
const LATENCY: [Line; 2] = [("base", |one| one.base_latency_ms), ("latency", |one| one.latency_ms)];
const ERRORS: [Line; 1] = [("errors", |one| one.error_rate)];

/// Three drawings over the same minutes: what is sent, how long the receiver takes, and how much fails.
#[component]
pub(super) fn PaceChart(history: Signal<Vec<PaceReading>>) -> impl IntoView {
    view! {
        <dl class="pace-chart">
            <Strip
                history label="Sent" lines=&RATE
                words=|one| (a_second(one.sent), format!("of {} allowed", a_second(one.allowed)))
            />
            <Strip
                history label="Answers take" lines=&LATENCY
                words=|one| (milliseconds(one.latency_ms), format!("{} when idle", milliseconds(one.base_latency_ms)))
            />
            <Strip
                history label="Failed" lines=&ERRORS fixed=1.0
                words=|one| (percent(one.error_rate), "of the last attempts".to_owned())
            />
        </dl>
    }
}

fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p > 0.0 && p < 1.0 => "under 1 %".to_owned(),
        p => format!("{p:.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use hookyard_model::Timestamp;

    use super::*;
    use crate::bulk::sample::reading;

    fn at(seconds: i64) -> PaceReading {
        PaceReading { at: Timestamp::from_millis(seconds * 1000), sent: 10.0, ..reading() }
    }

    #[test]
    fn a_line_is_broken_where_nothing_was_sent() {
        let history = [at(0), at(1), at(60)];
        assert_eq!(line(&history, 20.0, |one| one.sent), "M118.5 20.0H120.0L121.0 20.0M178.5 20.0H180.0");
        assert_eq!(line(&[], 1.0, |one| one.sent), "");
    }

    #[test]
    fn what_is_old_or_known_is_not_kept() {
        let mut history = Vec::new();
        for seconds in [0, 1, 1, 2, 200] {
            remember(&mut history, &at(seconds));
        }
        assert_eq!(history, [at(200)]);
        for seconds in 201..300 {
            remember(&mut history, &at(seconds));
        }
        assert_eq!(history.len(), 100);
    }
}
