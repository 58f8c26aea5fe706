//! Filters of lists. They live in the URL, so that a list can be shared, reloaded and gone back to.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

type Pairs = Vec<(String, String)>;

/// The query of a URL, decoded once: the router's own map decodes values twice.
fn pairs(search: &str) -> Pairs {
    url::form_urlencoded::parse(search.trim_start_matches('?').as_bytes()).into_owned().collect()
}

/// `path` with these parameters.
fn url_of(path: &str, pairs: &Pairs) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

/// The value of `name` in the page's query, unless it is absent or empty.
pub(crate) fn query_param(name: &'static str) -> Memo<Option<String>> {
    let here = here();
    Memo::new(move |_| here.value(name))
}

/// As [`query_param`], read as a `T`; what cannot be read counts as absent.
pub(crate) fn query_value<T>(name: &'static str) -> Memo<Option<T>>
where
    T: std::str::FromStr + PartialEq + Send + Sync + 'static,
{
    let text = query_param(name);
    Memo::new(move |_| text.get().and_then(|text| text.parse().ok()))
}

/// The page's own URL, to read it and to make others of it. Follows where the page goes.
#[derive(Clone, Copy)]
pub(crate) struct Here {
    path: Memo<String>,
    search: Memo<String>,
}

/// Where the page is.
pub(crate) fn here() -> Here {
    let location = use_location();
    Here { path: location.pathname, search: location.search }
}

impl Here {
    /// The path alone, which a page does not change.
    pub(crate) fn path(&self) -> String {
        self.path.get_untracked()
    }

    /// The last value of a parameter, unless it is empty.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        self.values(name).pop()
    }

    /// The values of a parameter that are not empty.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let pairs = self.search.with(|search| pairs(search));
        pairs.into_iter().filter(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value).collect()
    }

    /// This page with these parameters changed, or gone where there is no value; the others stay.
    pub(crate) fn with(&self, changes: &[(&str, Option<&str>)]) -> String {
        let mut pairs = self.but(&changes.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        pairs.extend(changes.iter().filter_map(|(name, value)| Some(((*name).to_owned(), (*value)?.to_owned()))));
        url_of(&self.path.get(), &pairs)
    }

    /// This page with these parameters alone.
    pub(crate) fn only(&self, names: &[&str]) -> String {
        let mut pairs = self.but(&[]);
        pairs.retain(|(name, _)| names.contains(&name.as_str()));
        url_of(&self.path.get(), &pairs)
    }

    /// The parameters but for these, and but for what is empty.
    pub(crate) fn but(&self, names: &[&str]) -> Pairs {
        let mut pairs = self.search.with(|search| pairs(search));
        pairs.retain(|(name, value)| !value.is_empty() && !names.contains(&name.as_str()));
        pairs
    }
}

/// What of a form's fields belongs into the URL.
pub(crate) type Tidy = fn(Pairs) -> Pairs;

fn not_empty(mut fields: Pairs) -> Pairs {
    fields.retain(|(_, value)| !value.trim().is_empty());
    fields
}

/// The row of filters above a list. Works without scripts by its button.
#[component]
pub(crate) fn Filters(
    #[prop(into)] action: String,
    /// Leaves out what says nothing.
    #[prop(default = not_empty)]
    tidy: Tidy,
    children: Children,
) -> impl IntoView {
    let navigate = use_navigate();
    let path = action.clone();
    let follow = move |event: web_sys::SubmitEvent| {
        let Ok(data) = leptos::form::form_data_from_event(&event) else { return };
        let Ok(fields) = web_sys::UrlSearchParams::new_with_str_sequence_sequence(&data) else { return };
        event.prevent_default();
        let url = url_of(&path, &tidy(pairs(&String::from(fields.to_string()))));
        navigate(&url, NavigateOptions { scroll: false, ..NavigateOptions::default() });
    };
    view! {
        <search>
            <form method="get" action=action class="filters" on:submit=follow>
                {children()}
                <button class="button small without-scripts">"Filter"</button>
            </form>
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
    /// What is chosen, where the parameter of the same name does not say it.
    #[prop(optional, into)]
    chosen: Option<Signal<Option<String>>>,
) -> impl IntoView {
    let of_query = query_param(name);
    let chosen = chosen.unwrap_or_else(|| of_query.into());
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
    view! { <TextFilter name="q" label="Search" kind="search" placeholder/> }
}

/// A text that restricts; the list follows when it is done.
#[component]
pub(crate) fn TextFilter(
    name: &'static str,
    label: &'static str,
    #[prop(default = "text")] kind: &'static str,
    placeholder: &'static str,
    /// What may be meant, to choose from.
    #[prop(optional)]
    offers: &'static [&'static str],
    #[prop(optional, into)] mistake: Signal<Option<String>>,
) -> impl IntoView {
    let wanted = query_param(name);
    let list = format!("{name}-offers");
    let has_offers = !offers.is_empty();
    view! {
        <label class="filter" class:search=kind == "search" class:wrong=move || mistake.get().is_some()>
            <span>{label}</span>
            <input
                type=kind
                name=name
                list=has_offers.then(|| list.clone())
                placeholder=placeholder
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                value=wanted.get_untracked()
                prop:value=move || wanted.get().unwrap_or_default()
                aria-invalid=move || mistake.get().is_some().then_some("true")
                aria-describedby=move || mistake.get().is_some().then(|| format!("{name}-mistake"))
                on:change:target=move |event| submit(event.target().form())
            />
        </label>
        {has_offers.then(|| view! {
            <datalist id=list>{offers.iter().map(|offer| view! { <option value=*offer></option> }).collect_view()}</datalist>
        })}
    }
}

/// Follows what a form says now.
pub(crate) fn submit(form: Option<web_sys::HtmlFormElement>) {
    // It fails only for a form that is no longer part of the page.
    drop(form.map(|form| form.request_submit()));
}

#[cfg(test)]
mod tests {
    use super::{pairs, url_of};

    #[test]
    fn a_query_comes_back_as_it_was() {
        for query in ["", "q=100%25+%2541+%2B", "a=1&a=2", "q=%F0%9F%91%A9"] {
            assert_eq!(url_of("/x", &pairs(query)).trim_start_matches("/x").trim_start_matches('?'), query);
        }
        assert_eq!(pairs("?q=%2541"), [("q".to_owned(), "%41".to_owned())]);
    }
}
