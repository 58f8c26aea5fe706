//! Lists of a filter, in which most values are looked up at once however long the list is.

use std::collections::HashSet;

use serde_json::Value as Json;
use serde_json_borrow::Value;

/// What is in the list of an `$in` or `$nin` as it is written in the filter.
#[derive(Debug, Clone)]
pub(super) struct List {
    texts: HashSet<String>,
    whole: HashSet<i64>,
    has_only_texts: bool,
    /// Whether its numbers are all among `whole`.
    has_only_whole: bool,
}

impl List {
    pub(super) fn new(items: &[Json]) -> Self {
        Self {
            texts: items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            whole: items.iter().filter_map(Json::as_i64).collect(),
            has_only_texts: items.iter().all(Json::is_string),
            has_only_whole: items.iter().all(|item| item.is_i64() || !item.is_number()),
        }
    }

    /// Whether a value equals one of them; `None` when only comparing it with each can tell. `loose`: it is from where all
    /// is text.
    pub(super) fn has(&self, found: &Value<'_>, loose: bool) -> Option<bool> {
        match found {
            Value::Str(text) => {
                let has = self.texts.contains(text.as_ref());
                (has || self.has_only_texts || !loose).then_some(has)
            }
            Value::Number(number) if !loose => {
                let has = self.whole.contains(&number.as_i64()?);
                (has || self.has_only_whole).then_some(has)
            }
            _ => None,
        }
    }
}
