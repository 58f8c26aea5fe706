//! Light, dark, or as the system has it. Kept in a cookie, so that the server's first line has it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::ui::{Icon, Shape};

#[component]
pub(crate) fn ThemeSwitch(theme: String) -> impl IntoView {
    let chosen = RwSignal::new(theme);
    let option = move |value: &'static str, word: &'static str, shape: Shape| {
        view! {
            <label>
                <input
                    type="radio"
                    name="theme"
                    value=value
                    checked=chosen.get_untracked() == value
                    on:change=move |_| {
                        chosen.set(value.to_owned());
                        apply(value);
                    }
                />
                <span><Icon shape/>{word}</span>
            </label>
        }
    };
    view! {
        <fieldset class="theme">
            <legend>"Theme"</legend>
            {option("", "System", Shape::System)}
            {option("light", "Light", Shape::Light)}
            {option("dark", "Dark", Shape::Dark)}
        </fieldset>
    }
}

/// Shows the page in this theme and asks the browser to remember it for a year.
fn apply(theme: &str) {
    let document = document();
    if let Some(root) = document.document_element() {
        drop(match theme {
            "" => root.remove_attribute("data-theme"),
            theme => root.set_attribute("data-theme", theme),
        });
    }
    let age = if theme.is_empty() { 0 } else { 31_536_000 };
    if let Ok(document) = document.dyn_into::<web_sys::HtmlDocument>() {
        drop(document.set_cookie(&format!("theme={theme}; Path=/; Max-Age={age}; SameSite=Lax")));
    }
}
