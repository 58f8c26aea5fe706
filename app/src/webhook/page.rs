//! The page of one webhook.

use hookyard_model::{DestinationId, Mode};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{logs::DeliveryLogs, secret::SecretBox, server::read_webhook, simulate::SimulateWebhook, summary::Summary};
use crate::{
    account::Me,
    layout::Lost,
    live::watch,
    ui::{Notice, Place, Shape, Skeleton, Tone, Trouble},
};

/// The Delivery Logs of the webhook that the path names.
#[component]
pub(crate) fn WebhookPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<DestinationId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OfWebhook id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn OfWebhook(id: DestinationId) -> impl IntoView {
    let me = expect_context::<Me>();
    let changed = watch(move |change| change.destination.is_none_or(|changed| changed == id));
    let shown = Resource::new(move || changed.get(), move |_| read_webhook(id));
    let is_test = me.mode == Mode::Test;
    let days = me.about.retention_days;
    view! {
        <Place title="Delivery Logs" up=("/developer", "Developer")>
            <SecretBox id/>
        </Place>
        <Transition fallback=|| view! { <Skeleton rows=2/> }>
            {move || shown.get().map(|shown| match shown {
                Ok(webhook) => view! { <Summary webhook/> }.into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
        {is_test.then(|| view! { <SimulateWebhook id/> })}
        <Notice tone=Tone::Warning shape=Shape::Clock>
            <p>"Delivery logs are kept for the last "{days}" days"</p>
        </Notice>
        <DeliveryLogs id/>
    }
}
