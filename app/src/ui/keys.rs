//! Keys that press what is on the page: the rows of lists, and what can be done about them. Whatever they do, a button or a
//! link does too.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::{Dialog, Icon, Shape};

/// What the keys do.
const KEYS: [(&str, &str); 8] = [
    ("j", "Next row"),
    ("k", "Row before"),
    ("Enter", "Open the row"),
    ("r", "Retry the event or replay the request, of the row or the page"),
    ("c", "Cancel the event that waits, of the row or the page"),
    ("e", "Modify and replay the request, of the row or the page"),
    ("x", "Choose the attempt of the row, to compare two"),
    ("?", "Show these shortcuts"),
];

/// Where keys belong to what has the focus.
const TYPED_INTO: &str =
    "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], dialog, [popover]";

/// The shortcuts of a tab: whether they are on, and whether they are shown.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    is_on: RwSignal<bool>,
    is_shown: RwSignal<bool>,
}

/// For all pages of a tab.
pub(crate) fn provide_keys() {
    provide_context(Keys { is_on: RwSignal::new(true), is_shown: RwSignal::new(false) });
}

/// The key of a button for those who are told of it, while shortcuts are on.
pub(crate) fn shortcut(key: &'static str) -> impl Fn() -> Option<&'static str> + Copy + Send + Sync {
    let keys = use_context::<Keys>();
    move || keys.filter(|keys| keys.is_on.get()).map(|_| key)
}

/// The way to the list of shortcuts by pointer.
#[component]
pub(crate) fn ShowKeys() -> impl IntoView {
    let keys = expect_context::<Keys>();
    view! {
        <button type="button" class="button wide" on:click=move |_| keys.is_shown.set(true)>
            <Icon shape=Shape::Key/>"Keyboard shortcuts"
        </button>
    }
}

/// Listens for the keys, and shows them where that is asked for.
#[component]
pub(crate) fn Shortcuts() -> impl IntoView {
    let keys = expect_context::<Keys>();
    Effect::new(move |_| {
        keys.is_on.set(!is_remembered_off());
        let handle = window_event_listener(ev::keydown, move |event| pressed(&event, keys));
        on_cleanup(move || handle.remove());
    });
    view! {
        <Dialog open=keys.is_shown title="Keyboard shortcuts">
            <dl class="key-list">
                {KEYS.map(|(key, does)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div> })}
            </dl>
            <p class="aside">"In a row, the arrow keys do as j and k. No key does anything while you type."</p>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || keys.is_on.get()
                    on:change:target=move |event| {
                        let is_on = event.target().checked();
                        keys.is_on.set(is_on);
                        remember(is_on);
                    }
                />
                "Shortcuts are on"
            </label>
        </Dialog>
    }
}

fn html_document() -> Option<web_sys::HtmlDocument> {
    document().dyn_into().ok()
}

fn is_remembered_off() -> bool {
    let cookies = html_document().and_then(|document| document.cookie().ok()).unwrap_or_default();
    cookies.split(';').any(|cookie| cookie.trim() == "keys=off")
}

/// Asks the browser to remember that they are off for a year.
fn remember(is_on: bool) {
    let age = if is_on { 0 } else { 31_536_000 };
    if let Some(document) = html_document() {
        drop(document.set_cookie(&format!("keys=off; Path=/; Max-Age={age}; SameSite=Lax")));
    }
}

fn pressed(event: &KeyboardEvent, keys: Keys) {
    let with_others = event.ctrl_key() || event.alt_key() || event.meta_key();
    if !keys.is_on.get_untracked() || with_others || event.is_composing() || event.default_prevented() {
        return;
    }
    let at = document().active_element();
    let is_within = |places: &str| at.as_ref().and_then(|at| at.closest(places).ok().flatten());
    if is_within(TYPED_INTO).is_some() {
        return;
    }
    let row = is_within("[data-row]");
    let key = event.key();
    let is_done = match key.as_str() {
        "?" => {
            keys.is_shown.set(true);
            true
        }
        "j" => go(row.as_ref(), 1),
        "k" => go(row.as_ref(), -1),
        "ArrowDown" if row.is_some() => go(row.as_ref(), 1),
        "ArrowUp" if row.is_some() => go(row.as_ref(), -1),
        // A key that is held down does a thing once.
        "r" | "c" | "e" | "x" if event.repeat() => true,
        "r" => press(row.as_ref(), "[data-do=retry], [data-do=replay]"),
        "c" => press(row.as_ref(), "[data-do=cancel]"),
        "e" => press(row.as_ref(), "[data-do=edit]"),
        "x" => press(row.as_ref(), "[data-do=pick]"),
        _ => false,
    };
    if is_done {
        event.prevent_default();
    }
}

/// Presses what the row has for it; where there is no row with the focus, what the page has.
fn press(row: Option<&Element>, what: &str) -> bool {
    let found = if let Some(row) = row {
        row.query_selector(what)
    } else {
        let of_page = what.split(", ").map(|one| format!("main .place {one}")).collect::<Vec<_>>().join(", ");
        document().query_selector(&of_page)
    };
    let found = found.ok().flatten().and_then(|found| found.dyn_into::<HtmlElement>().ok());
    if let Some(found) = &found {
        found.click();
    }
    found.is_some()
}

/// Gives the focus to the row that is so many further down, or to the first.
fn go(row: Option<&Element>, by: isize) -> bool {
    let Ok(all) = document().query_selector_all("main [data-row]") else { return false };
    let rows: Vec<HtmlElement> = (0..all.length())
        .filter_map(|index| all.get(index)?.dyn_into::<HtmlElement>().ok())
        // What is folded away or hidden has no place on the page.
        .filter(|row| row.offset_parent().is_some())
        .collect();
    let now = row.and_then(|row| rows.iter().position(|one| one.is_same_node(Some(row))));
    let next = match now {
        Some(now) => now.checked_add_signed(by).filter(|next| *next < rows.len()),
        None => (!rows.is_empty()).then_some(0),
    };
    let Some(row) = next.and_then(|next| rows.get(next)) else { return now.is_some() };
    let open = row.query_selector("[data-open]").ok().flatten().and_then(|open| open.dyn_into::<HtmlElement>().ok());
    if let Some(open) = open {
        drop(open.focus());
    }
    true
}
