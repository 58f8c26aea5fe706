//! Step 6: the rest of the window, in bulk.

use hookyard_model::{BulkOperation, BulkPreview, BulkStatus, DestinationId, RatePeriod, Recovery, Timestamp};
use leptos::{form::ActionForm, html, prelude::*};

use super::{
    acts::Acts,
    server::{Shown, StartRecovery},
    words::count,
};
use crate::{
    bulk::Takes,
    failure::Failure,
    typed::Typed,
    ui::{
        FailureNotice, Icon, Notice, SelectField, Shape, TextField, Time, Tone, Visible, grouped, lead_to_mistake,
        mistake_of, sentence,
    },
};

/// What is typed; it stays while the page is read anew.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    rate_limit: RwSignal<String>,
    period: RwSignal<String>,
    typed_name: RwSignal<String>,
    reason: RwSignal<String>,
}

impl Fields {
    pub(super) fn of(typed: &Typed) -> Self {
        let before = |name: &str| RwSignal::new(typed.get(name).cloned().unwrap_or_default());
        let period = typed.get("bulk_rate_limit_period").cloned().filter(|period| !period.is_empty());
        Self {
            rate_limit: before("bulk_rate_limit"),
            period: RwSignal::new(period.unwrap_or_else(|| RatePeriod::Second.to_string())),
            typed_name: before("typed_name"),
            reason: before("reason"),
        }
    }
}

type Previewed = Option<Result<BulkPreview, Failure>>;

#[component]
pub(super) fn Replay(
    id: DestinationId,
    recovery: Memo<Recovery>,
    shown: Memo<Shown>,
    is_open: Memo<bool>,
    fields: Fields,
    acts: Acts,
) -> impl IntoView {
    let operations = Memo::new(move |_| shown.with(|shown| shown.operations.clone()));
    let preview: Memo<Previewed> = Memo::new(move |_| shown.with(|shown| shown.preview.clone()));
    let once = Memo::new(move |_| shown.with(|shown| shown.once.clone()));
    let has_any =
        Memo::new(move |_| preview.with(|preview| matches!(preview, Some(Ok(found)) if found.total_count > 0)));
    view! {
        <p>
            "All that is left of the window, slowly: it begins below what the receiver bears, grows while it keeps up, and goes below live "
            "traffic always. When too much fails it pauses itself and says why here."
        </p>
        {move || operations.get().into_iter().map(|operation| view! { <Running operation/> }).collect_view()}
        {move || match preview.get() {
            None => view! { <p class="aside">"Nothing was given up in this window."</p> }.into_any(),
            Some(Err(failure)) => view! { <p class="aside">{sentence(&failure.detail)}</p> }.into_any(),
            Some(Ok(preview)) => view! { <Figures preview/> }.into_any(),
        }}
        <Show when=move || has_any.get()>
            <StartForm id recovery once is_open fields acts/>
        </Show>
    }
}

#[component]
fn Running(operation: BulkOperation) -> impl IntoView {
    let tried = operation.done_count + operation.failed_count;
    let is_paused = operation.status == BulkStatus::Paused;
    let (tone, shape) = if is_paused { (Tone::Warning, Shape::Hold) } else { (Tone::Waiting, Shape::Turn) };
    let reason = operation.pause_reason.filter(|_| is_paused);
    view! {
        <Notice tone shape>
            <p data-testid="running">
                <a href=format!("/bulk/{}", operation.id)>"A bulk operation"</a>
                {format!(" for this destination is {}: {} of {}. ", operation.status.as_str().to_lowercase(), grouped(tried), count(operation.total_count, "event", "events"))}
                {reason.map(|reason| view! { <Visible text=sentence(&reason)/>" " })}
                {is_paused.then_some("Nothing is lost: what was not sent waits. Go back to what failed, mend it and retry one; then press Resume on its page.")}
            </p>
        </Notice>
    }
}

