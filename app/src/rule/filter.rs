//! The editor of the filter: a tab for each part of a request.

use leptos::prelude::*;
use serde_json::Value;

use super::{
    conditions::rows_of, draft::Draft, fields::Fields, form::ConditionsForm, parts::mistake_at, typed::Mistake,
};
use crate::ui::{JsonEditor, Visible, line_of, place_of};

/// A part of a request: its name in the rule, its tab, and what may be said about it.
const PARTS: [(&str, &str, &str); 4] = [
    ("/body", "Body", "Fields of a JSON body."),
    ("/headers", "Headers", "Names have no case; values are texts."),
    ("/query", "Query", "What follows the question mark of the URL."),
    ("/path", "Path", "What follows the source's URL, such as /orders/created."),
];

#[component]
pub(super) fn FilterEditor(draft: Draft, mistakes: Signal<Vec<Mistake>>, fields: Signal<Fields>) -> impl IntoView {
    let texts = [draft.body, draft.headers, draft.query, draft.path];
    let first = texts.iter().position(|text| text.with_untracked(|text| says_something(text))).unwrap_or_default();
    let shown = RwSignal::new(first);
    let whole = mistake_at(mistakes, "filter", "");
    // What is wrong may be in a tab that is not shown.
    Effect::new(move |_| {
        let of = |at: usize| {
            mistakes.with(|all| all.iter().any(|one| one.kind == "filter" && one.pointer.starts_with(PARTS[at].0)))
        };
        if let Some(at) = (0..PARTS.len()).find(|at| of(*at)) {
            shown.set(at);
        }
    });
    let tab = move |at: usize| {
        let (pointer, word, _) = PARTS[at];
        let is_wrong = move || mistake_at(mistakes, "filter", pointer).with(Option::is_some);
        view! {
            <button type="button" role="tab" class="tab" id=format!("filter-tab-{at}") aria-controls="filter-part"
                aria-selected=move || (shown.get() == at).to_string()
                tabindex=move || if shown.get() == at { "0" } else { "-1" }
                class:said=move || is_said(texts[at])
                class:wrong=is_wrong
                on:click=move |_| shown.set(at)
            >
                {word}
                <Show when=move || is_said(texts[at])><span class="dot" aria-hidden="true"></span><span class="hidden">", has conditions"</span></Show>
            </button>
        }
    };
    let follow = move |event: web_sys::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => PARTS.len() - 1,
            _ => return,
        };
        event.prevent_default();
        shown.update(|at| *at = (*at + by) % PARTS.len());
        if let Ok(Some(tab)) = document().query_selector(&format!("#filter-tab-{}", shown.get_untracked())) {
            use wasm_bindgen::JsCast;
            drop(tab.dyn_into::<web_sys::HtmlElement>().map(|tab| tab.focus()));
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label="Parts of the request" on:keydown=follow>
            {(0..PARTS.len()).map(tab).collect_view()}
        </div>
        <div class="filter-part" role="tabpanel" id="filter-part" aria-labelledby=move || format!("filter-tab-{}", shown.get())>
            {move || {
                let at = shown.get();
                view! { <Part at text=texts[at] mistakes fields/> }
            }}
        </div>
        {move || whole.get().map(|mistake| view! { <p class="mistake" role="alert">{mistake}</p> })}
        <p class="aside">"All conditions have to hold, in all parts. What a transformation changed is what the filter sees."</p>
    }
}

/// Whether a part restricts anything.
fn is_said(text: RwSignal<String>) -> bool {
    text.with(|text| says_something(text))
}

fn says_something(text: &str) -> bool {
    !matches!(text.trim(), "" | "{}")
}

/// Whether the form can show these conditions.
fn fits_form(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|pattern| rows_of(&pattern).is_some())
}

/// One part: as a form, or as JSON.
#[component]
fn Part(at: usize, text: RwSignal<String>, mistakes: Signal<Vec<Mistake>>, fields: Signal<Fields>) -> impl IntoView {
    let (pointer, word, hint) = PARTS[at];
    let fits = move || text.with(|text| fits_form(text));
    let is_form = RwSignal::new(text.with_untracked(|text| fits_form(text)));
    let names = Signal::derive(move || {
        fields.with(|fields| match pointer {
            "/body" => fields.body.clone(),
            "/headers" => fields.headers.clone(),
            "/query" => fields.query.clone(),
            _ => Vec::new(),
        })
    });
    let warnings = Signal::derive(move || {
        let lines = |mistake: &Mistake| {
            let within = (mistake.kind == "filter").then(|| mistake.pointer.strip_prefix(pointer)).flatten()?;
            Some((text.with(|text| line_of(text, place_of(text, within).start)), mistake.detail.clone()))
        };
        mistakes.with(|mistakes| mistakes.iter().filter_map(lines).collect::<Vec<_>>())
    });
    let switch = move |to: bool, word: &'static str| {
        view! {
            <button type="button" aria-pressed=move || (is_form.get() == to).to_string() disabled=move || to && !fits()
                on:click=move |_| is_form.set(to)>{word}</button>
        }
    };
    view! {
        <div class="part-head">
            <p class="aside">
                {hint}
                {move || Some(fields.with(|fields| fields.path.clone())).filter(|_| pointer == "/path").flatten().map(|path| view! {
                    " The latest request has "<code><Visible text=path/></code>"."
                })}
            </p>
            <span class="two-ways">{switch(true, "Form")}{switch(false, "JSON")}</span>
        </div>
        {move || if is_form.get() {
            view! {
                <ConditionsForm text names is_whole=pointer == "/path"/>
                {move || warnings.get().into_iter().map(|(_, detail)| view! { <p class="mistake" role="alert">{detail}</p> }).collect_view()}
            }
            .into_any()
        } else {
            view! { <JsonEditor name="filter-json" label=word value=text warnings/> }.into_any()
        }}
        <Show when=move || !is_form.get() && !fits()><p class="aside">"The form cannot show these conditions; they are kept as JSON."</p></Show>
    }
}
