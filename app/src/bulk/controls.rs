//! What can be done with an operation: pausing it, letting it go on, ending it, and changing its limit.

use hookyard_model::{BulkOperation, BulkOperationId, BulkStatus};
use leptos::{form::ActionForm, prelude::*};

use super::{
    draft::{limit, rate_of},
    server::{CancelBulk, LimitBulk, PauseBulk, ResumeBulk},
    start::periods,
    words::{a_second, period_words},
};
use crate::{
    failure::Failure,
    ui::{Confirm, FailureNotice, Icon, SelectField, Shape, TextField, grouped, mistake_of},
};

/// What a page's buttons ask for.
#[derive(Clone, Copy)]
pub(super) struct Acts {
    pause: ServerAction<PauseBulk>,
    resume: ServerAction<ResumeBulk>,
    cancel: ServerAction<CancelBulk>,
    limit: ServerAction<LimitBulk>,
    is_cancelling: RwSignal<bool>,
}

impl Acts {
    pub(super) fn new() -> Self {
        Self {
            pause: ServerAction::new(),
            resume: ServerAction::new(),
            cancel: ServerAction::new(),
            limit: ServerAction::new(),
            is_cancelling: RwSignal::new(false),
        }
    }

    /// Grows with each thing done.
    pub(super) fn done(self) -> usize {
        self.pause.version().get()
            + self.resume.version().get()
            + self.cancel.version().get()
            + self.limit.version().get()
    }

    fn failure(self) -> Option<Failure> {
        let paused = self.pause.value().get().and_then(Result::err);
        let resumed = self.resume.value().get().and_then(Result::err);
        paused.or(resumed).or_else(|| self.cancel.value().get().and_then(Result::err))
    }
}

/// The buttons in the head of the page.
#[component]
pub(super) fn Buttons(operation: Memo<BulkOperation>, acts: Acts) -> impl IntoView {
    let id = operation.with_untracked(|operation| operation.id);
    let status = Memo::new(move |_| operation.with(|operation| operation.status));
    let cancelable = Memo::new(move |_| operation.with(|operation| operation.cancelable));
    // Of one that runs, a part may have stopped by itself.
    let is_stopped = Memo::new(move |_| {
        operation.with(|operation| {
            operation
                .destinations
                .iter()
                .any(|one| one.obstacle.as_ref().is_some_and(|why| why.code.is_lifted_by_resuming()))
        })
    });
    let turn = move || match status.get() {
        BulkStatus::Planned | BulkStatus::Running => {
            let rest = move || {
                is_stopped.get().then(|| view! { <Resume id acts class="button" words="Resume what stopped"/> })
            };
            view! { {rest}<Pause id acts/> }.into_any()
        }
        BulkStatus::Paused => view! { <Resume id acts class="button primary" words="Resume"/> }.into_any(),
        BulkStatus::Completed | BulkStatus::Failed | BulkStatus::Cancelled => ().into_any(),
    };
    view! {
        <div class="bulk-buttons">
            {turn}
            {move || cancelable.get().then(|| view! {
                <ActionForm action=acts.cancel>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <button class="button without-scripts">"Cancel now"</button>
                </ActionForm>
                <button type="button" class="button with-scripts" disabled=acts.cancel.pending() on:click=move |_| acts.is_cancelling.set(true)>
                    <Icon shape=Shape::Slash/>{move || if acts.cancel.pending().get() { "Cancelling …" } else { "Cancel" }}
                </button>
            })}
        </div>
    }
}

#[component]
fn Pause(id: BulkOperationId, acts: Acts) -> impl IntoView {
    view! {
        <ActionForm action=acts.pause>
            <input type="hidden" name="id" value=id.to_string()/>
            <button class="button" disabled=acts.pause.pending()><Icon shape=Shape::Hold/>"Pause"</button>
        </ActionForm>
    }
}

#[component]
fn Resume(id: BulkOperationId, acts: Acts, class: &'static str, words: &'static str) -> impl IntoView {
    view! {
        <ActionForm action=acts.resume>
            <input type="hidden" name="id" value=id.to_string()/>
            <button class=class disabled=acts.resume.pending()><Icon shape=Shape::Arrow/>{words}</button>
        </ActionForm>
    }
}

/// What is asked before an operation is ended, and what went wrong.
#[component]
pub(super) fn Dialogs(id: BulkOperationId, left: Signal<u64>, acts: Acts) -> impl IntoView {
    let text = Signal::derive(move || match left.get() {
        0 => "What failed and waits for another try is cancelled. A cancelled operation cannot be resumed.".to_owned(),
        left => format!(
            "{} not tried yet are left out, and nothing of the operation is sent any more: what failed and waits for \
             another try is cancelled as well. What was delivered stays delivered. A cancelled operation cannot be resumed: \
             start another one over the same filter.",
            grouped(left)
        ),
    });
    view! {
        <FailureNotice failure=Signal::derive(move || acts.failure())/>
        <Confirm
            open=acts.is_cancelling
            title="Cancel this bulk operation?"
            text
            verb="Cancel operation"
            on_yes=Callback::new(move |()| {
                acts.cancel.dispatch(CancelBulk { id });
            })
        />
    }
}

/// The limit in force, to be changed in place.
#[component]
pub(super) fn LimitForm(operation: Memo<BulkOperation>, acts: Acts) -> impl IntoView {
    let (id, number, period) = operation.with_untracked(|operation| {
        let number = operation.rate_limit.map(|rate| rate.to_string()).unwrap_or_default();
        (operation.id, RwSignal::new(number), RwSignal::new(operation.rate_limit_period.to_string()))
    });
    let answer = move || acts.limit.value().get();
    let is_ongoing = Memo::new(move |_| operation.with(|operation| operation.status.is_ongoing()));
    let in_force = Memo::new(move |_| operation.with(|operation| (operation.rate_limit, operation.rate_limit_period)));
    let words = move || match in_force.get() {
        (None, _) => "No limit: as fast as the receivers bear.".to_owned(),
        (Some(rate), period) => {
            let exact = format!("At most {} {}", grouped(rate.into()), period_words(period));
            match limit(&rate.to_string(), period.as_str()) {
                Ok(Some(limit)) if limit.rate_limit_period.seconds() > 1 => {
                    format!("{exact} ({}).", a_second(rate_of(limit)))
                }
                _ => format!("{exact}."),
            }
        }
    };
    let failure = move || answer()?.err().filter(|failure| failure.about("/rate_limit").is_none());
    view! {
        <section class="part bulk-rate" aria-labelledby="limit" hidden=move || !is_ongoing.get() data-testid="limit">
            <header><h2 id="limit">"Limit"</h2></header>
            <FailureNotice failure=Signal::derive(failure)/>
            <ActionForm action=acts.limit attr:class="row" attr:novalidate="">
                <input type="hidden" name="id" value=id.to_string()/>
                <TextField name="rate_limit" label="At most so many" bound=number placeholder="no limit" mistake=mistake_of(answer, "/rate_limit")/>
                <SelectField name="rate_limit_period" label="In" options=periods() bound=period/>
                <button class="button" disabled=acts.limit.pending()>"Set limit"</button>
            </ActionForm>
            <p class="aside" role="status" data-testid="limit-in-force">{words}</p>
        </section>
    }
}
