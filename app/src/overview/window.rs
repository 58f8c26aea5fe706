//! The window of time that a page is about, in its URL.

use hookyard_model::{Timestamp, Window};
use leptos::prelude::*;

use crate::ui::{here, query_value};

const NAME: &str = "window";

/// The window that the URL says, or the last 24 hours.
pub(crate) fn chosen_window() -> Memo<Window> {
    let asked = query_value::<Window>(NAME);
    Memo::new(move |_| asked.get().unwrap_or_default())
}

/// A window in words: `last 24 hours`.
pub(crate) const fn window_words(window: Window) -> &'static str {
    match window {
        Window::Hour => "last hour",
        Window::SixHours => "last 6 hours",
        Window::Day => "last 24 hours",
        Window::Week => "last 7 days",
        Window::Fortnight => "last 15 days",
    }
}

const fn short(window: Window) -> &'static str {
    match window {
        Window::Hour => "1 h",
        Window::SixHours => "6 h",
        Window::Day => "24 h",
        Window::Week => "7 d",
        Window::Fortnight => "15 d",
    }
}

/// The links to the windows that there are.
#[component]
pub(crate) fn WindowChoice(window: Memo<Window>) -> impl IntoView {
    let here = here();
    let link = move |one: Window| {
        let href = move || here.with(&[(NAME, (one != Window::default()).then_some(one.as_str()))]);
        let is_current = move || (window.get() == one).then_some("true");
        view! {
            <li><a href=href data-noscroll="" aria-current=is_current title=window_words(one)>
                {short(one)}<span class="hidden">", the "{window_words(one)}</span>
            </a></li>
        }
    };
    view! {
        <nav class="windows" aria-label="Window of time">
            <ul>{Window::ALL.iter().map(|one| link(*one)).collect_view()}</ul>
        </nav>
    }
}

/// A list's URL, for what is in a stretch of time; `query` stands before it.
pub(crate) fn in_window(list: &str, query: &str, from: Timestamp, to: Timestamp) -> String {
    let to = Timestamp::from_millis(to.millis() - 1);
    let and = if query.is_empty() { "" } else { "&" };
    format!("{list}?{query}{and}from={from}&to={to}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_asked_for_what_is_in_a_stretch() {
        let at = Timestamp::from_millis;
        assert_eq!(
            in_window("/events", "status=FAILED", at(0), at(60_000)),
            "/events?status=FAILED&from=1970-01-01T00:00:00.000Z&to=1970-01-01T00:00:59.999Z"
        );
    }
}
