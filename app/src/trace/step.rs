//! One thing that happened to an event, in words, with what is known of it to open.

use hookyard_model::{AttemptId, AttemptStatus, Timestamp, TraceItem, TraceKind, TransformationRunId};
use leptos::prelude::*;

use super::{
    changes::RunDetail,
    scale::{after, length},
};
use crate::{
    attempt::AttemptDetail,
    ui::{Countdown, Icon, Shape, Time, Tone, Visible},
};

/// How an item looks: whether that is well, and its shape.
pub(super) fn look(item: &TraceItem) -> (Tone, Shape) {
    match item.kind {
        TraceKind::Received => (Tone::Off, Shape::Request),
        TraceKind::Proxied if item.reason.is_some() => (Tone::Bad, Shape::Cross),
        TraceKind::Proxied => (Tone::Off, Shape::Arrow),
        TraceKind::Verified => (Tone::Good, Shape::Check),
        TraceKind::Unchecked => (Tone::Off, Shape::Question),
        TraceKind::Refused | TraceKind::TransformFailed | TraceKind::Failed => (Tone::Bad, Shape::Cross),
        TraceKind::Deduplicated => (Tone::Off, Shape::Copy),
        TraceKind::Filtered | TraceKind::Ignored | TraceKind::Cancelled => (Tone::Off, Shape::Slash),
        TraceKind::EventCreated => (Tone::Off, Shape::Event),
        TraceKind::Transformed => (Tone::Waiting, Shape::Pencil),
        TraceKind::Delayed | TraceKind::RetryScheduled => (Tone::Waiting, Shape::Clock),
        TraceKind::Held => (Tone::Warning, Shape::Hold),
        TraceKind::Released => (Tone::Off, Shape::Arrow),
        TraceKind::Attempt if item.status.as_deref() == Some(AttemptStatus::Successful.as_str()) => {
            (Tone::Good, Shape::Check)
        }
        TraceKind::Attempt => (Tone::Bad, Shape::Cross),
        TraceKind::Delivered => (Tone::Good, Shape::Target),
        TraceKind::Retried | TraceKind::Replayed => (Tone::Off, Shape::Turn),
    }
}

/// A line; `begin` is when the request came in.
#[component]
pub(super) fn Step(item: TraceItem, begin: Timestamp) -> impl IntoView {
    let attempt = item.attempt_id;
    let run = item.transformation_execution_id;
    let kind = item.kind.as_str();
    let head = view! { <Head item=item.clone() begin/> };
    let detail = match (attempt, run) {
        (Some(id), _) => view! { <OfAttempt id head=head.into_any()/> }.into_any(),
        (None, Some(id)) => view! { <OfRun id head=head.into_any()/> }.into_any(),
        (None, None) => view! { <div class="step-line">{head}</div> }.into_any(),
    };
    view! { <li class="trace-step" data-testid="step" data-kind=kind>{detail}</li> }
}

/// Says what happened, when, and why.
#[component]
fn Head(item: TraceItem, begin: Timestamp) -> impl IntoView {
    let (tone, shape) = look(&item);
    let lasted = item.until.map(|until| until.millis() - item.at.millis());
    let is_wait = matches!(item.kind, TraceKind::Delayed | TraceKind::Held | TraceKind::RetryScheduled);
    let is_to_come = item.status.is_some();
    let wait = move || match (item.kind, item.until, lasted) {
        (TraceKind::RetryScheduled | TraceKind::Delayed, Some(until), Some(lasted)) if is_to_come => {
            view! { " after " {length(lasted)} ": " <Countdown at=until/> }.into_any()
        }
        (TraceKind::Held, None, _) => " until it is let go".into_any(),
        (TraceKind::RetryScheduled, _, Some(lasted)) => view! { " after " {length(lasted)} }.into_any(),
        (_, _, Some(lasted)) => view! { " for " {length(lasted)} }.into_any(),
        _ => ().into_any(),
    };
    view! {
        <span class=format!("sign {}", tone.class())><Icon shape/></span>
        <span class="offset" title=item.at.to_string()>{after(item.at.millis() - begin.millis())}</span>
        <span class="what">
            <b><Visible text=item.label.clone()/></b>
            {is_wait.then(wait)}
            {item.reason.clone().map(|text| view! { <span class="reason"><Visible text/></span> })}
            {item.other_event_id.map(|id| view! { " " <a href=format!("/events/{id}")>"of another event"</a> })}
        </span>
        <span class="exact"><Time at=item.at/></span>
    }
}

/// An attempt, which opens into what was sent and what came back.
#[component]
fn OfAttempt(id: AttemptId, head: AnyView) -> impl IntoView {
    let is_open = RwSignal::new(false);
    view! {
        <details on:toggle:target=move |event| is_open.set(event.target().open())>
            <summary class="step-line">{head}</summary>
            <div class="step-detail"><Show when=move || is_open.get()><AttemptDetail id/></Show></div>
        </details>
    }
}

/// What a transformation did, which opens into before and after.
#[component]
fn OfRun(id: TransformationRunId, head: AnyView) -> impl IntoView {
    let is_open = RwSignal::new(false);
    view! {
        <details on:toggle:target=move |event| is_open.set(event.target().open())>
            <summary class="step-line">{head}</summary>
            <div class="step-detail"><Show when=move || is_open.get()><RunDetail id/></Show></div>
        </details>
    }
}
