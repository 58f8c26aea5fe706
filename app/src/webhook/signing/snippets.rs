//! Programs that check this webhook's deliveries, in tabs, to be copied.

use hookyard_model::{Secret, SigningScheme, SnippetLanguage, SnippetValues, snippet};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::JsCast as _;

use super::colour::coloured;
use crate::ui::{CopyButton, here, query_value};

/// The language and the scheme stand in the address.
#[component]
pub(super) fn Snippets(
    url: Option<String>,
    public_key: Option<String>,
    public_keys_url: String,
    /// The secret, while it is shown.
    secret: RwSignal<Option<Secret>>,
) -> impl IntoView {
    let has_pair = public_key.is_some();
    let language = query_value::<SnippetLanguage>("language");
    let asked = query_value::<SigningScheme>("scheme");
    let language = Memo::new(move |_| language.get().unwrap_or_default());
    let scheme = Memo::new(move |_| asked.get().filter(|_| has_pair).unwrap_or_default());
    let fixed = StoredValue::new(SnippetValues { url, public_key, public_keys_url, secret: None });
    let program = Memo::new(move |_| {
        let values = SnippetValues { secret: secret.get(), ..fixed.get_value() };
        snippet(language.get(), scheme.get(), &values)
    });
    view! {
        <section class="part snippets" aria-labelledby="snippets">
            <header>
                <h2 id="snippets">"Check deliveries"</h2>
                {has_pair.then(|| view! { <SchemeLinks scheme/> })}
            </header>
            <p class="aside">
                {move || match (scheme.get(), secret.with(Option::is_some)) {
                    (SigningScheme::V1a, _) => "With the public key, which is no secret.",
                    (SigningScheme::V1, true) => "The secret stands in the program. Keep it out of what you commit.",
                    (SigningScheme::V1, false) => "The secret is read from WEBHOOK_SECRET. Reveal it to have it stand in the program.",
                }}
            </p>
            <Languages language/>
            <div id="snippet" role="tabpanel" aria-labelledby=move || tab_id(language.get())>
                {move || match program.get() {
                    Some(program) => view! { <Program language=language.get() program/> }.into_any(),
                    None => view! {
                        <p class="nothing" data-testid="no-snippet">
                            {language.get().name()}"'s own library has no Ed25519. Check by the secret, or with another language."
                        </p>
                    }
                    .into_any(),
                }}
            </div>
        </section>
    }
}

#[component]
fn Program(language: SnippetLanguage, program: String) -> impl IntoView {
    let shown = coloured(&program, language);
    let label = format!("{} program", language.name());
    view! {
        <figure class="viewer">
            <figcaption>
                <span><code>{language.file()}</code></span>
                <CopyButton text=program what="program"/>
            </figcaption>
            <pre class="code" tabindex="0" role="group" aria-label=label data-testid="snippet">{shown}</pre>
        </figure>
    }
}

/// By the secret, or by the public key.
#[component]
fn SchemeLinks(scheme: Memo<SigningScheme>) -> impl IntoView {
    let here = here();
    let link = move |this: SigningScheme, word: &'static str| {
        let href = move || here.with(&[("scheme", Some(this.as_str()))]);
        let current = move || (scheme.get() == this).then_some("true");
        view! { <a href=href data-noscroll="true" aria-current=current>{word}</a> }
    };
    view! {
        <nav class="switch" aria-label="What to check by">
            {link(SigningScheme::V1, "By the secret")}
            {link(SigningScheme::V1a, "By the public key")}
        </nav>
    }
}

fn tab_id(language: SnippetLanguage) -> String {
    format!("snippet-{language}")
}

/// The tabs: links, so that each has an address; with the keys that tabs have.
#[component]
fn Languages(language: Memo<SnippetLanguage>) -> impl IntoView {
    let here = here();
    let navigate = use_navigate();
    // After the page was taken over, one tab alone is in the way of the Tab key.
    let is_alive = RwSignal::new(false);
    Effect::new(move |_| is_alive.set(true));
    let address = move |language: SnippetLanguage| here.with(&[("language", Some(language.as_str()))]);
    let link = move |this: SnippetLanguage| {
        let is_chosen = move || language.get() == this;
        let navigate = navigate.clone();
        let go = move |event: web_sys::KeyboardEvent| {
            let Some(next) = beside(this, &event.key()) else { return };
            event.prevent_default();
            let options = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
            navigate(&untrack(|| address(next)), options);
            focus(&tab_id(next));
        };
        view! {
            <a
                id=tab_id(this)
                role="tab"
                href=move || address(this)
                data-noscroll="true"
                aria-selected=move || is_chosen().to_string()
                aria-controls="snippet"
                tabindex=move || (is_alive.get() && !is_chosen()).then_some("-1")
                on:keydown=go
            >{this.name()}</a>
        }
    };
    view! {
        <div class="snippet-tabs" role="tablist" aria-label="Language">
            {SnippetLanguage::ALL.iter().copied().map(link).collect_view()}
        </div>
    }
}

/// The tab that a key leads to from this one.
fn beside(language: SnippetLanguage, key: &str) -> Option<SnippetLanguage> {
    let all = SnippetLanguage::ALL;
    let at = all.iter().position(|known| *known == language)?;
    let to = match key {
        "ArrowRight" => (at + 1) % all.len(),
        "ArrowLeft" => (at + all.len() - 1) % all.len(),
        "Home" => 0,
        "End" => all.len() - 1,
        _ => return None,
    };
    all.get(to).copied()
}

fn focus(id: &str) {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    // It fails only for what is no longer part of the page.
    drop(element.map(|element| element.focus()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_around_the_tabs() {
        use SnippetLanguage::{JavaScript, Python, Shell};
        for (from, key, to) in [
            (JavaScript, "ArrowRight", Some(Python)),
            (JavaScript, "ArrowLeft", Some(Shell)),
            (Shell, "ArrowRight", Some(JavaScript)),
            (Python, "End", Some(Shell)),
            (Python, "Home", Some(JavaScript)),
            (Python, "Enter", None),
        ] {
            assert_eq!(beside(from, key), to, "{from} {key}");
        }
    }
}
