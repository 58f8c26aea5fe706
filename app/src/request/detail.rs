//! One request: what arrived, and what became of it.

use hookyard_model::{IgnoredCause, IgnoredEvent, Request, RequestId};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};

use super::{
    list::{cause_words, sender_words},
    server::{ReplayRequest, ignored_events, read_request, request_events},
};
use crate::{
    event::EventTable,
    layout::Lost,
    live::watch,
    ui::{
        BodyViewer, CopyText, FailureNotice, HeaderTable, Icon, Notice, Place, Shape, Skeleton, Time, Tone, Trouble,
        Visible, request_badge, sentence,
    },
};

/// The request that the path names.
#[component]
pub(crate) fn RequestPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<RequestId>().ok()));
    move || match id.get() {
        Some(id) => view! { <Detail id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn Detail(id: RequestId) -> impl IntoView {
    let replay = ServerAction::<ReplayRequest>::new();
    let changed = watch(|_| true);
    // What arrived stays as it is; what becomes of it does not.
    let arrived = Resource::new(|| (), move |()| read_request(id));
    let events = Resource::new(move || changed.get(), move |_| request_events(id));
    let ignored = Resource::new(|| (), move |()| ignored_events(id));
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(Ok(replayed)) = replay.value().get() {
            navigate(&format!("/requests/{}", replayed.replay_request_id), leptos_router::NavigateOptions::default());
        }
    });
    view! {
        <Place title="Request" up=("/requests", "Requests")>
            <button
                type="button"
                class="button"
                disabled=replay.pending()
                on:click=move |_| drop(replay.dispatch(ReplayRequest { id }))
            ><Icon shape=Shape::Turn/>"Replay request"</button>
        </Place>
        <FailureNotice failure=Signal::derive(move || replay.value().get().and_then(Result::err))/>
        <Transition fallback=|| view! { <Skeleton rows=4/> }>
            {move || arrived.get().map(|arrived| match arrived {
                Ok(request) => view! { <Facts request=request.clone()/> }.into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
        <section class="part" aria-labelledby="request-events">
            <header><h2 id="request-events">"Events"</h2></header>
            <Transition fallback=|| view! { <Skeleton rows=2/> }>
                {move || events.get().map(|events| match events {
                    Ok(page) if page.models.is_empty() => view! { <p class="nothing">"It made no events."</p> }.into_any(),
                    Ok(page) => view! { <EventTable events=page.models/> }.into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
                {move || ignored.get().and_then(Result::ok).filter(|ignored| !ignored.is_empty()).map(|ignored| view! {
                    <h3>"Ignored"</h3>
                    <ul class="ignored" data-testid="ignored-events">{ignored.into_iter().map(ignored_row).collect_view()}</ul>
                })}
            </Transition>
        </section>
        <section class="part" aria-labelledby="payload">
            <header><h2 id="payload">"Payload"</h2></header>
            <Transition fallback=|| view! { <Skeleton rows=8/> }>
                {move || arrived.get().and_then(Result::ok).and_then(|request| request.data).map(|data| view! {
                    <p class="line">
                        <b>{data.method}</b>" "
                        <Visible text=if data.path.is_empty() { "/".to_owned() } else { data.path }/>
                        {(!data.query.is_empty()).then(|| view! { "?"<Visible text=data.query/> })}
                    </p>
                    <HeaderTable headers=data.headers what="Request headers"/>
                    <BodyViewer body=data.raw what="request body"/>
                })}
            </Transition>
        </section>
    }
}

#[component]
fn Facts(request: Request) -> impl IntoView {
    let parent = request.retry_parent_request_id;
    view! {
        <div class="summary">
            <p class="url">
                {request_badge(request.status)}
                <span>"Sender "{sender_words(&request).to_lowercase()}</span>
            </p>
            {request.rejection_cause.map(|cause| view! {
                <Notice tone=Tone::Bad shape=Shape::Cross>
                    <p>
                        "Not let in: "{cause_words(cause)}"."
                        {request.rejection_detail.clone().map(|detail| view! { " "<Visible text=sentence(&detail)/> })}
                    </p>
                </Notice>
            })}
            <dl class="facts">
                <div><dt>"Received"</dt><dd><Time at=request.ingested_at/></dd></div>
                <div><dt>"Source"</dt><dd><Visible text=request.source_name.clone()/></dd></div>
                {request.event_type.clone().map(|kind| view! { <div><dt>"Event type"</dt><dd><code><Visible text=kind/></code></dd></div> })}
                <div><dt>"Request id"</dt><dd><CopyText text=request.id.to_string() what="request id"/></dd></div>
                {parent.map(|parent| view! {
                    <div><dt>"Replay of"</dt><dd><a href=format!("/requests/{parent}")><code>{parent.to_string()}</code></a></dd></div>
                })}
            </dl>
        </div>
    }
}

fn ignored_row(ignored: IgnoredEvent) -> impl IntoView {
    let words = match ignored.cause {
        IgnoredCause::Filtered => "Its type is not among those that the connection lets through",
        IgnoredCause::Deduplicated => "The same was sent shortly before",
        IgnoredCause::NoConnection => "The source has no connection",
        IgnoredCause::ConnectionDisabled => "The connection is disabled",
        IgnoredCause::DestinationDisabled => "The destination is disabled",
        IgnoredCause::TransformFailed => "The transformation failed",
    };
    view! {
        <li>
            <Icon shape=Shape::Slash/>
            <span>{words}</span>
            <code>{ignored.cause.as_str()}</code>
            {ignored.connection_id.map(|id| view! { <code>{id.to_string()}</code> })}
        </li>
    }
}
