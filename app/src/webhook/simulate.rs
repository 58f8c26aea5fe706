//! The simulator: a made-up event, sent for real.

use hookyard_model::{DestinationId, EventType, Simulation, Timestamp};
use leptos::prelude::*;
use serde_json::json;

use super::server::Simulate;
use crate::{
    developer::{AddReadyMadeEventTypes, event_types},
    ui::{
        CheckField, Dialog, Empty, FailureNotice, Icon, JsonEditor, SelectField, Shape, Skeleton, Trouble, json_mistake,
    },
};

/// The button, and what it opens.
#[component]
pub(super) fn SimulateWebhook(id: DestinationId) -> impl IntoView {
    let open = RwSignal::new(false);
    let simulate = ServerAction::<Simulate>::new();
    let last = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        if let Some(Ok(published)) = simulate.value().get() {
            open.set(false);
            last.set(Some(published.id));
        }
    });
    let begin = move |_| {
        simulate.clear();
        last.set(None);
        open.set(true);
    };
    view! {
        <p class="sent" role="status" data-testid="sent">
            {move || last.get().map(|id| view! { <Icon shape=Shape::Check/> "Sent as " <code>{id}</code> })}
        </p>
        <button type="button" class="button primary" on:click=begin><Icon shape=Shape::Bolt/>"Simulate Webhook"</button>
        <Dialog open title="Simulate Webhook" wide=true>
            <Choose id simulate/>
        </Dialog>
    }
}

#[component]
fn Choose(id: DestinationId, simulate: ServerAction<Simulate>) -> impl IntoView {
    let add = ServerAction::<AddReadyMadeEventTypes>::new();
    let catalogue = Resource::new(move || add.version().get(), |_| event_types());
    view! {
        <Transition fallback=|| view! { <Skeleton rows=8/> }>
            {move || catalogue.get().map(|catalogue| match catalogue {
                Ok(types) if types.is_empty() => view! {
                    <Empty shape=Shape::Event title="There are no event types yet">
                        <button
                            type="button"
                            class="button primary"
                            on:click=move |_| drop(add.dispatch(AddReadyMadeEventTypes {}))
                        >"Add the ready-made event types"</button>
                    </Empty>
                }
                .into_any(),
                Ok(types) => view! { <Compose id types simulate/> }.into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
    }
}

#[component]
fn Compose(id: DestinationId, types: Vec<EventType>, simulate: ServerAction<Simulate>) -> impl IntoView {
    let first = types.first().map(|first| first.name.clone()).unwrap_or_default();
    let options: Vec<_> = types.iter().map(|kind| (kind.name.clone(), kind.label.clone())).collect();
    let chosen = RwSignal::new(first);
    let payload = RwSignal::new(String::new());
    let exact = RwSignal::new(false);
    Effect::new(move |_| {
        let name = chosen.get();
        let example = types.iter().find(|kind| kind.name == name).and_then(|kind| kind.example.clone());
        payload.set(envelope(&name, example));
    });
    let is_wrong = move || payload.with(|text| json_mistake(text).is_some());
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Ok(payload) = serde_json::from_str(&payload.get_untracked()) {
            let simulation =
                Simulation { kind: chosen.get_untracked(), payload, exact: exact.get_untracked(), scenario: None };
            simulate.dispatch(Simulate { id, simulation });
        }
    };
    view! {
        <form on:submit=send>
            <SelectField name="event_type" label="Event Type" options=options bound=chosen/>
            <JsonEditor name="payload" label="Payload JSON" value=payload/>
            <CheckField name="exact" label="Send exactly as typed" bound=exact/>
            <p class="aside">"Unless ticked, api_mode, date and id are filled in when it is sent."</p>
            <FailureNotice failure=Signal::derive(move || simulate.value().get().and_then(Result::err))/>
            <footer>
                <button class="button primary" disabled=move || is_wrong() || simulate.pending().get()>
                    <Icon shape=Shape::Bolt/>"Send Simulated Payload"
                </button>
            </footer>
        </form>
    }
}

/// The envelope to begin with, its members in the order that receivers know.
fn envelope(kind: &str, example: Option<serde_json::Value>) -> String {
    let data = serde_json::to_string_pretty(&example.unwrap_or_else(|| json!({}))).unwrap_or_default();
    format!(
        "{{\n  \"api_mode\": \"test\",\n  \"date\": {},\n  \"id\": {},\n  \"type\": {},\n  \"data\": {}\n}}",
        json!(now()),
        json!(uuid()),
        json!(kind),
        data.replace('\n', "\n  "),
    )
}

/// Now, to the second. Only the browser asks: the dialog is not rendered on the server.
fn now() -> String {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 are far from the limits")]
    let now = Timestamp::from_millis(js_sys::Date::now() as i64 / 1000 * 1000);
    now.to_string().replace(".000Z", "Z")
}

/// A random UUID (version 4), good enough to be told apart by eye; the server makes its own unless told not to.
fn uuid() -> String {
    "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx"
        .chars()
        .map(|place| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 15")]
            let random = (js_sys::Math::random() * 16.0) as u32;
            match place {
                'x' => char::from_digit(random, 16).unwrap_or('0'),
                'y' => char::from_digit(random % 4 + 8, 16).unwrap_or('8'),
                other => other,
            }
        })
        .collect()
}
