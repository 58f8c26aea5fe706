//! The drawing of a lane: attempts as bars, waits as lines, marks for what happens at once.

use hookyard_model::{AttemptStatus, TraceItem, TraceKind};
use leptos::prelude::*;

use super::scale::{Scale, after, length};

/// What stands for an item.
enum Sign {
    /// A bar from its beginning to its end.
    Bar(&'static str),
    /// A line over the time of a wait.
    Wait(&'static str),
    /// A mark at its instant: a class and a path around the origin.
    Mark(&'static str, &'static str),
}

const TICK: &str = "M-3.2 .2 -1 2.6 3.4-2.4";
const CROSS: &str = "M-2.8-2.8 2.8 2.8M2.8-2.8-2.8 2.8";
const DIAMOND: &str = "M0-5 5 0 0 5-5 0Z";
const SLASH: &str = "M-2.6 2.6 2.6-2.6";
const ROUND: &str = "M0 5.5A5.5 5.5 0 1 0 0-5.5 5.5 5.5 0 0 0 0 5.5Z";
const OCTAGON: &str = "M-2.3-5.5H2.3L5.5-2.3V2.3L2.3 5.5H-2.3L-5.5 2.3V-2.3Z";

fn sign(item: &TraceItem) -> Option<Sign> {
    let is_good = item.status.as_deref() == Some(AttemptStatus::Successful.as_str());
    Some(match item.kind {
        TraceKind::Attempt if is_good => Sign::Bar("good"),
        TraceKind::Attempt => Sign::Bar("bad"),
        TraceKind::Delayed => Sign::Wait("delayed"),
        TraceKind::Held => Sign::Wait("held"),
        TraceKind::RetryScheduled => Sign::Wait("retry"),
        TraceKind::Transformed => Sign::Mark("changed", DIAMOND),
        TraceKind::TransformFailed => Sign::Mark("bad", DIAMOND),
        TraceKind::Delivered => Sign::Mark("good end", TICK),
        TraceKind::Failed => Sign::Mark("bad end", CROSS),
        TraceKind::Cancelled | TraceKind::Filtered => Sign::Mark("off end", SLASH),
        TraceKind::EventCreated | TraceKind::Retried => Sign::Mark("start", "M0-5V5"),
        _ => return None,
    })
}

/// What happened to one event, drawn. All of it is said in words beside it.
#[component]
pub(super) fn Track(items: Vec<TraceItem>, scale: Scale) -> impl IntoView {
    // What has no end yet goes on up to the end of the drawing.
    let end = scale.end();
    let mut drawn: Vec<_> = items.iter().filter_map(|item| Some((sign(item)?, item))).collect();
    // Marks stand before bars, and bars before waits.
    drawn.sort_by_key(|(sign, _)| match sign {
        Sign::Wait(_) => 0,
        Sign::Bar(_) => 1,
        Sign::Mark(..) => 2,
    });
    let one = |(sign, item): &(Sign, &TraceItem)| {
        let (from, to) =
            (scale.at(item.at.millis()), scale.at(item.until.map_or(end, hookyard_model::Timestamp::millis)));
        let title = item.label.clone();
        match sign {
            Sign::Bar(class) => {
                // What took hardly any time is still seen.
                let width = (to - from).max(0.7);
                let x = from.min(100.0 - width);
                view! {
                    <rect class=*class x=percent(x) y="6" width=percent(width) height="16" rx="2"><title>{title}</title></rect>
                }
                .into_any()
            }
            Sign::Wait(class) => view! {
                <line class=*class x1=percent(from) x2=percent(to) y1="14" y2="14"><title>{title}</title></line>
            }
            .into_any(),
            Sign::Mark(class, path) => {
                let is_end = class.ends_with("end");
                let around = if class.starts_with("good") { ROUND } else { OCTAGON };
                view! {
                    <svg class=format!("mark {class}") x=percent(from) y="14" overflow="visible">
                        <title>{title}</title>
                        {is_end.then(|| view! { <path class="around" d=around></path> })}
                        <path class="sign" d=*path></path>
                    </svg>
                }
                .into_any()
            }
        }
    };
    view! {
        <svg class="track" width="100%" height="28" aria-hidden="true" focusable="false">
            {cuts(&scale, 28)}
            {drawn.iter().map(one).collect_view()}
        </svg>
    }
}

/// Where time was cut short.
fn cuts(scale: &Scale, height: u32) -> impl IntoView + use<> {
    let gaps = scale.gaps.clone();
    let cut = move |gap: super::scale::Gap| {
        let middle = f64::midpoint(gap.from, gap.to);
        view! {
            <rect class="cut" x=percent(gap.from) width=percent(gap.to - gap.from) y="0" height=height></rect>
            <svg class="tear" x=percent(middle) overflow="visible"><path d=format!("M-2 0l4 {0}l-4 {0}l4 {0}l-4 {0}", f64::from(height) / 4.0)></path></svg>
        }
    };
    gaps.into_iter().map(cut).collect_view()
}

/// The instants below the lanes, and how long what was cut short took.
#[component]
pub(super) fn Axis(scale: Scale) -> impl IntoView {
    // Where it is narrow, there is room for fewer.
    let coarse = scale.ticks(28.0);
    let tick = move |(at, millis): (f64, i64)| {
        let is_fine = !coarse.iter().any(|(_, kept)| *kept == millis);
        let text = if millis == 0 { "0 ms".to_owned() } else { after(millis) };
        view! {
            <line class="tick" x1=percent(at) x2=percent(at) y1="0" y2="4"></line>
            <text class=is_fine.then_some("fine") x=percent(at) y="15">{text}</text>
        }
    };
    let cut = |gap: &super::scale::Gap| {
        let middle = f64::midpoint(gap.from, gap.to);
        view! { <text class="cut" x=percent(middle) y="28">{format!("⋯ {}", length(gap.millis))}</text> }
    };
    // Where there are many, their texts would stand over each other: the lanes say how long they waited.
    let few = scale.gaps.len() <= 6;
    view! {
        <svg class="axis" width="100%" height="32" aria-hidden="true" focusable="false">
            {scale.ticks(10.0).into_iter().map(tick).collect_view()}
            {few.then(|| scale.gaps.iter().map(cut).collect_view())}
        </svg>
    }
}

fn percent(hundredths: f64) -> String {
    format!("{hundredths:.2}%")
}
