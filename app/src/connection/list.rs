//! The connections.

use hookyard_model::{Connection, ConnectionId, Cursor, SourceType, Status};
use leptos::prelude::*;

use super::{
    form::ConnectionForm,
    server::{DeleteConnection, SetConnectionPaused, SetConnectionStatus, connections},
};
use crate::{
    live::watch,
    ui::{
        Badge, Confirm, Dialog, Empty, EnabledBadge, FailureNotice, Icon, Pager, Place, Shape, Skeleton, Tone, Trouble,
        Visible, query_value,
    },
};

/// What the rows' buttons ask for.
#[derive(Clone, Copy)]
struct Asked {
    status: ServerAction<SetConnectionStatus>,
    pause: ServerAction<SetConnectionPaused>,
    doomed: RwSignal<Option<ConnectionId>>,
}

#[component]
pub(crate) fn ConnectionsPage() -> impl IntoView {
    let asked = Asked { status: ServerAction::new(), pause: ServerAction::new(), doomed: RwSignal::new(None) };
    let delete = ServerAction::<DeleteConnection>::new();
    let made = RwSignal::new(0_u32);
    let changed = watch(|change| change.destination.is_none());
    let cursor = query_value::<Cursor>("cursor");
    let acted = move || (asked.status.version().get(), asked.pause.version().get(), delete.version().get());
    let page =
        Resource::new(move || (changed.get(), made.get(), acted(), cursor.get()), |(.., cursor)| connections(cursor));
    let is_creating = RwSignal::new(false);
    let is_deleting = RwSignal::new(false);
    Effect::new(move |_| is_deleting.set(asked.doomed.with(Option::is_some)));
    let failure = move || {
        let of_status = asked.status.value().get().and_then(Result::err);
        let of_pause = || asked.pause.value().get().and_then(Result::err);
        of_status.or_else(of_pause).or_else(|| delete.value().get().and_then(Result::err))
    };
    let do_delete = move |()| {
        if let Some(id) = asked.doomed.get_untracked() {
            delete.dispatch(DeleteConnection { id });
        }
    };
    view! {
        <Place title="Connections">
            <button type="button" class="button primary" on:click=move |_| is_creating.set(true)>
                <Icon shape=Shape::Plus/>"Create Connection"
            </button>
        </Place>
        <FailureNotice failure=Signal::derive(failure)/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || page.get().map(|page| match page {
                Ok(page) if page.models.is_empty() => view! {
                    <Empty shape=Shape::Connection title="No connections yet">
                        <p>"A connection leads what a source takes in to a destination."</p>
                    </Empty>
                }
                .into_any(),
                Ok(page) => view! {
                    <ul class="things" data-testid="connections">
                        {page.models.into_iter().map(|connection| view! { <Row connection asked/> }).collect_view()}
                    </ul>
                    <Pager pagination=page.pagination/>
                }
                .into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
        <Dialog open=is_creating title="New connection">
            <ConnectionForm done=move |()| {
                is_creating.set(false);
                made.update(|count| *count += 1);
            }/>
        </Dialog>
        <Confirm
            open=is_deleting
            title="Delete this connection?"
            text="Its source no longer leads to its destination, and its events that still wait are cancelled."
            verb="Delete"
            on_yes=Callback::new(do_delete)
        />
    }
}

#[component]
fn Row(connection: Connection, asked: Asked) -> impl IntoView {
    let id = connection.id;
    let is_enabled = connection.disabled_at.is_none();
    let is_paused = connection.paused_at.is_some();
    let (verb, other) = if is_enabled { ("Disable", Status::Disabled) } else { ("Enable", Status::Enabled) };
    let pause_verb = if is_paused { "Resume" } else { "Pause" };
    // A webhook's own connection: it is enabled, disabled and deleted with its webhook.
    let webhook = (connection.source.kind == SourceType::EVENTS.as_str()).then_some(connection.destination_id);
    let name = if webhook.is_some() { connection.destination.name.clone() } else { connection.name };
    let types = match connection.event_types {
        None => "All event types".to_owned(),
        Some(types) => types.join(", "),
    };
    view! {
        <li class="thing" data-testid="connection">
            <div class="head">
                <h2><Visible text=name.clone()/></h2>
                <EnabledBadge is_enabled/>
                {is_paused.then(|| view! { <Badge tone=Tone::Warning shape=Shape::Hold word="Paused"/> })}
                <span class="buttons">
                    <button type="button" class="button small" aria-label=format!("{pause_verb} {name}")
                        on:click=move |_| drop(asked.pause.dispatch(SetConnectionPaused { id, paused: !is_paused }))
                    >{pause_verb}</button>
                    {match webhook {
                        Some(webhook) => view! { <a class="button small" href=format!("/webhooks/{webhook}")>"View Logs"</a> }.into_any(),
                        None => view! {
                            <button type="button" class="button small" aria-label=format!("{verb} {name}")
                                on:click=move |_| drop(asked.status.dispatch(SetConnectionStatus { id, status: other }))
                            >{verb}</button>
                            <button type="button" class="button small" aria-label=format!("Delete {name}")
                                on:click=move |_| asked.doomed.set(Some(id))
                            >"Delete"</button>
                        }
                        .into_any(),
                    }}
                </span>
            </div>
            <p class="url-line route">
                <Visible text=connection.source.name/>
                <span class="to" aria-label="to">"→"</span>
                <Visible text=connection.destination.name/>
            </p>
            <p class="aside">{types}</p>
        </li>
    }
}
