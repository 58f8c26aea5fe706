//! The head of a page.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Icon, Shape};

/// The page above another: its path and name.
pub(crate) struct Up {
    path: String,
    name: &'static str,
}

impl<P: Into<String>> From<(P, &'static str)> for Up {
    fn from((path, name): (P, &'static str)) -> Self {
        Self { path: path.into(), name }
    }
}

/// The page's title, the way back up, and beside it what can be done.
#[component]
pub(crate) fn Place(
    #[prop(into)] title: String,
    /// The page above this one: its path and name.
    #[prop(optional, into)]
    up: Option<Up>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <Title text=title.clone()/>
        <header class="place">
            <div>
                {up.map(|Up { path, name }| view! {
                    <nav class="up" aria-label="Breadcrumb"><a href=path><Icon shape=Shape::Chevron/>{name}</a></nav>
                })}
                <h1>{title}</h1>
            </div>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </header>
    }
}
