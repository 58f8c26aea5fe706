//! One event on its way: its line in the drawing, which opens into its steps.

use hookyard_model::{Event, EventId, Timestamp};
use leptos::prelude::*;

use super::{drawing::Track, lanes::Lane, scale::Scale, step::Step};
use crate::{
    event::{CancelEvent, RetryEvent},
    ui::{Icon, Shape, Visible, event_badge},
};

/// What can be done about events.
#[derive(Clone, Copy)]
pub(super) struct Acts {
    pub(super) retry: ServerAction<RetryEvent>,
    pub(super) cancel: ServerAction<CancelEvent>,
}

/// A lane as it is now; the same elements as long as it is the same event, so that what is open stays open.
#[component]
pub(super) fn LaneRow(
    event: EventId,
    drawn: Memo<(Vec<Lane>, Scale)>,
    begin: Timestamp,
    /// Whether it is open at first.
    is_open: bool,
    acts: Acts,
) -> impl IntoView {
    let lane = Memo::new(move |before: Option<&Option<Lane>>| {
        let now = drawn.with(|(lanes, _)| lanes.iter().find(|lane| lane.event.id == event).cloned());
        now.or_else(|| before.cloned().flatten())
    });
    let track =
        move || lane.get().map(|lane| view! { <Track items=lane.items scale=drawn.with(|(_, scale)| scale.clone())/> });
    let status = move || lane.with(|lane| lane.as_ref().map(|lane| lane.event.status.as_str()));
    let steps = move || lane.get().map(|lane| lane.items).unwrap_or_default();
    let more = move || lane.with(|lane| lane.as_ref().map_or(0, |lane| lane.more_attempts));
    view! {
        <details class="lane" data-testid="event" data-event=event.to_string() data-status=status open=is_open>
            <summary>
                <span class="lane-head">{move || lane.get().map(|lane| view! { <LaneHead lane/> })}</span>
                {track}
            </summary>
            <ol class="steps">
                <For
                    each=steps
                    key=|item| (item.id.clone(), item.label.clone(), item.reason.clone(), item.until, item.status.clone())
                    let:item
                >
                    <Step item begin/>
                </For>
            </ol>
            {move || (more() > 0).then(|| view! {
                <p class="aside">
                    <a href=format!("/attempts?q={event}")>{more()}" earlier attempts"</a>" are not drawn."
                </p>
            })}
            {move || lane.get().map(|lane| view! { <Doing event=lane.event acts/> })}
        </details>
    }
}

#[component]
fn LaneHead(lane: Lane) -> impl IntoView {
    let Lane { event, connection, .. } = lane;
    let attempts = match event.attempts {
        0 if event.status.is_pending() => "no attempt yet".to_owned(),
        0 => "no attempt".to_owned(),
        1 => "1 attempt".to_owned(),
        count => format!("{count} attempts"),
    };
    view! {
        <Icon shape=Shape::Chevron/>
        <span class="to">
            <b><Visible text=event.destination_name/></b>
            {event.is_retry.then(|| view! { <span class="tag">"sent again"</span> })}
            {connection.map(|text| view! { <span class="by"><Visible text/></span> })}
        </span>
        <span class="state">
            {event_badge(event.status)}
            <span class="nothing">{attempts}</span>
        </span>
    }
}

/// What can be done about an event, without scripts too.
#[component]
fn Doing(event: Event, acts: Acts) -> impl IntoView {
    let Acts { retry, cancel } = acts;
    let id = event.id;
    let is_pending = event.status.is_pending();
    view! {
        <div class="doing">
            <a class="button small" href=format!("/events/{id}")><Icon shape=Shape::Event/>"Open event"</a>
            {(!is_pending).then(|| view! {
                <ActionForm action=retry>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <button class="button small" disabled=move || retry.pending().get()><Icon shape=Shape::Turn/>"Send again"</button>
                </ActionForm>
            })}
            {is_pending.then(|| view! {
                <ActionForm action=cancel>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <button class="button small" disabled=move || cancel.pending().get()><Icon shape=Shape::Slash/>"Cancel"</button>
                </ActionForm>
            })}
        </div>
    }
}
