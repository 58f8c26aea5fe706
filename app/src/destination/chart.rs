//! What was sent to a destination in the last 24 hours, drawn small.

use hookyard_model::{BINS, DestinationCard};
use leptos::prelude::*;

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 24.0;
/// So high is what there is one of, however many others there are.
const LEAST: f64 = 2.0;

/// A bar for each four hours: what failed stands on what was successful.
#[component]
pub(super) fn AttemptBars(card: Option<DestinationCard>) -> impl IntoView {
    let Some(card) = card else { return view! { <span class="nothing">"–"</span> }.into_any() };
    let (all, failed) = (card.attempts_24h_count, card.attempts_24h_failed_count);
    let caption = match (all, failed) {
        (0, _) => "Nothing sent".to_owned(),
        (all, 0) => format!("{all} sent"),
        (all, failed) => format!("{failed} of {all} failed"),
    };
    let words = match all {
        0 => "Last 24 hours: no attempt".to_owned(),
        all => format!("Last 24 hours: {all} attempts, {failed} failed"),
    };
    let rect = |bar: &Bar, class: &'static str, y: f64, height: f64| {
        (height > 0.0).then(|| view! { <rect class=class x=number(bar.x) y=number(y) width=number(bar.width) height=number(height)></rect> })
    };
    let foot = HEIGHT - 1.0;
    let bars = bars(&card).into_iter().map(|bar| {
        view! {
            {rect(&bar, "good", foot - bar.successful, bar.successful)}
            {rect(&bar, "bad", foot - bar.successful - bar.failed, bar.failed)}
        }
    });
    view! {
        <span class="activity" title=words.clone()>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") width=WIDTH height=HEIGHT role="img" aria-label=words.clone()>
                <line class="ground" x1="0" x2=WIDTH y1=HEIGHT - 0.5 y2=HEIGHT - 0.5></line>
                {bars.collect_view()}
            </svg>
            <span class="caption" aria-hidden="true">{caption}</span>
        </span>
    }
    .into_any()
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Bar {
    x: f64,
    width: f64,
    successful: f64,
    failed: f64,
}

/// The bars, the fullest as high as there is room.
fn bars(card: &DestinationCard) -> Vec<Bar> {
    #[expect(clippy::cast_precision_loss, reason = "a pixel is coarser")]
    let size = |count: u64| count as f64;
    let most = size(card.attempts_24h_bins.iter().copied().max().unwrap_or_default()).max(1.0);
    let high = |count: u64| if count == 0 { 0.0 } else { (size(count) / most * (HEIGHT - 2.0)).max(LEAST) };
    let width = WIDTH / size(BINS as u64);
    let bar = |(index, (all, failed)): (usize, (&u64, &u64))| {
        let successful = high(all.saturating_sub(*failed));
        // Both together are no higher than there is room.
        let failed = high(*failed).min(HEIGHT - 2.0 - successful.min(HEIGHT - 2.0 - LEAST)).max(0.0);
        Bar {
            x: size(index as u64) * width + 1.0,
            width: width - 2.0,
            successful: successful.min(HEIGHT - 2.0 - failed),
            failed,
        }
    };
    card.attempts_24h_bins.iter().zip(&card.attempts_24h_failed_bins).enumerate().map(bar).collect()
}

fn number(number: f64) -> String {
    format!("{number:.1}")
}

#[cfg(test)]
mod tests {
    use hookyard_model::{Backlog, DestinationId};

    use super::*;

    #[test]
    fn what_failed_is_seen_and_nothing_sticks_out() {
        let card = DestinationCard {
            id: "des_01KATJ5Z2Q0000000000000000".parse::<DestinationId>().unwrap(),
            attempts_24h_count: 1201,
            attempts_24h_successful_count: 1100,
            attempts_24h_failed_count: 101,
            attempts_24h_bins: [0, 1000, 1, 100, 100, 0],
            attempts_24h_failed_bins: [0, 1, 0, 100, 0, 0],
            latency_p95: None,
            backlog: Backlog::default(),
            per_minute: 0.0,
            failed_per_minute: 0.0,
        };
        let bars = bars(&card);
        for bar in &bars {
            assert!(bar.successful + bar.failed <= HEIGHT - 2.0 + 0.001 && bar.x + bar.width <= WIDTH, "{bar:?}");
        }
        assert!(bars[1].failed >= LEAST && bars[2].successful >= LEAST, "one of a thousand is seen: {bars:?}");
        assert_eq!((bars[0].successful, bars[3].successful), (0.0, 0.0));
    }
}
