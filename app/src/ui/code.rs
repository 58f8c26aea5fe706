//! Text in a fixed width, coloured where it is JSON.

use leptos::prelude::*;

use super::{
    json::{self, Kind},
    visible,
};

/// Above so many bytes colours cost more than they help.
const COLOURED_AT_MOST: usize = 100_000;

/// `text` as text nodes; colours only where `is_json`.
pub(crate) fn coloured(text: &str, is_json: bool) -> AnyView {
    if !is_json || text.len() > COLOURED_AT_MOST {
        return visible::view_of(text);
    }
    json::runs(text)
        .into_iter()
        .map(|(kind, run)| match kind {
            Kind::Other => visible::view_of(run),
            kind => view! { <span class=kind.class()>{visible::view_of(run)}</span> }.into_any(),
        })
        .collect_view()
        .into_any()
}
