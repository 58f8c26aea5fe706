//! The fields of the editor, each with what is wrong with it and the way back to what came.

use hookyard_model::{Modifications, REPLAY_METHODS, is_placeholder};
use leptos::prelude::*;

use super::draft::{Draft, Row};
use crate::{
    failure::Failure,
    ui::{Icon, JsonEditor, Shape, json_mistake, sentence},
};

/// What is wrong with what was sent last.
pub(super) type Wrong = Signal<Option<Failure>>;

/// What is said about one field.
fn about(wrong: Wrong, pointer: &str) -> Option<String> {
    wrong.with(|wrong| wrong.as_ref().and_then(|wrong| wrong.about(pointer)).map(sentence))
}

#[component]
fn Mistake(id: &'static str, #[prop(into)] said: Signal<Option<String>>) -> impl IntoView {
    view! { <p class="mistake" id=format!("{id}-mistake") aria-live="polite">{move || said.get()}</p> }
}

/// Puts back what came, where there is something else.
#[component]
fn Reset(
    what: &'static str,
    #[prop(into)] is_modified: Signal<bool>,
    on_reset: impl Fn() + Clone + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <Show when=move || is_modified.get()>
            <button type="button" class="button quiet small" on:click={ let on_reset = on_reset.clone(); move |_| on_reset() }>
                "Reset"<span class="hidden">" "{what}</span>
            </button>
        </Show>
    }
}

#[component]
pub(super) fn Fields(draft: Draft, with: Memo<Modifications>, wrong: Wrong) -> impl IntoView {
    let methods = move || {
        let came = draft.original().method;
        let others = REPLAY_METHODS.iter().map(|method| (*method).to_owned()).filter(|method| *method != came);
        let option = |method: String| {
            let is_it = draft.method.get_untracked() == method;
            view! { <option value=method.clone() selected=is_it>{method.clone()}</option> }
        };
        std::iter::once(came.clone()).chain(others.collect::<Vec<_>>()).map(option).collect_view()
    };
    let line = (!draft.is_published).then(|| view! {
        <div class="field">
            <div class="label-row">
                <label for="replay-method">"Method"</label>
                <Reset what="method" is_modified=Signal::derive(move || with.with(|with| with.method.is_some())) on_reset=move || draft.method.set(draft.original().method)/>
            </div>
            <select
                id="replay-method"
                prop:value=move || draft.method.get()
                aria-describedby="replay-method-mistake"
                on:change:target=move |event| draft.method.set(event.target().value())
            >{methods()}</select>
            <Mistake id="replay-method" said=Signal::derive(move || about(wrong, "/method"))/>
        </div>
        <Text id="replay-path" label="Path" hint="What follows the source's URL, starting with /. Empty for none." pointer="/path" value=draft.path was=draft.original().path wrong/>
        <Text id="replay-query" label="Query" hint="Without the question mark." pointer="/query" value=draft.query was=draft.original().query wrong/>
        <HeaderRows draft with wrong/>
    });
    view! {
        {line}
        {draft.is_published.then(|| view! { <p class="aside">"This was published: nothing of it but its body is sent."</p> })}
        <BodyField draft with wrong/>
    }
}

#[component]
fn Text(
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    pointer: &'static str,
    value: RwSignal<String>,
    was: String,
    wrong: Wrong,
) -> impl IntoView {
    let was = StoredValue::new(was);
    let said = Signal::derive(move || about(wrong, pointer));
    let is_modified = Signal::derive(move || was.with_value(|was| value.with(|value| value.trim() != was)));
    view! {
        <div class="field" class:wrong=move || said.get().is_some()>
            <div class="label-row">
                <label for=id>{label}</label>
                <Reset what=label is_modified on_reset=move || value.set(was.get_value())/>
            </div>
            <input
                id=id
                type="text"
                class="code"
                spellcheck="false"
                autocapitalize="off"
                autocomplete="off"
                aria-describedby=format!("{id}-hint {id}-mistake")
                aria-invalid=move || said.get().map(|_| "true")
                prop:value=value
                on:input:target=move |event| value.set(event.target().value())
            />
            <p class="field-hint" id=format!("{id}-hint")>{hint}</p>
            <Mistake id said/>
        </div>
    }
}

