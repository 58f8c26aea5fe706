//! The form of a new destination.

use hookyard_model::{DestinationConfig, DestinationInput, DestinationType, Status};
use leptos::prelude::*;

use super::server::CreateDestination;
use crate::ui::{CheckField, FailureNotice, TextField, mistake_of};

/// Makes a destination.
#[component]
pub(crate) fn DestinationForm(#[prop(into)] done: Callback<()>) -> impl IntoView {
    let create = ServerAction::<CreateDestination>::new();
    let answer = move || create.value().get();
    let name = RwSignal::new(String::new());
    let url = RwSignal::new(String::new());
    let is_mock = RwSignal::new(false);
    Effect::new(move |_| {
        if let Some(Ok(_)) = create.value().get() {
            done.run(());
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let kind = if is_mock.get_untracked() { DestinationType::Mock } else { DestinationType::Http };
        let url = Some(url.get_untracked().trim().to_owned()).filter(|_| kind == DestinationType::Http);
        let input = DestinationInput {
            name: name.get_untracked().trim().to_owned(),
            description: None,
            kind,
            config: DestinationConfig { url, ..DestinationConfig::default() },
            auto_disable: None,
            status: Status::Enabled,
        };
        create.dispatch(CreateDestination { input });
    };
    let known = ["/name", "/config/url"];
    let elsewhere = move || {
        answer()?.err().filter(|failure| !failure.errors.iter().any(|error| known.contains(&error.pointer.as_str())))
    };
    view! {
        <form on:submit=submit novalidate>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            <TextField name="destination_name" label="Name" bound=name placeholder="orders-service" mistake=mistake_of(answer, "/name")/>
            <TextField name="destination_url" label="URL" kind="url" bound=url placeholder="https://example.com/hooks" disabled=is_mock
                mistake=mistake_of(answer, "/config/url")/>
            <CheckField name="mock" bound=is_mock label="Use the built-in receiver: see a delivery without a server of your own"/>
            <footer><button class="button primary" disabled=create.pending()>"Create"</button></footer>
        </form>
    }
}
