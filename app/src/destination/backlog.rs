//! What waits for a destination, and what was sent to it lately.

use hookyard_model::{DestinationCard, DestinationId};
use leptos::prelude::*;

use super::chart::AttemptBars;
use crate::ui::{Ago, milliseconds};

#[component]
pub(super) fn Lately(id: DestinationId, card: Option<DestinationCard>) -> impl IntoView {
    let Some(card) = card else {
        return view! {
            <section class="part" aria-labelledby="lately">
                <h2 id="lately">"Lately"</h2>
                <p class="aside">"The numbers cannot be read just now."</p>
            </section>
        }
        .into_any();
    };
    let (backlog, latency) = (card.backlog, card.latency_p95);
    let about = if backlog.estimated { "about " } else { "" };
    let events = move |status: &'static str| format!("/events?destination={id}&status={status}");
    let count = move |name: &'static str, count: u64, status: &'static str| {
        let words = format!("{about}{count}");
        let shown = if count == 0 {
            view! { {words} }.into_any()
        } else {
            view! { <a href=events(status)>{words}</a> }.into_any()
        };
        view! { <div><dt>{name}</dt><dd>{shown}</dd></div> }
    };
    view! {
        <section class="part" aria-labelledby="lately">
            <h2 id="lately">"Lately"</h2>
            <dl class="facts">
                <div><dt>"Last 24 hours"</dt><dd><AttemptBars card=Some(card.clone())/></dd></div>
                <div><dt>"19 of 20 took at most"</dt><dd>{latency.map_or_else(|| "–".to_owned(), milliseconds)}</dd></div>
                {count("Due", backlog.queued, "QUEUED")}
                {count("Scheduled", backlog.scheduled, "SCHEDULED")}
                {count("Held", backlog.held, "HOLD")}
                <div>
                    <dt>"Waiting longest"</dt>
                    <dd>{match backlog.oldest_at {
                        Some(at) => view! { <Ago at/> }.into_any(),
                        None => view! { "–" }.into_any(),
                    }}</dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}
