//! What there is to say about an operation as a whole.

use hookyard_model::{BulkDestination, BulkKind, BulkOperation, BulkStatus, Timestamp};
use leptos::prelude::*;

use super::{
    progress::Shares,
    query::{Pairs, chips, list, list_of, of_filter},
    words::{roughly, size, status_badge, things},
};
use crate::{
    attempt::Choices,
    ui::{CopyText, Icon, Notice, Shape, Time, Tone, Visible, grouped, sentence},
};

/// The state, how many are over, and when it ends.
#[component]
pub(super) fn Headline(operation: Memo<BulkOperation>, shares: Memo<Shares>) -> impl IntoView {
    let status = Memo::new(move |_| operation.with(|operation| operation.status));
    let (kind, total) = operation.with_untracked(|operation| (operation.kind, operation.total_count));
    let all = Memo::new(move |_| operation.with(|operation| operation.total_count));
    let percent = move || format!("{} %", shares.with(Shares::percent));
    let counted = move || format!("{} of {}", grouped(shares.with(Shares::over)), things(kind, all.get().max(total)));
    view! {
        <p class="bulk-headline">
            {move || status_badge(status.get())}
            <b data-testid="percent">{percent}</b>
            <span>{counted}</span>
            <EndsIn operation/>
        </p>
    }
}

