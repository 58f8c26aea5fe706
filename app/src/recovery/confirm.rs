//! Step 4: somebody says that the receiver takes an event that comes twice as one.

use hookyard_model::{DestinationId, Recovery};
use leptos::{form::ActionForm, prelude::*};

use super::{acts::Acts, words::type_word};
use crate::ui::{FailureNotice, Icon, Shape, Time, Visible};

/// So many event types are named; of the others it is said how many there are.
const NAMED: usize = 12;

#[component]
pub(super) fn Confirm(id: DestinationId, recovery: Memo<Recovery>, acts: Acts) -> impl IntoView {
    let confirmed = Memo::new(move |_| {
        recovery.with(|recovery| {
            let of = |name: &String| (name.clone(), recovery.confirmed(name).cloned());
            recovery.event_types.iter().map(of).collect::<Vec<_>>()
        })
    });
    let open = Memo::new(move |_| {
        let missing = |(name, by): &(String, Option<_>)| by.is_none().then(|| name.clone());
        confirmed.with(|all| all.iter().filter_map(missing).collect::<Vec<_>>())
    });
    let failure = move || acts.confirm.value().get().and_then(Result::err);
    view! {
        <p>
            "Every retry keeps its "<code>"webhook-id"</code>". What was handled although it failed, such as after a timeout, comes "
            "a second time: the receiver has to look up the "<code>"webhook-id"</code>", and answer 2xx without doing the work again."
        </p>
        <ul class="confirmed">
            {move || confirmed.get().into_iter().take(NAMED).map(|(name, by)| view! {
                <li>
                    <Icon shape=if by.is_some() { Shape::Check } else { Shape::Question }/>
                    <code><Visible text=type_word(&name)/></code>
                    {match by {
                        Some(by) => view! {
                            <span class="aside">"confirmed by "<Visible text=by.confirmed_by_name.unwrap_or(by.confirmed_by)/>", "<Time at=by.confirmed_at/></span>
                        }.into_any(),
                        None => view! { <span class="aside">"not confirmed yet"</span> }.into_any(),
                    }}
                </li>
            }).collect_view()}
        </ul>
        {move || {
            let more = confirmed.with(Vec::len).saturating_sub(NAMED);
            (more > 0).then(|| view! { <p class="aside">"and "{more}" more"</p> })
        }}
        <FailureNotice failure=Signal::derive(failure)/>
        <Show when=move || open.with(|open| !open.is_empty())>
            <ActionForm action=acts.confirm attr:class="confirm-form" attr:aria-label="Confirm">
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="event_types" value=move || open.with(|open| open.join("\n"))/>
                <label class="check">
                    <input type="checkbox" name="sure" value="true" required/>
                    <span>"The receiver handles the same "<code>"webhook-id"</code>" once"</span>
                </label>
                <button class="button" disabled=acts.confirm.pending()><Icon shape=Shape::Check/>"Confirm"</button>
                <p class="aside">"Who confirmed it, and when, is kept in the audit log."</p>
            </ActionForm>
        </Show>
    }
}
