//! The server functions about events: find out who asks, pass it on.

use hookyard_model::{Cursor, DestinationId, Event, EventId, EventStatus, Page, RetriedEvent};
use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "events", input = GetUrl)]
pub(crate) async fn events(
    status: Option<EventStatus>,
    destination: Option<DestinationId>,
    q: Option<String>,
    cursor: Option<Cursor>,
) -> Result<Page<Event>, Failure> {
    use hookyard_model::{Commas, EventFilter, PageQuery};

    use crate::server::{actor, hookyard};

    let filter = EventFilter {
        status: Commas(status.into_iter().collect()),
        destination_id: Commas(destination.into_iter().collect()),
        q,
        ..EventFilter::default()
    };
    let page = PageQuery { cursor, limit: Some(50), ..PageQuery::default() };
    Ok(hookyard().events(&actor().await?, &filter, &page).await?)
}

/// One event with its payload.
#[server(prefix = "/api", endpoint = "event", input = GetUrl)]
pub(crate) async fn read_event(id: EventId) -> Result<Event, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().event(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "retry_event")]
pub(crate) async fn retry_event(id: EventId) -> Result<RetriedEvent, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().retry_event(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "cancel_event")]
pub(crate) async fn cancel_event(id: EventId) -> Result<Event, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().cancel_event(&actor().await?, id).await?)
}
