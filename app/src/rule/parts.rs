//! Small parts of the rules' editors.

use leptos::prelude::*;

use super::{draft::SpanDraft, span::UNITS, typed::Mistake};

/// The first mistake of a rule of this kind, at or within `pointer`; at the rule itself where it is empty.
pub(super) fn mistake_at(
    mistakes: Signal<Vec<Mistake>>,
    kind: &'static str,
    pointer: &'static str,
) -> Signal<Option<String>> {
    let is_it = move |mistake: &&Mistake| {
        mistake.kind == kind
            && if pointer.is_empty() { mistake.pointer.is_empty() } else { mistake.pointer.starts_with(pointer) }
    };
    Signal::derive(move || mistakes.with(|mistakes| mistakes.iter().find(is_it).map(|mistake| mistake.detail.clone())))
}

/// A span of time: an amount and its unit.
#[component]
pub(super) fn SpanField(
    name: &'static str,
    label: &'static str,
    span: SpanDraft,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] placeholder: &'static str,
    #[prop(into, optional)] mistake: Signal<Option<String>>,
) -> impl IntoView {
    let option = move |(unit, word, _): &(&'static str, &'static str, u64)| {
        let (unit, word) = (*unit, *word);
        view! { <option value=unit selected=span.unit.get_untracked() == unit>{word}</option> }
    };
    view! {
        <div class="field span" class:wrong=move || mistake.with(Option::is_some)>
            <label for=name>{label}</label>
            <div class="amount">
                <input
                    id=name type="text" inputmode="decimal" autocomplete="off" placeholder=placeholder
                    value=span.amount.get_untracked()
                    prop:value=span.amount
                    aria-describedby=format!("{name}-hint")
                    aria-invalid=move || mistake.with(Option::is_some).then_some("true")
                    on:input:target=move |event| span.amount.set(event.target().value())
                />
                <select aria-label=format!("Unit of {}", label.to_lowercase()) prop:value=span.unit
                    on:change:target=move |event| span.unit.set(event.target().value())
                >{UNITS.iter().map(option).collect_view()}</select>
            </div>
            <div class="field-hint" id=format!("{name}-hint")>
                {move || match mistake.get() {
                    Some(mistake) => view! { <p class="mistake" role="alert">{mistake}</p> }.into_any(),
                    None if hint.is_empty() => ().into_any(),
                    None => view! { <p>{hint}</p> }.into_any(),
                }}
            </div>
        </div>
    }
}

/// A text of several lines.
#[component]
pub(super) fn LinesField(
    name: &'static str,
    label: &'static str,
    bound: RwSignal<String>,
    #[prop(optional)] placeholder: &'static str,
    #[prop(optional)] hint: &'static str,
    #[prop(into, optional)] mistake: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <div class="field" class:wrong=move || mistake.with(Option::is_some)>
            <label for=name>{label}</label>
            <textarea
                id=name class="lines-field" rows="4" spellcheck="false" autocapitalize="off" placeholder=placeholder
                aria-describedby=format!("{name}-hint")
                aria-invalid=move || mistake.with(Option::is_some).then_some("true")
                prop:value=bound
                on:input:target=move |event| bound.set(event.target().value())
            >{bound.get_untracked()}</textarea>
            <div class="field-hint" id=format!("{name}-hint")>
                {move || match mistake.get() {
                    Some(mistake) => view! { <p class="mistake" role="alert">{mistake}</p> }.into_any(),
                    None => view! { <p>{hint}</p> }.into_any(),
                }}
            </div>
        </div>
    }
}

/// A choice of a few words, all of them seen.
#[component]
pub(super) fn WordChoice(
    name: &'static str,
    label: &'static str,
    options: Vec<(&'static str, &'static str)>,
    bound: RwSignal<String>,
) -> impl IntoView {
    let option = move |(value, word): (&'static str, &'static str)| {
        view! {
            <label class="check">
                <input type="radio" name=name value=value
                    checked=bound.get_untracked() == value
                    prop:checked=move || bound.with(|chosen| chosen == value)
                    on:change=move |_| bound.set(value.to_owned())
                />
                <span>{word}</span>
            </label>
        }
    };
    view! {
        <fieldset class="choice words">
            <legend>{label}</legend>
            {options.into_iter().map(option).collect_view()}
        </fieldset>
    }
}
