//! The page of the last verification.

use hookyard_model::{Verification, VerifyLooked, VerifyStatus};
use leptos::{form::ActionForm, prelude::*};

use super::{
    rules::{Discrepancies, Rules},
    server::{StartVerification, StopVerification, read_verification},
};
use crate::{
    live::watch,
    ui::{Ago, Badge, Empty, FailureNotice, Icon, Place, Shape, Skeleton, Time, Tone, grouped, once_read},
};

#[component]
pub(crate) fn VerifyPage() -> impl IntoView {
    let (start, stop) = (ServerAction::<StartVerification>::new(), ServerAction::<StopVerification>::new());
    let changed = watch(|change| change.destination.is_none());
    let found =
        Resource::new(move || (changed.get(), start.version().get(), stop.version().get()), |_| read_verification());
    let failure = Signal::derive(move || {
        let started = start.value().get().and_then(Result::err);
        started.or_else(|| stop.value().get().and_then(Result::err))
    });
    view! {
        <Place title="Verify"/>
        <p class="lead">
            "Nothing may be silently missing: every accepted request is reconciled with its events, the branches that were not
            taken, their attempts and the queue. It runs beside deliveries at a small part of their time, and once a day by itself."
        </p>
        <FailureNotice failure/>
        <Transition fallback=|| view! { <Skeleton rows=10/> }>
            {once_read(found, move |last| view! { <Found last start stop/> })}
        </Transition>
    }
}

#[component]
fn Found(
    last: Memo<Option<Verification>>,
    start: ServerAction<StartVerification>,
    stop: ServerAction<StopVerification>,
) -> impl IntoView {
    let is_there = Memo::new(move |_| last.with(Option::is_some));
    move || {
        is_there.get();
        match last.get_untracked() {
            Some(first) => {
                let one = Memo::new(move |_| last.get().unwrap_or_else(|| first.clone()));
                view! { <Shown one start stop/> }.into_any()
            }
            None => view! {
                <Empty shape=Shape::Check title="Not verified yet">
                    <p>"It starts by itself a day after the team was made, or now:"</p>
                    <StartForm start word="Verify now"/>
                </Empty>
            }
            .into_any(),
        }
    }
}

#[component]
fn StartForm(start: ServerAction<StartVerification>, word: &'static str) -> impl IntoView {
    view! {
        <ActionForm action=start>
            <button class="button primary" disabled=start.pending()><Icon shape=Shape::Turn/>{word}</button>
        </ActionForm>
    }
}

#[component]
fn Shown(
    one: Memo<Verification>,
    start: ServerAction<StartVerification>,
    stop: ServerAction<StopVerification>,
) -> impl IntoView {
    let is_running = Memo::new(move |_| one.with(|one| one.status == VerifyStatus::Running));
    let buttons = move || {
        if is_running.get() {
            view! {
                <ActionForm action=stop>
                    <button class="button" disabled=stop.pending()><Icon shape=Shape::Slash/>"Stop"</button>
                </ActionForm>
            }
            .into_any()
        } else {
            view! { <StartForm start word="Run again"/> }.into_any()
        }
    };
    view! {
        <section class="verify-progress" aria-labelledby="verify-state">
            <header>
                <div class="verify-headline"><h2 id="verify-state" class="hidden">"The last verification"</h2><State one/></div>
                {buttons}
            </header>
            <ProgressBar one/>
            <Looked one/>
        </section>
        <Discrepancies found=one/>
        <Rules found=one/>
    }
}

/// How it ended, or how far it is, and when.
#[component]
fn State(one: Memo<Verification>) -> impl IntoView {
    move || {
        let found = one.get();
        let badge = match (found.status, found.discrepancy_count) {
            (_, 1..) => view! { <Badge tone=Tone::Bad shape=Shape::Cross word="Does not add up"/> }.into_any(),
            (VerifyStatus::Running, 0) => {
                view! { <Badge tone=Tone::Waiting shape=Shape::Turn word="Running"/> }.into_any()
            }
            (VerifyStatus::Completed, 0) => {
                view! { <Badge tone=Tone::Good shape=Shape::Check word="Everything adds up"/> }.into_any()
            }
            (VerifyStatus::Stopped, 0) => {
                view! { <Badge tone=Tone::Off shape=Shape::Slash word="Stopped"/> }.into_any()
            }
        };
        let by = if found.requested_by.is_none() { " by itself" } else { "" };
        view! {
            <span data-testid="verify-status">{badge}</span>
            <b data-testid="verify-percent">{percent(found.progress)}" %"</b>
            <span class="muted">"started "<Time at=found.started_at/>{by}</span>
            {found.finished_at.map(|at| view! { <span class="muted">"ended "<Ago at/></span> })}
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
fn percent(progress: f64) -> u32 {
    (progress.clamp(0.0, 1.0) * 100.0).floor() as u32
}

#[component]
fn ProgressBar(one: Memo<Verification>) -> impl IntoView {
    let progress = Memo::new(move |_| one.with(|one| one.progress));
    let is_clean = move || one.with(|one| one.discrepancy_count == 0);
    view! {
        <div
            class="verify-bar" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100"
            aria-valuenow=move || percent(progress.get()) class:bad=move || !is_clean()
        >
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect x="0" y="0" height="10" width=move || format!("{:.2}", progress.get().clamp(0.0, 1.0) * 100.0)></rect>
            </svg>
        </div>
    }
}

/// What is looked at, and how much of it was.
type Kind = (&'static str, fn(&VerifyLooked) -> u64);

/// How much was looked at, in the order in which it came about.
#[component]
fn Looked(one: Memo<Verification>) -> impl IntoView {
    const KINDS: [Kind; 7] = [
        ("Requests", |looked| looked.requests),
        ("Branches not taken", |looked| looked.ignored),
        ("Events", |looked| looked.events),
        ("Attempts", |looked| looked.attempts),
        ("In the queue", |looked| looked.queued + looked.transforming),
        ("Destinations", |looked| looked.destinations),
        ("Bulk items", |looked| looked.bulk_items),
    ];
    let item = move |(word, pick): (&'static str, fn(&VerifyLooked) -> u64)| {
        let count = Memo::new(move |_| one.with(|one| pick(&one.looked)));
        view! {
            <li class:none=move || count.get() == 0><b>{move || grouped(count.get())}</b><span>{word}</span></li>
        }
    };
    view! { <ul class="verify-looked" aria-label="Looked at">{KINDS.into_iter().map(item).collect_view()}</ul> }
}
