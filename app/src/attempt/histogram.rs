//! Attempts over time, as bars to click into.

use hookyard_model::{AttemptBucket, AttemptHistogram, Timestamp};
use leptos::prelude::*;

use crate::{
    failure::Failure,
    ui::{Here, Icon, Shape, Time, here},
};

/// How tall the drawing is, in its own units.
const HEIGHT: f64 = 100.0;

/// What is counted: one, several, and the words for those that are well and those that are not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    pub(crate) nouns: (&'static str, &'static str),
    pub(crate) good: &'static str,
    pub(crate) bad: &'static str,
    pub(crate) title: &'static str,
}

impl Counted {
    const ATTEMPTS: Self =
        Self { nouns: ("attempt", "attempts"), good: "successful", bad: "failed", title: "Attempts over time" };
}

/// The bars of the window that the list shows. Takes its room before it is there.
#[component]
pub(crate) fn Histogram(
    shown: Resource<Result<AttemptHistogram, Failure>>,
    /// Whether the window is a part that was chosen.
    #[prop(into)]
    is_zoomed: Signal<bool>,
    #[prop(default = Counted::ATTEMPTS)] counted: Counted,
) -> impl IntoView {
    view! {
        <figure class="histogram" aria-label=counted.title data-testid="histogram">
            <Transition fallback=|| view! { <p class="nothing" role="status">"Counting …"</p> }>
                {move || shown.get().map(|shown| match shown {
                    Ok(shown) => view! { <Bars shown is_zoomed counted/> }.into_any(),
                    Err(_) => view! {
                        <p class="nothing"><Icon shape=Shape::Alert/>"The chart cannot be shown just now. The list below is complete."</p>
                    }
                    .into_any(),
                })}
            </Transition>
        </figure>
    }
}

