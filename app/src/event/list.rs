//! The list of events.

use hookyard_model::{Cursor, DestinationId, EventStatus};
use leptos::prelude::*;

use super::{server::events, table::EventTable};
use crate::{
    destination::destinations,
    live::watch,
    ui::{
        Empty, Filters, Pager, Place, SearchFilter, SelectFilter, Shape, Skeleton, Trouble, query_param, query_value,
    },
};

#[component]
pub(crate) fn EventsPage() -> impl IntoView {
    let status = query_value::<EventStatus>("status");
    let destination = query_value::<DestinationId>("destination");
    let q = query_param("q");
    let cursor = query_value::<Cursor>("cursor");
    let changed = watch(|_| true);
    let page = Resource::new(
        move || (changed.get(), status.get(), destination.get(), q.get(), cursor.get()),
        |(_, status, destination, q, cursor)| events(status, destination, q, cursor),
    );
    let known = Resource::new(|| (), |()| destinations(None));
    let is_filtered = move || status.get().is_some() || destination.get().is_some() || q.get().is_some();
    let statuses: Vec<_> =
        EventStatus::ALL.iter().map(|status| (status.to_string(), word(*status).to_owned())).collect();
    view! {
        <Place title="Events"/>
        <div class="toolbar">
            <Filters action="/events">
                <SelectFilter name="status" label="Status" any="All" options=statuses/>
                <Transition>
                    {move || {
                        let destinations = known.get().and_then(Result::ok).map(|page| page.models).unwrap_or_default();
                        let options: Vec<_> = destinations.into_iter().map(|one| (one.id.to_string(), one.name)).collect();
                        view! { <SelectFilter name="destination" label="Destination" any="All" options/> }
                    }}
                </Transition>
                <SearchFilter placeholder="Id, type or failure"/>
            </Filters>
        </div>
        <Transition fallback=|| view! { <Skeleton rows=8/> }>
            {move || page.get().map(|page| match page {
                Ok(page) if page.models.is_empty() && is_filtered() => view! {
                    <Empty shape=Shape::Event title="No event fits">
                        <a class="button" href="/events">"Show all events"</a>
                    </Empty>
                }
                .into_any(),
                Ok(page) if page.models.is_empty() => view! {
                    <Empty shape=Shape::Event title="No events yet">
                        <p>"Each request makes an event for every destination it goes to."</p>
                    </Empty>
                }
                .into_any(),
                Ok(page) => view! { <EventTable events=page.models/> <Pager pagination=page.pagination/> }.into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
    }
}

const fn word(status: EventStatus) -> &'static str {
    match status {
        EventStatus::Scheduled => "Scheduled",
        EventStatus::Queued => "Queued",
        EventStatus::Hold => "On hold",
        EventStatus::Successful => "Successful",
        EventStatus::Failed => "Failed",
        EventStatus::Cancelled => "Cancelled",
    }
}
