//! The choice of how long what signed so far goes on beside what is new.

use leptos::prelude::*;

use crate::{
    failure::Failure,
    ui::{Dialog, FailureNotice, SelectField, TextField},
};

const OTHER: &str = "other";
const NOT_HOURS: &str = "give whole hours, 0 to 720";
/// Hours, and what is said for them.
const OVERLAPS: [(&str, &str); 6] = [
    ("0", "None: the former ends at once"),
    ("1", "1 hour"),
    ("24", "24 hours"),
    ("168", "7 days"),
    ("720", "30 days"),
    (OTHER, "Another number of hours"),
];

/// Asks for the overlap, and then for the rotation. Stays open with what was chosen until the rotation is made.
#[component]
pub(crate) fn RotateDialog(
    open: RwSignal<bool>,
    title: &'static str,
    /// What will happen.
    text: &'static str,
    /// The words on the button that does it.
    verb: &'static str,
    pending: Signal<bool>,
    failure: Signal<Option<Failure>>,
    /// What is wrong with the number of hours.
    mistake: Signal<Option<String>>,
    on_rotate: Callback<u32>,
) -> impl IntoView {
    view! {
        <Dialog open title>
            <Choose open text verb pending failure mistake on_rotate/>
        </Dialog>
    }
}

#[component]
fn Choose(
    open: RwSignal<bool>,
    text: &'static str,
    verb: &'static str,
    pending: Signal<bool>,
    failure: Signal<Option<Failure>>,
    mistake: Signal<Option<String>>,
    on_rotate: Callback<u32>,
) -> impl IntoView {
    let choice = RwSignal::new("24".to_owned());
    let typed = RwSignal::new("48".to_owned());
    let is_no_number = RwSignal::new(false);
    // What the last rotation came to is not about this one.
    let is_tried = RwSignal::new(false);
    let options: Vec<_> = OVERLAPS.map(|(value, text)| (value.to_owned(), text.to_owned())).into();
    let is_other = move || choice.with(|choice| choice == OTHER);
    let mistake = Signal::derive(move || {
        if is_no_number.get() { Some(NOT_HOURS.to_owned()) } else { mistake.get().filter(|_| is_tried.get()) }
    });
    let failure = Signal::derive(move || failure.get().filter(|_| is_tried.get() && mistake.with(Option::is_none)));
    let rotate = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let hours = if is_other() { typed.get_untracked() } else { choice.get_untracked() };
        let hours = hours.trim().parse::<u32>();
        is_no_number.set(hours.is_err());
        if let Ok(hours) = hours {
            is_tried.set(true);
            on_rotate.run(hours);
        }
    };
    view! {
        <form on:submit=rotate novalidate>
            <p>{text}</p>
            <SelectField name="overlap" label="Overlap" options bound=choice/>
            <Show when=is_other>
                <TextField name="overlap_hours" label="Hours" bound=typed hint="0 to 720, which is 30 days." mistake/>
            </Show>
            <FailureNotice failure/>
            <footer>
                <button type="button" class="button" on:click=move |_| open.set(false)>"Keep"</button>
                <button class="button primary" disabled=pending>{verb}</button>
            </footer>
        </form>
    }
}
