//! Rows that stay while what they say changes.

use leptos::prelude::*;

/// A thing as a list has it now, as long as it has it; `id` tells things apart.
pub(crate) fn latest<T, I>(list: Memo<Vec<T>>, first: T, id: fn(&T) -> I) -> Memo<T>
where
    T: Clone + PartialEq + Send + Sync + 'static,
    I: PartialEq + 'static,
{
    let mine =
        move |all: &Vec<T>| all.iter().find(|one| id(one) == id(&first)).cloned().unwrap_or_else(|| first.clone());
    Memo::new(move |_| list.with(&mine))
}