#[component]
fn Figures(preview: BulkPreview) -> impl IntoView {
    let fact = |name: &'static str, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let about = if preview.is_estimate { "about " } else { "" };
    let takes = Takes::of(&preview, None);
    let waits = (preview.still_waiting > 0).then(|| {
        view! { <p class="aside">{count(preview.still_waiting, "event still waits", "events still wait")}" for the next attempt, and are left alone."</p> }
    });
    let delivered = (preview.already_delivered > 0).then(|| {
        let words = format!(
            "{about}{} delivered since by another way, and skipped.",
            count(preview.already_delivered, "of them was", "of them were")
        );
        view! { <p class="aside">{sentence(&words)}</p> }
    });
    view! {
        <dl class="facts" data-testid="bulk-preview">
            {fact("Found", count(preview.total_count, "event", "events"))}
            {fact("Payload", format!("{about}{}", count(preview.bytes.div_ceil(1024), "KiB", "KiB")))}
            {takes.map(|takes| fact("Takes", format!("{}, {}", sentence(&takes.words()).trim_end_matches('.'), takes.basis())))}
            {preview.oldest_at.zip(preview.newest_at).map(|(oldest, newest)| view! {
                <div><dt>"Made"</dt><dd><Time at=oldest/>" – "<Time at=newest/></dd></div>
            })}
        </dl>
        {delivered}
        {waits}
    }
}

#[component]
fn StartForm(
    id: DestinationId,
    recovery: Memo<Recovery>,
    /// By what the same start is known, should it be sent twice.
    once: Memo<String>,
    is_open: Memo<bool>,
    fields: Fields,
    acts: Acts,
) -> impl IntoView {
    let start: ServerAction<StartRecovery> = acts.start;
    let answer = move || start.value().get();
    let form = NodeRef::<html::Form>::new();
    lead_to_mistake(form, answer);
    let is_beside = |pointer: &str| ["/bulk_rate_limit", "/typed_name", "/reason"].contains(&pointer);
    let elsewhere =
        move || answer()?.err().filter(|failure| !failure.errors.iter().any(|error| is_beside(&error.pointer)));
    let bound = move |of: fn(&Recovery) -> Timestamp| move || recovery.with(of).to_string();
    let locked = Memo::new(move |_| recovery.with(|found| found.locked.clone()));
    let name = Memo::new(move |_| recovery.with(|found| found.destination_name.clone()));
    // Without scripts nobody sees what was typed.
    let has_scripts = RwSignal::new(false);
    Effect::new(move |_| has_scripts.set(true));
    let is_typed = move || {
        let fits = fields.typed_name.with(|typed| name.with(|name| typed.trim() == name.trim()));
        fits && fields.reason.with(|reason| !reason.trim().is_empty())
    };
    let may_not = move || {
        let is_locked = locked.with(Option::is_some);
        start.pending().get() || !is_open.get() || has_scripts.get() && is_locked && !is_typed()
    };
    let periods: Vec<_> = RatePeriod::ALL.iter().map(|period| (period.to_string(), format!("a {period}"))).collect();
    view! {
        <ActionForm action=start attr:class="recovery-start" attr:novalidate="" attr:aria-label="Replay the window" node_ref=form>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="from" value=bound(|found| found.from)/>
            <input type="hidden" name="to" value=bound(|found| found.to)/>
            <input type="hidden" name="once" value=move || once.get()/>
            <div class="row limit">
                <TextField
                    name="bulk_rate_limit" label="Hard limit" bound=fields.rate_limit placeholder="as fast as it bears"
                    mistake=mistake_of(answer, "/bulk_rate_limit")
                />
                <SelectField name="bulk_rate_limit_period" label="In" options=periods bound=fields.period/>
            </div>
            <Show when=move || locked.with(Option::is_some)>
                <Override name locked fields answer=Signal::derive(answer)/>
            </Show>
            <footer>
                <button class="button primary" disabled=may_not><Icon shape=Shape::Turn/>"Replay the window"</button>
            </footer>
        </ActionForm>
    }
}

/// Why it is locked, and starting it all the same.
#[component]
fn Override(
    name: Memo<String>,
    locked: Memo<Option<String>>,
    fields: Fields,
    answer: Signal<Option<Result<BulkOperation, Failure>>>,
) -> impl IntoView {
    let is_open = fields.reason.with_untracked(|reason| !reason.is_empty());
    view! {
        <div class="recovery-locked" data-testid="locked">
            <p><Icon shape=Shape::Key/>{move || locked.get().map(|text| view! { <Visible text=sentence(&text)/> })}</p>
            <details open=is_open>
                <summary>"Start without proof"</summary>
                <p class="aside">"It is kept with the operation and in the audit log that you did, and why."</p>
                <p class="aside">"The destination's name: "<code>{move || view! { <Visible text=name.get()/> }}</code></p>
                <TextField
                    name="typed_name" label="Type the destination's name" bound=fields.typed_name
                    mistake=mistake_of(move || answer.get(), "/typed_name")
                />
                <TextField name="reason" label="Why" bound=fields.reason mistake=mistake_of(move || answer.get(), "/reason")/>
            </details>
        </div>
    }
}
