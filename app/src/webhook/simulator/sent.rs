//! What became of something that was sent, and where to see it.

use hookyard_model::{DestinationId, Published, WebhookStatus};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::{
    live::watch,
    ui::{Icon, Notice, Shape, Tone, Visible, sentence},
    webhook::server::read_webhook,
};

/// "Sent as …", with the way to its row in the Delivery Logs.
#[component]
pub(super) fn SentAs(#[prop(into)] sent: Signal<Option<Published>>) -> impl IntoView {
    view! {
        <p class="sent" role="status" data-testid="sent">
            {move || sent.get().map(|published| {
                let events = published.event_ids.len();
                view! {
                    <Icon shape=Shape::Check/>
                    <span>
                        "Sent as " <code>{published.id.clone()}</code>
                        {(events > 1).then(|| format!(" and {} more", events - 1))}
                        ". " <ToRow published/>
                    </span>
                }
            })}
        </p>
    }
}

/// To the event's row below; to its page where the row is not among those that are shown.
#[component]
fn ToRow(published: Published) -> impl IntoView {
    let event = published.event_ids.first().map(ToString::to_string).unwrap_or_default();
    let href = format!("/events/{event}");
    let go = move |click: web_sys::MouseEvent| {
        if show_row(&format!("[data-event=\"{event}\"]")).is_some() {
            click.prevent_default();
        }
    };
    view! { <a href=href on:click=go>"Show it in the logs"</a> }
}

/// Brings the first row that fits `selector` into view, with the focus on it; none when there is no such row.
pub(super) fn show_row(selector: &str) -> Option<web_sys::HtmlElement> {
    let row = document().query_selector(selector).ok()??;
    let line = row.query_selector(".attempt-row").ok()??.dyn_into::<web_sys::HtmlElement>().ok()?;
    row.scroll_into_view();
    line.focus().ok()?;
    Some(line)
}

/// Says that nothing can be sent while the webhook is disabled, why it is, and what to do.
#[component]
pub(super) fn WhenDisabled(id: DestinationId) -> impl IntoView {
    let changed = watch(move |change| change.destination.is_none_or(|changed| changed == id));
    let webhook = Resource::new(move || changed.get(), move |_| read_webhook(id));
    let words = move || {
        let webhook = webhook.get()?.ok()?;
        (webhook.status == WebhookStatus::Disabled).then(|| {
            let reason = webhook.disabled_reason.unwrap_or_else(|| "somebody disabled it".to_owned());
            view! {
                <Notice tone=Tone::Bad shape=Shape::Slash>
                    <p><strong>"The webhook is disabled, so nothing can be sent to it. "</strong><Visible text=sentence(&reason)/></p>
                    <p>"Put right what made it fail, then enable it: above, or on the "<a href="/developer">"Developer tab"</a>"."</p>
                </Notice>
            }
        })
    };
    view! { <div class="when-disabled"><Transition>{words}</Transition></div> }
}
