//! The pages of a connection: its ends, how it does, and its rules.

use hookyard_model::{Connection, ConnectionId, Status};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};

use super::{
    facts::{Facts, LastEvents, traffic_of},
    form::ConnectEnds,
    server::{DeleteConnection, SetConnectionPaused, SetConnectionStatus, read_board, read_connection},
    written::RulesAsJson,
};
use crate::{
    layout::Lost,
    live::watch,
    rule::Pipeline,
    typed::{Typed, typed_before},
    ui::{Confirm, FailureNotice, Icon, Place, Shape, Skeleton, Trouble, query_param},
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
    let failure = move || {
        let of_pause = pause.value().get().and_then(Result::err);
        of_pause
            .or_else(|| status.value().get().and_then(Result::err))
            .or_else(|| delete.value().get().and_then(Result::err))
    };
    view! {
        <Transition fallback=|| view! { <Skeleton rows=4/> }>
            <Shown id found typed pause status is_deleting saved failure=Signal::derive(failure)/>
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

/// The connection once it is read. Made within the `Transition`, so that the server waits for what is read here.
#[component]
fn Shown(
    id: ConnectionId,
    found: Resource<Result<Connection, crate::Failure>>,
    typed: Resource<Typed>,
    pause: ServerAction<SetConnectionPaused>,
    status: ServerAction<SetConnectionStatus>,
    is_deleting: RwSignal<bool>,
    saved: RwSignal<u32>,
    failure: Signal<Option<crate::Failure>>,
) -> impl IntoView {
    let found = Memo::new(move |_| found.get());
    let head = Memo::new(move |_| {
        found.get().and_then(Result::ok).map(|connection| Connection { rules: Vec::new(), ..connection })
    });
    let traffic = traffic_of(id);
    // What is typed stays, whatever happens to the connection meanwhile: the editors are made once.
    let first = Memo::new(move |before: Option<&Option<Result<Connection, crate::Failure>>>| match before {
        Some(Some(Ok(before))) if before.id == id => Some(Ok(before.clone())),
        _ => found.get(),
    });
    view! {
        {move || head.get().map(|connection| {
            let (is_paused, is_disabled) = (connection.paused_at.is_some(), connection.disabled_at.is_some());
            let other = if is_disabled { Status::Enabled } else { Status::Disabled };
            view! {
                <Place title=connection.name.clone() up=("/connections", "Connections")>
                    <button type="button" class="button" disabled=pause.pending()
                        on:click=move |_| drop(pause.dispatch(SetConnectionPaused { id, paused: !is_paused }))
                    ><Icon shape=Shape::Hold/>{if is_paused { "Resume" } else { "Pause" }}</button>
                    <button type="button" class="button" disabled=status.pending()
                        on:click=move |_| drop(status.dispatch(SetConnectionStatus { id, status: other }))
                    ><Icon shape=Shape::Power/>{if is_disabled { "Enable" } else { "Disable" }}</button>
                    <button type="button" class="button" on:click=move |_| is_deleting.set(true)><Icon shape=Shape::Bin/>"Delete"</button>
                </Place>
                <FailureNotice failure/>
                <Facts connection traffic/>
            }
        })}
        {move || first.get().zip(typed.get()).map(|(first, typed)| match first {
            Ok(connection) => view! {
                <section class="part" aria-labelledby="rules">
                    <header><h2 id="rules">"Rules"</h2></header>
                    <p class="aside">"What a request goes through on its way, always in this order."</p>
                    <Pipeline connection=connection.clone() saved=move |_| saved.update(|count| *count += 1)/>
                    <RulesAsJson connection typed/>
                </section>
                <LastEvents id traffic/>
            }
            .into_any(),
            Err(failure) => view! { <Trouble failure/> }.into_any(),
        })}
    }
}
