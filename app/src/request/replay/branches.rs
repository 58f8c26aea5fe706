//! Where a replay would go.

use hookyard_model::{IgnoredCause, ReplayBranch, ReplayPreview};
use leptos::prelude::*;

use crate::{
    rule::Changes,
    ui::{Badge, Shape, Tone, Visible, milliseconds},
};

/// Each connection, and whether it would take the request.
#[component]
pub(super) fn Branches(preview: ReplayPreview) -> impl IntoView {
    let taken = preview.branches.iter().filter(|branch| branch.is_taken).count();
    let words = match (taken, preview.branches.len()) {
        (_, 0) => "Its source has no connection: the request would be stored, and go nowhere.".to_owned(),
        (0, _) => "No connection would take it.".to_owned(),
        (1, _) => "1 connection would take it.".to_owned(),
        (many, _) => format!("{many} connections would take it."),
    };
    let left_out = preview.branches_left_out;
    view! {
        <p>{words}</p>
        <ul class="replay-branches" data-testid="branches">
            {preview.branches.into_iter().map(|branch| view! { <Branch branch/> }).collect_view()}
        </ul>
        {(left_out > 0).then(|| view! { <p class="aside">{left_out}" more connections were not asked."</p> })}
    }
}

#[component]
fn Branch(branch: ReplayBranch) -> impl IntoView {
    let (tone, shape, word) = match branch.ignored_cause {
        None if branch.is_held => (Tone::Warning, Shape::Hold, "Held"),
        None => (Tone::Good, Shape::Check, "Taken"),
        Some(IgnoredCause::TransformFailed) => (Tone::Bad, Shape::Cross, "Script fails"),
        Some(IgnoredCause::Filtered) => (Tone::Off, Shape::Slash, "Filtered"),
        Some(IgnoredCause::ConnectionDisabled) => (Tone::Off, Shape::Slash, "Connection disabled"),
        Some(IgnoredCause::DestinationDisabled) => (Tone::Off, Shape::Slash, "Destination disabled"),
        Some(IgnoredCause::Deduplicated | IgnoredCause::NoConnection | IgnoredCause::Handshake) => {
            (Tone::Off, Shape::Slash, "Not taken")
        }
    };
    let why = branch.reason.or_else(|| branch.is_held.then(|| "It waits, since it is paused".to_owned()));
    #[expect(clippy::cast_precision_loss, reason = "a delay is nowhere near so long")]
    let delay = branch.delay_ms.map(|delay| format!("sent after {}", milliseconds(delay as f64)));
    let changes = branch.changes;
    view! {
        <li data-taken=branch.is_taken.to_string()>
            <p class="row">
                <Badge tone shape word/>
                <b><a href=format!("/connections/{}", branch.connection_id)><Visible text=branch.connection_name/></a></b>
                <span class="nothing">"→ "<Visible text=branch.destination_name/></span>
            </p>
            {why.map(|why| view! { <p class="aside"><Visible text=why/></p> })}
            {delay.map(|delay| view! { <p class="aside">{delay}</p> })}
            {(!changes.is_empty()).then(|| view! {
                <details><summary>"What its transformations change"</summary><Changes changes/></details>
            })}
        </li>
    }
}
