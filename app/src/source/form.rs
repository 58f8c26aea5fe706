//! The form of a new source.

use hookyard_model::{Secret, SourceAuth, SourceConfig, SourceInput, SourceType, Status};
use leptos::prelude::*;

use super::server::CreateSource;
use crate::ui::{FailureNotice, SelectField, TextField, mistake_of};

/// Makes a source.
#[component]
pub(crate) fn SourceForm(#[prop(into)] done: Callback<()>) -> impl IntoView {
    let create = ServerAction::<CreateSource>::new();
    let answer = move || create.value().get();
    let name = RwSignal::new(String::new());
    let auth_type = RwSignal::new(String::new());
    // The user name, or the header that carries the key or signature.
    let first = RwSignal::new(String::new());
    let secret = RwSignal::new(String::new());
    Effect::new(move |_| {
        if let Some(Ok(_)) = create.value().get() {
            done.run(());
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (first, secret) = (first.get_untracked().trim().to_owned(), Secret::new(secret.get_untracked()));
        let auth = match auth_type.get_untracked().as_str() {
            "BASIC_AUTH" => Some(SourceAuth::BasicAuth { username: first, password: secret }),
            "API_KEY" => Some(SourceAuth::ApiKey { header_name: first, value: secret }),
            "HMAC" => Some(SourceAuth::Hmac {
                signature_header: first,
                secret,
                algorithm: hookyard_model::HmacAlgorithm::default(),
                encoding: hookyard_model::SignatureEncoding::default(),
                prefix: String::new(),
            }),
            _ => None,
        };
        let config = SourceConfig { auth, ..SourceConfig::default() };
        let name = name.get_untracked().trim().to_owned();
        let input = SourceInput { name, description: None, kind: SourceType::WEBHOOK, config, status: Status::Enabled };
        create.dispatch(CreateSource { input });
    };
    let kinds = [
        ("", "Anybody who knows the URL"),
        ("BASIC_AUTH", "User name and password"),
        ("API_KEY", "A key in a header"),
        ("HMAC", "A signature (HMAC, SHA-256, hex)"),
    ];
    let kinds: Vec<_> = kinds.map(|(value, text)| (value.to_owned(), text.to_owned())).into();
    let first_label = move || match auth_type.get().as_str() {
        "BASIC_AUTH" => Some(("User name", "Password")),
        "API_KEY" => Some(("Header", "Key")),
        "HMAC" => Some(("Signature header", "Secret")),
        _ => None,
    };
    let known = ["/name", "/config/auth", "/config/auth/header_name", "/config/auth/signature_header"];
    let elsewhere = move || {
        answer()?.err().filter(|failure| !failure.errors.iter().any(|error| known.contains(&error.pointer.as_str())))
    };
    let header_mistake = Signal::derive(move || {
        let failure = answer()?.err()?;
        let about = |pointer| failure.about(pointer).map(str::to_owned);
        about("/config/auth/header_name").or_else(|| about("/config/auth/signature_header"))
    });
    view! {
        <form on:submit=submit novalidate>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            <TextField name="source_name" label="Name" bound=name placeholder="shop-orders" mistake=mistake_of(answer, "/name")/>
            <SelectField name="auth_type" label="Who may send" options=kinds bound=auth_type/>
            {move || first_label().map(|(first_label, secret_label)| view! {
                <TextField name="auth_first" label=first_label bound=first mistake=header_mistake/>
                <TextField name="auth_secret" label=secret_label kind="password" autocomplete="new-password" bound=secret
                    mistake=mistake_of(answer, "/config/auth")/>
            })}
            <footer><button class="button primary" disabled=create.pending()>"Create"</button></footer>
        </form>
    }
}
