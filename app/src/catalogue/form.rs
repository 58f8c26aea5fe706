//! The form of an event type, new or not.

use hookyard_model::{EventType, EventTypeInput};
use leptos::{html, prelude::*};
use leptos_router::hooks::use_navigate;
use serde_json::Value;

use super::{
    detail::id_of_path,
    server::{ChangeEventType, CreateEventType, read_event_type},
};
use crate::{
    failure::Failure,
    layout::Lost,
    ui::{
        CheckField, FailureNotice, Icon, JsonEditor, Place, Shape, Skeleton, TextField, Trouble, json_mistake,
        lead_to_mistake, line_of, mistake_of, place_of,
    },
};

/// What a new schema begins with.
const NEW_SCHEMA: &str = "{\n  \"type\": \"object\",\n  \"required\": [\"id\"],\n  \"properties\": {\n    \"id\": {\n      \
     \"description\": \"What it is about.\",\n      \"type\": \"string\"\n    }\n  }\n}";
const NEW_EXAMPLE: &str = "{\n  \"id\": \"1024\"\n}";

#[component]
pub(crate) fn NewEventTypePage() -> impl IntoView {
    view! {
        <Place title="New event type" up=("/event-types", "Event types")/>
        <EventTypeForm/>
    }
}

#[component]
pub(crate) fn EditEventTypePage() -> impl IntoView {
    let id = id_of_path();
    move || match id.get() {
        Some(id) => {
            let found = Resource::new(|| (), move |()| read_event_type(id));
            view! {
                <Place title="Edit event type" up=("/event-types", "Event types")/>
                <Transition fallback=|| view! { <Skeleton rows=4/> }>
                    {move || found.get().map(|found| match found {
                        Ok(kind) => view! { <EventTypeForm kind/> }.into_any(),
                        Err(failure) => view! { <Trouble failure/> }.into_any(),
                    })}
                </Transition>
            }
            .into_any()
        }
        None => view! { <Lost/> }.into_any(),
    }
}

/// A JSON document that may be absent, and as it was last sent.
#[derive(Clone, Copy)]
struct Part {
    is_there: RwSignal<bool>,
    text: RwSignal<String>,
    sent: RwSignal<String>,
}

impl Part {
    fn new(value: Option<&Value>) -> Self {
        let text = value.and_then(|value| serde_json::to_string_pretty(value).ok()).unwrap_or_default();
        Self { is_there: RwSignal::new(value.is_some()), text: RwSignal::new(text), sent: RwSignal::default() }
    }

    fn is_readable(self) -> bool {
        !self.is_there.get() || self.text.with(|text| json_mistake(text).is_none())
    }

    fn take(self) -> Option<Value> {
        let text = self.text.get_untracked();
        self.sent.set(text.clone());
        self.is_there.get_untracked().then(|| serde_json::from_str(&text).ok()).flatten()
    }
}

