//! The page of one destination.

use hookyard_model::{Destination, DestinationId};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};

use super::{
    actions::{Acts, Buttons, Dialogs},
    backlog::Lately,
    breaker::Guards,
    facts::{Connections, Sending},
    health::{HealthPart, badges},
    logs::Attempts,
    server::{DestinationShown, read_destination_page},
};
use crate::{
    layout::Lost,
    live::watch,
    ui::{Icon, Notice, Place, Shape, Skeleton, Tone, Trouble, Visible},
    webhook::SecretBox,
};

/// The destination that the path names.
#[component]
pub(crate) fn DestinationPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<DestinationId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OfDestination id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn OfDestination(id: DestinationId) -> impl IntoView {
    let acts = Acts::new(id);
    let changed = watch(move |change| change.destination.is_none_or(|changed| changed == id));
    let shown = Resource::new(move || (changed.get(), acts.done()), move |_| read_destination_page(id));
    let navigate = use_navigate();
    Effect::new(move |_| {
        if acts.is_deleted() {
            navigate("/destinations", NavigateOptions::default());
        }
    });
    view! {
        <Place title="Destination" up=("/destinations", "Destinations")>
            <Transition>
                {move || shown.get().and_then(Result::ok).map(|shown| view! { <Buttons destination=shown.destination acts/> })}
            </Transition>
        </Place>
        <Dialogs id acts/>
        <crate::issue::IssuesNow destination=id/>
        <div class="destination-page" data-testid="destination-page">
            <div class="destination-summary">
                <Transition fallback=|| view! { <Skeleton rows=2/> }>
                    {move || shown.get().map(|shown| match shown {
                        Ok(shown) => view! { <Summary destination=shown.destination/> }.into_any(),
                        Err(failure) => view! { <Trouble failure/> }.into_any(),
                    })}
                </Transition>
                // Apart from what is drawn anew with each change, so that a secret stays shown and a dialog open.
                <SecretBox id manage=false/>
            </div>
            <Transition fallback=|| view! { <Skeleton rows=6/> }>
                {move || shown.get().and_then(Result::ok).map(|shown| view! { <Found shown acts/> })}
            </Transition>
        </div>
        <Attempts id changed/>
    }
}

#[component]
fn Summary(destination: Destination) -> impl IntoView {
    let (id, name) = (destination.id, destination.name.clone());
    let target = match destination.config.url.clone() {
        Some(url) if url == name => None,
        Some(url) => Some(view! { <p class="url-line"><code><Visible text=url/></code></p> }.into_any()),
        None => Some(view! { <p class="url-line">"Built-in receiver"</p> }.into_any()),
    };
    view! {
        <div class="summary">
            <p class="url"><strong class="name"><Visible text=name/></strong>{badges(&destination)}</p>
            {target}
            {destination.description.clone().map(|text| view! { <p class="description"><Visible text/></p> })}
            <p class="aside"><code>{id.to_string()}</code></p>
        </div>
    }
}

#[component]
fn Found(shown: DestinationShown, acts: Acts) -> impl IntoView {
    let DestinationShown { destination, card, connections } = shown;
    let (id, is_webhook) = (destination.id, destination.is_webhook);
    view! {
        {is_webhook.then(|| view! {
            <Notice tone=Tone::Waiting shape=Shape::Info>
                <p>
                    "This is a webhook of the Developer tab: its event types, its simulator and its signing keys are on "
                    <a href=format!("/webhooks/{id}")>"its own page"<Icon shape=Shape::Chevron/></a>
                </p>
            </Notice>
        })}
        <div class="source-columns">
            <HealthPart destination=destination.clone()/>
            <Lately id card/>
        </div>
        <Guards destination=destination.clone() acts/>
        <div class="source-columns">
            <Sending destination/>
            <Connections id connections/>
        </div>
    }
}
