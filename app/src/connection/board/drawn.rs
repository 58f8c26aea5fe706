//! The board, drawn.

use leptos::prelude::*;

use super::{
    ends::EndCard,
    keys,
    plan::{Far, Group, Side},
    row::{FoldedRow, Row},
    scene::Scene,
    wires::{Part, Wires},
};

/// Above so many lines, those that are idle are drawn faintly.
const DENSE_ABOVE: usize = 80;

#[component]
pub(super) fn Drawn(scene: Scene) -> impl IntoView {
    let side = Memo::new(move |_| scene.plan.with(|plan| plan.side));
    let names = move || match side.get() {
        Side::Source => ("Sources and their connections", "Destinations"),
        Side::Destination => ("Destinations and their connections", "Sources"),
    };
    let is_dense = Memo::new(move |_| scene.plan.with(|plan| plan.to_destinations.len() > DENSE_ABOVE));
    let is_compact = Memo::new(move |_| scene.plan.with(|plan| plan.is_compact));
    view! {
        <div
            class="board"
            class:by-destination=move || side.get() == Side::Destination
            class:compact=is_compact
            class:dense=is_dense
            class:has-lit=move || scene.is_any_lit()
            role="group"
            aria-label="Board"
            aria-describedby="board-keys"
            on:keydown=move |event| keys::follow(&event)
            on:mouseleave=move |_| scene.focus.set(None)
            on:focusout=move |_| scene.focus.set(None)
        >
            <ul class="groups" aria-label=move || names().0>
                <For each=move || scene.plan.with(|plan| plan.groups.clone()) key=Clone::clone let:group>
                    <GroupOf scene side=side.get_untracked() group/>
                </For>
            </ul>
            <Wires scene part=Part::FromSources/>
            <Wires scene part=Part::ToDestinations/>
            <ul class="far" aria-label=move || names().1>
                <For each=move || scene.plan.with(|plan| plan.far.clone()) key=Clone::clone let:far>
                    <FarOf scene side=side.get_untracked() far/>
                </For>
            </ul>
        </div>
        <p class="aside keys" id="board-keys">
            "Arrow keys lead up and down a column, and left and right along a connection. Drag a source onto a destination to connect them."
        </p>
    }
}

#[component]
fn GroupOf(scene: Scene, side: Side, group: Group) -> impl IntoView {
    let count = group.lines.len();
    let folded = (count > 1).then_some(group.is_folded);
    let id = group.end.clone();
    let rows = if group.is_folded {
        view! { <FoldedRow scene group=group.clone()/> }.into_any()
    } else {
        group.lines.iter().map(|id| view! { <Row scene id=*id/> }).collect_view().into_any()
    };
    let rows = (count > 0).then(|| view! { <ul class="rows">{rows}</ul> });
    view! {
        <li class="group" class:tall=group.is_tall>
            <EndCard scene side id folded/>
            {rows}
        </li>
    }
}

#[component]
fn FarOf(scene: Scene, side: Side, far: Far) -> impl IntoView {
    let side = if side == Side::Source { Side::Destination } else { Side::Source };
    view! {
        <li>
            {(far.space > 0).then(|| view! { <svg class="space" width="1" height=far.space aria-hidden="true" focusable="false"></svg> })}
            <EndCard scene side id=far.end/>
        </li>
    }
}
