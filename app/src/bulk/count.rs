//! How many operations run, beside the way to them.

use leptos::prelude::*;

use super::server::count_ongoing;
use crate::{live::asked_later, overview::calm};

/// Asked for by the browser alone, so that no page waits for it.
#[component]
pub(crate) fn BulkCount() -> impl IntoView {
    let changed = calm();
    let count = asked_later(move || {
        changed.track();
        count_ongoing()
    });
    let shown = Memo::new(move |_| {
        count.with(|count| count.as_ref().and_then(|count| count.as_ref().ok().copied())).filter(|count| *count > 0)
    });
    view! {
        {move || shown.get().map(|count| view! {
            <span class="count running" data-testid="bulk-count">{count}<span class="hidden">" under way"</span></span>
        })}
    }
}
