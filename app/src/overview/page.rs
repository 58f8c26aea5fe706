//! The overview as a whole.

use std::time::Duration;

use hookyard_model::Overview;
use leptos::prelude::*;

use super::{
    charts::Charts,
    first_steps::FirstSteps,
    server::read_overview,
    tables::{Destinations, Sources},
    tiles::Tiles,
    window::{WindowChoice, chosen_window},
};
use crate::{
    failure::Failure,
    live::watch,
    ui::{Place, Skeleton, Trouble},
};

/// How long a page of sums waits before it asks again while things change, and when nothing does: time goes on.
const REST: Duration = Duration::from_secs(2);
const LONG_REST: Duration = Duration::from_secs(30);

#[component]
pub(crate) fn OverviewPage() -> impl IntoView {
    let window = chosen_window();
    let changed = calm();
    let found = Resource::new(move || (changed.get(), window.get()), |(_, window)| read_overview(window));
    view! {
        <Place title="Overview"><WindowChoice window/></Place>
        <crate::issue::IssuesNow/>
        <Transition fallback=|| view! { <Skeleton rows=10/> }>
            <Found found/>
        </Transition>
    }
}

/// A number that grows at most every two seconds while something changes, and now and then when nothing does.
pub(crate) fn calm() -> Signal<u32> {
    let news = watch(|_| true);
    let ticks = RwSignal::new(0_u32);
    let is_resting = StoredValue::new(false);
    let tick = move || {
        ticks.try_update(|count| *count += 1);
    };
    Effect::new(move |before: Option<u32>| {
        let now = news.get();
        if before.is_some_and(|before| before != now) && !is_resting.get_value() {
            is_resting.set_value(true);
            set_timeout(
                move || {
                    is_resting.try_set_value(false);
                    tick();
                },
                REST,
            );
        }
        now
    });
    Effect::new(move |_| {
        if let Ok(ticking) = set_interval_with_handle(tick, LONG_REST) {
            on_cleanup(move || ticking.clear());
        }
    });
    ticks.into()
}

/// What was found last stays while it is asked for again, so that nothing jumps.
#[component]
fn Found(found: Resource<Result<Overview, Failure>>) -> impl IntoView {
    let latest = Memo::new(move |before: Option<&Option<Overview>>| match found.get() {
        Some(Ok(overview)) => Some(overview),
        _ => before.cloned().flatten(),
    });
    let failure = move || found.get().and_then(Result::err);
    let is_fresh = Memo::new(move |_| latest.with(|latest| latest.as_ref().map(|overview| overview.is_fresh)));
    let shown = Signal::derive(move || latest.get());
    view! {
        {move || failure().map(|failure| view! { <Trouble failure/> })}
        {move || match is_fresh.get() {
            Some(true) => view! { <FirstSteps/> }.into_any(),
            Some(false) => view! {
                <Tiles overview=shown/>
                <Charts overview=shown/>
                <Destinations overview=shown/>
                <Sources overview=shown/>
            }
            .into_any(),
            None => ().into_any(),
        }}
    }
}
