//! Where an event has been besides its attempts: through transformations, and sent again.

use hookyard_model::{EventId, RequestId, RunStatus, TransformationRun};
use leptos::prelude::*;

use super::server::event_again;
use crate::{
    failure::Failure,
    live::asked_later,
    trace::RunDetail,
    ui::{Badge, Shape, Time, Tone, Visible, milliseconds},
};

/// What transformations did, each to open into before and after.
#[component]
pub(super) fn Runs(runs: Resource<Result<Vec<TransformationRun>, Failure>>) -> impl IntoView {
    let runs = move || runs.get().and_then(Result::ok).unwrap_or_default();
    let is_any = move || !runs().is_empty();
    view! {
        <Transition>
            <section class="part trace" aria-labelledby="runs" hidden=move || !is_any()>
                <header><h2 id="runs">"Transformations"</h2></header>
                <ul class="steps arrival">
                    <For each=runs key=|run| run.id let:run><Run run/></For>
                </ul>
            </section>
        </Transition>
    }
}

#[component]
fn Run(run: TransformationRun) -> impl IntoView {
    let id = run.id;
    let is_open = RwSignal::new(false);
    let (tone, shape, word) = match run.status {
        RunStatus::Successful => (Tone::Good, Shape::Check, "Successful"),
        RunStatus::Failed => (Tone::Bad, Shape::Cross, "Failed"),
    };
    view! {
        <li data-testid="transformation">
            <details on:toggle:target=move |event| is_open.set(event.target().open())>
                <summary class="row">
                    <Badge tone shape word/>
                    <b><Visible text=run.transformation_name/></b>
                    <span class="nothing"><Time at=run.created_at/>" · "{milliseconds(run.duration_ms)}</span>
                </summary>
                <div class="step-detail"><Show when=move || is_open.get()><RunDetail id/></Show></div>
            </details>
        </li>
    }
}

/// The events by which this one was sent again, once the browser has taken over.
#[component]
pub(super) fn SentAgain(id: EventId, request: RequestId) -> impl IntoView {
    let again = asked_later(move || event_again(id, request));
    let link = |id: EventId| view! { <a href=format!("/events/{id}")><code>{id.to_string()}</code></a> };
    move || {
        let again = again.get().and_then(Result::ok).filter(|again| !again.is_empty())?;
        Some(
            view! { <div><dt>"Sent again as"</dt><dd class="row">{again.into_iter().map(link).collect_view()}</dd></div> },
        )
    }
}
