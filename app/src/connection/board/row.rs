//! The rows in the middle of the board: a connection each, or all of a folded group.

use hookyard_model::ConnectionId;
use leptos::prelude::*;

use super::{
    asked::Doomed,
    plan::Group,
    scene::{Focus, Scene},
};
use crate::{
    connection::{flow::Flow, server::Route},
    ui::{Badge, Icon, Shape, Tone, Visible},
};

/// A connection: its name, how it does, and what can be done with it.
#[component]
pub(super) fn Row(scene: Scene, id: ConnectionId) -> impl IntoView {
    let route = Memo::new(move |_| scene.route(id));
    let flow = Memo::new(move |_| scene.flow_of(&[id]));
    let ends = Memo::new(move |_| {
        let ids =
            route.with(|route| route.as_ref().map(|route| (route.source.to_string(), route.destination.to_string())));
        ids.unwrap_or_default()
    });
    let names = move || ends.with(|(source, destination)| (scene.name_of(source), scene.name_of(destination)));
    let is = move |is: fn(&Route) -> bool| route.with(|route| route.as_ref().is_some_and(is));
    let light = move || scene.focus.set(Some(Focus::Routes(vec![id])));
    view! {
        <li
            class="route-row"
            class:paused=move || is(|route| route.is_paused)
            class:off=move || is(|route| route.is_disabled)
            class:lit=move || scene.is_lit(&[id])
            data-testid="connection"
            on:mouseenter=move |_| light()
            on:focusin=move |_| light()
        >
            <h3>
                <a
                    href=format!("/connections/{id}")
                    data-cell="route"
                    data-source=move || ends.with(|(source, _)| source.clone())
                    data-destination=move || ends.with(|(_, destination)| destination.clone())
                >
                    {move || route.with(|route| route.as_ref().map(|route| view! { <Visible text=route.name.clone()/> }))}
                </a>
            </h3>
            <p class="way">
                <span class="hidden">"from "{move || names().0}" "</span>
                <span aria-hidden="true">"→ "</span><span class="hidden">"to "</span>
                {move || view! { <Visible text=names().1/> }}
            </p>
            <Kinds route/>
            <Marks route/>
            <FlowWords flow/>
            <Buttons scene id route flow/>
        </li>
    }
}

/// The kinds of rules that it has, as short words.
#[component]
fn Kinds(route: Memo<Option<Route>>) -> impl IntoView {
    let kinds = Memo::new(move |_| {
        let mut kinds = route.with(|route| route.as_ref().map(|route| route.rules.clone())).unwrap_or_default();
        kinds.dedup();
        kinds
    });
    let words = move || kinds.with(|kinds| format!("Rules: {}", kinds.join(", ")));
    let short = |kind: String| match kind.as_str() {
        "deduplicate" => "Dup",
        "transform" => "JS",
        "filter" => "Filter",
        "delay" => "Wait",
        _ => "Retry",
    };
    view! {
        <Show when=move || kinds.with(|kinds| !kinds.is_empty())>
            <span class="kinds" title=words>
                <span class="hidden">{words}</span>
                {move || kinds.get().into_iter().map(|kind| view! { <span aria-hidden="true">{short(kind)}</span> }).collect_view()}
            </span>
        </Show>
    }
}

/// What keeps it from sending.
#[component]
fn Marks(route: Memo<Option<Route>>) -> impl IntoView {
    move || {
        route.with(|route| {
            let route = route.as_ref()?;
            if route.is_disabled {
                Some(view! { <Badge tone=Tone::Off shape=Shape::Slash word="Disabled"/> })
            } else if route.is_paused {
                Some(view! { <Badge tone=Tone::Warning shape=Shape::Hold word="Paused"/> })
            } else {
                None
            }
        })
    }
}

/// What goes through, in words.
#[component]
pub(super) fn FlowWords(flow: Memo<Flow>) -> impl IntoView {
    move || {
        let flow = flow.get();
        view! {
            <span class="flow">
                {(flow.waiting > 0).then(|| view! { <span class="waits" title="Events that wait, held ones among them"><Icon shape=Shape::Clock/>{flow.waiting}" waiting"</span> })}
                {(flow.failed > 0).then(|| view! { <span class="fails" title="Events that failed in the last 24 hours"><Icon shape=Shape::Cross/>{flow.failed}" failing"</span> })}
                <span class="rate" class:none=flow.per_minute <= 0.0>{flow.rate()}</span>
            </span>
        }
    }
}

#[component]
pub(super) fn Buttons(scene: Scene, id: ConnectionId, route: Memo<Option<Route>>, flow: Memo<Flow>) -> impl IntoView {
    let asked = scene.asked;
    let is = move |is: fn(&Route) -> bool| route.with(|route| route.as_ref().is_some_and(is));
    let is_paused = move || is(|route| route.is_paused);
    let is_disabled = move || is(|route| route.is_disabled);
    let name = move || route.with(|route| route.as_ref().map(|route| route.name.clone())).unwrap_or_default();
    let doom = move |_| {
        let Some(route) = route.get_untracked() else { return };
        let (from, to) = (scene.name_of(&route.source.to_string()), scene.name_of(&route.destination.to_string()));
        asked.doomed.set(Some(Doomed { id, name: route.name, from, to, waiting: flow.get_untracked().waiting }));
    };
    let pause_verb = move || if is_paused() { "Resume" } else { "Pause" };
    let verb = move || if is_disabled() { "Enable" } else { "Disable" };
    view! {
        <span class="acts">
            <button type="button" class="button quiet icon-only" title=pause_verb
                aria-label=move || format!("{} {}", pause_verb(), name())
                on:click=move |_| asked.set_paused(id, !is_paused())
            ><Icon shape=Shape::Hold/></button>
            <Show when=move || is(|route| !route.is_webhook)>
                <button type="button" class="button quiet icon-only" title=verb
                    aria-label=move || format!("{} {}", verb(), name())
                    on:click=move |_| asked.set_enabled(id, is_disabled())
                ><Icon shape=Shape::Power/></button>
                <button type="button" class="button quiet icon-only" title="Delete"
                    aria-label=move || format!("Delete {}", name()) on:click=doom
                ><Icon shape=Shape::Bin/></button>
            </Show>
        </span>
    }
}

/// A folded group in one row.
#[component]
pub(super) fn FoldedRow(scene: Scene, group: Group) -> impl IntoView {
    let (end, count) = (group.end.clone(), group.lines.len());
    let lines = StoredValue::new(group.lines);
    let flow = Memo::new(move |_| lines.with_value(|lines| scene.flow_of(lines)));
    let light = move || scene.focus.set(Some(Focus::Routes(lines.get_value())));
    let cell = end.clone();
    let name = {
        let end = end.clone();
        move || scene.name_of(&end)
    };
    let href = move || scene.choice.with(|choice| choice.toggled(scene.here, &end, true));
    view! {
        <li
            class="route-row folded"
            class:lit=move || lines.with_value(|lines| scene.is_lit(lines))
            data-testid="folded"
            on:mouseenter=move |_| light()
            on:focusin=move |_| light()
        >
            <h3>
                <a href=href data-noscroll="" data-cell="route" data-source=cell.clone() data-destination=cell>
                    {count}" connections"<span class="hidden">" of "{name}", folded: show each"</span>
                </a>
            </h3>
            <FlowWords flow/>
        </li>
    }
}
