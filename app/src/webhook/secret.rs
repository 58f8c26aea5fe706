//! The Signing Secret: masked until somebody asks for it.

use hookyard_model::DestinationId;
use leptos::prelude::*;

use super::server::{RotateSecret, SigningSecrets};
use crate::ui::{CopyButton, Dialog, FailureNotice, Time};

const MASKED: &str = "whsec_••••••••••••••••";

#[component]
pub(crate) fn SecretBox(id: DestinationId) -> impl IntoView {
    let reveal = ServerAction::<SigningSecrets>::new();
    let rotate = ServerAction::<RotateSecret>::new();
    let is_rotating = RwSignal::new(false);
    let is_shown = RwSignal::new(false);
    let secrets = move || reveal.value().get().and_then(Result::ok).filter(|_| is_shown.get());
    let current = move || secrets()?.first().map(|secret| secret.secret.reveal().to_owned());
    let older = move || secrets().and_then(|secrets| secrets.get(1)?.expires_at);
    let failure = move || reveal.value().get().and_then(Result::err).or_else(|| rotate.value().get()?.err());
    let show = move |_| {
        is_shown.update(|shown| *shown = !*shown);
        if is_shown.get_untracked() {
            reveal.dispatch(SigningSecrets { id });
        }
    };
    // A new secret is shown at once: it has to be put where it is checked.
    Effect::new(move |_| {
        if let Some(Ok(_)) = rotate.value().get() {
            is_shown.set(true);
            reveal.dispatch(SigningSecrets { id });
        }
    });
    view! {
        <section class="secret" aria-labelledby="signing-secret">
            <header>
                <h2 id="signing-secret">"Signing Secret"</h2>
                <button type="button" class="button quiet small" disabled=reveal.pending() on:click=show>
                    {move || if is_shown.get() { "Hide" } else { "Reveal" }}
                </button>
                {move || current().map(|secret| view! { <CopyButton text=secret what="signing secret"/> })}
                <button type="button" class="button quiet small" on:click=move |_| is_rotating.set(true)>"Rotate"</button>
            </header>
            <code data-testid="signing-secret">{move || current().unwrap_or_else(|| MASKED.to_owned())}</code>
            {move || older().map(|until| view! { <p class="aside">"The former secret signs too until " <Time at=until/></p> })}
            <FailureNotice failure=Signal::derive(failure)/>
            <Dialog open=is_rotating title="Rotate the signing secret">
                <p>"A new secret is made. For a day deliveries carry both signatures, so that receivers can change over."</p>
                <footer>
                    <button type="button" class="button" on:click=move |_| is_rotating.set(false)>"Keep"</button>
                    <button
                        type="button"
                        class="button primary"
                        on:click=move |_| {
                            is_rotating.set(false);
                            rotate.dispatch(RotateSecret { id, overlap_hours: 24 });
                        }
                    >"Make a new secret"</button>
                </footer>
            </Dialog>
        </section>
    }
}
