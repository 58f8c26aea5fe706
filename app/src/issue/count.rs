//! How many issues nobody looks after, beside the way to them.

use leptos::prelude::*;

use super::server::count_open;
use crate::{live::asked_later, overview::calm};

/// Asked for by the browser alone, so that no page waits for it.
#[component]
pub(crate) fn IssueCount() -> impl IntoView {
    let changed = calm();
    let count = asked_later(move || {
        changed.track();
        count_open()
    });
    let shown = Memo::new(move |_| {
        count.with(|count| count.as_ref().and_then(|count| count.as_ref().ok().copied())).filter(|count| *count > 0)
    });
    view! {
        {move || shown.get().map(|count| view! {
            <span class="count" data-testid="issue-count">{count}<span class="hidden">" open"</span></span>
        })}
    }
}
