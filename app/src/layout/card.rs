//! The page of those who are not signed in: one card.

use leptos::prelude::*;
use leptos_meta::Title;

use super::header::Logo;

/// A card in the middle of the page.
#[component]
pub(crate) fn Card(title: &'static str, lead: &'static str, children: Children) -> impl IntoView {
    view! {
        <Title text=title/>
        <main class="alone" id="main">
            <div class="card">
                <Logo/>
                <h1>{title}</h1>
                <p class="lead">{lead}</p>
                {children()}
            </div>
        </main>
    }
}
