//! All that signs a webhook's deliveries now.

use hookyard_model::{SecretId, SigningKey, SigningScheme};
use leptos::prelude::*;

use super::server::EndSigningKey;
use crate::ui::{Badge, Confirm, Countdown, FailureNotice, Shape, Time, Tone};

/// Secrets and keys, with when each ends; what may end is ended here.
#[component]
pub(super) fn SigningKeys(
    id: hookyard_model::DestinationId,
    keys: Vec<SigningKey>,
    end: ServerAction<EndSigningKey>,
) -> impl IntoView {
    let doomed = RwSignal::new(None::<SecretId>);
    let is_ending = RwSignal::new(false);
    Effect::new(move |_| is_ending.set(doomed.with(Option::is_some)));
    let do_end = move |()| {
        if let Some(key) = doomed.get_untracked() {
            end.dispatch(EndSigningKey { id, key });
        }
    };
    view! {
        <FailureNotice failure=Signal::derive(move || end.value().get().and_then(Result::err))/>
        <table class="table" aria-labelledby="signing-keys">
            <thead>
                <tr>
                    <th scope="col">"Signs with"</th>
                    <th scope="col">"Id"</th>
                    <th scope="col">"Made"</th>
                    <th scope="col">"Ends"</th>
                    <th scope="col"><span class="hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{keys.into_iter().map(|key| view! { <Row key doomed/> }).collect_view()}</tbody>
        </table>
        <Confirm
            open=is_ending
            title="End it now?"
            text=Signal::derive(move || format!(
                "From the next delivery on {} does not sign any more. Receivers that check by it alone refuse deliveries.",
                doomed.get().map(|key| key.to_string()).unwrap_or_default(),
            ))
            verb="End now"
            on_yes=Callback::new(do_end)
        />
    }
}

#[component]
fn Row(key: SigningKey, doomed: RwSignal<Option<SecretId>>) -> impl IntoView {
    let SigningKey { id, scheme, created_at, expires_at, .. } = key;
    let kind = match scheme {
        SigningScheme::V1 => "Secret",
        SigningScheme::V1a => "Ed25519 key",
    };
    // Without a current secret nothing would sign before long: it is rotated instead.
    let can_end = scheme == SigningScheme::V1a || expires_at.is_some();
    view! {
        <tr data-testid="signing-key">
            <td>{kind}" " <span class="tag">{scheme.as_str()}</span></td>
            <td data-label="Id" class="grow"><code>{id.to_string()}</code></td>
            <td data-label="Made"><Time at=created_at/></td>
            <td data-label="Ends">
                {match expires_at {
                    Some(at) => view! { <Countdown at/> }.into_any(),
                    None => view! { <Badge tone=Tone::Good shape=Shape::Check word="Current"/> }.into_any(),
                }}
            </td>
            <td class="buttons">
                {can_end.then(|| view! {
                    <button
                        type="button"
                        class="button quiet small"
                        aria-label=format!("End now: {id}")
                        on:click=move |_| doomed.set(Some(id))
                    >"End now"</button>
                })}
            </td>
        </tr>
    }
}
