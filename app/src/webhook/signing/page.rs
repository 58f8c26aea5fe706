//! The page where what signs a webhook's deliveries is managed.

use hookyard_model::{DestinationId, Secret, SigningKey, Webhook};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    audit::WebhookAudit,
    keys::SigningKeys,
    pair::{KeyPair, TurnOff, public_keys_url, turn_off},
    secret::SecretBox,
    server::{EndSigningKey, RotateSigningKey, signing_keys},
    snippets::Snippets,
};
use crate::{
    failure::Failure,
    layout::Lost,
    live::watch,
    ui::{Place, Skeleton, Trouble, Visible},
    webhook::server::read_webhook,
};

/// What signs the deliveries of the webhook that the path names.
#[component]
pub(crate) fn SigningPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<DestinationId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OfWebhook id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

/// What is done on the page.
#[derive(Clone, Copy)]
struct Acts {
    rotate: ServerAction<RotateSigningKey>,
    end: ServerAction<EndSigningKey>,
    turn_off: TurnOff,
}

#[component]
fn OfWebhook(id: DestinationId) -> impl IntoView {
    let secret = RwSignal::new(None);
    let acts = Acts { rotate: ServerAction::new(), end: ServerAction::new(), turn_off: turn_off(id) };
    let changed = watch(move |change| change.destination.is_none_or(|changed| changed == id));
    let done = move || (acts.rotate.version().get(), acts.end.version().get(), acts.turn_off.version().get());
    let webhook = Resource::new(|| (), move |()| read_webhook(id));
    let keys = Resource::new(move || (changed.get(), done()), move |_| signing_keys(id));
    view! {
        <Place title="Signing" up=(format!("/webhooks/{id}"), "Delivery Logs")>
            <SecretBox id shown=secret manage=false/>
        </Place>
        <Transition fallback=|| view! { <Skeleton rows=8/> }>
            <Loaded id webhook keys secret acts/>
        </Transition>
        <WebhookAudit id changed/>
    }
}

#[component]
fn Loaded(
    id: DestinationId,
    webhook: Resource<Result<Webhook, Failure>>,
    keys: Resource<Result<Vec<SigningKey>, Failure>>,
    secret: RwSignal<Option<Secret>>,
    acts: Acts,
) -> impl IntoView {
    let found = move || webhook.get().zip(keys.get()).map(|(webhook, keys)| Ok::<_, Failure>((webhook?, keys?)));
    // Deliveries change nothing of this: what is open or has the focus stays, as long as the keys are the same.
    let key = |(webhook, keys): &(Webhook, Vec<SigningKey>)| serde_json::to_string(&(&webhook.url, keys)).ok();
    view! {
        <div class="about-signing">
            <For each=move || found().and_then(Result::ok) key=key let:found>
                <Found id webhook=found.0 keys=found.1 secret acts/>
            </For>
        </div>
        {move || found().and_then(Result::err).map(|failure| view! { <Trouble failure/> })}
    }
}

#[component]
fn Found(
    id: DestinationId,
    webhook: Webhook,
    keys: Vec<SigningKey>,
    secret: RwSignal<Option<Secret>>,
    acts: Acts,
) -> impl IntoView {
    let Acts { rotate, end, turn_off } = acts;
    let public_key = keys.iter().find_map(|key| key.public_key.clone());
    view! {
        <div class="signing">
            <p class="lead">
                "Deliveries to "
                {match webhook.url.clone() {
                    Some(url) => view! { <code><Visible text=url/></code> }.into_any(),
                    None => "the built-in receiver".into_any(),
                }}
                " carry one signature by each of these, as Standard Webhooks has it."
            </p>
            <section class="part" aria-labelledby="signing-keys">
                <header><h2 id="signing-keys">"What signs now"</h2></header>
                <SigningKeys id keys=keys.clone() end/>
            </section>
            <section class="part" aria-labelledby="key-pair"><KeyPair id keys rotate turn_off/></section>
            <Snippets url=webhook.url public_key public_keys_url=public_keys_url(id) secret/>
        </div>
    }
}
