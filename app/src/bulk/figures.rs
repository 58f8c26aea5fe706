//! What would be sent again: how much, where it goes, and when it came.

use hookyard_model::{AttemptHistogram, BulkKind, BulkPreview, BulkPreviewDestination};
use leptos::prelude::*;

use super::{
    takes::Takes,
    words::{size, things},
};
use crate::{
    attempt::{Counted, HistogramBars},
    ui::{Icon, Shape, Time, Visible, grouped, here, sentence},
};

const fn counted(kind: BulkKind) -> Counted {
    match kind {
        BulkKind::EventBulkRetry => Counted {
            nouns: ("event", "events"),
            good: "delivered",
            bad: "failed",
            title: "What would be sent again, by when it came",
        },
        BulkKind::RequestBulkRetry => Counted {
            nouns: ("request", "requests"),
            good: "accepted",
            bad: "rejected",
            title: "What would be sent again, by when it came",
        },
    }
}

/// When what would be sent came, as bars to narrow it by.
#[component]
pub(super) fn SentChart(shown: AttemptHistogram, kind: BulkKind) -> impl IntoView {
    let here = here();
    let is_zoomed = Signal::derive(move || here.value("from").is_some() || here.value("to").is_some());
    let counted = counted(kind);
    view! {
        <figure class="histogram" aria-label=counted.title data-testid="histogram"><HistogramBars shown is_zoomed counted/></figure>
    }
}

/// The numbers.
#[component]
pub(super) fn Figures(
    preview: BulkPreview,
    kind: BulkKind,
    /// Whether what was delivered is sent again too.
    takes_delivered: bool,
) -> impl IntoView {
    let about = if preview.is_estimate { "about " } else { "" };
    let takes = Takes::of(&preview, None);
    let basis = takes.map_or_else(|| "nobody knows where it goes before it goes".to_owned(), Takes::basis);
    let takes = takes.map_or_else(|| "Not known yet".to_owned(), |takes| capital(&takes.words()));
    let basis = if preview.destinations.iter().any(|one| one.obstacle.is_some()) {
        format!("{basis}; what stands in the way below comes on top")
    } else {
        basis
    };
    let count = preview.destinations.len();
    let to = match kind {
        BulkKind::EventBulkRetry if count == 1 => "to 1 destination".to_owned(),
        BulkKind::EventBulkRetry => format!("to {} destinations", grouped(count as u64)),
        BulkKind::RequestBulkRetry => "through today's connections and rules".to_owned(),
    };
    let delivered = preview.already_delivered;
    let is_some = delivered > 0;
    view! {
        <section class="figures bulk-figures" aria-label="In numbers" data-testid="bulk-figures">
            <div class="figure">
                <span class="label">"Found"</span>
                <b class="value" data-testid="bulk-total">{grouped(preview.total_count)}</b>
                <span class="more">{to}</span>
            </div>
            <div class="figure">
                <span class="label">"Takes"</span>
                <b class="value words">{takes}</b>
                <span class="more" data-testid="bulk-basis">{basis}</span>
            </div>
            <div class="figure span">
                <span class="label">"Oldest and newest"</span>
                <b class="value times">
                    {preview.oldest_at.map(|at| view! { <Time at/> })}
                    {preview.newest_at.filter(|at| Some(*at) != preview.oldest_at).map(|at| view! { <Time at/> })}
                </b>
            </div>
            <div class="figure">
                <span class="label">"Payload"</span>
                <b class="value">{about}{size(preview.bytes)}</b>
                <span class="more">"in all"</span>
            </div>
            <div class="figure" class:warned=is_some>
                <span class="label">"Delivered by now"</span>
                <b class="value" data-testid="already-delivered">{about}{grouped(delivered)}</b>
                <span class="more">{match (is_some, takes_delivered) {
                    (true, false) => "so skipped",
                    (true, true) => "and sent again all the same",
                    (false, _) => "by another way",
                }}</span>
            </div>
        </section>
    }
}

