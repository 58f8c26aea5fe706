//! Headers as they are typed, one a row.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::draft::text;
use crate::typed::Typed;

/// Names and values of headers, each row with a number of its own.
pub(super) type HeaderRows = RwSignal<Vec<(usize, RwSignal<String>, RwSignal<String>)>>;

pub(super) fn rows(headers: &BTreeMap<String, String>) -> HeaderRows {
    let row = |(number, (name, value)): (usize, (&String, &String))| (number, text(name), text(value));
    RwSignal::new(headers.iter().enumerate().map(row).collect())
}

/// The name of a row's field; `what` is `Name` or `Value`.
pub(super) fn field(name: &str, what: &str, number: usize) -> String {
    format!("{name}-{what}-{number}")
}

/// Takes over what was typed into the rows whose fields' names begin with `name`.
pub(super) fn fill_rows(rows: HeaderRows, typed: &Typed, name: &str) {
    let known = rows.get_untracked();
    let of_row = |number: usize| {
        let header = typed.get(&field(name, "Name", number))?;
        // What was not kept of what was typed is as it was stored.
        let stored = || known.iter().find(|(at, ..)| *at == number).map(|(.., value)| value.get_untracked());
        let value = typed.get(&field(name, "Value", number)).cloned().or_else(stored);
        Some((number, text(header), text(value.unwrap_or_default())))
    };
    let typed: Vec<_> = (0..ROWS).filter_map(of_row).collect();
    if !typed.is_empty() {
        rows.set(typed);
    }
}

/// So many rows are looked for.
const ROWS: usize = 100;
