//! The lines of the board.

use leptos::prelude::*;

use super::{
    plan::Wire,
    scene::{Scene, State},
};

/// Which part of the way lines are drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    FromSources,
    ToDestinations,
}

/// The lines of one part. They say nothing that the rows do not say in words.
#[component]
pub(super) fn Wires(scene: Scene, part: Part) -> impl IntoView {
    let class = if part == Part::FromSources { "wires from" } else { "wires to" };
    let draw = move || {
        let wires = scene.plan.with(|plan| match part {
            Part::FromSources => plan.from_sources.clone(),
            Part::ToDestinations => plan.to_destinations.clone(),
        });
        wires.into_iter().map(|wire| one(scene, part, wire)).collect_view()
    };
    let height = move || scene.plan.with(|plan| plan.height.max(1));
    view! {
        <svg
            class=class
            viewBox=move || format!("0 0 100 {}", height())
            height=height
            preserveAspectRatio="none"
            aria-hidden="true"
            focusable="false"
        >
            {draw}
        </svg>
    }
}

fn one(scene: Scene, part: Part, Wire { lines, left, right }: Wire) -> impl IntoView {
    let whole = path(left, right, false);
    let broken = path(left, right, true);
    let lines = StoredValue::new(lines);
    let state = Memo::new(move |_| lines.with_value(|lines| scene.state_of(lines)));
    let class = move || {
        let (state, flow) = (state.get(), lines.with_value(|lines| scene.flow_of(lines)));
        let look = match (state, part) {
            (State::Disabled, _) => "off",
            (State::Paused, Part::ToDestinations) => "paused",
            _ if flow.failed > 0 && part == Part::ToDestinations => "failing",
            _ => "active",
        };
        let is_lit = lines.with_value(|lines| scene.is_lit(lines));
        let lit = if is_lit { " lit" } else { "" };
        format!("wire {look} w{}{lit}", flow.weight())
    };
    let d = move || if state.get() == State::Disabled { broken.clone() } else { whole.clone() };
    view! { <path class=class d=d vector-effect="non-scaling-stroke"></path> }
}

/// From the left edge to the right one; a line that is broken has a gap in its middle.
fn path(left: f64, right: f64, is_broken: bool) -> String {
    let curve = [(0.0, left), (50.0, left), (50.0, right), (100.0, right)];
    if !is_broken {
        return written(curve);
    }
    let (first, _) = split(curve, 0.42);
    let (_, last) = split(curve, 0.58);
    written(first) + &written(last)
}

type Curve = [(f64, f64); 4];

/// Both parts of a curve, cut at `t`.
#[expect(clippy::many_single_char_names, reason = "points are called so")]
fn split(curve: Curve, t: f64) -> (Curve, Curve) {
    let between = |one: (f64, f64), other: (f64, f64)| (one.0 + (other.0 - one.0) * t, one.1 + (other.1 - one.1) * t);
    let [a, b, c, d] = curve;
    let (ab, bc, cd) = (between(a, b), between(b, c), between(c, d));
    let (abc, bcd) = (between(ab, bc), between(bc, cd));
    let middle = between(abc, bcd);
    ([a, ab, abc, middle], [middle, bcd, cd, d])
}

fn written([a, b, c, d]: Curve) -> String {
    let point = |(x, y): (f64, f64)| format!("{x:.1} {y:.1}");
    format!("M{}C{},{},{}", point(a), point(b), point(c), point(d))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_line_begins_and_ends_as_the_whole_one() {
        assert_eq!(path(10.0, 30.0, false), "M0.0 10.0C50.0 10.0,50.0 30.0,100.0 30.0");
        let broken = path(10.0, 30.0, true);
        assert!(broken.starts_with("M0.0 10.0C") && broken.ends_with(",100.0 30.0"), "{broken}");
        assert_eq!(broken.matches('M').count(), 2);
    }
}
