//! What stays while what it says changes.
//!
//! A page that is read again shall not be drawn again: what is open stays open, what has the focus keeps it. Within a
//! `Transition` resources are read in the closures that are rendered, as here, and memos over them are made only once
//! they are read: one that is made before can miss, on the server's other threads, that they were, and the browser then
//! finds a page that it did not expect.

use leptos::prelude::*;

use super::Trouble;
use crate::failure::Failure;

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

/// A view that is there as long as `is` says so, and not made anew whenever what `is` reads changes.
pub(crate) fn as_long_as<V>(
    is: impl Fn() -> bool + Send + Sync + 'static,
    view: impl Fn() -> V + Send + 'static,
) -> impl IntoView
where
    V: IntoView + 'static,
{
    // The server draws it once, of what it knows by then.
    let is = if cfg!(feature = "ssr") { Signal::derive(is) } else { Memo::new(move |_| is()).into() };
    move || is.get().then(&view)
}

/// A view of what `found` reads, made once that is there. What was read last stays while it is read again or cannot be;
/// what is wrong stands above it then.
pub(crate) fn once_read<T, V>(
    found: Resource<Result<T, Failure>>,
    view: impl Fn(Memo<T>) -> V + Send + 'static,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        {move || found.with(|found| found.as_ref()?.as_ref().err().cloned()).map(|failure| view! { <Trouble failure/> })}
        {once_read_quietly(found, view)}
    }
}

/// As [`once_read`], where what is wrong is said elsewhere.
pub(crate) fn once_read_quietly<T, V>(
    found: Resource<Result<T, Failure>>,
    view: impl Fn(Memo<T>) -> V + Send + 'static,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let first = StoredValue::new(None::<T>);
    let is_there = move || {
        let seen = found.with(|found| match found {
            Some(Ok(now)) if first.with_value(Option::is_none) => Some(now.clone()),
            _ => None,
        });
        if seen.is_some() {
            first.set_value(seen);
        }
        first.with_value(Option::is_some)
    };
    let following = move || {
        first.get_value().map(|first| {
            let now = Memo::new(move |before: Option<&T>| {
                let now = found.with(|found| found.as_ref().and_then(|found| found.as_ref().ok()).cloned());
                now.unwrap_or_else(|| before.unwrap_or(&first).clone())
            });
            view(now)
        })
    };
    as_long_as(is_there, following)
}
