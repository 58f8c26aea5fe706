//! The page of one webhook.

use hookyard_model::{AttemptStatus, Cursor, DestinationId, HealthState, Mode, Webhook, WebhookStatus};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{secret::SecretBox, server::read_webhook, simulate::SimulateWebhook};
use crate::{
    account::Me,
    attempt::{AttemptList, webhook_attempts},
    layout::Lost,
    live::watch,
    ui::{
        Badge, Empty, EnabledBadge, Filters, Notice, Place, SelectFilter, Shape, Skeleton, Tone, Trouble, Visible,
        query_value,
    },
};

/// The Delivery Logs of the webhook that the path names.
#[component]
pub(crate) fn WebhookPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<DestinationId>().ok()));
    move || match id.get() {
        Some(id) => view! { <DeliveryLogs id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn DeliveryLogs(id: DestinationId) -> impl IntoView {
    let me = expect_context::<Me>();
    let status = query_value::<AttemptStatus>("status");
    let cursor = query_value::<Cursor>("cursor");
    let sent = RwSignal::new(0_u32);
    let changed = watch(move |change| change.destination.is_none_or(|changed| changed == id));
    let shown = Resource::new(move || changed.get(), move |_| read_webhook(id));
    let page = Resource::new(
        move || (changed.get(), sent.get(), status.get(), cursor.get()),
        move |(_, _, status, cursor)| webhook_attempts(id, status, cursor),
    );
    let is_test = me.mode == Mode::Test;
    let days = me.about.retention_days;
    let statuses = vec![
        (AttemptStatus::Successful.to_string(), "Successful".to_owned()),
        (AttemptStatus::Failed.to_string(), "Failed".to_owned()),
    ];
    let empty = move || {
        let (title, hint) = match (status.get().is_some(), is_test) {
            (true, _) => ("No attempt with this status", "Choose another status to see the others."),
            (false, true) => ("No deliveries yet", "Press Simulate Webhook to send one."),
            (false, false) => ("No deliveries yet", "They appear here as soon as events are published."),
        };
        view! { <Empty shape=Shape::Webhook title><p>{hint}</p></Empty> }
    };
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
        <Notice tone=Tone::Warning shape=Shape::Clock>
            <p>"Delivery logs are kept for the last "{days}" days"</p>
        </Notice>
        <section aria-label="Attempts">
            <div class="toolbar">
                <Filters action=format!("/webhooks/{id}")>
                    <SelectFilter name="status" label="Status" any="All" options=statuses/>
                </Filters>
                {is_test.then(|| view! { <SimulateWebhook id sent/> })}
            </div>
            <AttemptList page empty/>
        </section>
    }
}

/// What the webhook is and how it does.
#[component]
fn Summary(webhook: Webhook) -> impl IntoView {
    let is_enabled = webhook.status == WebhookStatus::Enabled;
    let types =
        webhook.event_types.clone().into_iter().map(|name| view! { <li><code>{name}</code></li> }).collect_view();
    view! {
        <div class="summary">
            <p class="url">
                {match webhook.url.clone() {
                    Some(url) => view! { <code><Visible text=url/></code> }.into_any(),
                    None => view! { <span>"Built-in receiver"</span> }.into_any(),
                }}
                <EnabledBadge is_enabled/>
                {health_badge(webhook.health.state)}
            </p>
            {webhook.description.clone().map(|description| view! { <p class="description"><Visible text=description/></p> })}
            <ul class="chips" aria-label="Sent to it">{types}</ul>
            {webhook.disabled_reason.clone().filter(|_| !is_enabled).map(|reason| view! {
                <Notice tone=Tone::Bad shape=Shape::Slash><p>"Disabled: " <Visible text=reason/></p></Notice>
            })}
            {(webhook.health.state == HealthState::Warning).then(|| view! {
                <Notice tone=Tone::Warning shape=Shape::Alert>
                    <p>
                        "The last "{webhook.health.consecutive_failures}" attempts failed. "
                        "If this goes on, the webhook is disabled by itself."
                    </p>
                </Notice>
            })}
        </div>
    }
}

/// Only what is not well is said.
fn health_badge(state: HealthState) -> Option<AnyView> {
    match state {
        HealthState::Healthy | HealthState::Disabled => None,
        HealthState::Failing => {
            Some(view! { <Badge tone=Tone::Warning shape=Shape::Alert word="Failing"/> }.into_any())
        }
        HealthState::Warning => {
            Some(view! { <Badge tone=Tone::Bad shape=Shape::Alert word="Close to being disabled"/> }.into_any())
        }
    }
}
