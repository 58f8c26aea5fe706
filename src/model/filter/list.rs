//! Lists that values are looked up in, however long they are.

use std::{cmp::Ordering, collections::HashSet};

use serde_json::Value as Json;
use serde_json_borrow::Value;

use super::{value, work::Work};

/// The list of an `$in` or `$nin` as it is written in the filter.
#[derive(Debug, Clone, Default)]
pub(super) struct List {
    texts: HashSet<String>,
    whole: HashSet<i64>,
    /// Numbers in all spellings, which may equal a fraction or, where all is text, a text.
    numbers: Vec<Json>,
    /// What is neither a text nor a number.
    others: Vec<Json>,
}

impl List {
    pub(super) fn new(items: &[Json]) -> Self {
        let mut list = Self::default();
        for item in items {
            match item {
                Json::String(text) => {
                    list.texts.insert(text.clone());
                }
                Json::Number(number) => {
                    list.whole.extend(number.as_i64());
                    list.numbers.push(item.clone());
                }
                Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => list.others.push(item.clone()),
            }
        }
        list
    }

    /// Whether a value equals one of the list.
    pub(super) fn has(&self, found: &Value<'_>, loose: bool, work: &Work) -> bool {
        let is_one_of = |items: &[Json]| items.iter().any(|wanted| value::equal(wanted, found, loose, work));
        if !work.take(1) {
            return false;
        }
        match found {
            Value::Str(text) => {
                self.texts.contains(text.as_ref()) || loose && (is_one_of(&self.numbers) || is_one_of(&self.others))
            }
            Value::Number(number) => match number.as_i64() {
                Some(whole) if !loose => {
                    self.whole.contains(&whole)
                        || self.numbers.iter().filter(|wanted| !wanted.is_i64()).any(|wanted| {
                            work.take(1) && value::compare(wanted, found, loose) == Some(Ordering::Equal)
                        })
                }
                _ => is_one_of(&self.numbers) || loose && self.texts.iter().any(|text| {
                    value::equal(&Json::String(text.clone()), found, loose, work)
                }),
            },
            Value::Bool(_) if loose => {
                is_one_of(&self.others) || self.texts.contains(if *found == Value::Bool(true) { "true" } else { "false" })
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => is_one_of(&self.others),
        }
    }
}
