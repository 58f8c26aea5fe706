//! A field for an instant: in UTC without scripts, in the reader's own time with them.

use hookyard_model::{TimeBound, Timestamp};
use leptos::prelude::*;

use super::times::utc_for_form;
use crate::ui::{in_local_time, submit};

/// A time of a range. The form always carries UTC.
#[component]
pub(super) fn MomentFilter(
    name: &'static str,
    label: &'static str,
    #[prop(into)] value: Signal<Option<TimeBound>>,
    #[prop(into)] mistake: Signal<Option<String>>,
) -> impl IntoView {
    let is_local = RwSignal::new(false);
    Effect::new(move |_| is_local.set(true));
    let in_utc = move || match value.get() {
        Some(TimeBound::At(at)) => utc_for_form(at),
        Some(TimeBound::BeforeNow(_)) | None => String::new(),
    };
    let shown = move || match value.get() {
        Some(TimeBound::At(at)) if is_local.get() => local_for_form(at),
        _ => in_utc(),
    };
    let carried = RwSignal::new(None::<String>);
    // What the form sends: what was just typed, or what stands in the URL, exactly.
    let carries = move || carried.get().or_else(|| value.get().map(|bound| bound.to_string())).unwrap_or_default();
    Effect::new(move |_| {
        value.track();
        carried.set(None);
    });
    let first = untrack(in_utc);
    view! {
        <label class="filter moment" class:wrong=move || mistake.get().is_some()>
            <span>{label}", "{move || if is_local.get() { "your time" } else { "UTC" }}</span>
            <input
                type="datetime-local"
                step="1"
                name=move || (!is_local.get()).then_some(name)
                value=first
                prop:value=shown
                aria-invalid=move || mistake.get().is_some().then_some("true")
                aria-describedby=move || mistake.get().is_some().then(|| format!("{name}-mistake"))
                on:change:target=move |event| {
                    carried.set(Some(utc_of_local(&event.target().value())));
                    let form = event.target().form();
                    // The hidden field has the new value only after this.
                    request_animation_frame(move || submit(form));
                }
            />
            <input type="hidden" name=move || is_local.get().then_some(name) prop:value=carries/>
        </label>
    }
}

/// An instant where the browser is, as a field for one takes it.
fn local_for_form(at: Timestamp) -> String {
    in_local_time(at).replace(' ', "T")
}

/// What a field says, in UTC; nothing where it says nothing.
fn utc_of_local(text: &str) -> String {
    // Without a zone a browser reads a time as its own.
    let millis = js_sys::Date::new(&wasm_bindgen::JsValue::from_str(text)).get_time();
    if millis.is_nan() {
        return String::new();
    }
    #[expect(clippy::cast_possible_truncation, reason = "a browser's dates are far from the limits")]
    let at = Timestamp::from_millis(millis as i64);
    at.to_string()
}
