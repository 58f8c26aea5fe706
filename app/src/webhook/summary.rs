//! What a webhook is and how it does, in a few lines.

use hookyard_model::{HealthState, Webhook, WebhookStatus};
use leptos::prelude::*;

use crate::ui::{Badge, EnabledBadge, Notice, Shape, Tone, Visible};

/// What the webhook is and how it does.
#[component]
pub(super) fn Summary(webhook: Webhook) -> impl IntoView {
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
