//! The page of one source.

use hookyard_model::{Source, SourceId, SourceType, Status};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};

use super::{
    actions::{SourceActs, SourceDialogs},
    connections::{Connections, LastRequests},
    mark::{TypeMark, type_label},
    server::{SetSourceStatus, SourceShown, read_source_page},
    setup::{Answers, SetUp},
    upstream::UpstreamFacts,
    urls::{UrlActs, UrlDialogs, Urls},
};
use crate::{
    layout::Lost,
    live::watch,
    ui::{EnabledBadge, Icon, Notice, Place, Shape, Skeleton, Time, Tone, Trouble, Visible},
};

/// The source that the path names.
#[component]
pub(crate) fn SourcePage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<SourceId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OfSource id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn OfSource(id: SourceId) -> impl IntoView {
    let (acts, urls) = (SourceActs::new(), UrlActs::new());
    let changed = watch(|_| true);
    let shown = Resource::new(move || (changed.get(), acts.done(), urls.done()), move |_| read_source_page(id));
    let navigate = use_navigate();
    Effect::new(move |_| {
        if acts.is_deleted() {
            navigate("/sources", NavigateOptions::default());
        }
    });
    let connections = RwSignal::new(Vec::new());
    Effect::new(move |_| {
        if let Some(Ok(shown)) = shown.get() {
            connections.set(shown.connections);
        }
    });
    view! {
        <Place title="Source" up=("/sources", "Sources")>
            <Transition>
                {move || shown.get().and_then(Result::ok).map(|shown| view! { <Buttons source=shown.source acts/> })}
            </Transition>
        </Place>
        <SourceDialogs id acts connections=connections.into()/>
        <UrlDialogs id acts=urls/>
        <Transition fallback=|| view! { <Skeleton rows=8/> }>
            {move || shown.get().map(|shown| match shown {
                Ok(shown) => view! { <Found shown urls/> }.into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
    }
}

#[component]
fn Buttons(source: Source, acts: SourceActs) -> impl IntoView {
    let id = source.id;
    if source.kind == SourceType::EVENTS {
        return ().into_any();
    }
    let is_enabled = source.status == Status::Enabled;
    view! {
        <a class="button" href=format!("/sources/{id}/edit")><Icon shape=Shape::Pencil/>"Edit"</a>
        {if is_enabled {
            view! {
                <button type="button" class="button" on:click=move |_| acts.disable()><Icon shape=Shape::Power/>"Disable"</button>
            }
            .into_any()
        } else {
            view! {
                <button
                    type="button" class="button primary" disabled=acts.status.pending()
                    on:click=move |_| drop(acts.status.dispatch(SetSourceStatus { id, status: Status::Enabled }))
                ><Icon shape=Shape::Power/>"Enable"</button>
            }
            .into_any()
        }}
        <button type="button" class="button" on:click=move |_| acts.delete()><Icon shape=Shape::Bin/>"Delete"</button>
    }
    .into_any()
}

#[component]
fn Found(shown: SourceShown, urls: UrlActs) -> impl IntoView {
    let SourceShown { source, connections, requests, card } = shown;
    let is_built_in = source.kind == SourceType::EVENTS;
    let with_it = connections.iter().filter(|connection| connection.disabled_with_source).count();
    let disabled = source.disabled_at.map(|at| {
        let back = match with_it {
            0 => "No connection was disabled with it.".to_owned(),
            1 => "Enabling it enables the one connection that was disabled with it.".to_owned(),
            n => format!("Enabling it enables the {n} connections that were disabled with it."),
        };
        view! {
            <Notice tone=Tone::Warning shape=Shape::Power>
                <p>"Disabled since "<Time at/>": requests are answered 410 and kept as rejected. "{back}</p>
            </Notice>
        }
    });
    let name = source.name.clone();
    view! {
        <div class="source-page" data-testid="source-page">
            <div class="summary source-summary">
                <TypeMark kind=source.kind/>
                <div class="words">
                    <h2><Visible text=name/></h2>
                    {source.description.clone().map(|text| view! { <p class="description"><Visible text/></p> })}
                </div>
                <dl class="facts">
                    <div><dt>"Type"</dt><dd>{type_label(source.kind)}</dd></div>
                    <div><dt>"Status"</dt><dd><EnabledBadge is_enabled=source.status == Status::Enabled/></dd></div>
                    {card.map(|card| view! {
                        <div><dt>"Last 24 hours"</dt><dd>{card.requests_24h_accepted_count}" accepted, "{card.requests_24h_rejected_count}" rejected"</dd></div>
                    })}
                    <div><dt>"Id"</dt><dd><code>{source.id.to_string()}</code></dd></div>
                </dl>
            </div>
            {disabled}
            {if is_built_in {
                view! { <p class="aside">"Events that you publish enter here. It has no URL, and stays as it is."</p> }.into_any()
            } else {
                view! {
                    <Urls source=source.clone() acts=urls/>
                    <div class="source-columns">
                        <SetUp source=source.clone()/>
                        {match source.config.upstream().cloned() {
                            Some(upstream) => view! { <UpstreamFacts upstream/> }.into_any(),
                            None => view! { <Answers response=source.config.custom_response.clone()/> }.into_any(),
                        }}
                    </div>
                }
                .into_any()
            }}
            <div class="source-columns">
                <Connections id=source.id connections/>
                <LastRequests id=source.id requests/>
            </div>
        </div>
    }
}
