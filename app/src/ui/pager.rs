//! Going through a list page by page.

use hookyard_model::{Cursor, Pagination};
use leptos::prelude::*;

use super::{Here, Icon, Shape, here};

/// Links to the pages before and after; nothing where the list is on one page.
#[component]
pub(crate) fn Pager(pagination: Pagination) -> impl IntoView {
    let here: Here = here();
    let to = move |cursor: Cursor| move || here.with(&[("cursor", Some(&cursor.to_string()))]);
    let Pagination { prev, next, .. } = pagination;
    (prev.is_some() || next.is_some()).then(|| view! {
        <nav class="pager" aria-label="Pages">
            {prev.map(|prev| view! { <a class="button small newer" href=to(prev)><Icon shape=Shape::Chevron/>"Newer"</a> })}
            {next.map(|next| view! { <a class="button small older" href=to(next)>"Older"<Icon shape=Shape::Chevron/></a> })}
        </nav>
    })
}
