//! How much may be compared to know whether a filter lets something pass.

use std::cell::Cell;

use serde_json_borrow::Value;

use super::view::Node;

/// How many steps each filter may take, and how many all that look at the same request may take beyond that: a filter that
/// compares a list with another list does not use up what the filters of other connections need.
const OF_EACH: u32 = 100_000;
const OF_ALL: u32 = 2_000_000;
/// How much text, and how many fields, are looked through in one step.
const BYTES: usize = 256;
const FIELDS: usize = 16;

/// The steps that are left to the filters that look at a request. A step is about a comparison.
#[derive(Debug)]
pub(super) struct Work {
    of_this: Cell<u32>,
    of_all: Cell<u32>,
    is_spent: Cell<bool>,
}

impl Default for Work {
    fn default() -> Self {
        Self { of_this: Cell::new(OF_EACH), of_all: Cell::new(OF_ALL), is_spent: Cell::new(false) }
    }
}

impl Work {
    /// Another filter begins.
    pub(super) fn begin(&self) {
        self.of_this.set(OF_EACH);
        self.is_spent.set(false);
    }

    /// Whether the filter was to take more steps than there were; what it found then counts for nothing.
    pub(super) fn is_spent(&self) -> bool {
        self.is_spent.get()
    }

    /// Takes some steps; whether there were as many.
    pub(super) fn take(&self, steps: usize) -> bool {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        if self.is_spent.get() {
            return false;
        }
        for left in [&self.of_this, &self.of_all] {
            if let Some(rest) = left.get().checked_sub(steps) {
                left.set(rest);
                return true;
            }
        }
        self.is_spent.set(true);
        false
    }

    /// Takes the steps to look through a text.
    pub(super) fn take_text(&self, text: &str) -> bool {
        self.take(1 + text.len() / BYTES)
    }

    /// Takes the steps to find one of so many fields.
    pub(super) fn take_field(&self, width: usize) -> bool {
        self.take(1 + width / FIELDS)
    }

    /// Takes the steps to copy what is compared with.
    pub(super) fn take_copy(&self, node: Node<'_, '_>) -> bool {
        match node {
            Node::Named(named) => named.iter().all(|(name, value)| self.take_text(name) && self.take_copied(value)),
            Node::Value(value) => self.take_copied(value),
        }
    }

    fn take_copied(&self, value: &Value<'_>) -> bool {
        // Copied, it takes more than what it was read from.
        self.take(4)
            && match value {
                Value::Null | Value::Bool(_) | Value::Number(_) => true,
                Value::Str(text) => self.take_text(text),
                Value::Array(items) => items.iter().all(|item| self.take_copied(item)),
                Value::Object(fields) => {
                    fields.iter().all(|(name, item)| self.take_text(name) && self.take_copied(item))
                }
            }
    }
}
