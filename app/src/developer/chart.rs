//! What a webhook was sent in the last 24 hours, drawn small.

use hookyard_model::AttemptBucket;
use leptos::prelude::*;

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 24.0;
/// So high is what there is one of, however many others there are.
const LEAST: f64 = 2.0;

/// A bar an hour: what failed stands on what was successful.
#[component]
pub(super) fn ActivityChart(
    /// Of each hour, the oldest first; none where they could not be read.
    hours: Option<Vec<AttemptBucket>>,
) -> impl IntoView {
    let Some(hours) = hours else { return view! { <span class="nothing">"–"</span> }.into_any() };
    let successful: u64 = hours.iter().map(|hour| hour.successful).sum();
    let failed: u64 = hours.iter().map(|hour| hour.failed).sum();
    let words = summary(successful, failed);
    let caption = match (successful + failed, failed) {
        (0, _) => "Nothing sent".to_owned(),
        (all, 0) => format!("{all} sent"),
        (all, failed) => format!("{failed} of {all} failed"),
    };
    let bars = bars(&hours).into_iter().map(|bar| {
        let rect =
            |class, y: f64, height: f64| {
                (height > 0.0).then(|| view! {
                <rect class=class x=number(bar.x) y=number(y) width=number(bar.width) height=number(height)></rect>
            })
            };
        let foot = HEIGHT - 1.0;
        view! {
            {rect("good", foot - bar.successful, bar.successful)}
            {rect("bad", foot - bar.successful - bar.failed, bar.failed)}
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

/// The chart in a sentence.
fn summary(successful: u64, failed: u64) -> String {
    match (successful, failed) {
        (0, 0) => "Last 24 hours: no attempt".to_owned(),
        (successful, failed) => format!("Last 24 hours: {successful} successful and {failed} failed attempts"),
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Bar {
    x: f64,
    width: f64,
    successful: f64,
    failed: f64,
}

/// The bars, the fullest hour as high as there is room.
fn bars(hours: &[AttemptBucket]) -> Vec<Bar> {
    #[expect(clippy::cast_precision_loss, reason = "a pixel is coarser")]
    let size = |count: u64| count as f64;
    let most = hours.iter().map(|hour| hour.successful + hour.failed).max().unwrap_or_default().max(1);
    let room = HEIGHT - 1.0 - LEAST;
    let height = |count: u64| if count == 0 { 0.0 } else { (size(count) / size(most) * room).max(LEAST) };
    let step = WIDTH / size(hours.len().max(1) as u64);
    let mut x = 0.0;
    hours
        .iter()
        .map(|hour| {
            let bar = Bar { x, width: step - 1.0, successful: height(hour.successful), failed: height(hour.failed) };
            x += step;
            bar
        })
        .collect()
}

/// A tenth of a pixel is enough.
fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use hookyard_model::Timestamp;

    use super::*;

    fn hour(successful: u64, failed: u64) -> AttemptBucket {
        AttemptBucket { at: Timestamp::default(), successful, failed }
    }

    #[test]
    fn the_fullest_hour_fills_the_room_and_one_failure_is_seen() {
        let drawn = bars(&[hour(0, 0), hour(1000, 0), hour(999, 1)]);
        assert_eq!((drawn[0].successful, drawn[0].failed), (0.0, 0.0));
        assert!((drawn[1].successful - (HEIGHT - 1.0 - LEAST)).abs() < 0.01);
        assert!((drawn[2].failed - LEAST).abs() < f64::EPSILON);
        assert!(drawn.iter().all(|bar| bar.successful + bar.failed < HEIGHT));
    }

    #[test]
    fn a_chart_is_said_in_words() {
        assert_eq!(summary(0, 0), "Last 24 hours: no attempt");
        assert_eq!(summary(3, 1), "Last 24 hours: 3 successful and 1 failed attempts");
    }
}
