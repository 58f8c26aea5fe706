//! The table of webhooks.

use hookyard_model::{AttemptStatus, Cursor, LastDelivery, Status, Webhook, WebhookStatus};
use leptos::prelude::*;

use super::{
    form::WebhookForm,
    server::{DeleteWebhook, SetWebhookStatus, webhooks},
};
use crate::{
    live::watch,
    ui::{
        Confirm, Dialog, Empty, EnabledBadge, FailureNotice, HttpStatus, Icon, Pager, Shape, Skeleton, Time, Trouble,
        Visible, query_value,
    },
};

/// What the row's buttons ask for.
#[derive(Clone, Copy)]
struct Asked {
    edit: RwSignal<Option<Webhook>>,
    delete: RwSignal<Option<Webhook>>,
    status: ServerAction<SetWebhookStatus>,
}

/// The webhooks of this mode, and what can be done with them.
#[component]
pub(crate) fn Webhooks() -> impl IntoView {
    let asked = Asked { edit: RwSignal::new(None), delete: RwSignal::new(None), status: ServerAction::new() };
    let delete = ServerAction::<DeleteWebhook>::new();
    let edited = RwSignal::new(0_u32);
    let changed = watch(|_| true);
    let cursor = query_value::<Cursor>("cursor");
    let page = Resource::new(
        move || (changed.get(), edited.get(), asked.status.version().get(), delete.version().get(), cursor.get()),
        |(.., cursor)| webhooks(cursor),
    );
    let is_creating = RwSignal::new(false);
    let is_editing = RwSignal::new(false);
    let is_deleting = RwSignal::new(false);
    Effect::new(move |_| is_editing.set(asked.edit.with(Option::is_some)));
    Effect::new(move |_| is_deleting.set(asked.delete.with(Option::is_some)));
    let failure =
        move || asked.status.value().get().and_then(Result::err).or_else(|| delete.value().get().and_then(Result::err));
    let doomed = move || asked.delete.get().map(|webhook| name_of(&webhook)).unwrap_or_default();
    let do_delete = move |()| {
        if let Some(webhook) = asked.delete.get_untracked() {
            delete.dispatch(DeleteWebhook { id: webhook.id });
        }
    };
    view! {
        <section class="part" aria-labelledby="webhooks">
            <header>
                <h2 id="webhooks">"Webhooks"</h2>
                <button type="button" class="button primary" on:click=move |_| is_creating.set(true)>
                    <Icon shape=Shape::Plus/>"Create Webhook"
                </button>
            </header>
            <FailureNotice failure=Signal::derive(failure)/>
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || page.get().map(|page| match page {
                    Ok(page) if page.models.is_empty() => view! {
                        <Empty shape=Shape::Webhook title="No webhooks yet">
                            <p>"A webhook is a URL that your events are sent to. Without one of your own, use the built-in receiver."</p>
                        </Empty>
                    }
                    .into_any(),
                    Ok(page) => view! { <Table webhooks=page.models asked/> <Pager pagination=page.pagination/> }.into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
            <Dialog open=is_creating title="New webhook" wide=true>
                <WebhookForm done=move |_| is_creating.set(false)/>
            </Dialog>
            <Dialog open=is_editing title="Edit webhook" wide=true>
                {move || asked.edit.get().map(|webhook| view! {
                    <WebhookForm webhook done=move |_| {
                        is_editing.set(false);
                        edited.update(|count| *count += 1);
                    }/>
                })}
            </Dialog>
            <Confirm
                open=is_deleting
                title="Delete this webhook?"
                text=Signal::derive(move || format!(
                    "{} is sent nothing any more, and deliveries that still wait are cancelled. Its logs stay until their time.",
                    doomed(),
                ))
                verb="Delete"
                on_yes=Callback::new(do_delete)
            />
        </section>
    }
}

fn name_of(webhook: &Webhook) -> String {
    webhook.url.clone().unwrap_or_else(|| "Built-in receiver".to_owned())
}

#[component]
fn Table(webhooks: Vec<Webhook>, asked: Asked) -> impl IntoView {
    view! {
        <table class="table" aria-labelledby="webhooks">
            <thead>
                <tr>
                    <th scope="col">"URL"</th>
                    <th scope="col">"Description"</th>
                    <th scope="col">"Mode"</th>
                    <th scope="col">"Events"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col">"Last delivery"</th>
                    <th scope="col">"Delivery Logs"</th>
                    <th scope="col"><span class="hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody data-testid="webhooks">
                {webhooks.into_iter().map(|webhook| view! { <Row webhook asked/> }).collect_view()}
            </tbody>
        </table>
    }
}

#[component]
fn Row(webhook: Webhook, asked: Asked) -> impl IntoView {
    let id = webhook.id;
    let is_enabled = webhook.status == WebhookStatus::Enabled;
    let name = name_of(&webhook);
    let types = webhook.event_types.join("\n");
    let kept = StoredValue::new(webhook.clone());
    let other = if is_enabled { Status::Disabled } else { Status::Enabled };
    let verb = if is_enabled { "Disable" } else { "Enable" };
    view! {
        <tr data-testid="webhook">
            <td class="grow"><code class="cut" title=name.clone()><Visible text=name.clone()/></code></td>
            <td data-label="Description" class="grow less">
                {webhook.description.clone().map_or_else(
                    || view! { <span class="nothing">"–"</span> }.into_any(),
                    |text| view! { <span class="few-lines" title=text.clone()><Visible text=text.clone()/></span> }.into_any(),
                )}
            </td>
            <td data-label="Mode" class="capital">{webhook.mode.as_str()}</td>
            <td data-label="Events"><span title=types>{count(webhook.event_types.len(), "type")}</span></td>
            <td data-label="Status"><EnabledBadge is_enabled/></td>
            <td data-label="Last delivery">
                {webhook.last_delivery.clone().map_or_else(
                    || view! { <span class="nothing">"Never"</span> }.into_any(),
                    |last| view! { <Last last/> }.into_any(),
                )}
            </td>
            <td data-label="Delivery Logs"><a class="strong" href=format!("/webhooks/{id}")>"View Logs"</a></td>
            <td class="buttons">
                <RowButton shape=Shape::Pencil label=format!("Edit {name}") on_press=move || asked.edit.set(Some(kept.get_value()))/>
                <RowButton shape=Shape::Power label=format!("{verb} {name}") on_press=move || {
                    asked.status.dispatch(SetWebhookStatus { id, status: other });
                }/>
                <RowButton shape=Shape::Bin label=format!("Delete {name}") on_press=move || asked.delete.set(Some(kept.get_value()))/>
            </td>
        </tr>
    }
}

#[component]
fn Last(last: LastDelivery) -> impl IntoView {
    let error = (last.response_status.is_none() && last.status == AttemptStatus::Failed).then_some("failed");
    view! {
        <Time at=last.at/>
        " "
        {match error {
            Some(word) => view! { <span class="http bad">{word}</span> }.into_any(),
            None => view! { <HttpStatus status=last.response_status/> }.into_any(),
        }}
    }
}

#[component]
fn RowButton(shape: Shape, label: String, on_press: impl Fn() + 'static) -> impl IntoView {
    view! {
        <button type="button" class="button quiet icon-only" title=label.clone() aria-label=label on:click=move |_| on_press()>
            <Icon shape/>
        </button>
    }
}

pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