/// Makes an event type, or changes `kind`, and goes to its page.
#[component]
fn EventTypeForm(#[prop(optional)] kind: Option<EventType>) -> impl IntoView {
    let id = kind.as_ref().map(|kind| kind.id);
    let back = id.map_or_else(|| "/event-types".to_owned(), |id| format!("/event-types/{id}"));
    let text = |of: fn(&EventType) -> String| RwSignal::new(kind.as_ref().map(of).unwrap_or_default());
    let name = text(|kind| kind.name.clone());
    let label = text(|kind| kind.label.clone());
    let description = text(|kind| kind.description.clone().unwrap_or_default());
    let by_default = RwSignal::new(kind.as_ref().is_some_and(|kind| kind.default_enabled));
    let deprecated = RwSignal::new(kind.as_ref().is_some_and(|kind| kind.deprecated_at.is_some()));
    let schema = Part::new(kind.as_ref().and_then(|kind| kind.schema.as_ref()));
    let example = Part::new(kind.as_ref().and_then(|kind| kind.example.as_ref()));

    let create = ServerAction::<CreateEventType>::new();
    let change = ServerAction::<ChangeEventType>::new();
    let answer = move || create.value().get().or_else(|| change.value().get());
    let form = NodeRef::<html::Form>::new();
    lead_to_mistake(form, answer);
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(Ok(kind)) = answer() {
            navigate(&format!("/event-types/{}", kind.id), leptos_router::NavigateOptions::default());
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let said =
            |text: RwSignal<String>| Some(text.get_untracked().trim().to_owned()).filter(|text| !text.is_empty());
        let input = EventTypeInput {
            name: said(name).unwrap_or_default(),
            label: said(label),
            description: said(description),
            schema: schema.take(),
            example: example.take(),
            default_enabled: by_default.get_untracked(),
            deprecated: deprecated.get_untracked(),
        };
        match id {
            None => drop(create.dispatch(CreateEventType { input })),
            Some(id) => drop(change.dispatch(ChangeEventType { id, input })),
        }
    };
    let is_known = |pointer: &str| {
        let first = pointer.split('/').nth(1).unwrap_or_default();
        ["name", "label", "description", "schema", "example"].contains(&first)
    };
    let elsewhere =
        move || answer()?.err().filter(|failure| !failure.errors.iter().any(|error| is_known(&error.pointer)));
    let cannot_save =
        move || create.pending().get() || change.pending().get() || !schema.is_readable() || !example.is_readable();
    view! {
        <form class="event-type-form" node_ref=form on:submit=submit novalidate>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            <TextField
                name="name" label="Name" bound=name placeholder="invoice.paid" disabled=Signal::stored(id.is_some())
                mistake=mistake_of(answer, "/name")
                hint=if id.is_some() { "A name stays, since receivers know it." } else { "What programs know it by: parts with dots between them." }
            />
            <TextField
                name="label" label="Label" bound=label placeholder="Invoice Paid" mistake=mistake_of(answer, "/label")
                hint="For people. Left empty, it is made from the name."
            />
            <TextField
                name="description" label="Description" bound=description mistake=mistake_of(answer, "/description")
                hint="When there is such an event."
            />
            <PartEditor
                part=schema name="schema" label="JSON Schema of its data" pointer="/schema" begin=NEW_SCHEMA answer=Signal::derive(answer)
                words=("Add a schema", "Remove the schema", "Without one, its events may carry anything.")
            />
            <PartEditor
                part=example name="example" label="Example of its data" pointer="/example" begin=NEW_EXAMPLE answer=Signal::derive(answer)
                words=("Add an example", "Remove the example", "The simulator begins with it.")
            />
            <div class="checks">
                <CheckField name="default_enabled" bound=by_default label="On by default: ticked in the form of a new webhook"/>
                <CheckField name="deprecated" bound=deprecated label="Deprecated: should not be chosen any more"/>
            </div>
            <footer>
                <button class="button primary" disabled=cannot_save>{if id.is_some() { "Save" } else { "Create" }}</button>
                <a class="button" href=back>"Cancel"</a>
            </footer>
        </form>
    }
}

/// An editor for a part that may be absent. What the server found wrong with it stands below, by line.
#[component]
fn PartEditor(
    part: Part,
    name: &'static str,
    label: &'static str,
    pointer: &'static str,
    begin: &'static str,
    /// The words to add it, to remove it, and what it means that there is none.
    words: (&'static str, &'static str, &'static str),
    answer: Signal<Option<Result<EventType, Failure>>>,
) -> impl IntoView {
    let (add, remove, absent) = words;
    let mistakes = Signal::derive(move || {
        // Once the text is another one, its lines are too.
        if part.text.with(|text| part.sent.with(|sent| text != sent)) {
            return Vec::new();
        }
        let errors = answer.get().and_then(Result::err).map(|failure| failure.errors.clone()).unwrap_or_default();
        let at = |error: hookyard_model::FieldError| {
            let within = error.pointer.strip_prefix(pointer)?;
            let text = part.sent.get();
            Some((
                line_of(&text, place_of(&text, within).start),
                format!("{} {}", shown(within), error.detail).trim().to_owned(),
            ))
        };
        errors.into_iter().filter_map(at).collect::<Vec<_>>()
    });
    let start = move |_| {
        if part.text.with_untracked(|text| text.trim().is_empty()) {
            part.text.set(begin.to_owned());
        }
        part.is_there.set(true);
    };
    view! {
        <div class="json-part" class:refused=move || mistakes.with(|mistakes| !mistakes.is_empty())>
            <Show
                when=move || part.is_there.get()
                fallback=move || view! {
                    <button type="button" class="button" on:click=start><Icon shape=Shape::Plus/>{add}</button>
                    <p class="aside">{absent}</p>
                }
            >
                <JsonEditor name label value=part.text warnings=mistakes/>
                <button type="button" class="button quiet small" on:click=move |_| part.is_there.set(false)>{remove}</button>
            </Show>
            <p class="hidden" role="alert">
                {move || mistakes.with(|mistakes| mistakes.first().map(|(line, text)| format!("Line {line}: {text}")))}
            </p>
        </div>
    }
}

/// A pointer for people.
fn shown(pointer: &str) -> String {
    pointer.trim_start_matches('/').to_owned()
}
