//! Charts for the cells of tables.

use leptos::prelude::*;

use super::chart::{HEIGHT, height};

/// Two counts over time, drawn small: what is well below, what is not on top of it.
#[component]
pub(crate) fn Sparkline(
    #[prop(into)] pairs: Signal<Vec<(u64, u64)>>,
    /// The chart in a sentence.
    #[prop(into)]
    words: Signal<String>,
) -> impl IntoView {
    #[expect(clippy::cast_precision_loss, reason = "a pixel is coarser")]
    let drawn = move || {
        let pairs = pairs.get();
        let top = pairs.iter().map(|(good, bad)| good + bad).max().unwrap_or_default().max(1) as f64;
        let rect = |(at, (good, bad)): (usize, &(u64, u64))| {
            let (good, bad) = (height(*good as f64, top).unwrap_or(0.0), height(*bad as f64, top).unwrap_or(0.0));
            let rect = |class, y: f64, height: f64| {
                (height > 0.0).then(|| view! {
                    <rect class=class x=format!("{at}.1") y=format!("{:.1}", y.max(0.0)) width="0.8" height=format!("{height:.1}")></rect>
                })
            };
            (rect("good", HEIGHT - good, good), rect("bad", HEIGHT - good - bad, bad))
        };
        pairs.iter().enumerate().map(rect).collect_view()
    };
    let count = move || pairs.with(Vec::len).max(1);
    view! {
        <svg
            class="sparkline"
            viewBox=move || format!("0 0 {} {HEIGHT}", count())
            preserveAspectRatio="none"
            role="img"
            aria-label=move || words.get()
        >
            <line class="ground" x1="0" x2=count y1=HEIGHT y2=HEIGHT vector-effect="non-scaling-stroke"></line>
            {drawn}
        </svg>
    }
}
