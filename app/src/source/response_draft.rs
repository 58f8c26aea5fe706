//! What is typed about a source's answers.

use std::collections::BTreeMap;

use hookyard_model::{CustomResponse, ResponseMatch, ResponseRule};
use leptos::prelude::*;

/// The answers' state.
#[derive(Clone, Copy)]
pub(super) struct ResponseDraft {
    /// Whether senders get an answer of the team's own.
    pub(super) is_own: RwSignal<bool>,
    pub(super) fallback: AnswerDraft,
    pub(super) rules: RwSignal<Vec<RuleDraft>>,
    next: StoredValue<usize>,
}

/// An answer.
#[derive(Clone, Copy)]
pub(super) struct AnswerDraft {
    pub(super) status: RwSignal<String>,
    pub(super) content_type: RwSignal<String>,
    /// `name: value`, one a line.
    pub(super) headers: RwSignal<String>,
    pub(super) body: RwSignal<String>,
}

/// A rule. Its key stays when it moves.
#[derive(Clone, Copy)]
pub(super) struct RuleDraft {
    pub(super) key: usize,
    pub(super) name: RwSignal<String>,
    pub(super) is_enabled: RwSignal<bool>,
    /// The conditions as JSON.
    pub(super) conditions: RwSignal<String>,
    pub(super) answer: AnswerDraft,
}

/// What a new rule asks for.
const NEW_CONDITIONS: &str = "{\n  \"body\": {\n    \"type\": \"ping\"\n  }\n}";

impl AnswerDraft {
    fn of(status: u16, content_type: &str, headers: &BTreeMap<String, String>, body: &str) -> Self {
        let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        Self {
            status: RwSignal::new(status.to_string()),
            content_type: RwSignal::new(content_type.to_owned()),
            headers: RwSignal::new(headers.join("\n")),
            body: RwSignal::new(body.to_owned()),
        }
    }

    /// Its status and headers, read in a tracked way where it is shown and in an untracked one where it is sent.
    fn parts(&self) -> Result<(u16, BTreeMap<String, String>), String> {
        let status = self.status.get().parse().map_err(|_| "the status is no number".to_owned())?;
        let mut headers = BTreeMap::new();
        for line in self.headers.get().lines().filter(|line| !line.trim().is_empty()) {
            let (name, value) =
                line.split_once(':').ok_or_else(|| format!("`{line}` is not a header such as `x-tag: value`"))?;
            headers.insert(name.trim().to_owned(), value.trim().to_owned());
        }
        Ok((status, headers))
    }
}

impl RuleDraft {
    fn of(key: usize, rule: &ResponseRule) -> Self {
        let ResponseRule { name, enabled, conditions, status, headers, content_type, body } = rule;
        Self {
            key,
            name: RwSignal::new(name.clone().unwrap_or_default()),
            is_enabled: RwSignal::new(*enabled),
            conditions: RwSignal::new(serde_json::to_string_pretty(conditions).unwrap_or_default()),
            answer: AnswerDraft::of(*status, content_type, headers, body),
        }
    }

    fn rule(&self) -> Result<ResponseRule, String> {
        let conditions = self.conditions.get();
        let conditions: ResponseMatch = if conditions.trim().is_empty() {
            ResponseMatch::default()
        } else {
            serde_json::from_str(&conditions).map_err(|error| format!("its conditions cannot be read: {error}"))?
        };
        let (status, headers) = self.answer.parts()?;
        Ok(ResponseRule {
            name: Some(self.name.get().trim().to_owned()).filter(|name| !name.is_empty()),
            enabled: self.is_enabled.get(),
            conditions,
            status,
            headers,
            content_type: self.answer.content_type.get().trim().to_owned(),
            body: self.answer.body.get(),
        })
    }
}

impl ResponseDraft {
    pub(super) fn of(response: Option<&CustomResponse>) -> Self {
        let is_own = response.is_some();
        let response = response.cloned().unwrap_or_default();
        let rules: Vec<_> = response.rules.iter().enumerate().map(|(key, rule)| RuleDraft::of(key, rule)).collect();
        Self {
            is_own: RwSignal::new(is_own),
            fallback: AnswerDraft::of(response.status, &response.content_type, &response.headers, &response.body),
            next: StoredValue::new(rules.len()),
            rules: RwSignal::new(rules),
        }
    }

    pub(super) fn add_rule(&self) {
        let key = self.next.get_value();
        self.next.set_value(key + 1);
        let rule = RuleDraft::of(key, &ResponseRule::default());
        rule.conditions.set(NEW_CONDITIONS.to_owned());
        self.rules.update(|rules| rules.push(rule));
    }

    pub(super) fn remove_rule(&self, key: usize) {
        self.rules.update(|rules| rules.retain(|rule| rule.key != key));
    }

    /// Moves a rule one place up or down.
    pub(super) fn move_rule(&self, key: usize, down: bool) {
        self.rules.update(|rules| {
            let Some(from) = rules.iter().position(|rule| rule.key == key) else { return };
            let to = if down { from + 1 } else { from.wrapping_sub(1) };
            if to < rules.len() {
                rules.swap(from, to);
            }
        });
    }

    /// The place of a rule, from 0.
    pub(super) fn place(&self, key: usize) -> usize {
        self.rules.with(|rules| rules.iter().position(|rule| rule.key == key).unwrap_or_default())
    }

    /// The answers as they are typed now, or the first that cannot be read as such.
    pub(super) fn read(&self) -> Result<CustomResponse, String> {
        let (status, headers) = self.fallback.parts().map_err(|error| format!("The answer of no rule: {error}"))?;
        let read =
            |(index, rule): (usize, RuleDraft)| rule.rule().map_err(|error| format!("Rule {}: {error}", index + 1));
        Ok(CustomResponse {
            status,
            headers,
            content_type: self.fallback.content_type.get().trim().to_owned(),
            body: self.fallback.body.get(),
            rules: self.rules.get().into_iter().enumerate().map(read).collect::<Result<_, _>>()?,
        })
    }

    /// What is to be stored.
    pub(super) fn taken(&self) -> Result<Option<CustomResponse>, String> {
        untrack(|| if self.is_own.get() { self.read().map(Some) } else { Ok(None) })
    }
}