fn capital(text: &str) -> String {
    sentence(text).trim_end_matches('.').to_owned()
}

/// Where it goes, most first, and what is in the way.
#[component]
pub(super) fn Targets(destinations: Vec<BulkPreviewDestination>, kind: BulkKind) -> impl IntoView {
    let here = here();
    let is_one = destinations.len() == 1;
    let row = move |one: BulkPreviewDestination| {
        let id = one.destination_id;
        let only = move || here.with(&[("destination", Some(&id.to_string())), ("cursor", None)]);
        let can_narrow = !is_one && kind == BulkKind::EventBulkRetry;
        let label = one.destination_name.clone();
        view! {
            <li data-testid="bulk-target">
                <a class="strong name" href=format!("/destinations/{id}")><Visible text=one.destination_name/></a>
                <span class="number">{things(BulkKind::EventBulkRetry, one.count)}</span>
                {can_narrow.then(|| view! { <a class="only" href=only data-noscroll="">"Only this"<span class="hidden">", "{label}</span></a> })}
                {one.obstacle.map(|why| view! {
                    <p class="obstacle"><Icon shape=Shape::Alert/><span><Visible text=sentence(&why.detail)/></span></p>
                })}
            </li>
        }
    };
    let title = match kind {
        BulkKind::EventBulkRetry => "Where they go",
        BulkKind::RequestBulkRetry => "Where their events went",
    };
    view! {
        <section class="alert-list bulk-targets" aria-labelledby="targets">
            <header><h2 id="targets">{title}</h2></header>
            {(kind == BulkKind::RequestBulkRetry).then(|| view! {
                <p class="aside">"A replay is routed anew: connections made since get it too, and those that are gone do not."</p>
            })}
            {if destinations.is_empty() {
                view! { <p class="aside">"They made no event for any destination."</p> }.into_any()
            } else {
                view! { <ul>{destinations.into_iter().map(row).collect_view()}</ul> }.into_any()
            }}
        </section>
    }
}

/// What to think of before much is sent to a receiver that just came back.
#[component]
pub(super) fn Advice(preview: BulkPreview, kind: BulkKind, query: String) -> impl IntoView {
    let here = here();
    let hour = preview.newest_at.map(|newest| {
        let from = newest.minus(std::time::Duration::from_hours(1));
        (from, preview.oldest_at.is_some_and(|oldest| oldest < from))
    });
    let narrower = hour.filter(|(_, is_narrower)| *is_narrower).map(|(from, _)| {
        let href =
            move || here.with(&[("from", Some(&from.to_string())), ("to", None), ("time", None), ("cursor", None)]);
        view! { " "<a href=href data-noscroll="">"Only the last hour of them"</a>"." }
    });
    let one = match kind {
        BulkKind::EventBulkRetry => "Retry one of them first and read its attempt.",
        BulkKind::RequestBulkRetry => "Replay one of them first and read its trace.",
    };
    let list = super::query::list_of(kind, &super::query::parsed(&query));
    view! {
        <section class="alert-list bulk-advice" aria-labelledby="advice">
            <header><h2 id="advice">"Before you start"</h2></header>
            <ul>
                <li><Icon shape=Shape::Check/><p>{one}" "<a href=list>"The list"</a>"."</p></li>
                <li><Icon shape=Shape::Hold/><p>"Pause what has nothing to do with it, so that it is not in the way. "<a href="/connections">"Connections"</a>"."</p></li>
                <li><Icon shape=Shape::Sliders/><p>"Set a limit below if you know what the receiver bears. Without one the pace begins low, grows while the receiver keeps up, and backs off before it is too much."</p></li>
                <li><Icon shape=Shape::Clock/><p>"Narrow the window to the outage: by the filters above, or by a click on a bar."{narrower}</p></li>
            </ul>
        </section>
    }
}
