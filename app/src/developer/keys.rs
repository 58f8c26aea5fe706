//! Key pairs for the REST API.

use hookyard_model::{KeyPair, NewKeyPair};
use leptos::prelude::*;

use super::server::{CreateKeyPair, RevokeKeyPair, key_pairs};
use crate::ui::{Confirm, CopyText, Empty, FailureNotice, Icon, Notice, Shape, Skeleton, Time, Tone, Trouble};

/// The mode's key pairs.
#[component]
pub(crate) fn KeyPairs() -> impl IntoView {
    let create = ServerAction::<CreateKeyPair>::new();
    let revoke = ServerAction::<RevokeKeyPair>::new();
    let pairs = Resource::new(move || (create.version().get(), revoke.version().get()), |_| key_pairs());
    let doomed = RwSignal::new(None::<KeyPair>);
    let is_revoking = RwSignal::new(false);
    Effect::new(move |_| is_revoking.set(doomed.with(Option::is_some)));
    let failure =
        move || create.value().get().and_then(Result::err).or_else(|| revoke.value().get().and_then(Result::err));
    let do_revoke = move |()| {
        if let Some(pair) = doomed.get_untracked() {
            revoke.dispatch(RevokeKeyPair { id: pair.id });
        }
    };
    view! {
        <section class="part" aria-labelledby="key-pairs">
            <header>
                <h2 id="key-pairs">"Key pairs"</h2>
                <button
                    type="button"
                    class="button"
                    disabled=create.pending()
                    on:click=move |_| drop(create.dispatch(CreateKeyPair {}))
                ><Icon shape=Shape::Key/>"Create Credentials"</button>
            </header>
            <FailureNotice failure=Signal::derive(failure)/>
            {move || create.value().get().and_then(Result::ok).map(|pair| view! { <Fresh pair create/> })}
            <Transition fallback=|| view! { <Skeleton rows=2/> }>
                {move || pairs.get().map(|pairs| match pairs {
                    Ok(pairs) if pairs.is_empty() => view! {
                        <Empty shape=Shape::Key title="No key pairs yet"><p>"A program needs one to call the REST API."</p></Empty>
                    }
                    .into_any(),
                    Ok(pairs) => view! { <Table pairs doomed/> }.into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
            <Confirm
                open=is_revoking
                title="Revoke this key pair?"
                text=Signal::derive(move || format!(
                    "{} stops working at once, and cannot be brought back.",
                    doomed.get().map(|pair| pair.public).unwrap_or_default(),
                ))
                verb="Revoke"
                on_yes=Callback::new(do_revoke)
            />
        </section>
    }
}

/// A pair just made: the only time that its private key is seen.
#[component]
fn Fresh(pair: NewKeyPair, create: ServerAction<CreateKeyPair>) -> impl IntoView {
    view! {
        <Notice tone=Tone::Good shape=Shape::Key>
            <p><strong>"Copy the private key now: it is not shown again."</strong></p>
            <dl class="facts" data-testid="new-key-pair">
                <div><dt>"Public id"</dt><dd><CopyText text=pair.public what="public id"/></dd></div>
                <div><dt>"Private key"</dt><dd><CopyText text=pair.private.reveal().to_owned() what="private key"/></dd></div>
            </dl>
            <button type="button" class="button small" on:click=move |_| create.clear()>"I have copied it"</button>
        </Notice>
    }
}

#[component]
fn Table(pairs: Vec<KeyPair>, doomed: RwSignal<Option<KeyPair>>) -> impl IntoView {
    let row = move |pair: KeyPair| {
        let kept = StoredValue::new(pair.clone());
        let label = format!("Revoke {}", pair.public);
        view! {
            <tr data-testid="key-pair">
                <td class="grow"><code>{pair.public}</code></td>
                <td data-label="Private key"><code>{pair.private_hint}</code></td>
                <td data-label="Created"><Time at=pair.created_at/></td>
                <td class="buttons">
                    <button type="button" class="button quiet small" aria-label=label on:click=move |_| doomed.set(Some(kept.get_value()))>
                        "Revoke"
                    </button>
                </td>
            </tr>
        }
    };
    view! {
        <table class="table" aria-labelledby="key-pairs">
            <thead>
                <tr>
                    <th scope="col">"Public id"</th>
                    <th scope="col">"Private key"</th>
                    <th scope="col">"Created"</th>
                    <th scope="col"><span class="hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{pairs.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}
