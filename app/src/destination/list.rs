//! The destinations, and how they do.

use hookyard_model::{Cursor, Destination, DestinationId, HealthState, Status};
use leptos::prelude::*;

use super::{
    form::DestinationForm,
    server::{DeleteDestination, SetDestinationStatus, destinations},
};
use crate::{
    live::watch,
    ui::{
        Badge, Confirm, Dialog, Empty, EnabledBadge, FailureNotice, Icon, Pager, Place, Shape, Skeleton, Tone, Trouble,
        Visible, query_value,
    },
};

#[component]
pub(crate) fn DestinationsPage() -> impl IntoView {
    let set_status = ServerAction::<SetDestinationStatus>::new();
    let delete = ServerAction::<DeleteDestination>::new();
    let made = RwSignal::new(0_u32);
    let changed = watch(|_| true);
    let cursor = query_value::<Cursor>("cursor");
    let page = Resource::new(
        move || (changed.get(), made.get(), set_status.version().get(), delete.version().get(), cursor.get()),
        |(.., cursor)| destinations(cursor),
    );
    let is_creating = RwSignal::new(false);
    let doomed = RwSignal::new(None::<DestinationId>);
    let is_deleting = RwSignal::new(false);
    Effect::new(move |_| is_deleting.set(doomed.with(Option::is_some)));
    let failure =
        move || set_status.value().get().and_then(Result::err).or_else(|| delete.value().get().and_then(Result::err));
    let do_delete = move |()| {
        if let Some(id) = doomed.get_untracked() {
            delete.dispatch(DeleteDestination { id });
        }
    };
    view! {
        <Place title="Destinations">
            <button type="button" class="button primary" on:click=move |_| is_creating.set(true)>
                <Icon shape=Shape::Plus/>"Create Destination"
            </button>
        </Place>
        <FailureNotice failure=Signal::derive(failure)/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || page.get().map(|page| match page {
                Ok(page) if page.models.is_empty() => view! {
                    <Empty shape=Shape::Target title="No destinations yet">
                        <p>"A destination is a URL that events are delivered to."</p>
                    </Empty>
                }
                .into_any(),
                Ok(page) => view! {
                    <ul class="things" data-testid="destinations">
                        {page.models.into_iter().map(|destination| view! { <Row destination set_status doomed/> }).collect_view()}
                    </ul>
                    <Pager pagination=page.pagination/>
                }
                .into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
        <Dialog open=is_creating title="New destination">
            <DestinationForm done=move |()| {
                is_creating.set(false);
                made.update(|count| *count += 1);
            }/>
        </Dialog>
        <Confirm
            open=is_deleting
            title="Delete this destination?"
            text="Connections that lead to it have to be deleted first."
            verb="Delete"
            on_yes=Callback::new(do_delete)
        />
    }
}

#[component]
fn Row(
    destination: Destination,
    set_status: ServerAction<SetDestinationStatus>,
    doomed: RwSignal<Option<DestinationId>>,
) -> impl IntoView {
    let id = destination.id;
    let is_enabled = destination.status == Status::Enabled;
    let (verb, other) = if is_enabled { ("Disable", Status::Disabled) } else { ("Enable", Status::Enabled) };
    let failing = match destination.health.state {
        HealthState::Healthy | HealthState::Disabled => None,
        HealthState::Failing => Some("Failing"),
        HealthState::Warning => Some("Close to being disabled"),
    };
    let name = destination.name.clone();
    view! {
        <li class="thing" data-testid="destination">
            <div class="head">
                <h2><Visible text=destination.name.clone()/></h2>
                <EnabledBadge is_enabled/>
                {failing.map(|word| view! { <Badge tone=Tone::Warning shape=Shape::Alert word/> })}
                <span class="buttons">
                    <a class="button small" href=format!("/events?destination={id}") aria-label=format!("Events of {name}")>"Events"</a>
                    <button type="button" class="button small" aria-label=format!("{verb} {name}")
                        on:click=move |_| drop(set_status.dispatch(SetDestinationStatus { id, status: other }))
                    >{verb}</button>
                    <button type="button" class="button small" aria-label=format!("Delete {name}")
                        on:click=move |_| doomed.set(Some(id))
                    >"Delete"</button>
                </span>
            </div>
            <p class="url-line">
                {match destination.config.url.clone() {
                    Some(url) => view! { <code>{destination.config.http_method.as_str()}" "<Visible text=url/></code> }.into_any(),
                    None => view! { <span>"Built-in receiver"</span> }.into_any(),
                }}
            </p>
            {destination.health.last_error.clone().filter(|_| failing.is_some())
                .map(|error| view! { <p class="aside">"Last error: "<Visible text=error/></p> })}
            {destination.disabled_reason.clone().filter(|_| !is_enabled)
                .map(|reason| view! { <p class="aside">"Disabled: "<Visible text=reason/></p> })}
        </li>
    }
}
