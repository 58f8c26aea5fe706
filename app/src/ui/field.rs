//! Fields of forms: a label, the input, a hint, and what is wrong with it.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast as _;

use crate::failure::Failure;

/// What the last answer says about the field at `pointer`.
pub(crate) fn mistake_of<T: Clone + Send + Sync + 'static>(
    answer: impl Fn() -> Option<Result<T, Failure>> + Send + Sync + 'static,
    pointer: &'static str,
) -> Signal<Option<String>> {
    Signal::derive(move || answer()?.err()?.about(pointer).map(str::to_owned))
}

/// As [`mistake_of`], for a field that has parts: the first mistake of it or of any of them.
pub(crate) fn mistake_within<T: Clone + Send + Sync + 'static>(
    answer: impl Fn() -> Option<Result<T, Failure>> + Send + Sync + 'static,
    pointer: &'static str,
) -> Signal<Option<String>> {
    Signal::derive(move || {
        let failure = answer()?.err()?;
        failure.errors.iter().find(|error| error.pointer.starts_with(pointer)).map(|error| error.detail.clone())
    })
}

/// Leads to the first field that the answer finds something wrong with: in a long form it may be out of sight.
pub(crate) fn lead_to_mistake<T: Clone + Send + Sync + 'static>(
    form: NodeRef<html::Form>,
    answer: impl Fn() -> Option<Result<T, Failure>> + 'static,
) {
    let lead = move || {
        let Some(form) = form.get_untracked() else { return };
        let found = |selector| form.query_selector(selector).ok().flatten();
        if let Some(field) =
            found("[aria-invalid=true]").and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok())
        {
            drop(field.focus());
        } else if let Some(mistake) = found(".mistake") {
            mistake.scroll_into_view();
        }
    };
    Effect::new(move |_| {
        if matches!(answer(), Some(Err(_))) {
            request_animation_frame(lead);
        }
    });
}

/// A line of text.
#[component]
pub(crate) fn TextField(
    /// The field's name in its form, and its id on the page.
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(default = "text")] kind: &'static str,
    #[prop(into, optional)] value: String,
    #[prop(optional)] bound: Option<RwSignal<String>>,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] placeholder: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional)] required: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(into, optional)] disabled: Signal<bool>,
    #[prop(into, optional)] mistake: Signal<Option<String>>,
) -> impl IntoView {
    let first = bound.map_or(value, |bound| bound.get_untracked());
    view! {
        <div class="field" class:wrong=move || mistake.with(Option::is_some)>
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind
                value=first
                placeholder=placeholder
                autocomplete=autocomplete
                required=required
                autofocus=autofocus
                disabled=disabled
                spellcheck="false"
                aria-describedby=format!("{name}-hint")
                aria-invalid=move || mistake.with(Option::is_some).then_some("true")
                prop:value=move || bound.map(|bound| bound.get())
                on:input:target=move |event| {
                    if let Some(bound) = bound {
                        bound.set(event.target().value());
                    }
                }
            />
            <FieldHint name hint mistake/>
        </div>
    }
}

/// A choice of one.
#[component]
pub(crate) fn SelectField(
    name: &'static str,
    #[prop(into)] label: String,
    /// Values and what is shown for them.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    bound: RwSignal<String>,
    #[prop(optional)] hint: &'static str,
    #[prop(into, optional)] mistake: Signal<Option<String>>,
) -> impl IntoView {
    let option = move |(value, text): (String, String)| {
        let selected = bound.get_untracked() == value;
        view! { <option value=value selected=selected>{text}</option> }
    };
    view! {
        <div class="field" class:wrong=move || mistake.with(Option::is_some)>
            <label for=name>{label}</label>
            <select
                id=name
                name=name
                aria-describedby=format!("{name}-hint")
                on:change:target=move |event| bound.set(event.target().value())
            >
                {move || options.get().into_iter().map(option).collect_view()}
            </select>
            <FieldHint name hint mistake/>
        </div>
    }
}

#[component]
fn FieldHint(name: &'static str, hint: &'static str, mistake: Signal<Option<String>>) -> impl IntoView {
    view! {
        <div class="field-hint" id=format!("{name}-hint")>
            {move || match mistake.get() {
                Some(mistake) => view! { <p class="mistake" role="alert">{mistake}</p> }.into_any(),
                None if hint.is_empty() => ().into_any(),
                None => view! { <p>{hint}</p> }.into_any(),
            }}
        </div>
    }
}

/// A yes or no.
#[component]
pub(crate) fn CheckField(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional)] checked: bool,
    #[prop(optional)] bound: Option<RwSignal<bool>>,
) -> impl IntoView {
    let first = bound.map_or(checked, |bound| bound.get_untracked());
    view! {
        <label class="check">
            <input
                type="checkbox"
                name=name
                value="true"
                checked=first
                on:change:target=move |event| {
                    if let Some(bound) = bound {
                        bound.set(event.target().checked());
                    }
                }
            />
            <span>{label}</span>
        </label>
    }
}
