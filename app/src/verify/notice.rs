//! What the last verification found, where people look for what is wrong.

use leptos::prelude::*;

use super::server::read_verification;
use crate::{
    live::asked_later,
    overview::calm,
    ui::{Notice, Shape, Tone, grouped},
};

/// Says so when something did not add up. Asked for by the browser alone, so that no page waits for it.
#[component]
pub(crate) fn UncleanNotice() -> impl IntoView {
    let changed = calm();
    let found = asked_later(move || {
        changed.track();
        read_verification()
    });
    let amiss = move || match found.get() {
        Some(Ok(Some(found))) if found.discrepancy_count > 0 => Some(found.discrepancy_count),
        _ => None,
    };
    move || {
        amiss().map(|count| {
            let words = if count == 1 { "record does not add up".to_owned() } else { "records do not add up".to_owned() };
            view! {
                <div data-testid="unclean">
                    <Notice tone=Tone::Bad shape=Shape::Alert>
                        <p>{grouped(count)}" "{words}", as the last verification found. "<a href="/verify">"See what and where"</a></p>
                    </Notice>
                </div>
            }
        })
    }
}
