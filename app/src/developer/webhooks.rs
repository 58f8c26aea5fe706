//! The webhooks of this mode.

use hookyard_model::{Cursor, Mode};
use leptos::prelude::*;

use super::{
    actions::{WebhookActions, WebhookDialogs},
    form::WebhookForm,
    server::webhooks,
    table::Table,
};
use crate::{
    account::Me,
    live::watch,
    ui::{Dialog, Empty, Icon, Pager, Shape, Skeleton, Trouble, query_value},
};

/// The webhooks of this mode, and what can be done with them.
#[component]
pub(crate) fn Webhooks(actions: WebhookActions) -> impl IntoView {
    let mode = expect_context::<Me>().mode;
    let changed = watch(|_| true);
    let cursor = query_value::<Cursor>("cursor");
    let table = Resource::new(move || (changed.get(), actions.done(), cursor.get()), |(.., cursor)| webhooks(cursor));
    let is_creating = RwSignal::new(false);
    let create = move || {
        view! {
            <button type="button" class="button primary" on:click=move |_| is_creating.set(true)>
                <Icon shape=Shape::Plus/>"Create Webhook"
            </button>
        }
    };
    let around = move || match table.get()? {
        Ok(table) if table.page.models.is_empty() => {
            let next = match mode {
                Mode::Test => {
                    "Create one with your URL; without a server of your own, tick the built-in receiver. \
                               Then press Simulate Webhook on its page to see a delivery."
                }
                Mode::Live => "Create one with your https URL. Events published with a live key are sent to it.",
            };
            Some(
                view! {
                    <Empty shape=Shape::Webhook title="No webhooks yet">
                        <p>"A webhook is a URL that your events are sent to. "{next}</p>
                    </Empty>
                }
                .into_any(),
            )
        }
        Ok(table) => Some(view! { <Pager pagination=table.page.pagination/> }.into_any()),
        Err(failure) => Some(view! { <Trouble failure/> }.into_any()),
    };
    view! {
        <section class="part" aria-labelledby="webhooks">
            <header>
                <h2 id="webhooks">"Webhooks"</h2>
                {create()}
            </header>
            <WebhookDialogs actions/>
            <Transition fallback=|| view! { <Skeleton/> }>
                <Table table mode actions/>
                {around}
            </Transition>
            <Dialog open=is_creating title="New webhook" wide=true>
                <WebhookForm done=move |_| is_creating.set(false)/>
            </Dialog>
        </section>
    }
}
