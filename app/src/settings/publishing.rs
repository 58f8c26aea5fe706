//! What happens to what is published, and how long it is kept.

use hookyard_model::SchemaCheck;
use leptos::prelude::*;

use super::server::{SetSchemaCheck, read_team_settings};
use crate::ui::{FailureNotice, Skeleton, Trouble};

/// What happens to an event that does not fit its type's schema.
#[component]
pub(super) fn SchemaChecks() -> impl IntoView {
    let set = ServerAction::<SetSchemaCheck>::new();
    let settings = Resource::new(|| (), |()| read_team_settings());
    // Shown as chosen at once; where that fails, what is stored is shown again.
    let picked = RwSignal::new(None::<SchemaCheck>);
    Effect::new(move |_| {
        if matches!(set.value().get(), Some(Err(_))) {
            picked.set(None);
            settings.refetch();
        }
    });
    let stored = move || settings.with(|settings| Some(settings.as_ref()?.as_ref().ok()?.schema_check));
    let chosen = move || picked.get().or_else(stored);
    let is_saved = move || matches!(set.value().get(), Some(Ok(_)));
    let option = move |check: SchemaCheck| {
        let (word, meaning) = words(check);
        view! {
            <label class="check">
                <input
                    type="radio"
                    name="schema_check"
                    value=check.as_str()
                    checked=untrack(chosen) == Some(check)
                    prop:checked=move || chosen() == Some(check)
                    on:change=move |_| {
                        picked.set(Some(check));
                        set.dispatch(SetSchemaCheck { schema_check: check });
                    }
                />
                <span><strong>{word}</strong><small>{meaning}</small></span>
            </label>
        }
    };
    view! {
        <section class="part" aria-labelledby="schema-check">
            <header><h2 id="schema-check">"Schema check on publish"</h2></header>
            <Transition fallback=|| view! { <Skeleton rows=3/> }>
                {move || settings.get().map(|settings| match settings {
                    Ok(_) => view! {
                        <fieldset class="choice panel">
                            <legend class="hidden">"What happens to an event that does not fit its type's schema"</legend>
                            {SchemaCheck::ALL.iter().map(|check| option(*check)).collect_view()}
                            <p role="status" class="saved">{is_saved().then_some("Saved.")}</p>
                        </fieldset>
                    }
                    .into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
            <FailureNotice failure=Signal::derive(move || set.value().get().and_then(Result::err))/>
        </section>
    }
}

const fn words(check: SchemaCheck) -> (&'static str, &'static str) {
    match check {
        SchemaCheck::Warn => (
            "Warn",
            "An event that does not fit its type's schema is sent. The answer to publish lists what does not fit.",
        ),
        SchemaCheck::Refuse => (
            "Refuse",
            "An event that does not fit is refused with 422, and the answer says where. Nothing is stored or sent.",
        ),
        SchemaCheck::Off => ("Off", "Nobody looks."),
    }
}

/// How long records are kept.
#[component]
pub(super) fn Retention(days: u32) -> impl IntoView {
    view! {
        <section class="part" aria-labelledby="retention">
            <header><h2 id="retention">"Retention"</h2></header>
            <div class="panel">
                <p>"Requests, events and delivery logs are kept for "<strong>{days}" days"</strong>", then deleted for good."</p>
                <p class="aside">"Whoever runs the server changes it with "<code>"HOOKYARD_RETENTION_DAYS"</code>"."</p>
            </div>
        </section>
    }
}
