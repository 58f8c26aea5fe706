//! How an operation does at each of its destinations.

use hookyard_model::{BulkDestination, BulkOperation, BulkStatus, DestinationId, PaceReading};
use leptos::prelude::*;

use super::{
    pace_chart::{PaceChart, remember},
    words::{pace_badge, pace_meaning},
};
use crate::ui::{Icon, Shape, Visible, grouped, sentence};

/// So many destinations have their drawings; the others stand in a list.
const DRAWN: usize = 8;

/// The destinations: those with a pace as drawings, live while the page is open.
#[component]
pub(super) fn Destinations(operation: Memo<BulkOperation>) -> impl IntoView {
    let all = Memo::new(move |_| {
        operation.with(|operation| {
            let ids = operation.destinations.iter().map(|one| one.destination_id);
            ids.collect::<Vec<_>>()
        })
    });
    let is_one = move || all.with(Vec::len) == 1;
    let drawn = move || all.with(|all| all.iter().take(DRAWN).copied().collect::<Vec<_>>());
    let others =
        move || operation.with(|operation| operation.destinations.iter().skip(DRAWN).cloned().collect::<Vec<_>>());
    view! {
        <section class="part" aria-labelledby="pace" hidden=move || all.with(Vec::is_empty)>
            <header><h2 id="pace">{move || if is_one() { "Destination" } else { "Destinations" }}</h2></header>
            <div class="paces">
                <For each=drawn key=|id| *id let:id><Destination operation id/></For>
            </div>
            {move || (!others().is_empty()).then(|| view! {
                <ul class="pace-others">{others().into_iter().map(|one| view! { <Other one/> }).collect_view()}</ul>
            })}
        </section>
    }
}

#[component]
fn Other(one: BulkDestination) -> impl IntoView {
    let words = counts(&one);
    view! {
        <li>
            <a href=format!("/destinations/{}", one.destination_id)><Visible text=one.destination_name/></a>
            <span class="nothing">{words}</span>
            {one.obstacle.map(|why| view! { <span class="obstacle"><Visible text=why.detail/></span> })}
        </li>
    }
}

fn counts(one: &BulkDestination) -> String {
    let failed = if one.failed_count > 0 { format!(", {} not", grouped(one.failed_count)) } else { String::new() };
    format!("{} of {} delivered{failed}", grouped(one.done_count), grouped(one.total_count))
}

#[component]
fn Destination(operation: Memo<BulkOperation>, id: DestinationId) -> impl IntoView {
    let one = Memo::new(move |_| {
        operation.with(|operation| operation.destinations.iter().find(|one| one.destination_id == id).cloned())
    });
    let is_ongoing = Memo::new(move |_| operation.with(|operation| operation.status.is_ongoing()));
    let runs = Memo::new(move |_| operation.with(|operation| operation.status == BulkStatus::Running));
    let of = move |pick: fn(&BulkDestination) -> Option<String>| {
        Memo::new(move |_| one.with(|one| one.as_ref().and_then(pick)))
    };
    let name = of(|one| Some(one.destination_name.clone()));
    let obstacle = of(|one| one.obstacle.clone().map(|why| why.detail));
    let said = of(|one| Some(counts(one)));
    let pace = Memo::new(move |_| one.with(|one| one.as_ref().and_then(|one| one.pace.clone())));
    view! {
        <article class="pace" data-testid="pace">
            <header>
                <h3><a href=format!("/destinations/{id}")>{move || name.get().map(|text| view! { <Visible text/> })}</a></h3>
                <span class="nothing">{move || said.get()}</span>
            </header>
            {move || obstacle.get().filter(|_| is_ongoing.get()).map(|why| view! {
                <p class="obstacle" data-testid="obstacle"><Icon shape=Shape::Alert/><span><Visible text=sentence(&why)/></span></p>
            })}
            <Show when=move || runs.get()><Pace pace/></Show>
        </article>
    }
}

/// The state, why it is so, and the last minutes.
#[component]
fn Pace(pace: Memo<Option<PaceReading>>) -> impl IntoView {
    // The first reading is the server's; the others are gathered here while the page is open.
    let history = RwSignal::new(pace.get_untracked().into_iter().collect::<Vec<_>>());
    Effect::new(move |_| {
        if let Some(reading) = pace.get() {
            history.update(|history| remember(history, &reading));
        }
    });
    let state = Memo::new(move |_| pace.with(|pace| pace.as_ref().map(|pace| (pace.state, pace.reason.clone()))));
    let is_any = Memo::new(move |_| history.with(|history| !history.is_empty()));
    let words = move || {
        state.get().map(|(state, reason)| {
            let reason = reason.unwrap_or_else(|| pace_meaning(state).to_owned());
            view! { {pace_badge(state)} <span><Visible text=sentence(&reason)/></span> }
        })
    };
    view! {
        <p class="pace-state" data-testid="pace-state">
            {words}
            <Show when=move || state.get().is_none()><span class="nothing">"Nothing was sent here in the last seconds."</span></Show>
        </p>
        <Show when=move || is_any.get()><PaceChart history=history.into()/></Show>
    }
}
