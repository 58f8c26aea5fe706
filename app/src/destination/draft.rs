//! What is typed into a destination's form.

use std::collections::BTreeMap;

use hookyard_model::{
    AutoDisable, CircuitBreaker, Destination, DestinationAuth, DestinationConfig, DestinationInput, DestinationType,
    HttpMethod, Mode, Problem, RatePeriod, Secret, Status,
};
use leptos::prelude::*;

use super::mock_draft::MockDraft;
pub(super) use super::taking::Taking;

/// The form's state.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub(super) name: RwSignal<String>,
    pub(super) description: RwSignal<String>,
    /// The type's word.
    pub(super) kind: RwSignal<String>,
    pub(super) url: RwSignal<String>,
    pub(super) method: RwSignal<String>,
    pub(super) forwards_path: RwSignal<bool>,
    pub(super) timeout_ms: RwSignal<String>,
    pub(super) headers: HeaderRows,
    pub(super) auth: AuthDraft,
    pub(super) rate_limit: RwSignal<String>,
    pub(super) rate_period: RwSignal<String>,
    pub(super) max_concurrency: RwSignal<String>,
    pub(super) disables_itself: RwSignal<bool>,
    pub(super) failures: RwSignal<String>,
    pub(super) failing_for_seconds: RwSignal<String>,
    pub(super) breaks: RwSignal<bool>,
    pub(super) breaks_failures: RwSignal<String>,
    pub(super) breaks_seconds: RwSignal<String>,
    pub(super) mock: MockDraft,
    status: StoredValue<Status>,
}

/// Names and values of headers, each row with a number of its own.
pub(super) type HeaderRows = RwSignal<Vec<(usize, RwSignal<String>, RwSignal<String>)>>;

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

pub(super) fn text(text: impl ToString) -> RwSignal<String> {
    RwSignal::new(text.to_string())
}

/// A number where there is one, else nothing.
fn number(number: Option<u32>) -> RwSignal<String> {
    text(number.map(|number| number.to_string()).unwrap_or_default())
}

pub(super) fn rows(headers: &BTreeMap<String, String>) -> HeaderRows {
    let row = |(number, (name, value)): (usize, (&String, &String))| (number, text(name), text(value));
    RwSignal::new(headers.iter().enumerate().map(row).collect())
}

impl Draft {
    pub(super) fn new(mode: Mode) -> Self {
        let rule = AutoDisable::default_for(mode);
        let input = DestinationInput {
            name: String::new(),
            description: None,
            kind: DestinationType::Http,
            config: DestinationConfig::default(),
            auto_disable: Some(Some(rule)),
            status: Status::Enabled,
        };
        Self::with(input, rule)
    }

    pub(super) fn of(destination: &Destination, mode: Mode) -> Self {
        let input = DestinationInput {
            name: destination.name.clone(),
            description: destination.description.clone(),
            kind: destination.kind,
            config: destination.config.clone(),
            auto_disable: Some(destination.auto_disable),
            status: destination.status,
        };
        Self::with(input, AutoDisable::default_for(mode))
    }

    fn with(input: DestinationInput, default: AutoDisable) -> Self {
        let DestinationInput { name, description, kind, config, auto_disable, status } = input;
        let rule = auto_disable.flatten();
        let shown = rule.unwrap_or(default);
        let breaker = config.circuit_breaker;
        Self {
            name: text(name),
            description: text(description.unwrap_or_default()),
            kind: text(kind),
            url: text(config.url.unwrap_or_default()),
            method: text(config.http_method),
            forwards_path: RwSignal::new(!config.path_forwarding_disabled),
            timeout_ms: text(config.timeout_ms),
            headers: rows(&config.headers),
            auth: AuthDraft::of(config.auth.as_ref()),
            rate_limit: number(config.rate_limit),
            rate_period: text(config.rate_limit_period),
            max_concurrency: number(config.max_concurrency),
            disables_itself: RwSignal::new(rule.is_some()),
            failures: text(shown.consecutive_failures),
            failing_for_seconds: text(shown.failing_for_seconds),
            breaks: RwSignal::new(breaker.is_some()),
            breaks_failures: text(breaker.unwrap_or_default().consecutive_failures),
            breaks_seconds: text(breaker.unwrap_or_default().failing_for_seconds),
            mock: MockDraft::of(config.mock.unwrap_or_default()),
            status: StoredValue::new(status),
        }
    }

    pub(super) fn is_mock(self) -> bool {
        self.kind.get() == DestinationType::Mock.as_str()
    }

    /// What is to be made of it, or the fields that cannot be read.
    pub(super) fn taken(self) -> Result<DestinationInput, Problem> {
        let mut taking = Taking::default();
        let is_mock = self.is_mock();
        let trimmed = |signal: RwSignal<String>| signal.get_untracked().trim().to_owned();
        let rule = self.disables_itself.get_untracked().then(|| AutoDisable {
            consecutive_failures: taking.number(self.failures, "/auto_disable/consecutive_failures"),
            failing_for_seconds: taking.number(self.failing_for_seconds, "/auto_disable/failing_for_seconds"),
        });
        let breaker = self.breaks.get_untracked().then(|| CircuitBreaker {
            consecutive_failures: taking.number(self.breaks_failures, "/config/circuit_breaker/consecutive_failures"),
            failing_for_seconds: taking.number(self.breaks_seconds, "/config/circuit_breaker/failing_for_seconds"),
        });
        let config = DestinationConfig {
            url: (!is_mock).then(|| trimmed(self.url)),
            http_method: trimmed(self.method).parse().unwrap_or(HttpMethod::Post),
            timeout_ms: taking.number(self.timeout_ms, "/config/timeout_ms"),
            headers: taking.headers(self.headers, "/config/headers"),
            path_forwarding_disabled: !self.forwards_path.get_untracked(),
            auth: self.auth.taken(),
            mock: is_mock.then(|| self.mock.taken(&mut taking)),
            rate_limit: taking.optional(self.rate_limit, "/config/rate_limit"),
            rate_limit_period: trimmed(self.rate_period).parse().unwrap_or(RatePeriod::Second),
            max_concurrency: taking.optional(self.max_concurrency, "/config/max_concurrency"),
            circuit_breaker: breaker,
        };
        let input = DestinationInput {
            name: trimmed(self.name),
            description: Some(trimmed(self.description)).filter(|text| !text.is_empty()),
            kind: if is_mock { DestinationType::Mock } else { DestinationType::Http },
            config,
            auto_disable: Some(rule),
            status: self.status.get_value(),
        };
        Problem::check(taking.0)?;
        Ok(input)
    }
}

impl AuthDraft {
    fn of(auth: Option<&DestinationAuth>) -> Self {
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

    fn taken(self) -> Option<DestinationAuth> {
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
