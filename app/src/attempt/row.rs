//! One attempt in a list.

use hookyard_model::{Attempt, Trigger};
use leptos::prelude::*;

use super::detail::AttemptDetail;
use crate::ui::{HttpStatus, Icon, Shape, Time, Visible, attempt_badge, milliseconds};

/// A line that opens into the attempt's request and response.
#[component]
pub(crate) fn AttemptRow(attempt: Attempt) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let id = attempt.id;
    let detail_id = format!("detail-{id}");
    view! {
        <li class="attempt" data-testid="attempt" data-status=attempt.status.as_str()>
            <button
                type="button"
                class="attempt-row"
                aria-expanded=move || is_open.get().to_string()
                aria-controls=detail_id.clone()
                on:click=move |_| is_open.update(|open| *open = !*open)
            >
                <Icon shape=Shape::Chevron/>
                <span class="when"><Time at=attempt.delivered_at/></span>
                <span class="type">
                    <Visible text=attempt.event_type.clone().unwrap_or_else(|| "Request".to_owned())/>
                    {attempt.simulated.then(|| view! { <span class="tag">"simulated"</span> })}
                </span>
                <span class="status">{attempt_badge(attempt.status)}</span>
                <span class="answer"><HttpStatus status=attempt.response_status error=attempt.error_code/></span>
                <span class="trigger">{trigger_word(attempt.trigger)}</span>
                <span class="number"><span class="hidden">"Attempt "</span>"#"{attempt.attempt_number}</span>
                <span class="duration">{milliseconds(attempt.delivery_latency)}</span>
            </button>
            <div id=detail_id class="attempt-detail" hidden=move || !is_open.get()>
                <Show when=move || is_open.get()><AttemptDetail id/></Show>
            </div>
        </li>
    }
}

/// Why there was an attempt, in a word.
const fn trigger_word(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Initial => "First",
        Trigger::Automatic => "Retry",
        Trigger::Manual => "Manual",
        Trigger::BulkRetry => "Bulk retry",
        Trigger::Unpause => "Resumed",
        Trigger::Recovery => "Recovery",
    }
}
