//! What is asked of senders: the way, and its fields.

use hookyard_model::{PresetField, REDACTED, Source, SourcePreset};
use leptos::prelude::*;

use super::{
    auth_draft::{AuthDraft, PROVIDER_FIELD},
    draft::Draft,
};
use crate::{
    failure::Failure,
    ui::{SelectField, TextField},
};

/// What became of the form.
pub(super) type Answer = Signal<Option<Result<Source, Failure>>>;

/// What the answer says about the field at `pointer`.
pub(super) fn about(answer: Answer, pointer: impl Into<String>) -> Signal<Option<String>> {
    let pointer = pointer.into();
    Signal::derive(move || answer.get()?.err()?.about(&pointer).map(str::to_owned))
}

#[component]
pub(super) fn AuthFields(draft: Draft, answer: Answer) -> impl IntoView {
    let auth = draft.auth;
    let options = Signal::derive(move || {
        let provider = draft.source_type().preset().map(|preset| ("PROVIDER_SIGNATURE", own_signature(preset)));
        let ways = [
            ("BASIC_AUTH", "A user name and a password".to_owned()),
            ("API_KEY", "A key in a header".to_owned()),
            ("HMAC", "An HMAC signature".to_owned()),
            ("", "Nothing: whoever knows the URL may send".to_owned()),
        ];
        provider.into_iter().chain(ways).map(|(word, text)| (word.to_owned(), text)).collect::<Vec<_>>()
    });
    // A way that the new type does not have gives way to one that it has.
    Effect::new(move |before: Option<String>| {
        let kind = draft.kind.get();
        if before.as_ref().is_some_and(|before| *before != kind) {
            let way = auth.way.get_untracked();
            match draft.source_type().preset() {
                Some(_) if way.is_empty() => auth.way.set("PROVIDER_SIGNATURE".to_owned()),
                None if way == "PROVIDER_SIGNATURE" => auth.way.set(String::new()),
                _ => {}
            }
        }
        kind
    });
    view! {
        <SelectField
            name="auth_type" label="What proves the sender" options bound=auth.way mistake=about(answer, "/config/auth_type")
        />
        {move || match auth.way.get().as_str() {
            "BASIC_AUTH" => view! { <BasicFields auth answer/> }.into_any(),
            "API_KEY" => view! { <KeyFields auth answer/> }.into_any(),
            "HMAC" => view! { <HmacFields auth answer/> }.into_any(),
            "PROVIDER_SIGNATURE" => draft.source_type().preset().map(|preset| view! { <ProviderFields preset auth answer/> }).into_any(),
            _ => view! {
                <p class="aside">"Requests are taken in without a check, and their record says so."</p>
            }
            .into_any(),
        }}
    }
}

fn own_signature(preset: &SourcePreset) -> String {
    format!("What {} sends with it", preset.label)
}

#[component]
fn BasicFields(auth: AuthDraft, answer: Answer) -> impl IntoView {
    view! {
        <div class="two">
            <TextField name="username" label="User name" bound=auth.username mistake=about(answer, "/config/auth/username")/>
            <SecretField name="password" label="Password" bound=auth.password mistake=about(answer, "/config/auth/password")/>
        </div>
    }
}

#[component]
fn KeyFields(auth: AuthDraft, answer: Answer) -> impl IntoView {
    view! {
        <div class="two">
            <TextField name="header_name" label="Header" bound=auth.key_header mistake=about(answer, "/config/auth/header_name")/>
            <SecretField name="value" label="Key" bound=auth.key mistake=about(answer, "/config/auth/value")/>
        </div>
    }
}

#[component]
fn HmacFields(auth: AuthDraft, answer: Answer) -> impl IntoView {
    let words = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(value, text)| ((*value).to_owned(), (*text).to_owned())).collect::<Vec<_>>()
    };
    view! {
        <div class="two">
            <TextField
                name="signature_header" label="Header with the signature" bound=auth.signature_header
                mistake=about(answer, "/config/auth/signature_header")
            />
            <SecretField name="secret" label="Secret" bound=auth.secret mistake=about(answer, "/config/auth/secret")/>
        </div>
        <div class="trio">
            <SelectField
                name="algorithm" label="Hash" bound=auth.algorithm
                options=words(&[("sha256", "SHA-256"), ("sha1", "SHA-1"), ("sha512", "SHA-512")])
            />
            <SelectField name="encoding" label="Written in" bound=auth.encoding options=words(&[("hex", "Hex"), ("base64", "Base64")])/>
            <TextField name="prefix" label="Prefix" bound=auth.prefix placeholder="sha256=" mistake=about(answer, "/config/auth/prefix")/>
        </div>
    }
}

/// The fields that the provider's scheme needs.
#[component]
fn ProviderFields(preset: &'static SourcePreset, auth: AuthDraft, answer: Answer) -> impl IntoView {
    let field = |field: &'static PresetField| {
        let bound = auth.field(field.name);
        let mistake = about(answer, format!("/config/auth/{}", field.name));
        let label = if field.is_required { field.label.to_owned() } else { format!("{} (optional)", field.label) };
        view! {
            <SecretField
                name=format!("{PROVIDER_FIELD}{}", field.name) label=label hint=field.help bound is_open=!field.is_secret
                is_long=field.format.is_long() mistake
            />
        }
    };
    view! {
        {preset.fields.iter().map(field).collect_view()}
        <p class="aside">{crate::ui::sentence(&preset.verification())}</p>
    }
}

/// A secret, masked. What is stored comes as a placeholder, which keeps it.
#[component]
pub(crate) fn SecretField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(into, optional)] hint: String,
    bound: RwSignal<String>,
    /// Whether it may be seen.
    #[prop(optional)]
    is_open: bool,
    /// Whether it has several lines.
    #[prop(optional)]
    is_long: bool,
    mistake: Signal<Option<String>>,
) -> impl IntoView {
    let is_kept = move || bound.with(|text| text == REDACTED);
    let (first, hint_id) = (bound.get_untracked(), format!("{name}-hint"));
    let described_by = hint_id.clone();
    let invalid = move || mistake.with(Option::is_some).then_some("true");
    let input = if is_long {
        view! {
            <textarea
                id=name.clone() name=name.clone() class="document short" spellcheck="false" autocomplete="off"
                aria-describedby=described_by aria-invalid=invalid
                prop:value=move || bound.get() on:input:target=move |event| bound.set(event.target().value())
            >{first}</textarea>
        }
        .into_any()
    } else {
        view! {
            <input
                id=name.clone() name=name.clone() type=if is_open { "text" } else { "password" } value=first spellcheck="false"
                autocomplete=if is_open { "off" } else { "new-password" } aria-describedby=described_by aria-invalid=invalid
                prop:value=move || bound.get()
                // A placeholder is replaced as a whole, or not at all.
                on:focus:target=move |event| if is_kept() { event.target().select() }
                on:input:target=move |event| bound.set(event.target().value())
            />
        }
        .into_any()
    };
    view! {
        <div class="field" class:wrong=move || mistake.with(Option::is_some)>
            <label for=name>{label}</label>
            {input}
            <div class="field-hint" id=hint_id>
                {move || match mistake.get() {
                    Some(mistake) => view! { <p class="mistake" role="alert">{mistake}</p> }.into_any(),
                    None if is_kept() => view! { <p>"One is stored. Leave it so to keep it, or type another over it."</p> }.into_any(),
                    None if hint.is_empty() => ().into_any(),
                    None => view! { <p>{hint.clone()}</p> }.into_any(),
                }}
            </div>
        </div>
    }
}
