//! Copying to the clipboard.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::{Icon, Shape};

/// A button that copies what `text` gives, and says so for a moment. `what` names it for those who do not see.
#[component]
pub(crate) fn CopyButton(#[prop(into)] text: Signal<String>, #[prop(into)] what: String) -> impl IntoView {
    let outcome = RwSignal::new(None::<bool>);
    let copy = move |_| {
        let text = text.get_untracked();
        spawn_local(async move {
            outcome.try_set(Some(write(&text).await));
            set_timeout(
                move || {
                    outcome.try_set(None);
                },
                Duration::from_secs(2),
            );
        });
    };
    let word = move || match outcome.get() {
        None => "Copy",
        Some(true) => "Copied",
        Some(false) => "Cannot copy",
    };
    view! {
        <button type="button" class="button quiet small copy" aria-label=format!("Copy {what}") on:click=copy>
            {move || view! { <Icon shape=if outcome.get() == Some(true) { Shape::Check } else { Shape::Copy }/> }}
            <span class="word" aria-live="polite">{word}</span>
        </button>
    }
}

/// A text that is there to be copied, with its button.
#[component]
pub(crate) fn CopyText(#[prop(into)] text: String, #[prop(into)] what: String) -> impl IntoView {
    view! {
        <span class="copy-text">
            <code>{text.clone()}</code>
            <CopyButton text=text what/>
        </span>
    }
}

/// Whether the clipboard took `text`. There is none on pages that came over plain HTTP from another machine.
async fn write(text: &str) -> bool {
    let window = window();
    if !window.is_secure_context() {
        return false;
    }
    let written = window.navigator().clipboard().write_text(text);
    leptos::__reexports::wasm_bindgen_futures::JsFuture::from(written).await.is_ok()
}
