//! The page of a request: what came in, and all that became of it.

use hookyard_model::{RequestId, Trace};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    drawing::Axis,
    ignored::Ignored,
    inbound::{Inbound, Payload},
    lane::LaneRow,
    lanes::lanes,
    server::read_trace,
    step::Step,
    upstream::Upstream,
};
use crate::{
    again::{Act, Deed, Modify, doings},
    layout::Lost,
    live::watch,
    request::ModifiedReplay,
    ui::{CopyButton, Icon, Place, Shape, Skeleton, once_read},
};

/// Lanes are open at first where there are so many at most.
const OPEN: usize = 3;

/// The request that the path names.
#[component]
pub(crate) fn RequestPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<RequestId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OfRequest id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn OfRequest(id: RequestId) -> impl IntoView {
    let doings = doings();
    let changed = watch(|_| true);
    let shown = Resource::new(move || (changed.get(), doings.count()), move |_| read_trace(id));
    let link = Signal::derive(move || window().location().href().unwrap_or_default());
    view! {
        <Place title="Request" up=("/requests", "Requests")>
            <CopyButton text=link what="link" verb="Copy link"/>
            <Act deed=Deed::Replay(id)/>
            <Modify id/>
        </Place>
        <Transition fallback=|| view! { <Skeleton rows=8/> }>
            <div class="about-request">{once_read(shown, |now| view! { <Found now/> })}</div>
        </Transition>
    }
}

/// The trace as it is now. The same elements while things happen, so that what is open or has the focus stays.
#[component]
fn Found(now: Memo<Trace>) -> impl IntoView {
    let request = now.with_untracked(|trace| trace.request.clone());
    let begin = request.ingested_at;
    let drawn = Memo::new(move |_| now.with(lanes));
    let is_open = drawn.with_untracked(|(lanes, _)| lanes.len() <= OPEN);
    let events = move || drawn.with(|(lanes, _)| lanes.iter().map(|lane| lane.event.id).collect::<Vec<_>>());
    let arrival = move || {
        now.with(|trace| {
            let of_request =
                trace.timeline.iter().filter(|item| item.event_id.is_none() && item.connection_id.is_none());
            of_request.filter(|item| !item.kind.as_str().starts_with("ignored")).cloned().collect::<Vec<_>>()
        })
    };
    let is_drawn = move || drawn.with(|(lanes, _)| !lanes.is_empty());
    let ignored = Memo::new(move |_| now.with(|trace| (trace.ignored_events.clone(), trace.connections.clone())));
    view! {
        <Inbound request=request.clone()/>
        <ModifiedReplay request=request.clone()/>
        <section class="part trace" aria-labelledby="timeline">
            <header><h2 id="timeline">"What became of it"</h2><p class="nothing" role="status">{move || now.with(counts)}</p></header>
            <ol class="steps arrival">
                <For each=arrival key=|item| item.id.clone() let:item><Step item begin/></For>
            </ol>
            <div class="lanes" data-testid="lanes">
                <For each=events key=|id| *id let:event><LaneRow event drawn begin is_open/></For>
                {move || is_drawn().then(|| view! {
                    <div class="axis-row"><Axis scale=drawn.with(|(_, scale)| scale.clone())/></div>
                })}
            </div>
            {move || now.with(more_events)}
            {move || {
                let (ignored, connections) = ignored.get();
                (!ignored.is_empty()).then(|| view! { <Ignored ignored connections/> })
            }}
            <Replays now/>
        </section>
        <Upstream now/>
        <section class="part" aria-labelledby="payload">
            <header><h2 id="payload">"Payload"</h2></header>
            <Payload request/>
        </section>
    }
}

/// The requests that it was taken in again as.
#[component]
fn Replays(now: Memo<Trace>) -> impl IntoView {
    let replays = move || now.with(|trace| (trace.replays.clone(), trace.counts.replays));
    move || {
        let (ids, count) = replays();
        let link =
            |id: RequestId| view! { <li><a href=format!("/requests/{id}")><code>{id.to_string()}</code></a></li> };
        (!ids.is_empty()).then(|| {
            view! {
                <details class="replays" data-testid="replays">
                    <summary><Icon shape=Shape::Chevron/><b>"Replays"</b><span class="nothing">{count}</span></summary>
                    <ul>{ids.into_iter().map(link).collect_view()}</ul>
                </details>
            }
        })
    }
}

/// The trace in a sentence.
fn counts(trace: &Trace) -> String {
    let many = |count: u64, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let counts = trace.counts;
    let mut words = vec![many(counts.events, "event", "events"), many(counts.attempts, "attempt", "attempts")];
    if counts.ignored_events > 0 {
        words.push(format!("{} not taken", counts.ignored_events));
    }
    words.join(" · ")
}

/// Where to find the events that the trace leaves out.
fn more_events(trace: &Trace) -> impl IntoView + use<> {
    let more = trace.counts.events.saturating_sub(trace.events.len() as u64);
    let id = trace.request.id;
    (more > 0).then(|| view! { <p class="aside"><a href=format!("/events?request={id}")>{more}" more events"</a>" are not drawn."</p> })
}
