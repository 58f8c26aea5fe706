//! The cards of the board: its sources and destinations.

use leptos::prelude::*;

use super::{
    plan::Side,
    scene::{Focus, Scene},
};
use crate::ui::{Badge, Icon, Shape, Tone, Visible};

/// A source or a destination, with the way to connect it.
#[component]
pub(super) fn EndCard(
    scene: Scene,
    side: Side,
    id: String,
    /// Whether its group can be folded, and is.
    #[prop(optional_no_strip)]
    folded: Option<bool>,
) -> impl IntoView {
    let end = StoredValue::new(id.clone());
    let fact = Memo::new(move |_| end.with_value(|id| scene.end(id)));
    let name = move || fact.with(|fact| fact.as_ref().map(|fact| fact.name.clone())).unwrap_or_default();
    let light = move || scene.focus.set(Some(Focus::End(end.get_value())));
    let (cell, href, connect) = match side {
        Side::Source => ("source", format!("/sources/{id}"), format!("/connections/new?source_id={id}")),
        Side::Destination => {
            ("destination", format!("/destinations/{id}"), format!("/connections/new?destination_id={id}"))
        }
    };
    let is_built_in = move || fact.with(|fact| fact.as_ref().is_some_and(|fact| fact.is_built_in));
    let href = move || if is_built_in() { "/developer".to_owned() } else { href.clone() };
    let ask = move |event: web_sys::MouseEvent| {
        // With a key held down the link opens elsewhere, as links do.
        if !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
            event.prevent_default();
            let id = Some(end.get_value());
            scene.asked.ends.set(Some(if side == Side::Source { (id, None) } else { (None, id) }));
        }
    };
    let start_drag = move |_| {
        if side == Side::Source && !is_built_in() {
            scene.asked.dragged.set(Some(end.get_value()));
        }
    };
    let takes = move || side == Side::Destination && scene.asked.dragged.with(Option::is_some);
    let drop_here = move |event: web_sys::DragEvent| {
        if let Some(source) = scene.asked.dragged.get_untracked().filter(|_| side == Side::Destination) {
            event.prevent_default();
            scene.asked.dragged.set(None);
            scene.asked.ends.set(Some((Some(source), Some(end.get_value()))));
        }
    };
    view! {
        <div
            class=format!("end {cell}")
            class:lit=move || end.with_value(|id| scene.is_end_lit(id))
            class:takes=takes
            data-testid=cell
            draggable=move || (side == Side::Source && !is_built_in()).to_string()
            on:dragstart=start_drag
            on:dragend=move |_| scene.asked.dragged.set(None)
            on:dragover=move |event| if takes() { event.prevent_default() }
            on:drop=drop_here
            on:mouseenter=move |_| light()
            on:focusin=move |_| light()
        >
            <h2>
                <a href=href data-cell=cell data-id=id>
                    {move || view! { <Visible text=name()/> }}
                </a>
            </h2>
            <p class="what">
                {move || fact.with(|fact| fact.as_ref().map(|fact| {
                    let detail = fact.detail.clone().unwrap_or_else(|| fact.kind.clone());
                    view! {
                        {fact.is_disabled.then(|| view! { <Badge tone=Tone::Off shape=Shape::Slash word="Disabled"/> })}
                        {fact.is_paused.then(|| view! { <Badge tone=Tone::Warning shape=Shape::Hold word="Paused"/> })}
                        <span class="cut"><Visible text=detail/></span>
                    }
                }))}
                <span class="hidden">", "{move || connections(end.with_value(|id| scene.count_of(id)))}</span>
            </p>
            <span class="acts">
                {folded.map(|is_folded| {
                    let href = move || end.with_value(|id| scene.choice.with(|choice| choice.toggled(scene.here, id, is_folded)));
                    let verb = if is_folded { "Unfold" } else { "Fold" };
                    view! {
                        <a class="button quiet icon-only fold" class:is-open=!is_folded href=href data-noscroll="" title=verb
                            aria-label=move || format!("{verb} {}", name())
                        ><Icon shape=Shape::Chevron/></a>
                    }
                })}
                <Show when=move || !is_built_in()>
                    <a class="button quiet icon-only" href=connect.clone() title=if side == Side::Source { "Connect to a destination" } else { "Connect a source" }
                        aria-label=move || format!("Connect {}", name()) on:click=ask
                    ><Icon shape=Shape::Plus/></a>
                </Show>
            </span>
        </div>
    }
}

/// A number of connections for people.
pub(super) fn connections(count: usize) -> String {
    match count {
        0 => "no connection".to_owned(),
        1 => "1 connection".to_owned(),
        count => format!("{count} connections"),
    }
}
