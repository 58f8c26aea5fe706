//! Reading what was typed into a form.

use std::{collections::BTreeMap, str::FromStr};

use hookyard_model::FieldError;
use leptos::prelude::*;

use super::header_rows::HeaderRows;

/// What could not be read so far.
#[derive(Default)]
pub(super) struct Taking(pub(super) Vec<FieldError>);

impl Taking {
    pub(super) fn number<T: FromStr + Default>(&mut self, signal: RwSignal<String>, pointer: &str) -> T {
        let read = signal.with_untracked(|text| text.trim().parse());
        read.unwrap_or_else(|_| {
            self.0.push(FieldError::new(pointer, "must be a whole number"));
            T::default()
        })
    }

    pub(super) fn optional<T: FromStr + Default>(&mut self, signal: RwSignal<String>, pointer: &str) -> Option<T> {
        let is_empty = signal.with_untracked(|text| text.trim().is_empty());
        (!is_empty).then(|| self.number(signal, pointer))
    }

    pub(super) fn headers(&mut self, rows: HeaderRows, pointer: &str) -> BTreeMap<String, String> {
        let mut headers = BTreeMap::new();
        for (_, name, value) in rows.get_untracked() {
            let (name, value) = (name.get_untracked().trim().to_owned(), value.get_untracked());
            if name.is_empty() && value.trim().is_empty() {
                continue;
            }
            let twice = headers.insert(name.clone(), value).is_some();
            if twice {
                self.0.push(FieldError::new(pointer, format!("`{name}` stands twice")));
            }
        }
        headers
    }
}
