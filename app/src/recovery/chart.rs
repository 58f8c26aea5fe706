//! When what failed was made, stacked by why it failed.

use hookyard_model::{Recovery, Timestamp};
use leptos::prelude::*;

use super::words::{cause_word, count};
use crate::ui::{Time, grouped};

/// So many groups have a colour of their own; the others share one.
const COLOURS: usize = 5;
/// How tall it is, in its own units.
const HEIGHT: f64 = 60.0;

/// The class of a group's colour.
pub(super) fn colour(group: usize) -> String {
    format!("cause-{}", group.min(COLOURS))
}

/// The bars; what they show is said by their label, and by the list of groups beside it.
#[component]
pub(super) fn FailureChart(recovery: Recovery) -> impl IntoView {
    let bins = recovery.groups.first().map_or(0, |group| group.bins.len());
    let sum = |bin: usize| recovery.groups.iter().filter_map(|group| group.bins.get(bin)).sum::<u64>();
    let most = (0..bins).map(sum).max().unwrap_or(0);
    let bars = (0..bins).flat_map(|bin| stack(&recovery, bin, most)).collect_view();
    let label = said(&recovery, most);
    let at = |bins: usize| {
        Timestamp::from_millis(
            recovery.bins_from.millis() + step(&recovery).saturating_mul(i64::try_from(bins).unwrap_or(0)),
        )
    };
    (most > 0).then(|| {
        view! {
            <figure class="failure-chart" data-testid="failure-chart">
                <svg role="img" aria-label=label viewBox=format!("0 0 {} {HEIGHT}", bins.max(1)) preserveAspectRatio="none">{bars}</svg>
                <figcaption><span><Time at=at(0)/></span><span>"at most "{grouped(most)}" a bar"</span><span><Time at=at(bins)/></span></figcaption>
            </figure>
        }
    })
}

fn step(recovery: &Recovery) -> i64 {
    i64::try_from(recovery.step_ms).unwrap_or(i64::MAX)
}

/// One bar, its groups on each other.
#[expect(clippy::cast_precision_loss, reason = "a drawing")]
fn stack(recovery: &Recovery, bin: usize, most: u64) -> Vec<AnyView> {
    let mut below = 0.0;
    let scale = HEIGHT / (most.max(1) as f64);
    let part = |(group, found): (usize, &hookyard_model::FailureGroup)| {
        let height = found.bins.get(bin).copied().unwrap_or(0) as f64 * scale;
        below += height;
        (height > 0.0).then(|| {
            let (x, y) = (format!("{:.2}", bin as f64 + 0.08), format!("{:.2}", HEIGHT - below));
            view! { <rect class=colour(group) x=x y=y width="0.84" height=format!("{height:.2}")></rect> }.into_any()
        })
    };
    recovery.groups.iter().enumerate().filter_map(part).collect()
}

/// The drawing in words.
fn said(recovery: &Recovery, most: u64) -> String {
    let causes: Vec<_> = recovery
        .groups
        .iter()
        .map(|group| format!("{} for {}", count(group.bins.iter().sum(), "event", "events"), cause_word(group.cause)))
        .collect();
    format!("What failed over time, at most {} in a bar: {}", grouped(most), causes.join(", "))
}
