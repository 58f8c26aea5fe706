//! Copying to the clipboard.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast as _;

use super::{Icon, Shape};

/// A button that copies what `text` gives, and says so for a moment. `what` names it for those who do not see.
#[component]
pub(crate) fn CopyButton(
    #[prop(into)] text: Signal<String>,
    #[prop(into)] what: String,
    /// What the button says.
    #[prop(default = "Copy")]
    verb: &'static str,
) -> impl IntoView {
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
        None => verb,
        Some(true) => "Copied",
        Some(false) => "Cannot copy",
    };
    view! {
        <button type="button" class="button quiet small copy" aria-label=if verb == "Copy" { format!("Copy {what}") } else { verb.to_owned() } on:click=copy>
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

/// Whether the clipboard took `text`. Pages that came over plain HTTP from another machine have the old way only.
async fn write(text: &str) -> bool {
    let window = window();
    if !window.is_secure_context() {
        return write_by_selecting(text).unwrap_or(false);
    }
    let written = window.navigator().clipboard().write_text(text);
    leptos::__reexports::wasm_bindgen_futures::JsFuture::from(written).await.is_ok()
}

/// Copies what a field selects: beside the button, because a dialog keeps the rest of the page from being selected.
fn write_by_selecting(text: &str) -> Option<bool> {
    let document = document();
    let focused = document.active_element();
    let place = focused.as_ref().and_then(|element| element.parent_element())?;
    let field: web_sys::HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    field.set_class_name("hidden");
    field.set_value(text);
    place.append_child(&field).ok()?;
    field.select();
    let is_copied = document.unchecked_ref::<web_sys::HtmlDocument>().exec_command("copy").unwrap_or(false);
    field.remove();
    if let Some(focused) = focused.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        drop(focused.focus());
    }
    Some(is_copied)
}
