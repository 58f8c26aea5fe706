//! Making and changing a destination.

use hookyard_model::{Destination, DestinationId, DestinationType, Mode};
use leptos::{html, prelude::*, server_fn::ServerFn};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map, use_query_map},
};

use super::{
    draft::Draft,
    fields::{Answer, AuthFields, DisableFields, HttpFields, LimitFields, about},
    mock_fields::MockFields,
    server::{CreateDestination, ReplaceDestination, SaveDestination, read_destination},
};
use crate::{
    account::Me,
    failure::Failure,
    layout::Lost,
    live::asked_later,
    typed::typed_before,
    ui::{FailureNotice, Place, SelectField, Skeleton, TextField, Trouble, lead_to_mistake},
};

#[component]
pub(crate) fn NewDestinationPage() -> impl IntoView {
    let mode = expect_context::<Me>().mode;
    let query = use_query_map();
    let typed = typed_before();
    let form = move || {
        let draft = Draft::new(mode);
        if query.with_untracked(|query| query.get("type")).as_deref() == Some(DestinationType::Mock.as_str()) {
            draft.kind.set(DestinationType::Mock.to_string());
        }
        draft.fill(&typed.get()?);
        Some(view! { <DestinationForm draft/> })
    };
    view! {
        <Place title="New destination" up=("/destinations", "Destinations")/>
        <Suspense>{form}</Suspense>
    }
}

#[component]
pub(crate) fn EditDestinationPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<DestinationId>().ok()));
    move || match id.get() {
        None => view! { <Lost/> }.into_any(),
        Some(id) => view! { <Edit id/> }.into_any(),
    }
}

#[component]
fn Edit(id: DestinationId) -> impl IntoView {
    let mode: Mode = expect_context::<Me>().mode;
    let found = Resource::new(|| (), move |()| read_destination(id));
    let typed = typed_before();
    view! {
        <Place title="Edit destination" up=(format!("/destinations/{id}"), "The destination")/>
        <Transition fallback=|| view! { <Skeleton rows=4/> }>
            {move || found.get().zip(typed.get()).map(|(found, typed)| match found {
                Ok(destination) => {
                    let draft = Draft::of(&destination, mode);
                    draft.fill(&typed);
                    view! { <DestinationForm draft destination/> }.into_any()
                }
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
    }
}

/// The form of a destination as a part of another page: `saved` grows with each change. For the browser alone.
#[component]
pub(crate) fn EditHere(id: DestinationId, saved: RwSignal<u32>) -> impl IntoView {
    let mode: Mode = expect_context::<Me>().mode;
    let found = asked_later(move || read_destination(id));
    move || match found.get() {
        None => view! { <Skeleton rows=4/> }.into_any(),
        Some(Ok(destination)) => {
            view! { <DestinationForm draft=Draft::of(&destination, mode) destination saved/> }.into_any()
        }
        Some(Err(failure)) => view! { <Trouble failure/> }.into_any(),
    }
}

/// Makes a destination, or changes `destination`, and goes to its page, or stays where `saved` is told.
#[component]
fn DestinationForm(
    draft: Draft,
    #[prop(optional)] destination: Option<Destination>,
    #[prop(optional)] saved: Option<RwSignal<u32>>,
) -> impl IntoView {
    let id = destination.as_ref().map(|destination| destination.id);
    let is_webhook = destination.is_some_and(|destination| destination.is_webhook);
    let back = id.map_or_else(|| "/destinations".to_owned(), |id| format!("/destinations/{id}"));
    let create = ServerAction::<CreateDestination>::new();
    let replace = ServerAction::<ReplaceDestination>::new();
    // What the form itself posted, before there are scripts.
    let plain = ServerAction::<SaveDestination>::new();
    // What is wrong with it before anybody is asked.
    let unreadable = RwSignal::new(None::<Failure>);
    let answer: Answer = Signal::derive(move || {
        let unreadable = unreadable.get().map(Err);
        let asked = move || create.value().get().or_else(|| replace.value().get());
        unreadable.or_else(asked).or_else(|| plain.value().get())
    });
    let form = NodeRef::<html::Form>::new();
    lead_to_mistake(form, move || answer.get());
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(Ok(destination)) = answer.get() {
            match saved {
                Some(saved) => saved.update(|count| *count += 1),
                None => navigate(&format!("/destinations/{}", destination.id), NavigateOptions::default()),
            }
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        match (draft.taken(), id) {
            (Err(problem), _) => unreadable.set(Some(Failure::shown(problem))),
            (Ok(input), id) => {
                unreadable.set(None);
                match id {
                    None => drop(create.dispatch(CreateDestination { input })),
                    Some(id) => drop(replace.dispatch(ReplaceDestination { id, input })),
                }
            }
        }
    };
    let is_beside = |pointer: &str| {
        ["/name", "/description", "/config/", "/auto_disable"].iter().any(|start| pointer.starts_with(start))
    };
    let elsewhere =
        move || answer.get()?.err().filter(|failure| !failure.errors.iter().any(|error| is_beside(&error.pointer)));
    let pending = move || create.pending().get() || replace.pending().get();
    let kinds = [("HTTP", "A URL of yours"), ("MOCK", "The built-in receiver, which answers as you say")];
    let kinds: Vec<_> = kinds.map(|(word, words)| (word.to_owned(), words.to_owned())).into();
    view! {
        <form class="destination-form" method="post" action=SaveDestination::url() node_ref=form on:submit=submit novalidate>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            {id.map(|id| view! { <input type="hidden" name="id" value=id.to_string()/> })}
            <section class="part">
                <TextField name="name" label="Name" bound=draft.name placeholder="orders-service" mistake=about(answer, "/name")/>
                <TextField
                    name="description" label="Description" bound=draft.description hint="For yourselves; optional."
                    mistake=about(answer, "/description")
                />
                {(!is_webhook).then(|| view! { <SelectField name="type" label="What receives" options=kinds bound=draft.kind/> })}
            </section>
            {move || if draft.is_mock() {
                view! { <MockFields draft answer/> }.into_any()
            } else {
                view! { <HttpFields draft answer/> <AuthFields draft answer/> }.into_any()
            }}
            <LimitFields draft answer/>
            <DisableFields draft answer/>
            <footer>
                <button class="button primary" disabled=pending>{if id.is_some() { "Save" } else { "Create" }}</button>
                {saved.is_none().then(|| view! { <a class="button" href=back>"Cancel"</a> })}
                {move || (saved.is_some() && matches!(answer.get(), Some(Ok(_)))).then(|| view! { <p class="saved" role="status">"Saved."</p> })}
            </footer>
        </form>
    }
}
