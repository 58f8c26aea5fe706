//! The Developer tab as a whole.

use leptos::prelude::*;

use super::{actions::WebhookActions, banners::Banners, event_types::EventTypes, keys::KeyPairs, webhooks::Webhooks};
use crate::{
    account::Me,
    ui::{Notice, Place, Shape, Tone},
};

#[component]
pub(crate) fn DeveloperPage() -> impl IntoView {
    let allowed = expect_context::<Me>().about.egress_allow;
    let actions = WebhookActions::new();
    view! {
        <Place title="Developer"/>
        <Banners actions/>
        {(!allowed.is_empty()).then(|| view! {
            <Notice tone=Tone::Off shape=Shape::Info>
                <p>"Deliveries to "{allowed.join(", ")}" are allowed on this server"</p>
            </Notice>
        })}
        <Webhooks actions/>
        <KeyPairs/>
        <EventTypes/>
    }
}
