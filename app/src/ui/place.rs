//! The head of a page.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page's title, the way back up, and beside it what can be done.
#[component]
pub(crate) fn Place(
    #[prop(into)] title: String,
    /// The page above this one: its path and name.
    #[prop(optional)]
    up: Option<(&'static str, &'static str)>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <Title text=title.clone()/>
        <header class="place">
            <div>
                {up.map(|(path, name)| view! {
                    <nav class="up" aria-label="Breadcrumb"><a href=path>{name}</a><span aria-hidden="true">"/"</span></nav>
                })}
                <h1>{title}</h1>
            </div>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </header>
    }
}
