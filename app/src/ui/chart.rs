//! Charts: bars over time that lead somewhere, and their small sisters in tables.

use hookyard_model::Timestamp;
use leptos::prelude::*;

use super::{
    chart_scale::{Axis, Labels, time_labels},
    chart_table::{ChartTable, Clock, in_utc},
    in_local_time,
};

/// How tall and how wide a drawing is, in its own units.
pub(super) const HEIGHT: f64 = 100.0;

/// What of a bar is stacked on the others: its colour's class and its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) class: &'static str,
    pub(crate) word: &'static str,
}

/// A bar: when it begins, how much there is of each layer, and where it leads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bar {
    pub(crate) at: Timestamp,
    /// None: nothing was measured.
    pub(crate) values: Vec<Option<f64>>,
    /// The values as they are read.
    pub(crate) words: String,
    pub(crate) href: String,
    /// Where each layer leads.
    pub(crate) hrefs: Vec<String>,
}

impl Bar {
    fn top(&self, is_stacked: bool) -> f64 {
        let values = self.values.iter().flatten();
        if is_stacked { values.sum() } else { values.fold(0.0, |most, value| value.max(most)) }
    }
}

/// A chart of bars, with a scale, times below, and a table of the same for those who read by ear.
#[component]
pub(crate) fn BarChart(
    title: &'static str,
    /// What there was in all.
    #[prop(into)]
    summary: Signal<String>,
    layers: Vec<Layer>,
    #[prop(into)] bars: Signal<Vec<Bar>>,
    /// Writes a number of the scale.
    unit: fn(f64) -> String,
    /// Whether layers stand on each other; else each is drawn as a line of its own.
    #[prop(default = true)]
    is_stacked: bool,
    /// A word for tests.
    testid: &'static str,
) -> impl IntoView {
    let told = RwSignal::new(None::<usize>);
    let axis = Memo::new(move |_| bars.with(|bars| Axis::for_values(bars.iter().map(|bar| bar.top(is_stacked)))));
    let count = Memo::new(move |_| bars.with(Vec::len));
    let legend = layers.iter().map(|layer| view! { <li class=layer.class>{layer.word}</li> }).collect_view();
    let columns = layers.clone();
    let drawn = {
        let layers = layers.clone();
        move || bars.with(|bars| shapes(bars, &layers, axis.get().top(), is_stacked))
    };
    view! {
        <figure class="chart" data-testid=testid aria-label=title>
            <figcaption>
                <h2>{title}</h2>
                <p class="told" aria-live="off">
                    {move || match told.get().and_then(|at| bars.with(|bars| bars.get(at).cloned())) {
                        Some(bar) => view! { <b><Clock at=bar.at/></b>" "{bar.words} }.into_any(),
                        None => summary.get().into_any(),
                    }}
                </p>
                <ul class="legend" aria-hidden="true">{legend}</ul>
            </figcaption>
            <div class="plot" aria-hidden="true">
                <svg class="scale" focusable="false">
                    {move || axis.get().ticks().into_iter().map(|(value, share)| view! {
                        <text x="100%" y=format!("{:.2}%", 100.0 - share * 100.0) dy="0.32em" text-anchor="end">{unit(value)}</text>
                    }).collect_view()}
                </svg>
                <div class="field">
                    <svg viewBox=move || format!("0 0 {} {HEIGHT}", count.get().max(1)) preserveAspectRatio="none" focusable="false">
                        {move || axis.get().ticks().into_iter().map(|(_, share)| {
                            let y = format!("{:.2}", HEIGHT - share * HEIGHT);
                            view! { <line class="tick" x1="0" x2=count.get() y1=y.clone() y2=y></line> }
                        }).collect_view()}
                        {drawn}
                    </svg>
                    <div class="slots" on:mouseleave=move |_| told.set(None)>
                        {move || (0..count.get()).map(|at| view! { <Slot at bars told/> }).collect_view()}
                    </div>
                </div>
                <Times bars/>
            </div>
            <details class="as-table">
                <summary>"As a table"<span class="hidden">": "{title}</span></summary>
                <div class="scrolled" tabindex="0" role="region" aria-label=format!("{title} as a table")>
                    <ChartTable title columns bars unit/>
                </div>
            </details>
        </figure>
    }
}

/// What is pointed at of a bar, over its whole height. By ear and by keyboard the same is in the table, where each number
/// leads to what it counts.
#[component]
fn Slot(at: usize, bars: Signal<Vec<Bar>>, told: RwSignal<Option<usize>>) -> impl IntoView {
    let bar = move || bars.with(|bars| bars.get(at).cloned());
    view! {
        <a
            class="slot"
            tabindex="-1"
            href=move || bar().map(|bar| bar.href)
            title=move || bar().map(|bar| format!("{} UTC · {}", in_utc(bar.at), bar.words))
            on:mouseenter=move |_| told.set(Some(at))
        ></a>
    }
}

