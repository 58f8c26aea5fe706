//! One attempt in a list.

use hookyard_model::{Attempt, AttemptId, EventId, EventStatus};
use leptos::prelude::*;

use super::{detail::AttemptDetail, query::trigger_word};
use crate::again::EventAct;
use crate::ui::{HttpStatus, Icon, Shape, Time, Visible, attempt_badge, here, milliseconds};

/// What the rows of a list share.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    /// The event of the row that has the attention: its other attempts are marked.
    pub(super) event: RwSignal<Option<EventId>>,
    /// The attempts that are chosen to be compared, in the order they were.
    pub(super) picked: RwSignal<Vec<AttemptId>>,
}

/// The form that the rows' boxes belong to.
pub(super) const COMPARE_FORM: &str = "compare-form";

/// A line that opens into the attempt's request and response.
#[component]
pub(super) fn AttemptRow(
    attempt: Attempt,
    /// How many attempts its event has had by now.
    #[prop(into)]
    of: Signal<u32>,
    /// Where its event is by now.
    status: Signal<EventStatus>,
    rows: Rows,
) -> impl IntoView {
    let here = here();
    let id = attempt.id;
    let event = attempt.event_id;
    let number = attempt.attempt_number;
    let is_open = RwSignal::new(false);
    let detail_id = format!("detail-{id}");
    let toggle = move || is_open.update(|open| *open = !*open);
    let click = move |event: web_sys::MouseEvent| {
        if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
            event.prevent_default();
            toggle();
        }
    };
    // A button by its role: the space bar presses it as well.
    let key = move |event: web_sys::KeyboardEvent| {
        if event.key() == " " {
            event.prevent_default();
            toggle();
        }
    };
    let attend = move |is_here: bool| rows.event.set(is_here.then_some(event));
    let is_kin = move || rows.event.get() == Some(event) && of.get() > 1;
    let pick = move |is_picked: bool| {
        rows.picked.update(|picked| {
            picked.retain(|other| *other != id);
            if is_picked {
                picked.push(id);
            }
        });
    };
    view! {
        <li
            class="attempt"
            class:kin=is_kin
            data-testid="attempt"
            data-row=""
            data-status=attempt.status.as_str()
            data-id=id.to_string()
            data-event=event.to_string()
            on:mouseenter=move |_| attend(true)
            on:mouseleave=move |_| attend(false)
            on:focusin=move |_| attend(true)
        >
            <div class="attempt-line">
                <label class="pick">
                    <input
                        type="checkbox"
                        data-do="pick"
                        name="compare"
                        value=id.to_string()
                        form=COMPARE_FORM
                        aria-label=format!("Compare attempt {id}")
                        prop:checked=move || rows.picked.with(|picked| picked.contains(&id))
                        on:change:target=move |event| pick(event.target().checked())
                    />
                </label>
                <a
                    role="button"
                    data-open=""
                    class="attempt-row"
                    href=move || here.with(&[("attempt", Some(&id.to_string()))])
                    aria-expanded=move || is_open.get().to_string()
                    aria-controls=detail_id.clone()
                    on:click=click
                    on:keydown=key
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
                    <span class="number">
                        <span class="hidden">"Attempt "</span>"#"{number}
                        {move || (of.get() > 1).then(|| format!(" of {}", of.get()))}
                    </span>
                    <span class="duration">{milliseconds(attempt.delivery_latency)}</span>
                </a>
                <EventAct id=event status of_row=true/>
            </div>
            <div id=detail_id class="attempt-detail" hidden=move || !is_open.get()>
                <Show when=move || is_open.get()><AttemptDetail id/></Show>
            </div>
        </li>
    }
}
