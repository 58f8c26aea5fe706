//! The form of a new connection.

use hookyard_model::{ConnectionInput, Destination, Source};
use leptos::prelude::*;

use super::server::CreateConnection;
use crate::{
    destination::destinations,
    failure::Failure,
    source::sources,
    ui::{Empty, FailureNotice, SelectField, Shape, Skeleton, TextField, Trouble, mistake_of, mistake_within},
};

/// Makes a connection between a source and a destination that are there.
#[component]
pub(crate) fn ConnectionForm(#[prop(into)] done: Callback<()>) -> impl IntoView {
    let ends = Resource::new(
        || (),
        |()| async { Ok::<_, Failure>((sources(None).await?.models, destinations(None).await?.models)) },
    );
    view! {
        <Transition fallback=|| view! { <Skeleton rows=4/> }>
            {move || ends.get().map(|ends| match ends {
                Ok((sources, destinations)) if sources.is_empty() || destinations.is_empty() => view! {
                    <Empty shape=Shape::Connection title="Make a source and a destination first">
                        <p><a href="/sources">"Sources"</a>" · "<a href="/destinations">"Destinations"</a></p>
                    </Empty>
                }
                .into_any(),
                Ok((sources, destinations)) => view! { <Form sources destinations done/> }.into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
    }
}

#[component]
fn Form(sources: Vec<Source>, destinations: Vec<Destination>, done: Callback<()>) -> impl IntoView {
    let create = ServerAction::<CreateConnection>::new();
    let answer = move || create.value().get();
    let name = RwSignal::new(String::new());
    let types = RwSignal::new(String::new());
    let source = RwSignal::new(sources.first().map(|first| first.id.to_string()).unwrap_or_default());
    let destination = RwSignal::new(destinations.first().map(|first| first.id.to_string()).unwrap_or_default());
    let from: Vec<_> = sources.into_iter().map(|source| (source.id.to_string(), source.name)).collect();
    let to: Vec<_> = destinations.into_iter().map(|one| (one.id.to_string(), one.name)).collect();
    Effect::new(move |_| {
        if let Some(Ok(_)) = create.value().get() {
            done.run(());
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (Ok(source_id), Ok(destination_id)) = (source.get_untracked().parse(), destination.get_untracked().parse())
        else {
            return;
        };
        let types: Vec<_> =
            types.get_untracked().split([',', ' ', '\n']).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let input = ConnectionInput {
            name: name.get_untracked().trim().to_owned(),
            description: None,
            source_id,
            destination_id,
            event_types: Some(types).filter(|types| !types.is_empty()),
            rules: Vec::new(),
            paused_at: None,
            disabled_at: None,
        };
        create.dispatch(CreateConnection { input });
    };
    let is_known = |pointer: &str| pointer == "/name" || pointer.starts_with("/event_types");
    let elsewhere =
        move || answer()?.err().filter(|failure| !failure.errors.iter().any(|error| is_known(&error.pointer)));
    view! {
        <form on:submit=submit novalidate>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            <TextField name="connection_name" label="Name" bound=name placeholder="orders" mistake=mistake_of(answer, "/name")/>
            <SelectField name="connection_source" label="From source" options=from bound=source/>
            <SelectField name="connection_destination" label="To destination" options=to bound=destination/>
            <TextField name="connection_types" label="Event types" bound=types hint="Separated by commas; all of them when empty."
                mistake=mistake_within(answer, "/event_types")/>
            <footer><button class="button primary" disabled=create.pending()>"Create"</button></footer>
        </form>
    }
}
