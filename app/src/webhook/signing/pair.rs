//! Signing with a key pair: receivers check with the public key, and hold nothing secret.

use hookyard_model::{DestinationId, SecretId, SigningKey, SigningScheme};
use leptos::prelude::*;

use super::{
    rotate::RotateDialog,
    server::{RotateSigningKey, end_signing_key},
};
use crate::{
    account::Me,
    failure::Failure,
    ui::{Confirm, CopyText, FailureNotice, Icon, Shape, Time, mistake_of},
};

/// Where anybody finds a webhook's public keys.
pub(super) fn public_keys_url(id: DestinationId) -> String {
    format!("{}/public-keys/{id}", expect_context::<Me>().about.public_url)
}

/// Ends all of these keys.
pub(super) type TurnOff = Action<Vec<SecretId>, Result<(), Failure>>;

pub(super) fn turn_off(id: DestinationId) -> TurnOff {
    Action::new(move |keys: &Vec<SecretId>| {
        let keys = keys.clone();
        async move {
            for key in keys {
                end_signing_key(id, key).await?;
            }
            Ok(())
        }
    })
}

/// Ed25519, on or off.
#[component]
pub(super) fn KeyPair(
    id: DestinationId,
    keys: Vec<SigningKey>,
    rotate: ServerAction<RotateSigningKey>,
    turn_off: TurnOff,
) -> impl IntoView {
    let keys: Vec<_> = keys.into_iter().filter(|key| key.scheme == SigningScheme::V1a).collect();
    let is_on = !keys.is_empty();
    let ids = StoredValue::new(keys.iter().map(|key| key.id).collect::<Vec<_>>());
    let is_rotating = RwSignal::new(false);
    let is_ending = RwSignal::new(false);
    let failure = move || {
        let of_rotation = rotate.value().get().and_then(Result::err).filter(|_| !is_rotating.get());
        of_rotation.or_else(|| turn_off.value().get()?.err())
    };
    view! {
        <header>
            <h2 id="key-pair">"Ed25519 key pair"</h2>
            <div class="row">
                {if is_on {
                    view! {
                        <button type="button" class="button small" on:click=move |_| is_rotating.set(true)>"New key"</button>
                        <button type="button" class="button small" on:click=move |_| is_ending.set(true)>"Turn off"</button>
                    }
                    .into_any()
                } else {
                    view! {
                        <button
                            type="button"
                            class="button"
                            disabled=rotate.pending()
                            on:click=move |_| drop(rotate.dispatch(RotateSigningKey { id, overlap_hours: 0 }))
                        ><Icon shape=Shape::Key/>"Turn on"</button>
                    }
                    .into_any()
                }}
            </div>
        </header>
        <FailureNotice failure=Signal::derive(failure)/>
        {if is_on { view! { <PublicKeys id keys/> }.into_any() } else { view! { <Why/> }.into_any() }}
        <RotateDialog
            open=is_rotating
            title="Make a new key pair"
            text="A new key pair is made. For as long as you choose, deliveries carry the signatures of both, so that receivers can take over its public key."
            verb="Make a new key"
            pending=Signal::derive(move || rotate.pending().get())
            failure=Signal::derive(move || rotate.value().get().and_then(Result::err))
            mistake=mistake_of(move || rotate.value().get(), "/overlap_hours")
            on_rotate=Callback::new(move |overlap_hours| {
                rotate.dispatch(RotateSigningKey { id, overlap_hours });
            })
        />
        <Confirm
            open=is_ending
            title="Turn Ed25519 off?"
            text="From the next delivery on nothing is signed with the key pair any more; the secret goes on signing. Receivers that check by the public key refuse deliveries."
            verb="Turn off"
            on_yes=Callback::new(move |()| {
                turn_off.dispatch(ids.get_value());
            })
        />
    }
}

#[component]
fn Why() -> impl IntoView {
    view! {
        <p class="aside">
            "Off. Turned on, deliveries also carry a " <code>"v1a"</code> " signature, made with a private key that never leaves Hookyard. "
            "Receivers check it with the public key, which is no secret; the signature by the secret stays beside it."
        </p>
    }
}

#[component]
fn PublicKeys(id: DestinationId, keys: Vec<SigningKey>) -> impl IntoView {
    let row = |key: SigningKey| {
        let name = match key.expires_at {
            None => "Public key".into_any(),
            Some(at) => view! { "Former public key, until " <Time at/> }.into_any(),
        };
        view! {
            <div data-testid="public-key">
                <dt>{name}</dt>
                <dd><CopyText text=key.public_key.unwrap_or_default() what="public key"/></dd>
            </div>
        }
    };
    view! {
        <dl class="facts public-keys">
            {keys.into_iter().map(row).collect_view()}
            <div>
                <dt>"Served to anybody at"</dt>
                <dd><CopyText text=public_keys_url(id) what="address of the public keys"/></dd>
            </div>
        </dl>
    }
}
