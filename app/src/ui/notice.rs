//! Words to the reader: notices, and what went wrong.

use hookyard_model::Code;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{Icon, Shape, Tone};
use crate::failure::Failure;

/// A box that says something about the page as a whole.
#[component]
pub(crate) fn Notice(tone: Tone, shape: Shape, children: Children) -> impl IntoView {
    let class = match tone {
        Tone::Good => "notice good",
        Tone::Bad => "notice bad",
        Tone::Warning => "notice warning",
        Tone::Waiting | Tone::Off => "notice",
    };
    view! { <div class=class><Icon shape/><div>{children()}</div></div> }
}

/// What went wrong with something that was just asked for, above the form or list that asked.
#[component]
pub(crate) fn FailureNotice(#[prop(into)] failure: Signal<Option<Failure>>) -> impl IntoView {
    view! {
        <div role="alert" class="failure">
            {move || {
                let words = |failure: Failure| view! { <Notice tone=Tone::Bad shape=Shape::Cross><p>{sentence(&failure.detail)}</p></Notice> };
                failure.get().map(words)
            }}
        </div>
    }
}

/// What went wrong, in the place of what was to be shown.
#[component]
pub(crate) fn Trouble(failure: Failure) -> impl IntoView {
    let location = use_location();
    let is_signed_out = failure.code == Code::Unauthenticated;
    let sign_in = move || {
        format!(
            "/sign-in?next={}{}",
            location.pathname.get(),
            location.search.with(|query| {
                if query.is_empty() { String::new() } else { format!("%3F{}", query.replace('&', "%26")) }
            })
        )
    };
    let again = move |_| {
        // A reload that fails leaves the page as it is.
        drop(window().location().reload());
    };
    view! {
        <div class="trouble" role="alert">
            <Icon shape=if failure.code == Code::ResourceNotFound { Shape::Question } else { Shape::Alert }/>
            <p class="title">{failure.title.clone()}</p>
            <p>{sentence(&failure.detail)}</p>
            {if is_signed_out {
                view! { <a class="button primary" href=sign_in>"Sign in"</a> }.into_any()
            } else if failure.status >= 500 {
                view! { <button type="button" class="button" on:click=again>"Try again"</button> }.into_any()
            } else {
                ().into_any()
            }}
        </div>
    }
}

/// A detail as a sentence.
pub(crate) fn sentence(detail: &str) -> String {
    let mut characters = detail.chars();
    let mut sentence: String = characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}
