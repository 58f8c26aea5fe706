//! The list of all attempts.

use hookyard_model::Cursor;
use leptos::prelude::*;

use super::{
    AttemptList, Histogram, LogFilters, LogQuery, Newer, Newest, attempts, choices, count_attempts,
    live_unless_searched, newest_attempts,
};
use crate::{
    live::watch,
    ui::{Empty, Place, Shape, here, query_value},
};

#[component]
pub(crate) fn AttemptsPage() -> impl IntoView {
    let here = here();
    let query = Memo::new(move |_| LogQuery::read(|name| here.value(name)));
    let filter = Memo::new(move |_| query.get().filter);
    let cursor = query_value::<Cursor>("cursor");
    let live = live_unless_searched(watch(|_| true), query);
    let choices = choices();
    let page = Resource::new(
        move || (live.get(), filter.get(), cursor.get()),
        |(_, filter, cursor)| attempts(None, filter, cursor),
    );
    let counted = Resource::new(move || (live.get(), filter.get()), |(_, filter)| count_attempts(None, filter));
    let newest = Resource::new(
        move || (live.get(), cursor.get(), filter.get()),
        |(_, cursor, filter)| async move {
            let newest = match cursor {
                Some(_) => newest_attempts(None, filter.clone()).await.unwrap_or_default(),
                None => Vec::new(),
            };
            Newest { page: (cursor, filter), ids: newest }
        },
    );
    let is_zoomed = Signal::derive(move || filter.with(|filter| filter.from.is_some() || filter.to.is_some()));
    let empty = move || {
        if query.with(|query| !query.chips.is_empty()) {
            return view! {
                <Empty shape=Shape::Question title="No attempt fits">
                    <p>"Lift one of the filters above, or look at all of them."</p>
                    <a class="button" href="/attempts">"Clear filters"</a>
                </Empty>
            }
            .into_any();
        }
        view! {
            <Empty shape=Shape::Turn title="No attempts yet">
                <p>"Each try to deliver an event appears here, with what was sent and what came back."</p>
            </Empty>
        }
        .into_any()
    };
    view! {
        <Place title="Attempts"/>
        <section class="logs" aria-label="Attempts">
            <LogFilters query choices/>
            <Histogram shown=counted is_zoomed/>
            <Newer newest/>
            // What is opened in a row has headings of its own, below this one.
            <h2 class="hidden">"One attempt a row"</h2>
            <AttemptList page empty/>
        </section>
    }
}
