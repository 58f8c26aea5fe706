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
    live::watch,
    ui::{Place, Skeleton, once_read},
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
            {once_read(found, |overview| view! { <Found overview/> })}
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

#[component]
fn Found(overview: Memo<Overview>) -> impl IntoView {
    let is_fresh = Memo::new(move |_| overview.with(|overview| overview.is_fresh));
    move || {
        if is_fresh.get() {
            view! { <FirstSteps/> }.into_any()
        } else {
            view! { <Tiles overview/> <Charts overview/> <Destinations overview/> <Sources overview/> }.into_any()
        }
    }
}
