//! The page: the runbook of one destination, its steps below each other.

use std::time::Duration;

use hookyard_model::{DestinationId, EventId, Recovery, RecoverySteps, RecoveryWindow, StepState};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    acts::Acts,
    check::WhatToCheck,
    confirm::Confirm,
    failed::WhatFailed,
    fix::Fix,
    others::Others,
    provider::ProviderSide,
    replay::{Fields, Replay},
    retry::{Followed, RetryStep},
    server::{Retried, Shown, read_recovery, read_refused, read_retried},
    state::{Standings, is_reachable},
    step::Step,
    window::{WindowBar, asked},
};
use crate::{
    failure::Failure,
    layout::Lost,
    live::watch,
    typed::{Typed, typed_before},
    ui::{Empty, Place, Shape, Skeleton, Visible, once_read, query_value},
};

/// All failures of a destination are read for the page: while much happens there, not more often than this, and of many less
/// often.
const REST: Duration = Duration::from_secs(2);
const LONG_REST: Duration = Duration::from_secs(5);
/// So many are many.
const MANY: u64 = 20_000;

/// The recovery of the destination that the path names.
#[component]
pub(crate) fn RecoveryPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<DestinationId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OfDestination id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

/// What changes some time after `changed` does, and then not again for a while, which is long for `many`.
fn slowly(changed: Signal<u32>, many: RwSignal<bool>) -> Signal<u32> {
    let ticks = RwSignal::new(0_u32);
    let is_due = StoredValue::new(false);
    Effect::new(move |ran_before: Option<()>| {
        changed.track();
        if ran_before.is_none() || is_due.get_value() {
            return;
        }
        is_due.set_value(true);
        let tick = move || {
            // The page may be gone.
            is_due.try_set_value(false);
            ticks.try_update(|count| *count += 1);
        };
        set_timeout(tick, if many.get_untracked() { LONG_REST } else { REST });
    });
    ticks.into()
}

#[component]
fn OfDestination(id: DestinationId) -> impl IntoView {
    let acts = Acts::new();
    let window = asked();
    let changed = watch(move |change| change.destination.is_none_or(|changed| changed == id));
    let many = RwSignal::new(false);
    let calm = slowly(changed, many);
    let retried = query_value::<EventId>("retried");
    let found =
        Resource::new(move || (calm.get(), acts.done(), window.get()), move |(_, _, window)| read_recovery(id, window));
    let followed = Resource::new(
        move || (changed.get(), retried.get()),
        |(_, retried)| async move {
            match retried {
                Some(event) => Some(read_retried(event).await),
                None => None,
            }
        },
    );
    let refused = Resource::new(move || window.get(), move |window| read_refused(id, window));
    let typed = typed_before();
    view! {
        <Place title="Recovery" up=(format!("/destinations/{id}"), "The destination")/>
        <Transition fallback=|| view! { <Skeleton rows=10/> }>
            {once_read(found, move |shown| view! { <Found id shown followed typed window many acts/> })}
        </Transition>
        <ProviderSide refused/>
    }
}

#[component]
fn Found(
    id: DestinationId,
    shown: Memo<Shown>,
    followed: Resource<Option<Result<Retried, Failure>>>,
    typed: Resource<Typed>,
    window: Memo<RecoveryWindow>,
    /// Whether there is much to read.
    many: RwSignal<bool>,
    acts: Acts,
) -> impl IntoView {
    let followed: Followed = Memo::new(move |before: Option<&Option<Result<Retried, Failure>>>| {
        followed.get().unwrap_or_else(|| before.cloned().flatten())
    });
    let recovery = Memo::new(move |_| shown.with(|shown| shown.recovery.clone()));
    let is_calm = Memo::new(move |_| recovery.with(Recovery::is_calm));
    Effect::new(move |_| many.set(recovery.with(|recovery| recovery.failed > MANY)));
    view! {
        <Head id shown recovery window acts/>
        {move || {
            let (is_calm, typed) = (is_calm.get(), typed.get()?);
            Some(if is_calm {
                view! { <Calm id/> }.into_any()
            } else {
                view! { <Steps id shown recovery followed window fields=Fields::of(&typed) acts/> }.into_any()
            })
        }}
    }
}

#[component]
fn Head(
    id: DestinationId,
    shown: Memo<Shown>,
    recovery: Memo<Recovery>,
    window: Memo<RecoveryWindow>,
    acts: Acts,
) -> impl IntoView {
    let destination = Memo::new(move |_| shown.with(|shown| shown.destination.clone()));
    let name = Memo::new(move |_| destination.with(|one| (one.name.clone(), one.config.url.clone())));
    let title = move || {
        let (name, url) = name.get();
        view! {
            <p class="name"><a href=format!("/destinations/{id}")><Visible text=name/></a></p>
            {url.map(|url| view! { <p class="url-line"><code><Visible text=url/></code></p> })}
        }
    };
    view! {
        <div class="recovery-head" data-testid="recovery-head">
            {title}
            <Standings id destination acts/>
            <WindowBar id recovery window/>
        </div>
    }
}

#[component]
fn Calm(id: DestinationId) -> impl IntoView {
    view! {
        <Empty shape=Shape::Check title="Nothing failed here">
            <p>"In this time, every event for this destination was delivered or still waits for its first attempt. When one fails, the steps to recover stand here."</p>
            <a class="button" href=format!("/destinations/{id}")>"The destination"</a>
        </Empty>
    }
}

#[component]
fn Steps(
    id: DestinationId,
    shown: Memo<Shown>,
    recovery: Memo<Recovery>,
    followed: Followed,
    window: Memo<RecoveryWindow>,
    fields: Fields,
    acts: Acts,
) -> impl IntoView {
    let is_open = Memo::new(move |_| shown.with(|shown| is_reachable(&shown.destination)));
    let steps = Memo::new(move |_| recovery.with(|recovery| recovery.steps(is_open.get())));
    let state = move |of: fn(&RecoverySteps) -> StepState| Signal::derive(move || steps.with(of));
    view! {
        <ol class="runbook" data-testid="runbook">
            <Step number=1 id="look" title="What failed and why" state=state(|steps| steps.look)>
                <WhatFailed recovery/>
            </Step>
            <Step number=2 id="check" title="Check" state=state(|steps| steps.check)>
                <WhatToCheck recovery shown/>
            </Step>
            <Step number=3 id="fix" title="Fix" state=state(|steps| steps.fix)>
                <Fix id recovery shown acts/>
            </Step>
            <Step number=4 id="confirm" title="Confirm idempotency" state=state(|steps| steps.confirm)>
                <Confirm id recovery acts/>
            </Step>
            <Step number=5 id="retry" title="Retry one" state=state(|steps| steps.retry)>
                <RetryStep id recovery window followed is_open acts/>
            </Step>
            <Step number=6 id="replay" title="Replay the window" state=state(|steps| steps.replay)>
                <Others shown acts/>
                <Replay id recovery shown is_open fields acts/>
            </Step>
        </ol>
    }
}
