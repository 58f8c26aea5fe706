//! A transformation: its script, a bench to test it on, and what its runs came to.

use hookyard_model::{Transformation, TransformationId};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};

use super::{
    form::Workshop,
    runs::Runs,
    server::{DeleteTransformation, read_transformation, users_of},
};
use crate::{
    failure::Failure,
    layout::Lost,
    live::{asked_later, watch},
    typed::typed_before,
    ui::{Confirm, FailureNotice, Icon, Place, Shape, Skeleton, Trouble, Visible},
};

#[component]
pub(crate) fn NewTransformationPage() -> impl IntoView {
    let navigate = use_navigate();
    let saved = Callback::new(move |script: Transformation| {
        navigate(&format!("/transformations/{}", script.id), leptos_router::NavigateOptions::default());
    });
    let typed = typed_before();
    view! {
        <Place title="New transformation" up=("/transformations", "Transformations")/>
        <Suspense>{move || typed.get().map(|typed| view! { <Workshop typed saved/> })}</Suspense>
    }
}

/// The transformation that the path names.
#[component]
pub(crate) fn TransformationPage() -> impl IntoView {
    let params = use_params_map();
    let id =
        Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<TransformationId>().ok()));
    move || match id.get() {
        Some(id) => view! { <Detail id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn Detail(id: TransformationId) -> impl IntoView {
    let delete = ServerAction::<DeleteTransformation>::new();
    let is_deleting = RwSignal::new(false);
    let found = Resource::new(|| (), move |()| read_transformation(id));
    let typed = typed_before();
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(Ok(())) = delete.value().get() {
            navigate("/transformations", leptos_router::NavigateOptions::default());
        }
    });
    let failure = move || delete.value().get().and_then(Result::err);
    view! {
        <Transition fallback=|| view! { <Skeleton rows=8/> }>
            {move || found.get().zip(typed.get()).map(|(found, typed)| match found {
                Ok(script) => view! {
                    <Place title=script.name.clone() up=("/transformations", "Transformations")>
                        <button type="button" class="button" on:click=move |_| is_deleting.set(true)><Icon shape=Shape::Bin/>"Delete"</button>
                    </Place>
                    <FailureNotice failure=Signal::derive(failure)/>
                    <Workshop script typed saved=|_| ()/>
                }
                .into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
        <Users id/>
        <Runs id/>
        <Confirm
            open=is_deleting
            title="Delete this transformation?"
            text="Its script and its environment are lost. What its runs came to is kept as long as their events. While connections use it, it is not deleted."
            verb="Delete"
            on_yes=Callback::new(move |()| drop(delete.dispatch(DeleteTransformation { id })))
        />
    }
}

/// The connections that it is used by.
#[component]
fn Users(id: TransformationId) -> impl IntoView {
    let changed = watch(|change| change.destination.is_none());
    let users = asked_later(move || {
        changed.track();
        users_of(id)
    });
    let shown = move |users: Result<Vec<_>, Failure>| {
        match users {
        Ok(users) if users.is_empty() => view! { <p class="nothing">"No connection uses it yet. Add it to the rules of one."</p> }.into_any(),
        Ok(users) => view! {
            <ul class="chips">
                {users.into_iter().map(|(id, name): (hookyard_model::ConnectionId, String)| view! { <li><a href=format!("/connections/{id}")><Visible text=name/></a></li> }).collect_view()}
            </ul>
        }
        .into_any(),
        Err(failure) => view! { <Trouble failure/> }.into_any(),
    }
    };
    view! {
        <section class="part" aria-labelledby="users">
            <header><h2 id="users">"Used by"</h2></header>
            <div class="users">{move || users.get().map(shown)}</div>
        </section>
    }
}
