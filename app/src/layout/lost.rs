//! Pages for when there is no page.

use leptos::prelude::*;
use leptos_meta::Title;

use super::header::Logo;
use crate::ui::{Icon, Shape};

/// There is nothing at this address.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    view! {
        <main class="alone" id="main">
            <div class="card">
                <Logo/>
                <Lost/>
            </div>
        </main>
    }
}

/// There is nothing at this address; for within a page.
#[component]
pub(crate) fn Lost() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::server::set_status(404);
    view! {
        <Title text="Not found"/>
        <div class="trouble">
            <Icon shape=Shape::Question/>
            <h1 class="title">"Nothing is here"</h1>
            <p>"The address may be mistyped, or what was here is gone."</p>
            <a class="button" href="/overview">"To the overview"</a>
        </div>
    }
}

/// The last resort: something broke that no page expected.
#[component]
pub(crate) fn ErrorPage(errors: ArcRwSignal<Errors>) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::server::set_status(500);
    let list = move || errors.read().iter().map(|(_, error)| view! { <li>{error.to_string()}</li> }).collect_view();
    view! {
        <main class="alone" id="main">
            <div class="card">
                <Logo/>
                <div class="trouble" role="alert">
                    <Icon shape=Shape::Alert/>
                    <h1 class="title">"Something broke"</h1>
                    <p>"This page could not be shown. What was asked of it may still have been done."</p>
                    <ul>{list}</ul>
                    <a class="button" href="/developer" rel="external">"To the Developer tab"</a>
                </div>
            </div>
        </main>
    }
}
