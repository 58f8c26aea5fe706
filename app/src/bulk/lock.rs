//! Why an operation may not be started yet, and starting it all the same.

use hookyard_model::{BulkOperation, DestinationId};
use leptos::prelude::*;

use super::{draft::SURE, start::Fields};
use crate::{
    failure::Failure,
    ui::{Icon, Shape, TextField, Visible, mistake_of, sentence},
};

/// So many destinations are led to; with more, the others are in the list above.
const LED_TO: usize = 3;

#[component]
pub(super) fn Lock(
    reason: String,
    destinations: Vec<(DestinationId, String)>,
    fields: Fields,
    answer: Signal<Option<Result<BulkOperation, Failure>>>,
) -> impl IntoView {
    let is_open = fields.sure.with_untracked(|sure| !sure.is_empty()) || answer.with_untracked(Option::is_some);
    let recovery = |(id, name): (DestinationId, String)| {
        view! {
            <a class="button" href=format!("/destinations/{id}/recovery")><Icon shape=Shape::Arrow/><span>"Recovery of "<Visible text=name/></span></a>
        }
    };
    view! {
        <section class="notice warning bulk-lock" aria-labelledby="locked" data-testid="bulk-locked">
            <Icon shape=Shape::Key/>
            <div>
                <h2 id="locked">"Prove it on one first"</h2>
                <p><Visible text=sentence(&reason)/></p>
                <p class="row">{destinations.into_iter().take(LED_TO).map(recovery).collect_view()}</p>
                <details class="override" open=is_open>
                    <summary>"Start without proof"</summary>
                    <p>"It is kept with the operation and in the audit log that you did, and why."</p>
                    <TextField
                        name="sure" label=format!("Type “{SURE}”") bound=fields.sure
                        mistake=mistake_of(move || answer.get(), "/sure")
                    />
                    <TextField
                        name="unproven" label="Why" bound=fields.unproven placeholder="The fix was checked by the receiver's own test"
                        mistake=mistake_of(move || answer.get(), "/unproven")
                    />
                </details>
            </div>
        </section>
    }
}
