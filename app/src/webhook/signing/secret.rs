//! The Signing Secret: masked until somebody asks for it.

use hookyard_model::{DestinationId, Secret, SigningScheme};
use leptos::prelude::*;

use super::{
    rotate::RotateDialog,
    server::{RotateSecret, SigningSecrets, signing_keys},
};
use crate::{
    live::watch,
    ui::{CopyButton, FailureNotice, Time, mistake_of},
};

const MASKED: &str = "whsec_••••••••••••••••";

/// The current secret: revealed, copied, hidden again and rotated here.
#[component]
pub(crate) fn SecretBox(
    id: DestinationId,
    /// Where the secret is while it is shown, for others who show it too.
    #[prop(optional)]
    shown: Option<RwSignal<Option<Secret>>>,
    /// Whether it leads to the page where all that signs is managed.
    #[prop(default = true)]
    manage: bool,
) -> impl IntoView {
    let shown = shown.unwrap_or_else(|| RwSignal::new(None));
    let reveal = ServerAction::<SigningSecrets>::new();
    let rotate = ServerAction::<RotateSecret>::new();
    let is_rotating = RwSignal::new(false);
    Effect::new(move |_| {
        if let Some(Ok(secrets)) = reveal.value().get() {
            shown.set(secrets.into_iter().next().map(|current| current.secret));
        }
    });
    // A new secret is shown at once: it has to be put where it is checked.
    Effect::new(move |_| {
        if let Some(Ok(made)) = rotate.value().get() {
            is_rotating.set(false);
            shown.set(Some(made.secret));
        }
    });
    let toggle = move |_| {
        if shown.with_untracked(Option::is_some) {
            shown.set(None);
            reveal.clear();
            rotate.clear();
        } else {
            reveal.dispatch(SigningSecrets { id });
        }
    };
    let text = move || shown.get().map(|secret| secret.reveal().to_owned());
    view! {
        <section class="secret" aria-labelledby="signing-secret">
            <header>
                <h2 id="signing-secret">"Signing Secret"</h2>
                <button type="button" class="button quiet small" disabled=reveal.pending() on:click=toggle>
                    {move || if shown.with(Option::is_some) { "Hide" } else { "Reveal" }}
                </button>
                {move || text().map(|text| view! { <CopyButton text what="signing secret"/> })}
                <button type="button" class="button quiet small" on:click=move |_| is_rotating.set(true)>"Rotate"</button>
                {manage.then(|| view! { <a class="button quiet small" href=format!("/webhooks/{id}/signing")>"Manage"</a> })}
            </header>
            <code data-testid="signing-secret">{move || text().unwrap_or_else(|| MASKED.to_owned())}</code>
            <Former id rotated=Signal::derive(move || rotate.version().get())/>
            <FailureNotice failure=Signal::derive(move || reveal.value().get().and_then(Result::err))/>
            <RotateDialog
                open=is_rotating
                title="Rotate the signing secret"
                text="A new secret is made. For as long as you choose, deliveries carry the signatures of both, so that receivers can change over."
                verb="Make a new secret"
                pending=Signal::derive(move || rotate.pending().get())
                failure=Signal::derive(move || rotate.value().get().and_then(Result::err))
                mistake=mistake_of(move || rotate.value().get(), "/overlap_hours")
                on_rotate=Callback::new(move |overlap_hours| {
                    rotate.dispatch(RotateSecret { id, overlap_hours });
                })
            />
        </section>
    }
}

/// Says until when a former secret signs too.
#[component]
fn Former(id: DestinationId, rotated: Signal<usize>) -> impl IntoView {
    let changed = watch(move |change| change.destination.is_none_or(|changed| changed == id));
    let keys = Resource::new(move || (changed.get(), rotated.get()), move |_| signing_keys(id));
    let until = move || {
        let keys = keys.get()?.ok()?;
        keys.iter().filter(|key| key.scheme == SigningScheme::V1).filter_map(|key| key.expires_at).max()
    };
    view! {
        <Transition>
            {move || until().map(|until| view! { <p class="aside">"The former secret signs too until " <Time at=until/></p> })}
        </Transition>
    }
}
