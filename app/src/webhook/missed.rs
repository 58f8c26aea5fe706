//! Events that a webhook missed while it was disabled, and replaying them.

use hookyard_model::{DestinationId, Missed};
use leptos::prelude::*;

use crate::{
    developer::{ReplayMissed, read_missed},
    live::{asked_later, watch},
    ui::{FailureNotice, Icon, Shape, Time, Visible},
};

/// Says how many there are, from when to when; an enabled webhook can have them replayed, step by step.
#[component]
pub(super) fn MissedEvents(
    id: DestinationId,
    /// The webhook's name where it has to be said.
    name: Option<Memo<String>>,
    is_enabled: bool,
) -> impl IntoView {
    let changed = watch(move |change| change.destination.is_none_or(|changed| changed == id));
    let replay = ServerAction::<ReplayMissed>::new();
    let found = asked_later(move || {
        changed.track();
        replay.version().track();
        read_missed(id)
    });
    let is_running = RwSignal::new(false);
    let queued = RwSignal::new(0_u64);
    let left = RwSignal::new(0_u64);
    Effect::new(move |_| match replay.value().get() {
        Some(Ok(step)) => {
            queued.update(|queued| *queued += step.queued);
            left.set(step.left);
            // Where a step queues nothing, another would not either.
            if is_running.get_untracked() && step.left > 0 && step.queued > 0 {
                replay.dispatch(ReplayMissed { id });
            } else {
                is_running.set(false);
            }
        }
        Some(Err(_)) => is_running.set(false),
        None => {}
    });
    let start = move |_| {
        queued.set(0);
        is_running.set(true);
        replay.dispatch(ReplayMissed { id });
    };
    let there = move || found.get().and_then(Result::ok).filter(|missed| missed.count > 0);
    let is_shown = move || there().is_some() || is_running.get() || queued.get() > 0;
    let who = move || {
        name.map(|name| view! { <a href=format!("/webhooks/{id}")>{move || view! { <Visible text=name.get()/> }}</a> })
    };
    let progress = move || {
        view! {
            <p class="replaying">
                <label for=format!("replay-{id}")>"Queued "{queued}" of "{move || queued.get() + left.get()}</label>
                <progress id=format!("replay-{id}") max=move || (queued.get() + left.get()).max(1).to_string()
                    prop:value=move || queued.get().to_string() value=move || queued.get().to_string()></progress>
                <button type="button" class="button small" on:click=move |_| is_running.set(false)>"Stop"</button>
            </p>
        }
    };
    let offer = move || {
        there().map(|missed| {
            view! {
                <p>{words(&missed, is_enabled)}{span(&missed)}</p>
                {is_enabled.then(|| view! {
                    <button type="button" class="button" on:click=start>
                        <Icon shape=Shape::Turn/>{format!("Replay {}", events(missed.count, true))}
                    </button>
                })}
            }
        })
    };
    let done = move || {
        (queued.get() > 0 && !is_running.get())
            .then(|| format!("{} queued to be sent again.", capital_events(queued.get())))
    };
    view! {
        {move || is_shown().then(|| view! {
            <div class="missed" class:banner=is_enabled data-testid="missed">
                {is_enabled.then(|| view! { <Icon shape=Shape::Turn/> })}
                <div>
                    {is_enabled.then(|| view! { <p class="title"><strong>"Missed while it was disabled"</strong>{who()}</p> })}
                    {move || if is_running.get() { progress().into_any() } else { offer().into_any() }}
                    <p role="status" class="replayed">{done}</p>
                    <FailureNotice failure=Signal::derive(move || replay.value().get().and_then(Result::err))/>
                </div>
            </div>
        })}
    }
}

fn words(missed: &Missed, is_enabled: bool) -> String {
    let count = events(missed.count, false);
    let are = if missed.count == 1 { "is" } else { "are" };
    if is_enabled {
        format!("{count} came while the webhook was disabled")
    } else {
        format!("No event is lost: {count} {are} kept as missed, and can be replayed once the webhook is enabled")
    }
}

/// From when to when they came.
fn span(missed: &Missed) -> impl IntoView + use<> {
    match (missed.oldest, missed.newest) {
        (Some(oldest), Some(newest)) if oldest != newest => {
            view! { " ("<Time at=oldest/>" to "<Time at=newest/>")." }.into_any()
        }
        (Some(at), _) | (None, Some(at)) => view! { " ("<Time at/>")." }.into_any(),
        (None, None) => ".".into_any(),
    }
}

fn events(count: u64, are_missed: bool) -> String {
    let missed = if are_missed { "missed " } else { "" };
    if count == 1 { format!("1 {missed}event") } else { format!("{count} {missed}events") }
}

fn capital_events(count: u64) -> String {
    if count == 1 { "1 event is".to_owned() } else { format!("{count} events are") }
}
