//! The pages of a connection: its ends, how it does, and its rules.

use hookyard_model::{Connection, ConnectionId, Status};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::{use_navigate, use_params_map};

use super::{
    facts::{Facts, LastEvents, traffic_of},
    form::ConnectEnds,
    server::{DeleteConnection, SetConnectionPaused, SetConnectionStatus, read_board, read_connection},
    written::RulesAsJson,
};
use crate::{
    failure::Failure,
    layout::Lost,
    live::watch,
    rule::Pipeline,
    typed::{Typed, typed_before},
    ui::{Confirm, FailureNotice, Icon, Place, Shape, Skeleton, once_read, query_param},
};

/// Makes a connection; its ends may be named in the URL.
#[component]
pub(crate) fn NewConnectionPage() -> impl IntoView {
    let ends = Resource::new(|| (), |()| read_board());
    let (source, destination) = (query_param("source_id"), query_param("destination_id"));
    let typed = typed_before();
    view! {
        <Place title="New connection" up=("/connections", "Connections")/>
        <Transition fallback=|| view! { <Skeleton rows=4/> }>
            {move || ends.get().zip(typed.get()).map(|(board, typed)| {
                let read = board.map(|board| (board.sources, board.destinations));
                let ends = (source.get_untracked(), destination.get_untracked());
                view! { <div class="narrow-form"><ConnectEnds read ends typed/></div> }
            })}
        </Transition>
    }
}

/// The connection that the path names.
#[component]
pub(crate) fn ConnectionPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<ConnectionId>().ok()));
    move || match id.get() {
        Some(id) => view! { <Detail id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn Detail(id: ConnectionId) -> impl IntoView {
    let pause = ServerAction::<SetConnectionPaused>::new();
    let status = ServerAction::<SetConnectionStatus>::new();
    let delete = ServerAction::<DeleteConnection>::new();
    let is_deleting = RwSignal::new(false);
    let changed = watch(|change| change.destination.is_none());
    let saved = RwSignal::new(0_u32);
    let typed = typed_before();
    let found = Resource::new(
        move || (changed.get(), saved.get(), pause.version().get(), status.version().get()),
        move |_| read_connection(id),
    );
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(Ok(())) = delete.value().get() {
            navigate("/connections", leptos_router::NavigateOptions::default());
        }
    });
    let failure = Signal::derive(move || {
        let of_pause = pause.value().get().and_then(Result::err);
        of_pause
            .or_else(|| status.value().get().and_then(Result::err))
            .or_else(|| delete.value().get().and_then(Result::err))
    });
    view! {
        <Transition fallback=|| view! { <Skeleton rows=4/> }>
            {once_read(found, move |connection| view! {
                <Shown id connection typed pause status is_deleting saved failure/>
            })}
        </Transition>
        <Confirm
            open=is_deleting
            title="Delete this connection?"
            text="Its source no longer leads to its destination, and its events that still wait are cancelled, held ones too. What was delivered stays in the history."
            verb="Delete"
            on_yes=Callback::new(move |()| drop(delete.dispatch(DeleteConnection { id })))
        />
    }
}

#[component]
fn Shown(
    id: ConnectionId,
    connection: Memo<Connection>,
    typed: Resource<Typed>,
    pause: ServerAction<SetConnectionPaused>,
    status: ServerAction<SetConnectionStatus>,
    is_deleting: RwSignal<bool>,
    saved: RwSignal<u32>,
    failure: Signal<Option<Failure>>,
) -> impl IntoView {
    let head = Memo::new(move |_| Connection { rules: Vec::new(), ..connection.get() });
    let traffic = traffic_of(id);
    view! {
        {move || {
            let connection = head.get();
            let (is_paused, is_disabled) = (connection.paused_at.is_some(), connection.disabled_at.is_some());
            let other = if is_disabled { Status::Enabled } else { Status::Disabled };
            view! {
                <Place title=connection.name.clone() up=("/connections", "Connections")>
                    <ActionForm action=pause>
                        <input type="hidden" name="id" value=id.to_string()/>
                        <input type="hidden" name="paused" value=(!is_paused).to_string()/>
                        <button class="button" disabled=pause.pending()>
                            <Icon shape=Shape::Hold/>{if is_paused { "Resume" } else { "Pause" }}
                        </button>
                    </ActionForm>
                    <ActionForm action=status>
                        <input type="hidden" name="id" value=id.to_string()/>
                        <input type="hidden" name="status" value=other.to_string()/>
                        <button class="button" disabled=status.pending()>
                            <Icon shape=Shape::Power/>{if is_disabled { "Enable" } else { "Disable" }}
                        </button>
                    </ActionForm>
                    <button type="button" class="button with-scripts" on:click=move |_| is_deleting.set(true)><Icon shape=Shape::Bin/>"Delete"</button>
                </Place>
                <FailureNotice failure/>
                <Facts connection traffic/>
            }
        }}
        // What is typed stays, whatever happens to the connection meanwhile: the editors are made once.
        {move || typed.get().map(|typed| {
            let connection = connection.get_untracked();
            view! {
                <section class="part" aria-labelledby="rules">
                    <header><h2 id="rules">"Rules"</h2></header>
                    <p class="aside">"What a request goes through on its way, always in this order."</p>
                    <Pipeline connection=connection.clone() saved=move |_| saved.update(|count| *count += 1)/>
                    <RulesAsJson connection typed/>
                </section>
            }
        })}
        <LastEvents id traffic/>
    }
}
