//! What is typed about what proves who sends.

use std::collections::BTreeMap;

use hookyard_model::{HmacAlgorithm, PresetField, Secret, SignatureEncoding, SourceAuth, SourceType};
use leptos::prelude::*;

use crate::typed::{Typed, plain_lines, refill};

/// What the name of a provider's field begins with.
pub(super) const PROVIDER_FIELD: &str = "auth-";

/// Whether a field is a secret, which is not for cookies.
#[cfg(feature = "ssr")]
pub(super) fn is_secret(kind: SourceType, name: &str) -> bool {
    match name.strip_prefix(PROVIDER_FIELD) {
        None => ["password", "value", "secret"].contains(&name),
        Some(name) => {
            let fields = kind.preset().map(|preset| preset.fields).unwrap_or_default();
            fields.iter().find(|field| field.name == name).is_none_or(|field| field.is_secret)
        }
    }
}

/// What is asked of senders. What was typed for one way stays while another is looked at.
#[derive(Clone, Copy)]
pub(super) struct AuthDraft {
    /// The way's word; empty: none.
    pub(super) way: RwSignal<String>,
    pub(super) username: RwSignal<String>,
    pub(super) password: RwSignal<String>,
    pub(super) key_header: RwSignal<String>,
    pub(super) key: RwSignal<String>,
    pub(super) signature_header: RwSignal<String>,
    pub(super) secret: RwSignal<String>,
    pub(super) algorithm: RwSignal<String>,
    pub(super) encoding: RwSignal<String>,
    pub(super) prefix: RwSignal<String>,
    /// The provider's fields by name, each with a signal of its own.
    pub(super) fields: StoredValue<BTreeMap<String, RwSignal<String>>>,
}

impl AuthDraft {
    pub(super) fn new(kind: SourceType) -> Self {
        let way = if kind.preset().is_some() { "PROVIDER_SIGNATURE" } else { "" };
        let text = |text: &str| RwSignal::new(text.to_owned());
        Self {
            way: text(way),
            username: text(""),
            password: text(""),
            key_header: text("x-api-key"),
            key: text(""),
            signature_header: text("x-signature"),
            secret: text(""),
            algorithm: text("sha256"),
            encoding: text("hex"),
            prefix: text(""),
            fields: StoredValue::new(BTreeMap::new()),
        }
    }

    pub(super) fn of(kind: SourceType, auth: Option<&SourceAuth>) -> Self {
        let draft = Self::new(kind);
        draft.way.set(auth.map(SourceAuth::kind).unwrap_or_default().to_owned());
        match auth {
            None => {}
            Some(SourceAuth::BasicAuth { username, password }) => {
                draft.username.set(username.clone());
                draft.password.set(password.reveal().to_owned());
            }
            Some(SourceAuth::ApiKey { header_name, value }) => {
                draft.key_header.set(header_name.clone());
                draft.key.set(value.reveal().to_owned());
            }
            Some(SourceAuth::Hmac { signature_header, secret, algorithm, encoding, prefix }) => {
                draft.signature_header.set(signature_header.clone());
                draft.secret.set(secret.reveal().to_owned());
                draft.algorithm.set(algorithm_word(*algorithm).to_owned());
                draft.encoding.set(encoding_word(*encoding).to_owned());
                draft.prefix.set(prefix.clone());
            }
            Some(SourceAuth::ProviderSignature(fields)) => {
                for (name, value) in fields {
                    draft.field(name).set(value.reveal().to_owned());
                }
            }
        }
        draft
    }

    /// Takes over what was typed, by the names of the fields.
    pub(super) fn fill(&self, typed: &Typed) {
        let fields = [
            ("auth_type", self.way),
            ("username", self.username),
            ("password", self.password),
            ("header_name", self.key_header),
            ("value", self.key),
            ("signature_header", self.signature_header),
            ("secret", self.secret),
            ("algorithm", self.algorithm),
            ("encoding", self.encoding),
            ("prefix", self.prefix),
        ];
        refill(typed, &fields);
        for (name, text) in typed {
            if let Some(field) = name.strip_prefix(PROVIDER_FIELD) {
                self.field(field).set(plain_lines(text));
            }
        }
    }

    /// What is typed for a provider's field.
    pub(super) fn field(&self, name: &str) -> RwSignal<String> {
        if let Some(known) = self.fields.with_value(|fields| fields.get(name).copied()) {
            return known;
        }
        let made = RwSignal::new(String::new());
        self.fields.update_value(|fields| {
            fields.insert(name.to_owned(), made);
        });
        made
    }

    /// What is to be asked of senders.
    pub(super) fn taken(&self, kind: SourceType) -> Option<SourceAuth> {
        let line = |text: RwSignal<String>| text.get_untracked().trim().to_owned();
        let secret = |text: RwSignal<String>| Secret::new(text.get_untracked());
        match self.way.get_untracked().as_str() {
            "BASIC_AUTH" => {
                Some(SourceAuth::BasicAuth { username: line(self.username), password: secret(self.password) })
            }
            "API_KEY" => Some(SourceAuth::ApiKey { header_name: line(self.key_header), value: secret(self.key) }),
            "HMAC" => Some(SourceAuth::Hmac {
                signature_header: line(self.signature_header),
                secret: secret(self.secret),
                algorithm: match self.algorithm.get_untracked().as_str() {
                    "sha1" => HmacAlgorithm::Sha1,
                    "sha512" => HmacAlgorithm::Sha512,
                    _ => HmacAlgorithm::Sha256,
                },
                encoding: match self.encoding.get_untracked().as_str() {
                    "base64" => SignatureEncoding::Base64,
                    _ => SignatureEncoding::Hex,
                },
                prefix: self.prefix.get_untracked(),
            }),
            "PROVIDER_SIGNATURE" => {
                let fields = kind.preset().map(|preset| preset.fields).unwrap_or_default();
                let typed = |field: &PresetField| {
                    let text = self.field(field.name).get_untracked();
                    let text = if field.format.is_long() { text } else { text.trim().to_owned() };
                    (!text.is_empty()).then(|| (field.name.to_owned(), Secret::new(text)))
                };
                Some(SourceAuth::ProviderSignature(fields.iter().filter_map(typed).collect()))
            }
            _ => None,
        }
    }
}

const fn algorithm_word(algorithm: HmacAlgorithm) -> &'static str {
    match algorithm {
        HmacAlgorithm::Sha1 => "sha1",
        HmacAlgorithm::Sha256 => "sha256",
        HmacAlgorithm::Sha512 => "sha512",
    }
}

const fn encoding_word(encoding: SignatureEncoding) -> &'static str {
    match encoding {
        SignatureEncoding::Hex => "hex",
        SignatureEncoding::Base64 => "base64",
    }
}