/// The drawing, once it is there.
#[component]
pub(crate) fn Bars(shown: AttemptHistogram, is_zoomed: Signal<bool>, counted: Counted) -> impl IntoView {
    let here = here();
    let told = RwSignal::new(None::<AttemptBucket>);
    let focused = RwSignal::new(shown.buckets.iter().position(|bucket| total(bucket) > 0).unwrap_or(0));
    let count = shown.buckets.len();
    let top = scale(shown.buckets.iter().map(total).max().unwrap_or(0));
    let rects = shown.buckets.iter().enumerate().map(|(at, bucket)| drawn(at, bucket, top)).collect_view();
    let step = shown.step_ms;
    let plot = NodeRef::<leptos::html::Div>::new();
    let move_focus = move |event: web_sys::KeyboardEvent| {
        let to = match event.key().as_str() {
            "ArrowRight" => (focused.get_untracked() + 1).min(count.saturating_sub(1)),
            "ArrowLeft" => focused.get_untracked().saturating_sub(1),
            "Home" => 0,
            "End" => count.saturating_sub(1),
            _ => return,
        };
        event.prevent_default();
        focused.set(to);
        let bar = plot.get_untracked().and_then(|plot| plot.children().item(u32::try_from(to).ok()?));
        if let Some(bar) = bar.and_then(|bar| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(bar).ok()) {
            // It fails only for an element that cannot have the focus.
            drop(bar.focus());
        }
    };
    let link = move |(at, bucket): (usize, AttemptBucket)| {
        let words = words(&bucket, counted);
        let ends = end(&bucket, step);
        view! {
            <a
                class="slot"
                href=move || zoom(here, bucket.at, ends)
                data-noscroll=""
                tabindex=move || if focused.get() == at { "0" } else { "-1" }
                title=format!("{} to {} UTC: {words}", clock(bucket.at), clock(ends))
                aria-label=format!("{} UTC, {words}. Zoom in.", clock(bucket.at))
                on:focus=move |_| {
                    focused.set(at);
                    told.set(Some(bucket));
                }
                on:blur=move |_| told.set(None)
                on:mouseenter=move |_| told.set(Some(bucket))
                on:mouseleave=move |_| told.set(None)
            ></a>
        }
    };
    let (from, to) = (shown.from, shown.to);
    let summary = summary(&shown, counted);
    view! {
        <figcaption>
            <p class="told">
                {move || match told.get() {
                    Some(bucket) => view! { <Time at=bucket.at/> " · " {words(&bucket, counted)} }.into_any(),
                    None => summary.clone().into_any(),
                }}
            </p>
            <Show when=move || is_zoomed.get()>
                <a class="button quiet small" data-noscroll="" href=move || wider(here, from, to)>"Zoom out"</a>
            </Show>
        </figcaption>
        <div class="plot">
            <div class="scale" aria-hidden="true"><span>{top}</span><span>"0"</span></div>
            <div class="field">
                <svg viewBox=format!("0 0 {count} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true" focusable="false">
                    <line class="half" x1="0" y1="50" x2=count y2="50"></line>
                    {rects}
                </svg>
                <div class="slots" role="group" aria-label="Bars, oldest first" node_ref=plot on:keydown=move_focus>
                    {shown.buckets.into_iter().enumerate().map(link).collect_view()}
                </div>
            </div>
            <div class="ends"><Time at=from/><Time at=to/></div>
        </div>
    }
}

/// A bar: what failed below, what succeeded on top of it.
fn drawn(at: usize, bucket: &AttemptBucket, top: u64) -> impl IntoView + use<> {
    let failed = height(bucket.failed, top);
    let successful = height(bucket.successful, top);
    let rect = |class, y: f64, height: f64| {
        let x = format!("{at}.1");
        (height > 0.0).then(|| {
            view! { <rect class=class x=x y=format!("{y:.2}") width="0.8" height=format!("{height:.2}")></rect> }
        })
    };
    (rect("failed", HEIGHT - failed, failed), rect("successful", HEIGHT - failed - successful, successful))
}

#[expect(clippy::cast_precision_loss, reason = "two digits are drawn")]
fn height(count: u64, top: u64) -> f64 {
    // One among thousands is still seen.
    if count == 0 { 0.0 } else { (count as f64 / top as f64 * HEIGHT).max(2.0) }
}

const fn total(bucket: &AttemptBucket) -> u64 {
    bucket.successful + bucket.failed
}

/// The round number at the top of the scale: 1, 2 or 5 with zeros, not below `most`.
fn scale(most: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for step in [1, 2, 5] {
            let top = power.saturating_mul(step);
            if top >= most {
                return top;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn words(bucket: &AttemptBucket, counted: Counted) -> String {
    format!("{} {}, {} {}", bucket.successful, counted.good, bucket.failed, counted.bad)
}

fn end(bucket: &AttemptBucket, step: u64) -> Timestamp {
    bucket.at.plus(std::time::Duration::from_millis(step))
}

/// Such as `2026-01-31 08:15:00`, in UTC: what stands in titles is the same before and after scripts.
fn clock(at: Timestamp) -> String {
    at.to_string().replace('T', " ").chars().take(19).collect()
}

/// The drawing in a sentence.
fn summary(shown: &AttemptHistogram, counted: Counted) -> String {
    let Counted { nouns: (one, many), good, bad, .. } = counted;
    let successful: u64 = shown.buckets.iter().map(|bucket| bucket.successful).sum();
    let failed: u64 = shown.buckets.iter().map(|bucket| bucket.failed).sum();
    let all = successful + failed;
    let noun = if all == 1 { one } else { many };
    format!("{all} {noun}: {successful} {good}, {failed} {bad}")
}

fn zoom(here: Here, from: Timestamp, to: Timestamp) -> String {
    here.with(&[("cursor", None), ("time", None), ("from", Some(&from.to_string())), ("to", Some(&to.to_string()))])
}

/// A window four times as wide around the same middle; the whole time where that is more than is kept anyway.
fn wider(here: Here, from: Timestamp, to: Timestamp) -> String {
    const LONG: std::time::Duration = std::time::Duration::from_hours(24 * 14);
    let length = to.since(from);
    if length * 4 > LONG {
        return here.with(&[("cursor", None), ("time", None), ("from", None), ("to", None)]);
    }
    let part = length * 3 / 2;
    zoom(here, from.minus(part), to.plus(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_round_and_reaches_the_highest_bar() {
        for (most, top) in [(0, 1), (1, 1), (3, 5), (9, 10), (11, 20), (999, 1000), (1001, 2000), (50_001, 100_000)] {
            assert_eq!(scale(most), top);
        }
    }

    #[test]
    fn a_bar_is_as_high_as_its_share_and_never_unseen() {
        for (count, top, expected) in [(0, 10, 0.0), (5, 10, 50.0), (10, 10, 100.0), (1, 100_000, 2.0)] {
            assert!((height(count, top) - expected).abs() < 0.5, "{count} of {top}");
        }
    }

    #[test]
    fn the_sentence_says_what_the_bars_do() {
        let at = Timestamp::from_millis(0);
        let bucket = |successful, failed| AttemptBucket { at, successful, failed };
        let shown = AttemptHistogram { from: at, to: at, step_ms: 1, buckets: vec![bucket(1, 0), bucket(2, 3)] };
        assert_eq!(summary(&shown, Counted::ATTEMPTS), "6 attempts: 3 successful, 3 failed");
    }
}
