//! Event types from an `OpenAPI` document: paste or choose it, see what it would change, take what is wanted.

use std::collections::BTreeSet;

use hookyard_model::{EventTypeImport, ImportAction, ImportedEventType};
use leptos::{prelude::*, task::spawn_local};

use super::{
    plan::Plan,
    server::{ImportEventTypes, read_catalogue},
};
use crate::ui::{FailureNotice, Icon, Notice, Place, Shape, Tone, mistake_of};

/// As the server has it.
const LARGEST: f64 = (2 << 20) as f64;

#[component]
pub(crate) fn ImportPage() -> impl IntoView {
    let document = RwSignal::new(String::new());
    let too_large = RwSignal::new(false);
    let look = ServerAction::<ImportEventTypes>::new();
    let take = ServerAction::<ImportEventTypes>::new();
    let chosen = RwSignal::new(BTreeSet::<String>::new());
    // What the plan is about: the text as it was when it was looked at.
    let looked_at = RwSignal::new(String::new());
    let before = Resource::new(move || look.version().get(), |_| read_catalogue());
    let plan = Memo::new(move |_| look.value().get().and_then(Result::ok));
    let is_current = move || document.with(|text| looked_at.with(|seen| text == seen));
    Effect::new(move |_| {
        let changes = plan.get().unwrap_or_default().into_iter().filter(is_change);
        chosen.set(changes.map(|imported| imported.name).collect());
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let text = document.get_untracked();
        looked_at.set(text.clone());
        take.clear();
        look.dispatch(ImportEventTypes { import: EventTypeImport { document: text, names: None, dry_run: true } });
    };
    let apply = move |_| {
        let (document, names) = (looked_at.get_untracked(), Some(chosen.get_untracked().into_iter().collect()));
        take.dispatch(ImportEventTypes { import: EventTypeImport { document, names, dry_run: false } });
    };
    let mistake = mistake_of(move || look.value().get(), "/document");
    let mistake = Signal::derive(move || {
        if too_large.get() {
            Some("a document has at most 2 MiB".to_owned())
        } else {
            mistake.get().filter(|_| is_current())
        }
    });
    let of_looking = move || look.value().get()?.err().filter(|failure| failure.about("/document").is_none());
    let elsewhere = move || of_looking().or_else(|| take.value().get()?.err());
    let taken = move || take.value().get().and_then(Result::ok);
    view! {
        <Place title="Import event types" up=("/event-types", "Event types")/>
        <p class="aside">
            "From the webhooks section of an OpenAPI 3.1 document, JSON or YAML. Nothing is stored before you have seen what would change."
        </p>
        <form class="import" on:submit=submit novalidate>
            <div class="field" class:wrong=move || mistake.with(Option::is_some)>
                <label for="file">"A file"</label>
                <input
                    id="file" type="file" accept=".json,.yaml,.yml,application/json,application/yaml"
                    on:change:target=move |event| read_file(&event.target(), document, too_large)
                />
                <label for="document">"Or its text"</label>
                <textarea
                    id="document" class="code document" spellcheck="false" autocapitalize="off" autocomplete="off" rows="12"
                    placeholder="openapi: 3.1.0\nwebhooks:\n  invoice.paid:\n    post: …"
                    aria-describedby="document-hint"
                    aria-invalid=move || mistake.with(Option::is_some).then_some("true")
                    prop:value=document
                    on:input:target=move |event| {
                        too_large.set(false);
                        document.set(event.target().value());
                    }
                ></textarea>
                <div class="field-hint" id="document-hint">
                    {move || mistake.get().map(|mistake| view! { <p class="mistake" role="alert">{mistake}</p> })}
                </div>
            </div>
            <footer>
                <button class="button primary" disabled=look.pending()>"Show what would change"</button>
            </footer>
        </form>
        <FailureNotice failure=Signal::derive(elsewhere)/>
        {move || taken().map(|taken| view! { <Taken taken/> })}
        <Show when=move || plan.with(Option::is_some) && is_current() && taken().is_none()>
            <section class="part" aria-labelledby="plan">
                <header>
                    <h2 id="plan">"What would change"</h2>
                    <button
                        type="button" class="button primary" on:click=apply
                        disabled=move || take.pending().get() || chosen.with(BTreeSet::is_empty)
                    >
                        {move || format!("Take {}", count(chosen.with(BTreeSet::len)))}
                    </button>
                </header>
                <Transition>
                    {move || before.get().map(|before| {
                        let before = before.map(|found| found.types).unwrap_or_default();
                        view! { <Plan plan=plan.get().unwrap_or_default() before chosen/> }
                    })}
                </Transition>
            </section>
        </Show>
    }
}

/// What was done.
#[component]
fn Taken(taken: Vec<ImportedEventType>) -> impl IntoView {
    let number = |action: ImportAction| taken.iter().filter(|imported| imported.action == action).count();
    let words = [
        (number(ImportAction::Create), "created"),
        (number(ImportAction::Update), "changed"),
        (number(ImportAction::Refuse), "refused"),
    ];
    let said: Vec<_> = words.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", count(*n))).collect();
    view! {
        <div role="status">
            <Notice tone=Tone::Good shape=Shape::Check>
                <p>{said.join(", ")}"."</p>
                <a class="button small" href="/event-types"><Icon shape=Shape::Event/>"To the catalogue"</a>
            </Notice>
        </div>
    }
}

pub(super) fn is_change(imported: &ImportedEventType) -> bool {
    matches!(imported.action, ImportAction::Create | ImportAction::Update)
}

fn count(number: usize) -> String {
    if number == 1 { "1 event type".to_owned() } else { format!("{number} event types") }
}

/// Puts the text of the chosen file into the field.
fn read_file(input: &web_sys::HtmlInputElement, document: RwSignal<String>, too_large: RwSignal<bool>) {
    let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
    too_large.set(file.size() > LARGEST);
    if file.size() > LARGEST {
        return;
    }
    spawn_local(async move {
        let text = leptos::__reexports::wasm_bindgen_futures::JsFuture::from(file.text()).await;
        if let Some(text) = text.ok().and_then(|text| text.as_string()) {
            document.try_set(text);
        }
    });
}
