//! What is typed into a source's form.

use std::collections::BTreeSet;

use hookyard_model::{Source, SourceConfig, SourceInput, SourceType, Status};
use leptos::prelude::*;

use super::{auth_draft::AuthDraft, response_draft::ResponseDraft, upstream::UpstreamDraft};
use crate::typed::{Typed, refill};

/// All methods that a source can allow.
pub(super) const METHODS: [&str; 8] = ["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS", "QUERY"];

/// The name of a method's field.
pub(super) fn method_field(method: &str) -> String {
    format!("method-{method}")
}

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

    /// Takes over what was typed into the form by the names of its fields; what it does not have stays.
    pub(super) fn fill(&self, typed: &Typed) {
        refill(typed, &[("name", self.name), ("description", self.description), ("type", self.kind)]);
        if typed.contains_key("name") {
            let is_chosen = |method: &&str| typed.contains_key(&method_field(method));
            self.methods.set(METHODS.into_iter().filter(is_chosen).map(str::to_owned).collect());
        }
        self.auth.fill(typed);
        self.upstream.fill(typed);
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
