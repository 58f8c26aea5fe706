//! What a webhook is and how it does, in a few lines.

use hookyard_model::{BreakerState, Webhook, WebhookStatus};
use leptos::prelude::*;

use crate::{
    destination::breaker_badge,
    developer::WebhookActions,
    ui::{Icon, Shape, Time, Visible, health_badge},
};

/// What the webhook is and how it does, and what can be done with it.
#[component]
pub(super) fn Summary(now: Memo<Webhook>, actions: WebhookActions) -> impl IntoView {
    let name = Memo::new(move |_| now.with(Webhook::shown_name));
    let badge = Memo::new(move |_| now.with(|webhook| (webhook.health.state, webhook.is_disabled_by_itself())));
    let opened = Memo::new(move |_| now.with(|webhook| webhook.breaker_opened_at));
    let description = Memo::new(move |_| now.with(|webhook| webhook.description.clone()));
    let types = Memo::new(move |_| now.with(|webhook| webhook.event_types.clone()));
    view! {
        <div class="summary">
            <p class="url">
                <code>{move || view! { <Visible text=name.get()/> }}</code>
                {move || { let (state, by_itself) = badge.get(); health_badge(state, by_itself) }}
                {move || opened.get().and_then(|_| breaker_badge(BreakerState::Open))}
            </p>
            {move || opened.get().map(|at| view! {
                <p data-testid="breaker-open">
                    "Its circuit breaker is open since "<Time at/>": events are held, none fails, and a probe now and then shows when it is well. "
                    <a href=format!("/destinations/{}", now.with(|webhook| webhook.id))>"How it stands"</a>
                </p>
            })}
            {move || description.get().map(|text| view! { <p class="description"><Visible text/></p> })}
            <ul class="chips" aria-label="Sent to it">
                {move || types.get().into_iter().map(|name| view! { <li><code><Visible text=name/></code></li> }).collect_view()}
            </ul>
            <Buttons now actions/>
        </div>
    }
}

/// Enabling and resuming stand in the banner that says that it is disabled or paused.
#[component]
fn Buttons(now: Memo<Webhook>, actions: WebhookActions) -> impl IntoView {
    let is_enabled = Memo::new(move |_| now.with(|webhook| webhook.status == WebhookStatus::Enabled));
    let is_paused = Memo::new(move |_| now.with(|webhook| webhook.paused_at.is_some()));
    view! {
        <p class="row">
            <button type="button" class="button small" on:click=move |_| actions.edit(now.get_untracked())>
                <Icon shape=Shape::Pencil/>"Edit"
            </button>
            {move || (is_enabled.get() && !is_paused.get()).then(|| view! {
                <button type="button" class="button small" on:click=move |_| actions.set_paused(&now.get_untracked(), true)>
                    <Icon shape=Shape::Hold/>"Pause"
                </button>
            })}
            {move || is_enabled.get().then(|| view! {
                <button type="button" class="button small" on:click=move |_| actions.disable(now.get_untracked())>
                    <Icon shape=Shape::Power/>"Disable"
                </button>
            })}
            <button type="button" class="button small" on:click=move |_| actions.delete(now.get_untracked())>
                <Icon shape=Shape::Bin/>"Delete"
            </button>
        </p>
    }
}
