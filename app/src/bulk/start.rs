//! The form that starts a bulk operation.

use hookyard_model::{BulkKind, BulkPreview, RatePeriod};
use leptos::{form::ActionForm, html, prelude::*};

use super::{
    draft::{is_sure, limit},
    lock::Lock,
    server::StartBulk,
    takes::Takes,
    words::{period_words, things},
};
use crate::{
    typed::Typed,
    ui::{FailureNotice, Icon, SelectField, Shape, TextField, lead_to_mistake, mistake_of, sentence},
};

/// What is typed into the form; it stays when the filter is narrowed.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub(super) rate_limit: RwSignal<String>,
    pub(super) period: RwSignal<String>,
    pub(super) sure: RwSignal<String>,
    pub(super) unproven: RwSignal<String>,
    start: ServerAction<StartBulk>,
}

impl Fields {
    pub(super) fn new() -> Self {
        Self {
            rate_limit: RwSignal::default(),
            period: RwSignal::new(RatePeriod::Second.to_string()),
            sure: RwSignal::default(),
            unproven: RwSignal::default(),
            start: ServerAction::new(),
        }
    }

    /// Takes over what was typed before and refused, where nothing is typed yet.
    pub(super) fn take(self, typed: Option<Typed>) {
        let typed = typed.unwrap_or_default();
        let all = [
            ("rate_limit", self.rate_limit),
            ("rate_limit_period", self.period),
            ("sure", self.sure),
            ("unproven", self.unproven),
        ];
        for (name, field) in all {
            if let Some(before) = typed.get(name).filter(|before| !before.is_empty())
                && self.start.version().get_untracked() == 0
                && field.with_untracked(|field| field.is_empty() || name == "rate_limit_period")
            {
                field.set(before.clone());
            }
        }
    }
}

/// What a limit counts over, to choose from.
pub(super) fn periods() -> Vec<(String, String)> {
    RatePeriod::ALL.iter().map(|period| (period.to_string(), period_words(*period).to_owned())).collect()
}

#[component]
pub(super) fn StartForm(
    preview: BulkPreview,
    kind: BulkKind,
    query: String,
    /// By what the same start is known, should it be sent twice.
    once: String,
    fields: Fields,
    /// The list that it came from.
    back: String,
) -> impl IntoView {
    let start = fields.start;
    let answer = move || start.value().get();
    let form = NodeRef::<html::Form>::new();
    lead_to_mistake(form, answer);
    let is_beside = |pointer: &str| ["/rate_limit", "/sure", "/unproven"].contains(&pointer);
    let elsewhere =
        move || answer()?.err().filter(|failure| !failure.errors.iter().any(|error| is_beside(&error.pointer)));
    // Without scripts nobody sees what was typed.
    let has_scripts = RwSignal::new(false);
    Effect::new(move |_| has_scripts.set(true));
    let is_locked = preview.locked.is_some();
    let may_not = move || {
        let is_typed = fields.sure.with(|sure| is_sure(sure)) && fields.unproven.with(|why| !why.trim().is_empty());
        start.pending().get() || has_scripts.get() && is_locked && !is_typed
    };
    let verb = match kind {
        BulkKind::EventBulkRetry => "Retry",
        BulkKind::RequestBulkRetry => "Replay",
    };
    let left_out = match kind {
        BulkKind::EventBulkRetry => "Cancelled events are left out unless the filter asks for their status.",
        BulkKind::RequestBulkRetry => {
            "Rejected requests are left out unless the filter asks for their status or cause."
        }
    };
    let words = format!("{verb} {}", things(kind, preview.total_count));
    let destinations: Vec<_> =
        preview.destinations.iter().map(|one| (one.destination_id, one.destination_name.clone())).collect();
    let locked = preview.locked.clone();
    view! {
        <ActionForm action=start attr:class="bulk-start" attr:novalidate="" attr:aria-label="Start" node_ref=form>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            <input type="hidden" name="kind" value=kind.to_string()/>
            <input type="hidden" name="query" value=query/>
            <input type="hidden" name="once" value=once/>
            <fieldset class="bulk-limit">
                <legend>"Hard limit"</legend>
                <div class="row">
                    <TextField
                        name="rate_limit" label="At most so many" bound=fields.rate_limit placeholder="no limit"
                        mistake=mistake_of(answer, "/rate_limit")
                    />
                    <SelectField name="rate_limit_period" label="In" options=periods() bound=fields.period/>
                </div>
                <Estimate preview=preview.clone() fields/>
            </fieldset>
            {locked.map(|reason| view! { <Lock reason destinations fields answer=Signal::derive(answer)/> })}
            <footer>
                <button class="button primary" disabled=may_not><Icon shape=Shape::Turn/>{words}</button>
                <a class="button" href=back>"Back to the list"</a>
            </footer>
            <p class="aside">"What is sent is fixed when you start: what fails later is none of it. You can pause, change the limit and cancel at any time. "{left_out}</p>
        </ActionForm>
    }
}

/// What the limit that is typed means.
#[component]
fn Estimate(preview: BulkPreview, fields: Fields) -> impl IntoView {
    let words = move || {
        let typed = fields.rate_limit.with(|number| fields.period.with(|period| limit(number, period)));
        let Ok(limit) = typed else { return String::new() };
        match (limit, Takes::of(&preview, limit)) {
            (None, None) => "As fast as the receiver bears; how fast that is shows when it runs.".to_owned(),
            (None, Some(takes)) => format!("As fast as the receiver bears: {}, {}.", takes.words(), takes.basis()),
            (Some(_), takes) => {
                let takes = takes.map(|takes| sentence(&takes.words())).unwrap_or_default();
                format!("{takes} Never faster than this, and slower where the receiver bears less.")
            }
        }
    };
    view! { <p class="aside estimate" role="status" data-testid="estimate">{words}</p> }
}
