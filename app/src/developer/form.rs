//! The form of a webhook, new or not.

use std::collections::BTreeSet;

use hookyard_model::{DestinationType, Mode, NewWebhook, Webhook, WebhookPatch};
use leptos::{html, prelude::*};
use leptos_router::hooks::use_navigate;

use super::{
    choice::EventTypeChoice,
    server::{CreateWebhook, UpdateWebhook},
};
use crate::{
    account::Me,
    failure::Failure,
    ui::{CheckField, FailureNotice, TextField, lead_to_mistake, mistake_of, mistake_within},
};

/// Makes a webhook and goes to its Delivery Logs, or changes `webhook`.
#[component]
pub(crate) fn WebhookForm(
    #[prop(optional)] webhook: Option<Webhook>,
    /// Called with the webhook when it is stored.
    #[prop(into)]
    done: Callback<Webhook>,
) -> impl IntoView {
    let id = webhook.as_ref().map(|webhook| webhook.id);
    let was_mock = webhook.as_ref().is_some_and(|webhook| webhook.kind == DestinationType::Mock);
    let url = RwSignal::new(webhook.as_ref().and_then(|webhook| webhook.url.clone()).unwrap_or_default());
    let description =
        RwSignal::new(webhook.as_ref().and_then(|webhook| webhook.description.clone()).unwrap_or_default());
    let chosen = RwSignal::new(webhook.map(|webhook| webhook.event_types.into_iter().collect::<BTreeSet<_>>()));
    let is_mock = RwSignal::new(was_mock);

    let create = ServerAction::<CreateWebhook>::new();
    let update = ServerAction::<UpdateWebhook>::new();
    let answer = move || create.value().get().or_else(|| update.value().get());
    let form = NodeRef::<html::Form>::new();
    lead_to_mistake(form, answer);
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(Ok(webhook)) = answer() {
            let to = format!("/webhooks/{}", webhook.id);
            done.run(webhook);
            if id.is_none() {
                navigate(&to, leptos_router::NavigateOptions::default());
            }
        }
    });

    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let event_types: Vec<_> = chosen.get_untracked().unwrap_or_default().into_iter().collect();
        let url = Some(url.get_untracked().trim().to_owned()).filter(|_| !is_mock.get_untracked());
        let description = description.get_untracked().trim().to_owned();
        match id {
            None => {
                let kind = if is_mock.get_untracked() { DestinationType::Mock } else { DestinationType::Http };
                let description = Some(description).filter(|text| !text.is_empty());
                create.dispatch(CreateWebhook { new: NewWebhook { kind, url, description, event_types } });
            }
            Some(id) => {
                let patch = WebhookPatch { url, description: Some(description), event_types: Some(event_types) };
                update.dispatch(UpdateWebhook { id, patch });
            }
        }
    };
    let mode = expect_context::<Me>().mode;
    let in_answer = mistake_of(answer, "/url");
    let url_mistake =
        Signal::derive(move || not_https(mode, &url.get()).filter(|_| !is_mock.get()).or_else(|| in_answer.get()));
    let url_hint = match mode {
        Mode::Test => "http or https. A team has one webhook a URL.",
        Mode::Live => "Live webhooks are https only. A team has one webhook a URL.",
    };
    let known = |pointer: &str| pointer == "/url" || pointer.starts_with("/event_types");
    let elsewhere = move || answer()?.err().filter(|failure| !failure.errors.iter().any(|error| known(&error.pointer)));
    let pending = move || create.pending().get() || update.pending().get();
    view! {
        <form node_ref=form on:submit=submit novalidate>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            {(!was_mock).then(|| view! {
                <TextField
                    name="url" label="Webhook URL" kind="url" bound=url placeholder="https://example.com/webhooks"
                    hint=url_hint disabled=is_mock mistake=url_mistake
                />
                {move || taken_by(answer()?.err()?, mode)}
            })}
            {id.is_none().then(|| view! {
                <CheckField
                    name="mock" bound=is_mock
                    label="Use the built-in receiver: see a delivery without a server of your own"
                />
            })}
            <TextField name="description" label="Description" bound=description hint="For yourself; optional."/>
            <EventTypeChoice chosen mistake=mistake_within(answer, "/event_types")/>
            <footer>
                <button class="button primary" disabled=pending>{if id.is_some() { "Save" } else { "Create" }}</button>
            </footer>
        </form>
    }
}

/// Said while it is typed: a live webhook that is not https cannot be made.
fn not_https(mode: Mode, url: &str) -> Option<String> {
    let is_plain = url.trim().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("http:"));
    let new = NewWebhook { url: Some(url.trim().to_owned()), ..NewWebhook::default() };
    let mistakes = (mode == Mode::Live && is_plain).then(|| new.mistakes(mode))?;
    mistakes.into_iter().find(|mistake| mistake.pointer == "/url").map(|mistake| mistake.detail)
}

/// The way to the webhook that has the URL already.
fn taken_by(failure: Failure, mode: Mode) -> Option<AnyView> {
    let id = failure.resource_id.clone()?;
    let detail = failure.about("/url")?;
    // One of the other mode has no page in this one.
    Some(if detail.contains(&format!("{mode} webhook")) {
        view! { <p class="beside"><a href=format!("/webhooks/{id}")>"Go to that webhook"</a></p> }.into_any()
    } else {
        let other = if mode == Mode::Test { "Live" } else { "Test" };
        view! { <p class="beside">"To see it, press "<strong>{other}</strong>" at the top of the page."</p> }.into_any()
    })
}
