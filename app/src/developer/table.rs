//! The table of webhooks, a row each.

use hookyard_model::{LastDelivery, Mode, Webhook, WebhookStatus};
use leptos::prelude::*;

use super::{actions::WebhookActions, chart::ActivityChart, server::WebhookTable};
use crate::{
    failure::Failure,
    ui::{HttpStatus, Icon, Shape, Time, Visible, health_badge},
};

/// The rows stay the same elements while what they show changes, so that nobody's place on the page is lost.
#[component]
pub(super) fn Table(
    table: Resource<Result<WebhookTable, Failure>>,
    mode: Mode,
    actions: WebhookActions,
) -> impl IntoView {
    let webhooks = move || table.get().and_then(Result::ok).map(|table| table.page.models).unwrap_or_default();
    view! {
        <table class="table webhooks" aria-labelledby="webhooks" hidden=move || webhooks().is_empty()>
            <thead>
                <tr>
                    <th scope="col">"URL and description"</th>
                    <th scope="col">"Mode"</th>
                    <th scope="col">"Events"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col">"Last 24 hours"</th>
                    <th scope="col">"Last delivery"</th>
                    <th scope="col">"Delivery Logs"</th>
                    <th scope="col"><span class="hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody data-testid="webhooks">
                <For each=webhooks key=|webhook| webhook.id let:webhook>
                    <Row webhook table mode actions/>
                </For>
            </tbody>
        </table>
    }
}

#[component]
fn Row(
    webhook: Webhook,
    table: Resource<Result<WebhookTable, Failure>>,
    mode: Mode,
    actions: WebhookActions,
) -> impl IntoView {
    let id = webhook.id;
    let now = Memo::new(move |before: Option<&Webhook>| {
        let found = table.with(|table| {
            let Some(Ok(table)) = table else { return None };
            table.page.models.iter().find(|webhook| webhook.id == id).cloned()
        });
        found.or_else(|| before.cloned()).unwrap_or_else(|| webhook.clone())
    });
    let hours = Memo::new(move |_| {
        table.with(|table| {
            let Some(Ok(table)) = table else { return None };
            table.activity.iter().find(|activity| activity.id == id).map(|activity| activity.hours.clone())
        })
    });
    let name = Memo::new(move |_| now.with(Webhook::shown_name));
    let description = Memo::new(move |_| now.with(|webhook| webhook.description.clone()));
    let last = Memo::new(move |_| now.with(|webhook| webhook.last_delivery.clone()));
    view! {
        <tr data-testid="webhook">
            <td class="grow">
                <code class="cut" title=name>{move || view! { <Visible text=name.get()/> }}</code>
                {move || description.get().map(|text| view! {
                    <span class="few-lines aside" title=text.clone()><Visible text=text.clone()/></span>
                })}
            </td>
            <td data-label="Mode" class="capital mode-cell">{mode.as_str()}</td>
            <td data-label="Events"><Types now/></td>
            <td data-label="Status"><StatusCell now actions/></td>
            <td data-label="Last 24 hours">{move || view! { <ActivityChart hours=hours.get()/> }}</td>
            <td data-label="Last delivery">
                {move || match last.get() {
                    Some(last) => view! { <Last last/> }.into_any(),
                    None => view! { <span class="nothing">"Never"</span> }.into_any(),
                }}
            </td>
            <td data-label="Delivery Logs"><a class="strong" href=format!("/webhooks/{id}")>"View Logs"</a></td>
            <td class="buttons"><Buttons now name actions/></td>
        </tr>
    }
}

/// How many types it chose; which ones on hover, focus and to a screen reader.
#[component]
fn Types(now: Memo<Webhook>) -> impl IntoView {
    let id = format!("types-{}", now.with_untracked(|webhook| webhook.id));
    let types = Memo::new(move |_| now.with(|webhook| webhook.event_types.clone()));
    // A hint can be waved away by keyboard.
    let on_escape = |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape"
            && let Some(active) = document().active_element()
        {
            drop(wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(active).map(|element| element.blur()));
        }
    };
    view! {
        <span class="tip">
            <button type="button" class="tip-word" aria-describedby=id.clone() on:keydown=on_escape>
                {move || types.with(|types| count(types.len(), "type"))}
            </button>
            <span class="tip-text" role="tooltip" id=id>
                {move || types.get().into_iter().map(|name| view! { <code><Visible text=name/></code>" " }).collect_view()}
            </span>
        </span>
    }
}

/// One badge, and under it what is particular.
#[component]
fn StatusCell(now: Memo<Webhook>, actions: WebhookActions) -> impl IntoView {
    let badge = Memo::new(move |_| now.with(|webhook| (webhook.health.state, webhook.is_disabled_by_itself())));
    let paused = Memo::new(move |_| now.with(|webhook| webhook.paused_at.is_some()));
    let breaks = Memo::new(move |_| now.with(|webhook| webhook.breaker_opened_at.is_some()));
    let cause = Memo::new(move |_| {
        now.with(|webhook| match webhook.status {
            WebhookStatus::Disabled if webhook.is_disabled_by_itself() => Some("by itself".to_owned()),
            WebhookStatus::Disabled => Some("by hand".to_owned()),
            WebhookStatus::Enabled if webhook.health.consecutive_failures > 0 => {
                Some(format!("{} in a row", webhook.health.consecutive_failures))
            }
            WebhookStatus::Enabled => None,
        })
    });
    view! {
        {move || { let (state, by_itself) = badge.get(); health_badge(state, by_itself) }}
        {move || cause.get().map(|cause| view! { <span class="cause">{cause}</span> })}
        {move || breaks.get().then(|| view! { <span class="cause"><Icon shape=Shape::Hold/>"Breaker open"</span> })}
        {move || paused.get().then(|| view! {
            <span class="cause paused">
                <Icon shape=Shape::Hold/>"Paused"
                <button type="button" class="button small" aria-label=move || format!("Resume {}", now.with(Webhook::shown_name))
                    on:click=move |_| actions.set_paused(&now.get_untracked(), false)>"Resume"</button>
            </span>
        })}
    }
}

#[component]
fn Last(last: LastDelivery) -> impl IntoView {
    view! { <Time at=last.at/>" "<HttpStatus status=last.response_status error=last.error_code/> }
}

#[component]
fn Buttons(now: Memo<Webhook>, name: Memo<String>, actions: WebhookActions) -> impl IntoView {
    let is_enabled = Memo::new(move |_| now.with(|webhook| webhook.status == WebhookStatus::Enabled));
    let verb = move || if is_enabled.get() { "Disable" } else { "Enable" };
    let switch = move || {
        if is_enabled.get_untracked() {
            actions.disable(now.get_untracked());
        } else {
            actions.enable(&now.get_untracked());
        }
    };
    view! {
        <RowButton shape=Shape::Pencil label=Signal::derive(move || format!("Edit {}", name.get()))
            on_press=move || actions.edit(now.get_untracked())/>
        <RowButton shape=Shape::Power label=Signal::derive(move || format!("{} {}", verb(), name.get())) on_press=switch/>
        <RowButton shape=Shape::Bin label=Signal::derive(move || format!("Delete {}", name.get()))
            on_press=move || actions.delete(now.get_untracked())/>
    }
}

#[component]
fn RowButton(shape: Shape, label: Signal<String>, on_press: impl Fn() + 'static) -> impl IntoView {
    view! {
        <button type="button" class="button quiet icon-only" title=label aria-label=label on:click=move |_| on_press()>
            <Icon shape/>
        </button>
    }
}

pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
