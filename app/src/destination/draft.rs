//! What is typed into a destination's form.

use hookyard_model::{
    AutoDisable, CircuitBreaker, Destination, DestinationConfig, DestinationInput, DestinationType, HttpMethod, Mode,
    Problem, RatePeriod, Status,
};
use leptos::prelude::*;

pub(super) use super::taking::Taking;
use super::{
    auth_draft::AuthDraft,
    header_rows::{HeaderRows, fill_rows, rows},
    mock_draft::MockDraft,
};
use crate::typed::{Typed, refill};

/// What the names of its headers' fields begin with.
pub(super) const HEADERS: &str = "headers";

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

pub(super) fn text(text: impl ToString) -> RwSignal<String> {
    RwSignal::new(text.to_string())
}

/// A number where there is one, else nothing.
fn number(number: Option<u32>) -> RwSignal<String> {
    text(number.map(|number| number.to_string()).unwrap_or_default())
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

    /// Takes over what was typed into the form by the names of its fields; what it does not have stays.
    pub(super) fn fill(self, typed: &Typed) {
        let fields = [
            ("name", self.name),
            ("description", self.description),
            ("type", self.kind),
            ("url", self.url),
            ("http_method", self.method),
            ("timeout_ms", self.timeout_ms),
            ("rate_limit", self.rate_limit),
            ("rate_limit_period", self.rate_period),
            ("max_concurrency", self.max_concurrency),
            ("failures", self.failures),
            ("failing_for_seconds", self.failing_for_seconds),
            ("breaks_failures", self.breaks_failures),
            ("breaks_seconds", self.breaks_seconds),
        ];
        refill(typed, &fields);
        // A box that is not ticked is not sent, and neither is one that was not there.
        let boxes = [
            ("name", "breaks", self.breaks),
            ("name", "disables_itself", self.disables_itself),
            ("url", "forwards_path", self.forwards_path),
        ];
        for (beside, name, ticked) in boxes {
            if typed.contains_key(beside) {
                ticked.set(typed.contains_key(name));
            }
        }
        fill_rows(self.headers, typed, HEADERS);
        self.auth.fill(typed);
        self.mock.fill(typed);
    }

    pub(super) fn is_mock(self) -> bool {
        self.kind.get() == DestinationType::Mock.as_str()
    }

    /// What is to be made of it, or the fields that cannot be read.
    pub(super) fn taken(self) -> Result<DestinationInput, Problem> {
        let mut taking = Taking::default();
        let is_mock = untrack(|| self.is_mock());
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
