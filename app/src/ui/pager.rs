//! Going through a list page by page.

use hookyard_model::{Cursor, Pagination};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

use super::{Icon, Shape};

/// Links to the pages before and after; nothing where the list is on one page.
#[component]
pub(crate) fn Pager(pagination: Pagination) -> impl IntoView {
    let query = use_query_map();
    let path = use_location().pathname;
    let to = move |cursor: Cursor| {
        let mut query = query.get_untracked();
        query.remove("cursor");
        query.insert("cursor", cursor.to_string());
        format!("{}{}", path.get_untracked(), query.to_query_string())
    };
    let Pagination { prev, next, .. } = pagination;
    (prev.is_some() || next.is_some()).then(|| view! {
        <nav class="pager" aria-label="Pages">
            {prev.map(|prev| view! { <a class="button small newer" href=to(prev)><Icon shape=Shape::Chevron/>"Newer"</a> })}
            {next.map(|next| view! { <a class="button small older" href=to(next)>"Older"<Icon shape=Shape::Chevron/></a> })}
        </nav>
    })
}
