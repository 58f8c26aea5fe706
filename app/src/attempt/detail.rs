//! One attempt, open: what went wrong, the other tries of its event, what was sent and what came back.

use hookyard_model::{Attempt, AttemptId, AttemptStatus};
use leptos::prelude::*;

use super::{diagnosis::WhyFailed, exchange::Exchange, ladder::Ladder, server::read_attempt};
use crate::{
    failure::Failure,
    ui::{Skeleton, Trouble, here, query_value},
};

/// The attempt that is chosen, with the exact bytes both ways.
type Chosen = Resource<Option<Result<Attempt, Failure>>>;

fn load(chosen: RwSignal<Option<AttemptId>>) -> Chosen {
    Resource::new(
        move || chosen.get(),
        async |chosen| match chosen {
            Some(id) => Some(read_attempt(id).await),
            None => None,
        },
    )
}

/// Loads one attempt and shows it, or another try of the same event that is chosen in its place.
#[component]
pub(crate) fn AttemptDetail(id: AttemptId) -> impl IntoView {
    let chosen = RwSignal::new(Some(id));
    let loaded = load(chosen);
    view! { <Transition fallback=|| view! { <Skeleton rows=6/> }><Loaded loaded chosen/></Transition> }
}

/// The attempt that the URL names, above the rows: it may be on another page, or filtered out.
#[component]
pub(super) fn Named() -> impl IntoView {
    let here = here();
    let named = query_value::<AttemptId>("attempt");
    let is_named = Memo::new(move |_| named.get().is_some());
    let chosen = RwSignal::new(named.get_untracked());
    Effect::new(move |before: Option<Option<AttemptId>>| {
        let now = named.get();
        if before.is_some_and(|before| before != now) {
            chosen.set(now);
        }
        now
    });
    // Not within what is shown: server and browser number what they load in the order in which they come upon it, and
    // upon what is shown only at times they come in different orders.
    let loaded = load(chosen);
    view! {
        <Show when=move || is_named.get()>
            <section class="named-attempt" aria-label="The attempt of this link" data-testid="named-attempt">
                <header>
                    <h2>"The attempt of this link"</h2>
                    <a class="button small" data-noscroll="" href=move || here.with(&[("attempt", None)])>"Close"</a>
                </header>
                <Transition fallback=|| view! { <Skeleton rows=6/> }><Loaded loaded chosen/></Transition>
            </section>
        </Show>
    }
}

#[component]
fn Loaded(loaded: Chosen, chosen: RwSignal<Option<AttemptId>>) -> impl IntoView {
    let loaded = move || loaded.get().flatten();
    // The event's steps stay while another of them is shown.
    let event = Memo::new(move |_| loaded().and_then(Result::ok).map(|attempt| attempt.event_id));
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
        {move || loaded().map(|loaded| match loaded {
            Ok(attempt) => shown(attempt).into_any(),
            Err(failure) => view! { <Trouble failure/> }.into_any(),
        })}
    }
}
