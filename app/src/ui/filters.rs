//! Filters of lists. They live in the URL, so that a list can be shared, reloaded and gone back to.

use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

/// The value of `name` in the page's query, unless it is absent or empty.
pub(crate) fn query_param(name: &'static str) -> Memo<Option<String>> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| query.get(name)).filter(|value| !value.is_empty()))
}

/// As [`query_param`], read as a `T`; what cannot be read counts as absent.
pub(crate) fn query_value<T>(name: &'static str) -> Memo<Option<T>>
where
    T: std::str::FromStr + PartialEq + Send + Sync + 'static,
{
    let text = query_param(name);
    Memo::new(move |_| text.get().and_then(|text| text.parse().ok()))
}

/// The row of filters above a list. Works without scripts by its button.
#[component]
pub(crate) fn Filters(#[prop(into)] action: String, children: Children) -> impl IntoView {
    view! {
        <search>
            <Form method="get" action=action attr:class="filters">
                {children()}
                <button class="button small without-scripts">"Filter"</button>
            </Form>
        </search>
    }
}

/// A choice among values; the list follows at once.
#[component]
pub(crate) fn SelectFilter(
    name: &'static str,
    label: &'static str,
    /// What stands for no restriction.
    any: &'static str,
    /// Values and what is shown for them.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    let chosen = query_param(name);
    let option = move |(value, text): (String, String)| {
        let selected = chosen.get().is_some_and(|chosen| chosen == value);
        view! { <option value=value selected=selected>{text}</option> }
    };
    view! {
        <label class="filter">
            <span>{label}</span>
            <select name=name on:change:target=move |event| submit(event.target().form())>
                <option value="" selected=move || chosen.get().is_none()>{any}</option>
                {move || options.get().into_iter().map(option).collect_view()}
            </select>
        </label>
    }
}

/// A text to look for.
#[component]
pub(crate) fn SearchFilter(placeholder: &'static str) -> impl IntoView {
    let wanted = query_param("q");
    view! {
        <label class="filter search">
            <span>"Search"</span>
            <input
                type="search"
                name="q"
                placeholder=placeholder
                autocomplete="off"
                spellcheck="false"
                value=wanted.get_untracked()
                prop:value=move || wanted.get().unwrap_or_default()
            />
        </label>
    }
}

fn submit(form: Option<web_sys::HtmlFormElement>) {
    // It fails only for a form that is no longer part of the page.
    drop(form.map(|form| form.request_submit()));
}
