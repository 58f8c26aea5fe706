//! One event on its way: its line in the drawing, which opens into its steps.

use hookyard_model::{EventId, EventStatus, Timestamp};
use leptos::prelude::*;

use super::{drawing::Track, lanes::Lane, scale::Scale, step::Step};
use crate::{
    again::EventAct,
    ui::{Icon, Shape, Visible, event_badge},
};

/// A lane as it is now; the same elements as long as it is the same event, so that what is open stays open.
#[component]
pub(super) fn LaneRow(
    event: EventId,
    drawn: Memo<(Vec<Lane>, Scale)>,
    begin: Timestamp,
    /// Whether it is open at first.
    is_open: bool,
) -> impl IntoView {
    let lane = Memo::new(move |before: Option<&Option<Lane>>| {
        let now = drawn.with(|(lanes, _)| lanes.iter().find(|lane| lane.event.id == event).cloned());
        now.or_else(|| before.cloned().flatten())
    });
    let track =
        move || lane.get().map(|lane| view! { <Track items=lane.items scale=drawn.with(|(_, scale)| scale.clone())/> });
    let status = move || lane.with(|lane| lane.as_ref().map(|lane| lane.event.status.as_str()));
    let is_at =
        Memo::new(move |_| lane.with(|lane| lane.as_ref().map_or(EventStatus::Queued, |lane| lane.event.status)));
    let steps = move || lane.get().map(|lane| lane.items).unwrap_or_default();
    let more = move || lane.with(|lane| lane.as_ref().map_or(0, |lane| lane.more_attempts));
    view! {
        <details class="lane" data-testid="event" data-row="" data-event=event.to_string() data-status=status open=is_open>
            <summary data-open="">
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
            <div class="doing">
                <a class="button small" href=format!("/events/{event}")><Icon shape=Shape::Event/>"Open event"</a>
                <EventAct id=event status=is_at/>
            </div>
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
