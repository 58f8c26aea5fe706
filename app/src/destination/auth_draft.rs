//! What is typed about how Hookyard proves itself to a destination.

use hookyard_model::{DestinationAuth, Secret};
use leptos::prelude::*;

use super::draft::text;
use crate::typed::{Typed, refill};

/// Whether a field is a secret, which is not for cookies. So are the values of headers, often enough.
#[cfg(feature = "ssr")]
pub(super) fn is_secret(name: &str) -> bool {
    ["value", "token", "password", "client_secret"].contains(&name) || name.contains("-Value-")
}

/// How Hookyard proves itself. What was typed for one way stays while another is looked at.
#[derive(Clone, Copy)]
pub(super) struct AuthDraft {
    /// The way's word; empty: none.
    pub(super) way: RwSignal<String>,
    pub(super) header: RwSignal<String>,
    pub(super) value: RwSignal<String>,
    pub(super) token: RwSignal<String>,
    pub(super) username: RwSignal<String>,
    pub(super) password: RwSignal<String>,
    pub(super) token_url: RwSignal<String>,
    pub(super) client_id: RwSignal<String>,
    pub(super) client_secret: RwSignal<String>,
    pub(super) scope: RwSignal<String>,
}

impl AuthDraft {
    pub(super) fn of(auth: Option<&DestinationAuth>) -> Self {
        let draft = Self {
            way: text(auth.map(DestinationAuth::kind).unwrap_or_default()),
            header: text("x-api-key"),
            value: text(""),
            token: text(""),
            username: text(""),
            password: text(""),
            token_url: text(""),
            client_id: text(""),
            client_secret: text(""),
            scope: text(""),
        };
        let Some(auth) = auth else { return draft };
        let secret = auth.secret().reveal().to_owned();
        match auth {
            DestinationAuth::CustomHeader { header_name, .. } | DestinationAuth::ApiKey { header_name, .. } => {
                draft.header.set(header_name.clone());
                draft.value.set(secret);
            }
            DestinationAuth::Bearer { .. } => draft.token.set(secret),
            DestinationAuth::BasicAuth { username, .. } => {
                draft.username.set(username.clone());
                draft.password.set(secret);
            }
            DestinationAuth::OAuth2ClientCredentials { token_url, client_id, scope, .. } => {
                draft.token_url.set(token_url.clone());
                draft.client_id.set(client_id.clone());
                draft.scope.set(scope.clone().unwrap_or_default());
                draft.client_secret.set(secret);
            }
        }
        draft
    }

    /// Takes over what was typed, by the names of the fields.
    pub(super) fn fill(self, typed: &Typed) {
        let fields = [
            ("auth_type", self.way),
            ("header_name", self.header),
            ("value", self.value),
            ("token", self.token),
            ("username", self.username),
            ("password", self.password),
            ("token_url", self.token_url),
            ("client_id", self.client_id),
            ("client_secret", self.client_secret),
            ("scope", self.scope),
        ];
        refill(typed, &fields);
    }

    pub(super) fn taken(self) -> Option<DestinationAuth> {
        let trimmed = |signal: RwSignal<String>| signal.get_untracked().trim().to_owned();
        let secret = |signal: RwSignal<String>| Secret::new(trimmed(signal));
        let (header_name, value) = (trimmed(self.header), secret(self.value));
        match self.way.get_untracked().as_str() {
            "CUSTOM_HEADER" => Some(DestinationAuth::CustomHeader { header_name, value }),
            "API_KEY" => Some(DestinationAuth::ApiKey { header_name, value }),
            "BEARER" => Some(DestinationAuth::Bearer { token: secret(self.token) }),
            "BASIC_AUTH" => {
                Some(DestinationAuth::BasicAuth { username: trimmed(self.username), password: secret(self.password) })
            }
            "OAUTH2_CLIENT_CREDENTIALS" => Some(DestinationAuth::OAuth2ClientCredentials {
                token_url: trimmed(self.token_url),
                client_id: trimmed(self.client_id),
                client_secret: secret(self.client_secret),
                scope: Some(trimmed(self.scope)).filter(|scope| !scope.is_empty()),
            }),
            _ => None,
        }
    }
}
