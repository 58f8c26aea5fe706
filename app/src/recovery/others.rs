//! The connections that lead here, to keep those apart that have nothing to do with the outage.

use hookyard_model::Connection;
use leptos::{form::ActionForm, prelude::*};

use super::{acts::Acts, server::Shown};
use crate::ui::{Badge, FailureNotice, Icon, Shape, Tone, Visible};

#[component]
pub(super) fn Others(shown: Memo<Shown>, acts: Acts) -> impl IntoView {
    let connections = Memo::new(move |_| shown.with(|shown| shown.connections.clone()));
    let failure = move || acts.connection.value().get().and_then(Result::err);
    view! {
        <div class="others">
            <h3>"Other traffic to this receiver"</h3>
            <p class="aside">
                "All of these share its capacity. Pause those that can wait: their events are held, and sent when they go on."
            </p>
            <FailureNotice failure=Signal::derive(failure)/>
            <ul>
                {move || connections.get().into_iter().map(|connection| view! { <Other connection acts/> }).collect_view()}
            </ul>
        </div>
    }
}

#[component]
fn Other(connection: Connection, acts: Acts) -> impl IntoView {
    let is_paused = connection.paused_at.is_some();
    let (verb, shape) = if is_paused { ("Resume", Shape::Arrow) } else { ("Pause", Shape::Hold) };
    let label = format!("{verb} {}", connection.name);
    view! {
        <li>
            <a href=format!("/connections/{}", connection.id)><Visible text=connection.name/></a>
            <span class="aside">"from "<Visible text=connection.source.name/></span>
            {is_paused.then(|| view! { <Badge tone=Tone::Warning shape=Shape::Hold word="Paused"/> })}
            <ActionForm action=acts.connection>
                <input type="hidden" name="id" value=connection.id.to_string()/>
                <input type="hidden" name="paused" value=(!is_paused).to_string()/>
                <button class="button small" aria-label=label disabled=acts.connection.pending()><Icon shape/>{verb}</button>
            </ActionForm>
        </li>
    }
}
