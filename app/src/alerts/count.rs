//! How much there is to look after, beside the way to it.

use leptos::prelude::*;

use super::server::alert_count;
use crate::{live::asked_later, overview::calm};

/// Asked for by the browser alone, so that no page waits for it.
#[component]
pub(crate) fn AlertCount() -> impl IntoView {
    let changed = calm();
    let count = asked_later(move || {
        changed.track();
        alert_count()
    });
    let shown = move || {
        count.with(|count| count.as_ref().and_then(|count| count.as_ref().ok().copied())).filter(|count| *count > 0)
    };
    view! {
        {move || shown().map(|count| view! {
            <span class="count" data-testid="alert-count">{count}<span class="hidden">" to look after"</span></span>
        })}
    }
}
