//! What is typed, beside what came.

use hookyard_model::{Body, BodyEncoding, HeaderChanges, Headers, Modifications, Payload, Request};
use leptos::prelude::*;

use crate::ui::readable;

/// So much of a body can be edited.
const EDITED_AT_MOST: usize = 1 << 20;

/// A row of the headers.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Row {
    pub(super) key: usize,
    pub(super) name: RwSignal<String>,
    pub(super) value: RwSignal<String>,
}

/// A request as it is being changed.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    original: StoredValue<Payload>,
    /// Whether it was published, so that its body is all there is to change.
    pub(super) is_published: bool,
    pub(super) method: RwSignal<String>,
    pub(super) path: RwSignal<String>,
    pub(super) query: RwSignal<String>,
    pub(super) rows: RwSignal<Vec<Row>>,
    /// How many rows there were ever, for their keys.
    made: StoredValue<usize>,
    pub(super) body: RwSignal<String>,
    /// The body's text as it stood in its field at first; none where it cannot be edited as text.
    laid_out: StoredValue<Option<String>>,
    /// Whether the body stays what it was, whatever stands in its field.
    pub(super) keeps_body: RwSignal<bool>,
}

impl Draft {
    pub(super) fn new(request: &Request, payload: Payload) -> Self {
        let is_text = payload.raw.encoding == BodyEncoding::Utf8 && payload.raw.text.len() <= EDITED_AT_MOST;
        let text = is_text.then(|| match readable(&payload.raw, 2 * EDITED_AT_MOST) {
            (text, true) => text,
            (_, false) => payload.raw.text.clone(),
        });
        let draft = Self {
            is_published: request.event_type.is_some() && payload.path.is_empty() && payload.headers.0.len() <= 1,
            method: RwSignal::new(payload.method.clone()),
            path: RwSignal::new(payload.path.clone()),
            query: RwSignal::new(payload.query.clone()),
            rows: RwSignal::new(Vec::new()),
            made: StoredValue::new(0),
            body: RwSignal::new(text.clone().unwrap_or_default()),
            keeps_body: RwSignal::new(text.is_none()),
            laid_out: StoredValue::new(text),
            original: StoredValue::new(payload),
        };
        draft.reset_headers();
        draft
    }

    pub(super) fn original(self) -> Payload {
        self.original.get_value()
    }

    /// Whether the body that came can be edited as text.
    pub(super) fn has_text(self) -> bool {
        self.laid_out.with_value(Option::is_some)
    }

    pub(super) fn add_row(self, name: &str, value: &str) {
        let key = self.made.get_value();
        self.made.set_value(key + 1);
        let row = Row { key, name: RwSignal::new(name.to_owned()), value: RwSignal::new(value.to_owned()) };
        self.rows.update(|rows| rows.push(row));
    }

    pub(super) fn reset_headers(self) {
        self.rows.set(Vec::new());
        for (name, value) in self.original.with_value(|original| original.headers.0.clone()) {
            self.add_row(&name, &value);
        }
    }

    pub(super) fn reset_body(self) {
        self.body.set(self.laid_out.get_value().unwrap_or_default());
        self.keeps_body.set(!self.has_text());
    }

    /// Rows without anything in them are none.
    fn pairs(self) -> Vec<(String, String)> {
        let pair = |row: &Row| (row.name.get().trim().to_ascii_lowercase(), row.value.get());
        self.rows.get().iter().map(pair).filter(|(name, value)| !(name.is_empty() && value.is_empty())).collect()
    }

    /// The number that a row has among those that are sent.
    pub(super) fn number(self, key: usize) -> Option<usize> {
        let is_there = |row: &&Row| row.name.with(|name| !name.trim().is_empty()) || row.value.with(|v| !v.is_empty());
        self.rows.get().iter().filter(is_there).position(|row| row.key == key)
    }

    /// The bytes that would be sent in place of those that came.
    fn new_body(self) -> Option<Body> {
        let text = self.body.get();
        let is_kept = self.keeps_body.get() || self.laid_out.with_value(|first| first.as_ref() == Some(&text));
        // Only laid out differently: what came is sent, byte for byte.
        (!is_kept).then(|| Body::from_bytes(text.as_bytes()))
    }

    /// What is different.
    pub(super) fn modifications(self) -> Modifications {
        let original = self.original();
        let other = |now: String, was: &str| (now != was).then_some(now);
        let pairs = self.pairs();
        Modifications {
            method: other(self.method.get(), &original.method),
            path: other(self.path.get().trim().to_owned(), &original.path),
            query: other(self.query.get().trim().to_owned(), &original.query),
            headers: (pairs != original.headers.0).then_some(HeaderChanges::All(pairs)),
            body: self.new_body().filter(|body| *body != original.raw),
        }
    }

    /// The request as it would be.
    pub(super) fn changed(self, with: &Modifications) -> Payload {
        let mut payload = self.original();
        if let Some(method) = &with.method {
            payload.method.clone_from(method);
        }
        if let Some(path) = &with.path {
            payload.path.clone_from(path);
        }
        if let Some(query) = &with.query {
            payload.query.clone_from(query);
        }
        if let Some(HeaderChanges::All(pairs)) = &with.headers {
            payload.headers = Headers(pairs.clone());
        }
        if let Some(body) = &with.body {
            payload.raw = body.clone();
        }
        payload
    }
}
