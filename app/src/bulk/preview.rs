//! What a bulk operation would do, before it is started.

use hookyard_model::{BulkKind, EventStatus};
use leptos::prelude::*;
use leptos_router::components::Redirect;

use super::{
    figures::{Advice, Figures, SentChart, Targets},
    query::{KIND, list, list_of, of_page, parsed, text, with_names_of_pages},
    server::{Previewed, preview_bulk},
    start::{Fields, StartForm},
    words::things,
};
use crate::{
    event::{self, EventFilters},
    request::{self, RequestFilters},
    typed::typed_before,
    ui::{Empty, Notice, Place, Shape, Skeleton, Tone, Trouble, grouped, here},
};

#[component]
pub(crate) fn NewBulkPage() -> impl IntoView {
    let here = here();
    let kind = Memo::new(move |_| {
        here.value(KIND).and_then(|kind| kind.parse::<BulkKind>().ok()).unwrap_or(BulkKind::EventBulkRetry)
    });
    let query = Memo::new(move |_| text(&of_page(kind.get(), here.but(&[]))));
    let events = Memo::new(move |_| event::read_query(|name| here.value(name)));
    let requests = Memo::new(move |_| request::read_query(|name| here.value(name)));
    let otherwise = Memo::new(move |_| {
        with_names_of_pages(&here.but(&[])).map(|pairs| format!("{}?{}", here.path(), text(&pairs)))
    });
    let typed = typed_before();
    let fields = Fields::new();
    let found = Resource::new(move || (kind.get(), query.get()), |(kind, query)| preview_bulk(kind, query));
    view! {
        {move || otherwise.get().map(|path| view! { <Redirect path/> })}
        {move || match kind.get() {
            BulkKind::EventBulkRetry => view! {
                <Place title="Retry events in bulk" up=(list(BulkKind::EventBulkRetry), "Events")/>
                <section class="logs" aria-label="What is sent again"><EventFilters query=events kept=&[KIND]/></section>
            }
            .into_any(),
            BulkKind::RequestBulkRetry => view! {
                <Place title="Replay requests in bulk" up=(list(BulkKind::RequestBulkRetry), "Requests")/>
                <section class="logs" aria-label="What is sent again"><RequestFilters query=requests kept=&[KIND]/></section>
            }
            .into_any(),
        }}
        <Transition fallback=|| view! { <Skeleton rows=8/> }>
            {move || {
                fields.take(typed.get());
                found.get().map(|found| match found {
                    Ok(found) => view! { <Preview found kind=kind.get() query=query.get() fields/> }.into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })
            }}
        </Transition>
    }
}

#[component]
fn Preview(found: Previewed, kind: BulkKind, query: String, fields: Fields) -> impl IntoView {
    let Previewed { preview, chart, once } = found;
    let back = list_of(kind, &parsed(&query));
    let waiting = preview.still_waiting;
    let waits = (waiting > 0).then(|| {
        let words = match waiting {
            1 => "1 more still waits for its own next attempt, and is left alone.".to_owned(),
            count => format!("{} more still wait for their own next attempts, and are left alone.", grouped(count)),
        };
        view! { <p class="aside" data-testid="still-waiting">{words}</p> }
    });
    if preview.total_count == 0 {
        let what = match kind {
            BulkKind::EventBulkRetry => "No event fits that has ended. Those that still wait are sent by themselves.",
            BulkKind::RequestBulkRetry => "No request fits this filter.",
        };
        return view! {
            <Empty shape=Shape::Check title="Nothing to send again">
                <p>{what}</p>
                {waits}
                <a class="button" href=back>"Back to the list"</a>
            </Empty>
        }
        .into_any();
    }
    let takes_delivered = kind == BulkKind::EventBulkRetry && takes_delivered(&query);
    view! {
        <p class="hidden" role="status">{format!("{} would be sent again", things(kind, preview.total_count))}</p>
        {takes_delivered.then(|| view! {
            <Notice tone=Tone::Warning shape=Shape::Alert>
                <p>"This filter takes in events that were delivered already. Their receivers get them twice, under the same "<code>"webhook-id"</code>"."</p>
            </Notice>
        })}
        <Figures preview=preview.clone() kind takes_delivered/>
        {waits}
        {chart.map(|shown| view! { <SentChart shown kind/> })}
        <div class="bulk-columns">
            <Targets destinations=preview.destinations.clone() kind/>
            <Advice preview=preview.clone() kind query=query.clone()/>
        </div>
        <StartForm preview kind query once fields back/>
    }
    .into_any()
}

/// Whether a list's query asks by name for events that were delivered: else they are skipped.
fn takes_delivered(query: &str) -> bool {
    let is_it = |status: &str| status.trim() == EventStatus::Successful.as_str();
    parsed(query).into_iter().any(|(name, value)| name == "status" && value.split(',').any(is_it))
}

#[cfg(test)]
mod tests {
    use super::takes_delivered;

    #[test]
    fn what_was_delivered_is_meant_by_name() {
        for (query, expected) in
            [("", false), ("q=SUCCESSFUL", false), ("status=FAILED", false), ("status=CANCELLED%2CSUCCESSFUL", true)]
        {
            assert_eq!(takes_delivered(query), expected, "{query}");
        }
    }
}
