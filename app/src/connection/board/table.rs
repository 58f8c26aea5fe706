//! The board as a table.

use hookyard_model::ConnectionId;
use leptos::prelude::*;

use super::{row::Buttons, scene::Scene};
use crate::{
    connection::server::Route,
    ui::{Badge, EnabledBadge, Shape, Tone, Visible},
};

#[component]
pub(super) fn Table(scene: Scene) -> impl IntoView {
    view! {
        <table class="table connections" aria-label="Connections">
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Source"</th>
                    <th scope="col">"Destination"</th>
                    <th scope="col">"Rules"</th>
                    <th scope="col" class="number">"Rate"</th>
                    <th scope="col" class="number">"Failing"</th>
                    <th scope="col" class="number">"Waiting"</th>
                    <th scope="col">"State"</th>
                    <th scope="col"><span class="hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>
                <For each=move || scene.shown.get() key=|id| *id let:id>
                    <Line scene id/>
                </For>
            </tbody>
        </table>
    }
}

#[component]
fn Line(scene: Scene, id: ConnectionId) -> impl IntoView {
    let route = Memo::new(move |_| scene.route(id));
    let flow = Memo::new(move |_| scene.flow_of(&[id]));
    let of = move |text: fn(&Route) -> String| route.with(|route| route.as_ref().map(text)).unwrap_or_default();
    let number = |count: u64| match count {
        0 => view! { <span class="nothing">"0"</span> }.into_any(),
        count => count.to_string().into_any(),
    };
    view! {
        <tr data-testid="connection">
            <td class="grow less"><a href=format!("/connections/{id}")>{move || view! { <Visible text=of(|route| route.name.clone())/> }}</a></td>
            <td class="grow less" data-label="Source">{move || view! { <Visible text=scene.name_of(&of(|route| route.source.to_string()))/> }}</td>
            <td class="grow less" data-label="Destination">{move || view! { <Visible text=scene.name_of(&of(|route| route.destination.to_string()))/> }}</td>
            <td data-label="Rules">{move || match of(|route| route.rules.join(", ")) {
                rules if rules.is_empty() => view! { <span class="nothing">"none"</span> }.into_any(),
                rules => rules.into_any(),
            }}</td>
            <td class="number" data-label="Rate">{move || flow.get().rate()}</td>
            <td class="number" data-label="Failing">{move || number(flow.get().failed)}</td>
            <td class="number" data-label="Waiting">{move || number(flow.get().waiting)}</td>
            <td data-label="State">
                {move || route.with(|route| route.as_ref().map(|route| if route.is_paused && !route.is_disabled {
                    view! { <Badge tone=Tone::Warning shape=Shape::Hold word="Paused"/> }.into_any()
                } else {
                    view! { <EnabledBadge is_enabled=!route.is_disabled/> }.into_any()
                }))}
            </td>
            <td class="buttons"><Buttons scene id route flow/></td>
        </tr>
    }
}