/// The times below a chart: few, at round places.
#[component]
fn Times(bars: Signal<Vec<Bar>>) -> impl IntoView {
    let is_local = RwSignal::new(false);
    Effect::new(move |_| is_local.set(true));
    let labels = move || {
        let times: Vec<_> = bars.with(|bars| bars.iter().map(|bar| bar.at).collect());
        let write = |at: Timestamp| if is_local.get() { in_local_time(at) } else { in_utc(at) };
        let Labels { marks } = time_labels(&times, &write);
        marks
            .into_iter()
            .map(|(share, text)| {
                let x = format!("{:.2}%", share * 100.0);
                // At the end there is no room to the right.
                let anchor = if share > 0.9 { "middle" } else { "start" };
                view! {
                    <line x1=x.clone() x2=x.clone() y1="0" y2="4"></line>
                    <text x=x y="1.05em" text-anchor=anchor>{text}</text>
                }
            })
            .collect_view()
    };
    view! { <svg class="times" focusable="false">{labels}</svg> }
}

fn shapes(bars: &[Bar], layers: &[Layer], top: f64, is_stacked: bool) -> AnyView {
    if !is_stacked {
        return layers
            .iter()
            .enumerate()
            .map(|(layer, Layer { class, .. })| {
                let d = line(bars, layer, top);
                view! { <path class=format!("line {class}") d=d vector-effect="non-scaling-stroke"></path> }
            })
            .collect_view()
            .into_any();
    }
    let bar = |(at, bar): (usize, &Bar)| {
        let mut foot = HEIGHT;
        let rects: Vec<_> = layers
            .iter()
            .zip(&bar.values)
            .filter_map(|(layer, value)| {
                let height = height((*value)?, top)?;
                foot = (foot - height).max(0.0);
                Some(view! {
                    <rect class=layer.class x=format!("{at}.12") y=format!("{foot:.2}") width="0.76" height=format!("{height:.2}")></rect>
                })
            })
            .collect();
        rects
    };
    bars.iter().enumerate().flat_map(bar).collect_view().into_any()
}

/// How tall a value is drawn; one among thousands is still seen.
pub(super) fn height(value: f64, top: f64) -> Option<f64> {
    (value > 0.0).then(|| (value / top * HEIGHT).clamp(1.5, HEIGHT))
}

/// A line through the middles of the bars, broken where nothing was measured. A point alone is drawn as a short stroke.
#[expect(clippy::cast_precision_loss, reason = "two digits are drawn")]
fn line(bars: &[Bar], layer: usize, top: f64) -> String {
    let value = |at: usize| bars.get(at).and_then(|bar| bar.values.get(layer).copied().flatten());
    let mut path = String::new();
    for at in 0..bars.len() {
        let Some(found) = value(at) else { continue };
        let (x, y) = (at as f64 + 0.5, HEIGHT - (found / top * HEIGHT).clamp(0.0, HEIGHT));
        let begins = at == 0 || value(at - 1).is_none();
        let ends = value(at + 1).is_none();
        let _ = match (begins, ends) {
            (true, true) => {
                std::fmt::Write::write_fmt(&mut path, format_args!("M{:.2} {y:.2}H{:.2}", x - 0.4, x + 0.4))
            }
            (true, false) => std::fmt::Write::write_fmt(&mut path, format_args!("M{x:.2} {y:.2}")),
            (false, _) => std::fmt::Write::write_fmt(&mut path, format_args!("L{x:.2} {y:.2}")),
        };
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(values: &[Option<f64>]) -> Bar {
        Bar {
            at: Timestamp::default(),
            values: values.to_vec(),
            words: String::new(),
            href: String::new(),
            hrefs: Vec::new(),
        }
    }

    #[test]
    fn a_line_is_broken_where_nothing_was_measured() {
        let bars = [Some(10.0), Some(5.0), None, Some(10.0)].map(|value| bar(&[value]));
        assert_eq!(line(&bars, 0, 10.0), "M0.50 0.00L1.50 50.00M3.10 0.00H3.90");
    }

    #[test]
    fn stacked_bars_reach_as_high_as_their_sum() {
        let one = bar(&[Some(3.0), None, Some(4.0)]);
        assert!((one.top(true) - 7.0).abs() < f64::EPSILON && (one.top(false) - 4.0).abs() < f64::EPSILON);
        assert_eq!((height(0.0, 10.0), height(1.0, 1e6)), (None, Some(1.5)));
    }
}
