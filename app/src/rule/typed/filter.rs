//! A filter's conditions, as typed.

use hookyard_model::{FilterRule, Rule};
use serde_json::Value;

use super::Read;

/// The JSON of each part; what is empty does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    pub(crate) headers: String,
    pub(crate) body: String,
    pub(crate) query: String,
    pub(crate) path: String,
}

impl Filter {
    pub(super) fn of(rule: &FilterRule) -> Self {
        let text = |part: &Option<Value>| part.as_ref().map(pretty).unwrap_or_default();
        Self { headers: text(&rule.headers), body: text(&rule.body), query: text(&rule.query), path: text(&rule.path) }
    }

    pub(super) fn read(&self) -> Read {
        let part = |pointer: &'static str, text: &str| match text.trim() {
            "" | "{}" => Ok(None),
            text => {
                serde_json::from_str(text).map(Some).map_err(|error| (pointer, format!("this is not JSON: {error}")))
            }
        };
        let rule = FilterRule {
            headers: part("/headers", &self.headers)?,
            body: part("/body", &self.body)?,
            query: part("/query", &self.query)?,
            path: part("/path", &self.path)?,
        };
        if rule == FilterRule::default() {
            return Err(("", "write a condition, or switch this off: an empty filter is not saved".to_owned()));
        }
        Ok(Rule::Filter(rule))
    }
}

pub(crate) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
