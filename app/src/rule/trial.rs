//! Trying rules before they are saved.

use hookyard_model::{ConnectionId, TrialInput};
use leptos::prelude::*;

use super::{
    draft::Draft,
    server::{Tried, TryRules},
    tried::TriedList,
    typed::Mistake,
};
use crate::ui::{FailureNotice, Icon, Shape};

/// Runs the rules as they are typed over the last requests of the source.
#[component]
pub(super) fn TrialPanel(
    id: ConnectionId,
    draft: Draft,
    types: Signal<Option<Vec<String>>>,
    /// Where what cannot be read is told.
    local: RwSignal<Vec<Mistake>>,
    is_changed: Memo<bool>,
) -> impl IntoView {
    let attempt = ServerAction::<TryRules>::new();
    let last = RwSignal::new(20_u32);
    let answer = move || attempt.value().get();
    let run = move |_| {
        let (rules, mistakes) = untrack(move || draft.typed().rules());
        if !mistakes.is_empty() {
            local.set(mistakes);
            return;
        }
        draft.remember_sent(&rules);
        let input = TrialInput {
            connection_id: Some(id),
            rules: Some(rules),
            event_types: types.get_untracked(),
            last: Some(last.get_untracked()),
            ..TrialInput::default()
        };
        attempt.dispatch(TryRules { input });
    };
    // Mistakes are told beside their rules, by the pipeline.
    Effect::new(move |_| {
        if let Some(Err(failure)) = answer() {
            local.set(draft.refused(&failure.errors));
        }
    });
    let failure = move || answer().and_then(Result::err);
    let count = move |count: u32| view! { <option value=count selected=count == 20>{count}</option> };
    view! {
        <section class="part trial" aria-labelledby="trial" data-testid="trial">
            <header>
                <h2 id="trial">"Try before you save"</h2>
                <span class="row">
                    <label class="last">"The last "
                        <select aria-label="How many requests" on:change:target=move |event| last.set(event.target().value().parse().unwrap_or(20))>
                            {[10, 20, 50, 100].map(count).collect_view()}
                        </select>
                        " requests"
                    </label>
                    <button type="button" class="button" disabled=attempt.pending() on:click=run><Icon shape=Shape::Bolt/>"Try"</button>
                </span>
            </header>
            <p class="aside">"The rules as they are typed above run over what the source took in last. Nothing is sent, and nothing is stored."</p>
            <FailureNotice failure=Signal::derive(failure)/>
            <div aria-live="polite">
                {move || answer().and_then(Result::ok).map(|tried| view! { <Outcome tried is_changed/> })}
            </div>
        </section>
    }
}

#[component]
fn Outcome(tried: Tried, is_changed: Memo<bool>) -> impl IntoView {
    let changes = changes(&tried);
    let Tried { now, .. } = tried;
    let counts = now.counts;
    let all = counts.sent + counts.filtered + counts.deduplicated + counts.transform_failed;
    let others = [
        (counts.filtered, "filtered"),
        (counts.deduplicated, "the same as one before"),
        (counts.transform_failed, "failed in a script"),
        (counts.not_tried, "not tried"),
    ];
    let others: Vec<_> =
        others.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let width = |count: u32| f64::from(count) * 100.0 / f64::from(all.max(1));
    let mut x = 0.0;
    let bars = [
        ("sent", counts.sent),
        ("filtered", counts.filtered),
        ("same", counts.deduplicated),
        ("failed", counts.transform_failed),
    ]
    .map(|(class, count)| {
        let (from, width) = (x, width(count));
        x += width;
        view! { <rect class=class x=format!("{from:.2}") width=format!("{width:.2}") y="0" height="8"></rect> }
    });
    if all == 0 {
        return view! { <p class="nothing">"The source has taken in nothing yet that could be tried. "{now.not_tried_reason}</p> }.into_any();
    }
    view! {
        <div class="trial-sum" data-testid="trial-sum">
            <p class="strong">{counts.sent}" of "{all}" would be sent"{(!others.is_empty()).then(|| format!(": {}", others.join(", ")))}"."</p>
            <svg viewBox="0 0 100 8" preserveAspectRatio="none" height="8" aria-hidden="true">{bars.collect_view()}</svg>
            <Show when=move || is_changed.get()>
                <p class="compared" data-testid="compared">{changes.clone()}</p>
            </Show>
            {now.not_tried_reason.map(|reason| view! { <p class="aside">{reason}</p> })}
        </div>
        <TriedList requests=now.requests/>
    }
    .into_any()
}

/// What is other than with the saved rules.
fn changes(tried: &Tried) -> String {
    use hookyard_model::TrialOutcome::Sent;
    let Some(saved) = &tried.saved else { return String::new() };
    let (mut lost, mut won, mut same) = (0, 0, 0);
    for now in &tried.now.requests {
        let Some(before) = saved.requests.iter().find(|before| before.request_id == now.request_id) else { continue };
        match (before.outcome == Sent, now.outcome == Sent) {
            (true, false) => lost += 1,
            (false, true) => won += 1,
            _ => same += 1,
        }
    }
    let words = [
        (lost, "that the saved rules send would no longer be sent"),
        (won, "that the saved rules do not send would be sent"),
    ];
    let words: Vec<_> =
        words.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")).collect();
    match (words.is_empty(), same) {
        (true, 0) => String::new(),
        (true, _) => "The saved rules send the same requests.".to_owned(),
        (false, _) => format!("Compared with what is saved: {}.", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use hookyard_model::{RequestId, Timestamp, Trial, TrialCounts, TrialOutcome, TriedRequest};

    use super::*;

    fn trial(outcomes: &[TrialOutcome]) -> Trial {
        let one = |(at, outcome): (usize, &TrialOutcome)| TriedRequest {
            request_id: RequestId::first_at(Timestamp::from_millis(i64::try_from(at).unwrap())),
            created_at: Timestamp::default(),
            method: "POST".to_owned(),
            path: String::new(),
            event_type: None,
            body_size: 0,
            outcome: *outcome,
            reason: None,
            mismatch: None,
            duplicate_of: None,
            delay_ms: None,
            steps: Vec::new(),
            before: None,
            after: None,
            changes: Vec::new(),
        };
        let requests = outcomes.iter().enumerate().map(one).collect();
        Trial { requests, counts: TrialCounts::default(), not_tried_reason: None, duration_ms: 0.0 }
    }

    #[test]
    fn what_becomes_of_requests_is_compared() {
        use TrialOutcome::{Filtered, Sent};
        let words = |now: &[TrialOutcome], saved: &[TrialOutcome]| {
            changes(&Tried { now: trial(now), saved: Some(trial(saved)) })
        };
        assert_eq!(words(&[Sent, Filtered], &[Sent, Filtered]), "The saved rules send the same requests.");
        assert_eq!(
            words(&[Filtered, Filtered, Sent], &[Sent, Sent, Filtered]),
            "Compared with what is saved: 2 that the saved rules send would no longer be sent, 1 that the saved rules do not send would be sent."
        );
    }
}
