//! What stands where there is nothing, or not yet.

use leptos::prelude::*;

use super::{Icon, Shape};

/// Says that there is nothing, and what to do about it.
#[component]
pub(crate) fn Empty(
    shape: Shape,
    #[prop(into)] title: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty" data-testid="empty">
            <Icon shape/>
            <p class="title">{title}</p>
            {children.map(|children| view! { <div class="more">{children()}</div> })}
        </div>
    }
}

/// Grey lines of the height of rows, until the rows are there.
#[component]
pub(crate) fn Skeleton(#[prop(default = 5)] rows: usize) -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="hidden">"Loading"</span>
            {(0..rows).map(|_| view! { <span class="line"></span> }).collect_view()}
        </div>
    }
}
