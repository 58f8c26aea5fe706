//! The page of one webhook.

use hookyard_model::{DestinationId, Mode, Webhook};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};

use super::{
    banner::{Banner, announcement},
    logs::DeliveryLogs,
    server::read_webhook,
    signing::SecretBox,
    simulator::SimulateWebhook,
    summary::Summary,
};
use crate::{
    account::Me,
    developer::{WebhookActions, WebhookDialogs},
    layout::Lost,
    live::watch,
    ui::{Notice, Place, Shape, Skeleton, Tone, Trouble, once_read_quietly},
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
    let actions = WebhookActions::new();
    let changed = watch(move |change| change.destination.is_none_or(|changed| changed == id));
    let shown = Resource::new(move || (changed.get(), actions.done()), move |_| read_webhook(id));
    let is_test = me.mode == Mode::Test;
    let days = me.about.retention_days;
    let navigate = use_navigate();
    Effect::new(move |_| {
        if actions.is_deleted() {
            navigate("/developer", NavigateOptions::default());
        }
    });
    view! {
        <Place title="Delivery Logs" up=("/developer", "Developer")>
            <SecretBox id/>
        </Place>
        <Transition fallback=|| view! { <Skeleton rows=2/> }>
            <div class="about-webhook">{once_read_quietly(shown, move |now| view! { <Found now actions/> })}</div>
            // Beside what else the page has, which is of no use then.
            {move || shown.get().and_then(Result::err).map(|failure| view! { <Trouble failure/> })}
        </Transition>
        {is_test.then(|| view! { <SimulateWebhook id/> })}
        <Notice tone=Tone::Warning shape=Shape::Clock attr:id="logs">
            <p>"Delivery logs are kept for the last "{days}" days"</p>
        </Notice>
        <DeliveryLogs id/>
    }
}

/// The webhook and what needs care about it. The same elements as long as it is the same webhook.
#[component]
fn Found(now: Memo<Webhook>, actions: WebhookActions) -> impl IntoView {
    let announced = Memo::new(move |_| now.with(announcement));
    view! {
        <p class="hidden" role="status">{announced}</p>
        <Banner now actions/>
        <Summary now actions/>
        <WebhookDialogs actions/>
    }
}
