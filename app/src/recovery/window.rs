//! The window of time that the page is about.

use hookyard_model::{DestinationId, Recovery, RecoveryWindow, TimeBound};
use leptos::prelude::*;

use super::words::path;
use crate::ui::{Time, query_value};

/// The stretches to choose from, each until now.
const LATELY: [(&str, &str, &str); 4] = [
    ("1h", "1 h", "last hour"),
    ("24h", "24 h", "last 24 hours"),
    ("7d", "7 d", "last 7 days"),
    ("15d", "15 d", "last 15 days"),
];

/// The window that the URL says.
pub(super) fn asked() -> Memo<RecoveryWindow> {
    let (from, to) = (query_value::<TimeBound>("from"), query_value::<TimeBound>("to"));
    Memo::new(move |_| RecoveryWindow { from: from.get(), to: to.get() })
}

/// The window in words, and links to others. Works without scripts.
#[component]
pub(super) fn WindowBar(id: DestinationId, recovery: Memo<Recovery>, window: Memo<RecoveryWindow>) -> impl IntoView {
    let bounds = Memo::new(move |_| recovery.with(|found| (found.from, found.to)));
    let of = |text: &str| format!("now-{text}").parse::<TimeBound>().ok();
    let link = move |(bound, short, words): (&'static str, &'static str, &'static str)| {
        let asked = RecoveryWindow { from: of(bound), to: None };
        let is_current = move || (window.get() == asked).then_some("true");
        view! {
            <li><a href=path(id, asked, None) data-noscroll="" aria-current=is_current>
                {short}<span class="hidden">", the "{words}</span>
            </a></li>
        }
    };
    let is_usual = move || (window.get() == RecoveryWindow::default()).then_some("true");
    view! {
        <div class="recovery-window">
            <nav class="windows" aria-label="Window of time">
                <ul>
                    <li><a href=path(id, RecoveryWindow::default(), None) data-noscroll="" aria-current=is_usual>"Last outage"</a></li>
                    {LATELY.into_iter().map(link).collect_view()}
                </ul>
            </nav>
            {move || {
                let (from, to) = bounds.get();
                view! { <p class="aside">"Events made from "<Time at=from/>" to "<Time at=to/></p> }
            }}
        </div>
    }
}
