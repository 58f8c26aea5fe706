//! Payloads kept by name.

use hookyard_model::{SavedPayload, SavedPayloadInput};
use leptos::prelude::*;

use super::{
    draft::Draft,
    server::{DeleteSavedPayload, SavePayload, saved_payloads},
};
use crate::{
    live::asked_later,
    ui::{Confirm, FailureNotice, TextField, mistake_within},
};

/// A choice of those there are, and what can be done with them. Lies within the form of the composer.
#[component]
pub(super) fn SavedPayloads(draft: Draft) -> impl IntoView {
    let save = ServerAction::<SavePayload>::new();
    let delete = ServerAction::<DeleteSavedPayload>::new();
    let saved = asked_later(move || {
        save.version().track();
        delete.version().track();
        saved_payloads()
    });
    let all = RwSignal::new(Vec::<SavedPayload>::new());
    Effect::new(move |_| {
        if let Some(Ok(saved)) = saved.get() {
            all.set(saved);
        }
    });
    let chosen = RwSignal::new(String::new());
    let is_naming = RwSignal::new(false);
    let is_deleting = RwSignal::new(false);
    let picked = Memo::new(move |_| {
        all.with(|all| all.iter().find(|saved| chosen.with(|chosen| saved.id.to_string() == *chosen)).cloned())
    });
    Effect::new(move |_| {
        if let Some(Ok(saved)) = save.value().get() {
            is_naming.set(false);
            chosen.set(saved.id.to_string());
        }
    });
    let load = move |_| {
        if let Some(saved) = picked.get_untracked() {
            draft.load(saved);
        }
    };
    let do_delete = move |()| {
        if let Some(SavedPayload { id, .. }) = picked.get_untracked() {
            delete.dispatch(DeleteSavedPayload { id });
        }
    };
    let options = move || {
        let option = |saved: SavedPayload| {
            let (id, value) = (saved.id.to_string(), saved.id.to_string());
            view! { <option value=value selected=move || chosen.with(|chosen| *chosen == id)>{saved.name}</option> }
        };
        all.get().into_iter().map(option).collect_view()
    };
    let nothing = move || if all.with(Vec::is_empty) { "None yet" } else { "Choose one" };
    let cannot_read = RwSignal::new(None);
    Effect::new(move |_| cannot_read.set(saved.get().and_then(Result::err)));
    let failure = move || delete.value().get().and_then(Result::err).or_else(|| cannot_read.get());
    view! {
        <div class="saved-payloads" data-testid="saved-payloads">
            <div class="row">
                <div class="field">
                    <label for="saved_payload">"Saved payloads"</label>
                    <select
                        id="saved_payload"
                        disabled=move || all.with(Vec::is_empty)
                        prop:value=move || { all.track(); chosen.get() }
                        on:change:target=move |event| chosen.set(event.target().value())
                    >
                        <option value="">{nothing}</option>
                        {options}
                    </select>
                </div>
                <button type="button" class="button" disabled=move || picked.with(Option::is_none) on:click=load>"Load"</button>
                <button
                    type="button"
                    class="button"
                    disabled=move || picked.with(Option::is_none) || delete.pending().get()
                    on:click=move |_| is_deleting.set(true)
                >"Delete"</button>
                <button
                    type="button"
                    class="button"
                    aria-expanded=move || is_naming.get().to_string()
                    on:click=move |_| {
                        save.clear();
                        is_naming.update(|naming| *naming = !*naming);
                    }
                >"Save as…"</button>
            </div>
            <Show when=move || is_naming.get()><Naming draft save all suggested=picked.get_untracked().map(|saved| saved.name)/></Show>
            <FailureNotice failure=Signal::derive(failure)/>
            <p class="hidden" role="status">
                {move || save.value().get().and_then(Result::ok).map(|saved| format!("Saved as {}", saved.name))}
            </p>
            <Confirm
                open=is_deleting
                title="Delete this payload?"
                text=Signal::derive(move || format!("“{}” is deleted for the whole team.", picked.get().map(|saved| saved.name).unwrap_or_default()))
                verb="Delete"
                on_yes=Callback::new(do_delete)
            />
        </div>
    }
}

/// Asks for the name, and once more before another payload of that name is replaced.
#[component]
fn Naming(
    draft: Draft,
    save: ServerAction<SavePayload>,
    all: RwSignal<Vec<SavedPayload>>,
    suggested: Option<String>,
) -> impl IntoView {
    let name = RwSignal::new(suggested.unwrap_or_default());
    // The name that is known to be taken; saving under it once more replaces.
    let warned_of = RwSignal::new(None::<String>);
    let is_warned = move || warned_of.get().is_some_and(|taken| taken == name.get().trim());
    let of_server = mistake_within(move || save.value().get(), "/");
    let mistake = Signal::derive(move || {
        let warning = "A payload of this name is there already. Saving replaces it.";
        if is_warned() { Some(warning.to_owned()) } else { of_server.get() }
    });
    let elsewhere = move || save.value().get()?.err().filter(|failure| failure.errors.is_empty());
    let go = move || {
        let input = SavedPayloadInput {
            name: name.get_untracked().trim().to_owned(),
            kind: draft.kind.get_untracked(),
            payload: draft.payload.get_untracked(),
            exact: draft.exact.get_untracked(),
        };
        let is_taken = all.with_untracked(|all| all.iter().any(|saved| saved.name == input.name));
        if is_taken && warned_of.with_untracked(|taken| taken.as_ref() != Some(&input.name)) {
            warned_of.set(Some(input.name));
        } else {
            save.dispatch(SavePayload { input });
        }
    };
    // Within the composer's form, where Enter would send the payload.
    let on_key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            go();
        }
    };
    view! {
        <div class="naming" on:keydown=on_key>
            <TextField name="saved_name" label="Name" bound=name placeholder="Export without links" mistake/>
            <button type="button" class="button" disabled=save.pending() on:click=move |_| go()>
                {move || if is_warned() { "Replace" } else { "Save" }}
            </button>
            <FailureNotice failure=Signal::derive(elsewhere)/>
        </div>
    }
}
