//! One attempt, open: what went wrong, the other tries of its event, what was sent and what came back.

use hookyard_model::{Attempt, AttemptId, AttemptStatus};
use leptos::prelude::*;

use super::{diagnosis::WhyFailed, exchange::Exchange, ladder::Ladder, server::read_attempt};
use crate::{
    failure::Failure,
    ui::{Skeleton, Trouble},
};

/// Loads one attempt and shows it, or another try of the same event that is chosen in its place.
#[component]
pub(crate) fn AttemptDetail(id: AttemptId) -> impl IntoView {
    let chosen = RwSignal::new(id);
    let loaded = Resource::new(move || chosen.get(), read_attempt);
    view! { <Transition fallback=|| view! { <Skeleton rows=6/> }><Loaded loaded chosen/></Transition> }
}

#[component]
fn Loaded(loaded: Resource<Result<Attempt, Failure>>, chosen: RwSignal<AttemptId>) -> impl IntoView {
    // The event's steps stay while another of them is shown.
    let event = Memo::new(move |_| loaded.get().and_then(Result::ok).map(|attempt| attempt.event_id));
    // What is loaded within what is loaded comes only once the browser has taken over.
    let is_alive = RwSignal::new(false);
    Effect::new(move |_| is_alive.set(true));
    let shown = move |attempt: Attempt| {
        let is_failed = attempt.status == AttemptStatus::Failed;
        view! {
            {is_failed.then(|| view! { <WhyFailed attempt=attempt.clone()/> })}
            <Exchange attempt/>
        }
    };
    view! {
        {move || event.get().filter(|_| is_alive.get()).map(|event| view! { <Ladder event chosen/> })}
        {move || loaded.get().map(|loaded| match loaded {
            Ok(attempt) => shown(attempt).into_any(),
            Err(failure) => view! { <Trouble failure/> }.into_any(),
        })}
    }
}
