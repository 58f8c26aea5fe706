//! What is typed into a source's form.

use std::collections::{BTreeMap, BTreeSet};

use hookyard_model::{
    HmacAlgorithm, PresetField, Secret, SignatureEncoding, Source, SourceAuth, SourceConfig, SourceInput, SourceType,
    Status,
};
use leptos::prelude::*;

use super::{response_draft::ResponseDraft, upstream::UpstreamDraft};

/// All methods that a source can allow.
pub(super) const METHODS: [&str; 8] = ["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS", "QUERY"];

/// The form's state.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub(super) name: RwSignal<String>,
    pub(super) description: RwSignal<String>,
    /// The type's word.
    pub(super) kind: RwSignal<String>,
    pub(super) methods: RwSignal<BTreeSet<String>>,
    pub(super) auth: AuthDraft,
    pub(super) response: ResponseDraft,
    pub(super) upstream: UpstreamDraft,
    status: StoredValue<Status>,
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
    fn new(kind: SourceType) -> Self {
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

    fn of(kind: SourceType, auth: Option<&SourceAuth>) -> Self {
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

    fn taken(&self, kind: SourceType) -> Option<SourceAuth> {
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

impl Draft {
    /// An empty form for a new source of this type.
    pub(super) fn new(kind: SourceType) -> Self {
        let config = SourceConfig::default();
        Self {
            name: RwSignal::default(),
            description: RwSignal::default(),
            kind: RwSignal::new(kind.to_string()),
            methods: RwSignal::new(config.allowed_http_methods.into_iter().collect()),
            auth: AuthDraft::new(kind),
            response: ResponseDraft::of(None),
            upstream: UpstreamDraft::of(None),
            status: StoredValue::new(Status::Enabled),
        }
    }

    /// The form of a source that there is.
    pub(super) fn of(source: &Source) -> Self {
        let config = &source.config;
        Self {
            name: RwSignal::new(source.name.clone()),
            description: RwSignal::new(source.description.clone().unwrap_or_default()),
            kind: RwSignal::new(source.kind.to_string()),
            methods: RwSignal::new(config.allowed_http_methods.iter().cloned().collect()),
            auth: AuthDraft::of(source.kind, config.auth.as_ref()),
            response: ResponseDraft::of(config.custom_response.as_ref()),
            upstream: UpstreamDraft::of(Some(config)),
            status: StoredValue::new(source.status),
        }
    }

    /// The type that is chosen.
    pub(super) fn source_type(&self) -> SourceType {
        self.kind.with(|kind| kind.parse().unwrap_or_default())
    }

    /// What is to be stored, or what in the form cannot be read as such.
    pub(super) fn taken(&self) -> Result<SourceInput, String> {
        let kind = self.kind.with_untracked(|kind| kind.parse().unwrap_or_default());
        let chosen = self.methods.get_untracked();
        let methods = METHODS.iter().filter(|method| chosen.contains(**method)).map(|method| (*method).to_owned());
        let description = self.description.get_untracked().trim().to_owned();
        let (mode, proxy) = self.upstream.taken()?.unzip();
        Ok(SourceInput {
            name: self.name.get_untracked().trim().to_owned(),
            description: Some(description).filter(|text| !text.is_empty()),
            kind,
            config: SourceConfig {
                allowed_http_methods: methods.collect(),
                auth: self.auth.taken(kind),
                custom_response: self.response.taken()?,
                mode,
                proxy,
            },
            status: self.status.get_value(),
        })
    }
}
