//! How many rows have come since a page further down was opened.

use hookyard_model::Cursor;
use leptos::prelude::*;

use super::query::ListQuery;
use crate::ui::{as_long_as, here};

/// What is newest now, for a page further down.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Newest<F, Id> {
    /// The page, and what it is filtered by.
    pub(crate) page: (Option<Cursor>, F),
    /// The newest hundred; nothing on the first page, where they are shown.
    pub(crate) ids: Vec<Id>,
}

/// What changes whenever `changed` does, unless a text is searched for: a search reads much, and is made when it is asked for.
pub(crate) fn live_unless_searched<F: Send + Sync + 'static>(
    changed: Signal<u32>,
    query: Memo<ListQuery<F>>,
) -> Memo<Option<u32>> {
    Memo::new(move |_| query.with(|query| query.q.is_none()).then(|| changed.get()))
}

#[derive(Clone, PartialEq)]
struct Since<F, Id> {
    page: (Option<Cursor>, F),
    first: Option<Id>,
    count: usize,
    is_more: bool,
}

/// On a page further down, rows do not shift; how many have come since is said instead.
#[component]
pub(crate) fn Newer<F, Id>(newest: Resource<Newest<F, Id>>) -> impl IntoView
where
    F: Clone + PartialEq + Send + Sync + 'static,
    Id: Copy + PartialEq + Send + Sync + 'static,
{
    let here = here();
    let hint = move || {
        // What was the newest when this page, of these filters, was opened, and how many have come since.
        let since = Memo::new(move |before: Option<&Option<Since<F, Id>>>| {
            let Newest { page, ids } = newest.get()?;
            let first = match before {
                Some(Some(before)) if before.page == page => before.first,
                _ => ids.first().copied(),
            };
            let count = ids.iter().take_while(|id| Some(**id) != first).count();
            Some(Since { page, first, count, is_more: count == ids.len() })
        });
        let count = move || since.get().filter(|since| since.count > 0).map(|since| (since.count, since.is_more));
        view! {
            <p class="newer-hint" role="status">
                {move || count().map(|(count, is_more)| {
                    let more = if is_more { "+" } else { "" };
                    view! { <a href=here.with(&[("cursor", None)])>{count}{more}" newer"</a> }
                })}
            </p>
        }
    };
    view! { <Transition>{as_long_as(move || newest.with(Option::is_some), hint)}</Transition> }
}