/// When it is expected to end, roughly: the server's guess changes with each reading.
#[component]
fn EndsIn(operation: Memo<BulkOperation>) -> impl IntoView {
    let at = Memo::new(move |_| {
        operation.with(|operation| operation.ends_at.filter(|_| operation.status == BulkStatus::Running))
    });
    // The browser's clock; the server says the instant instead.
    let now = RwSignal::new(None::<f64>);
    Effect::new(move |_| {
        operation.track();
        now.set(Some(js_sys::Date::now()));
    });
    move || {
        at.get().map(|at| match now.get() {
            Some(now) => view! { <span class="ends">"ends in "{in_words(at, now)}</span> }.into_any(),
            None => view! { <span class="ends">"ends at "<Time at/></span> }.into_any(),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds until the year 9999 are exact in f64")]
fn in_words(at: Timestamp, now: f64) -> String {
    roughly((at.millis() as f64 - now) / 1000.0)
}

/// Where to look at what was made, and how to go on with what failed.
#[component]
pub(super) fn Onward(operation: Memo<BulkOperation>) -> impl IntoView {
    let (id, kind) = operation.with_untracked(|operation| (operation.id, operation.kind));
    let made = format!("{}?operation={id}&scope=retries", list(kind));
    let failed = format!("/bulk/new?kind={}&status=FAILED&operation={id}&scope=retries", BulkKind::EventBulkRetry);
    let words = match kind {
        BulkKind::EventBulkRetry => "The new events",
        BulkKind::RequestBulkRetry => "The new requests",
    };
    let has_made = Memo::new(move |_| operation.with(|operation| operation.queued_count > 0));
    let is_for_more = Memo::new(move |_| {
        operation.with(|operation| {
            // What could not be sent again cannot be now either.
            let unsendable = operation.skipped_count.saturating_sub(operation.elsewhere_count);
            kind == BulkKind::EventBulkRetry
                && !operation.status.is_ongoing()
                && operation.failed_count > operation.retrying_count + unsendable
        })
    });
    view! {
        <p class="row bulk-onward" hidden=move || !has_made.get()>
            <a href=made>{words}</a>
            {move || is_for_more.get().then(|| view! {
                <a class="button small" href=failed.clone()><Icon shape=Shape::Turn/>"Retry what failed …"</a>
            })}
        </p>
    }
}

/// What to do about a pause, by whose doing it is.
const BY_ITSELF: &str = "Nothing is lost: what was not sent yet waits. Look at what failed below, make the receiver well, then \
                         press Resume. Where it was too much, a lower limit helps.";
const BY_SOMEBODY: &str = "Nothing is lost: what was not sent yet waits until somebody presses Resume.";

/// What somebody has to know or to do: why it is paused, why it failed, that it was started without proof.
#[component]
pub(super) fn Notices(operation: Memo<BulkOperation>) -> impl IntoView {
    let said = Memo::new(move |_| {
        operation.with(|operation| (operation.status, operation.pause_reason.clone(), operation.failure.clone()))
    });
    let destinations = Memo::new(move |_| {
        operation.with(|operation| {
            let needs_somebody =
                |one: &&BulkDestination| one.obstacle.as_ref().is_some_and(|why| why.code.needs_somebody());
            let stopped = operation.destinations.iter().filter(needs_somebody);
            stopped.map(|one| (one.destination_id, one.destination_name.clone())).take(3).collect::<Vec<_>>()
        })
    });
    let list = operation.with_untracked(|operation| list(operation.kind));
    let notice = move || match said.get() {
        (BulkStatus::Paused, reason, _) => {
            // Somebody else's doing has nothing in the way.
            let is_by_itself = move || !destinations.with(Vec::is_empty);
            let reason = reason.unwrap_or_else(|| "somebody paused it".to_owned());
            let link = |(id, name): (hookyard_model::DestinationId, String)| {
                view! { <a href=format!("/destinations/{id}")><Visible text=name/></a> }
            };
            view! {
                <div class="bulk-paused" role="status" data-testid="paused">
                    <Notice tone=Tone::Warning shape=Shape::Hold>
                        <h2>"Paused"</h2>
                        <p class="reason"><Visible text=sentence(&reason)/></p>
                        <p>{move || if is_by_itself() { BY_ITSELF } else { BY_SOMEBODY }}</p>
                        {move || (!destinations.with(Vec::is_empty)).then(|| view! {
                            <p class="row">{destinations.get().into_iter().map(link).collect_view()}</p>
                        })}
                    </Notice>
                </div>
            }
            .into_any()
        }
        (BulkStatus::Failed, _, failure) => {
            let failure = failure.unwrap_or_else(|| "it could not go on".to_owned());
            view! {
                <Notice tone=Tone::Bad shape=Shape::Cross>
                    <p><Visible text=sentence(&failure)/>" What was sent stays sent. Start another one for the rest from "<a href=list>"the list"</a>"."</p>
                </Notice>
            }
            .into_any()
        }
        _ => ().into_any(),
    };
    view! { {notice} }
}

/// Who started it, when, and over which filter.
#[component]
pub(super) fn Facts(operation: Memo<BulkOperation>, names: Resource<Choices>) -> impl IntoView {
    let first = operation.get_untracked();
    let times = Memo::new(move |_| {
        operation.with(|operation| (operation.started_at, operation.paused_at, operation.finished_at))
    });
    let time = |word: &'static str, at: Option<Timestamp>| {
        at.map(|at| view! { <div><dt>{word}</dt><dd><Time at/></dd></div> })
    };
    let shown_times = move || {
        let (started, paused, finished) = times.get();
        let is_paused = operation.with_untracked(|operation| operation.status == BulkStatus::Paused);
        (time("Started", started), time("Paused", paused.filter(|_| is_paused)), time("Ended", finished))
    };
    view! {
        <section class="part" aria-labelledby="about">
            <header><h2 id="about">"About it"</h2></header>
            <dl class="facts">
                <div class="filter-said"><dt>"Filter"</dt><dd><FilterWords operation=first.clone() names/></dd></div>
                {first.requested_by_name.clone().map(|name| view! { <div><dt>"Asked for by"</dt><dd><Visible text=name/></dd></div> })}
                <div><dt>"Made"</dt><dd><Time at=first.created_at/></dd></div>
                {shown_times}
                {move || {
                    let bytes = operation.with(|operation| operation.bytes);
                    (bytes > 0).then(|| view! { <div><dt>"Payload"</dt><dd>{size(bytes)}</dd></div> })
                }}
                <div><dt>"Operation id"</dt><dd><CopyText text=first.id.to_string() what="operation id"/></dd></div>
                {first.unproven.clone().map(|why| view! { <div><dt>"Started without proof, because"</dt><dd><Visible text=why/></dd></div> })}
            </dl>
        </section>
    }
}

/// A filter in words, which lead to the list that it is of.
#[component]
pub(super) fn FilterWords(operation: BulkOperation, names: Resource<Choices>) -> impl IntoView {
    let kind = operation.kind;
    let (pairs, rest) = of_filter(kind, &operation.filter);
    let href = list_of(kind, &pairs);
    let said = StoredValue::new(said(&operation, &pairs, rest));
    let words = move || {
        let names = names.get();
        let word = |(label, value): &(String, String)| {
            let value = names.as_ref().map_or_else(|| value.clone(), |names| names.name(value));
            view! { <li>{label.clone()}": "<b><Visible text=value/></b></li> }
        };
        said.with_value(|said| said.iter().map(word).collect_view())
    };
    let is_any = said.with_value(|said| !said.is_empty());
    view! {
        <a class="filter-words" href=href>
            {if is_any {
                view! { <ul class="chips">{words}</ul> }.into_any()
            } else {
                view! { "All of them" }.into_any()
            }}
            <span class="hidden">" Open the list"</span>
        </a>
    }
}

/// Labels and values, with the names that the operation knows itself.
fn said(operation: &BulkOperation, pairs: &Pairs, rest: Pairs) -> Vec<(String, String)> {
    let known = |value: String| {
        let all = &operation.destinations;
        let found = all.iter().find(|one| one.destination_id.to_string() == value);
        found.map_or(value, |one| one.destination_name.clone())
    };
    let chips = chips(operation.kind, pairs).into_iter().map(|chip| (chip.label.to_owned(), known(chip.value)));
    chips.chain(rest.into_iter().map(|(name, value)| (name.replace('_', " "), shortened(&value)))).collect()
}

/// Lists of ids are long.
fn shortened(value: &str) -> String {
    match value.split(',').count() {
        0..=2 => value.to_owned(),
        count => format!("{count} chosen"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bulk::sample::operation;

    #[test]
    fn a_filter_is_said_in_words() {
        let mut one = operation();
        one.filter = serde_json::json!({"status": "FAILED", "id": "evt_1,evt_2,evt_3"});
        let (pairs, rest) = of_filter(one.kind, &one.filter);
        let words: Vec<_> =
            said(&one, &pairs, rest).into_iter().map(|(label, value)| format!("{label}: {value}")).collect();
        assert_eq!(words, ["Status: Failed", "id: 3 chosen"]);
    }
}