#[component]
fn HeaderRows(draft: Draft, with: Memo<Modifications>, wrong: Wrong) -> impl IntoView {
    let is_modified = Signal::derive(move || with.with(|with| with.headers.is_some()));
    view! {
        <fieldset class="replay-headers">
            <legend>"Headers"</legend>
            <Reset what="headers" is_modified on_reset=move || draft.reset_headers()/>
            <ul data-testid="headers">
                <For each=move || draft.rows.get() key=|row| row.key let:row><HeaderRow draft row wrong/></For>
            </ul>
            <button type="button" class="button small" on:click=move |_| draft.add_row("", "")><Icon shape=Shape::Plus/>"Add a header"</button>
            <Mistake id="replay-headers" said=Signal::derive(move || about(wrong, "/headers"))/>
        </fieldset>
    }
}

#[component]
fn HeaderRow(draft: Draft, row: Row, wrong: Wrong) -> impl IntoView {
    let Row { key, name, value } = row;
    let is_secret = is_placeholder(&value.get_untracked());
    let said = move || draft.number(key).and_then(|number| about(wrong, &format!("/headers/{number}")));
    let of = move || name.with(|name| if name.is_empty() { "the new header".to_owned() } else { name.clone() });
    view! {
        <li>
            <input
                type="text"
                class="code"
                aria-label="Header name"
                placeholder="name"
                spellcheck="false"
                autocapitalize="off"
                autocomplete="off"
                readonly=is_secret
                prop:value=name
                on:input:target=move |event| name.set(event.target().value())
            />
            <input
                type="text"
                class="code"
                aria-label=move || format!("Value of {}", of())
                placeholder="value"
                spellcheck="false"
                autocapitalize="off"
                autocomplete="off"
                readonly=is_secret
                prop:value=value
                on:input:target=move |event| value.set(event.target().value())
            />
            <button
                type="button"
                class="button quiet icon-only"
                aria-label=move || format!("Take out {}", of())
                on:click=move |_| draft.rows.update(|rows| rows.retain(|row| row.key != key))
            ><Icon shape=Shape::Bin/></button>
            {is_secret.then(|| view! { <p class="field-hint">"A credential: neither kept nor sent."</p> })}
            <p class="mistake" aria-live="polite">{said}</p>
        </li>
    }
}

#[component]
fn BodyField(draft: Draft, with: Memo<Modifications>, wrong: Wrong) -> impl IntoView {
    let is_modified =
        Signal::derive(move || with.with(|with| with.body.is_some()) || draft.keeps_body.get() == draft.has_text());
    let is_json = json_mistake(&draft.body.get_untracked()).is_none();
    // Of what was published, places within it are named.
    let said = Signal::derive(move || {
        wrong.with(|wrong| {
            let errors = wrong.iter().flat_map(|wrong| &wrong.errors);
            let of_body = errors.filter(|error| error.pointer == "/body" || error.pointer.starts_with("/body/"));
            let words = |error: &hookyard_model::FieldError| match error.pointer.strip_prefix("/body/") {
                Some(place) => format!("{place}: {}", error.detail),
                None => sentence(&error.detail),
            };
            of_body.map(words).reduce(|all, one| format!("{all} {one}"))
        })
    });
    let editor = move || {
        if is_json {
            return view! { <JsonEditor name="replay-body" label="Body" value=draft.body/> }.into_any();
        }
        view! {
            <div class="field">
                <label for="replay-body">"Body"</label>
                <textarea
                    id="replay-body"
                    class="code"
                    rows="8"
                    spellcheck="false"
                    aria-describedby="replay-body-said-mistake"
                    prop:value=draft.body
                    on:input:target=move |event| draft.body.set(event.target().value())
                >{draft.body.get_untracked()}</textarea>
            </div>
        }
        .into_any()
    };
    view! {
        <div class="replay-body">
            <Reset what="body" is_modified on_reset=move || draft.reset_body()/>
            {(!draft.has_text()).then(|| view! {
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=draft.keeps_body
                        on:change:target=move |event| draft.keeps_body.set(event.target().checked())
                    />
                    "Keep the body as it came: it is no text, or too long to edit"
                </label>
            })}
            <Show when=move || draft.has_text() || !draft.keeps_body.get()>{editor()}</Show>
            <Mistake id="replay-body-said" said/>
        </div>
    }
}
