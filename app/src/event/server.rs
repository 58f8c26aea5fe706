//! The server functions about events: find out who asks, pass it on.

use hookyard_model::{
    AttemptHistogram, Connection, ConnectionId, Cursor, Destination, DestinationId, Event, EventFilter, EventId, Page,
    RequestId, RetriedEvent, TransformationRun,
};
use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::failure::Failure;

/// The events that `filter` asks for, newest first.
#[server(prefix = "/api", endpoint = "events", input = GetUrl)]
pub(crate) async fn events(
    #[server(default)] filter: EventFilter,
    cursor: Option<Cursor>,
) -> Result<Page<Event>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};

    let page = PageQuery { cursor, limit: Some(50), ..PageQuery::default() };
    Ok(hookyard().events(&actor().await?, &filter, &page).await?)
}

/// The ids of the newest hundred of [`events`], to tell what is new.
#[server(prefix = "/api", endpoint = "newest_events", input = GetUrl)]
pub(crate) async fn newest_events(#[server(default)] filter: EventFilter) -> Result<Vec<EventId>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};

    let page = hookyard().events(&actor().await?, &filter, &PageQuery::default()).await?;
    Ok(page.models.into_iter().map(|event| event.id).collect())
}

/// How many there were of [`events`] over time, in the last 24 hours where no other time is asked for. A page stands without
/// this: its failure is not the page's.
#[server(prefix = "/api", endpoint = "count_events", input = GetUrl)]
pub(crate) async fn count_events(#[server(default)] filter: EventFilter) -> Result<AttemptHistogram, Failure> {
    use hookyard_model::TimeBound;

    use crate::server::{actor, hookyard};

    let day = TimeBound::BeforeNow(std::time::Duration::from_hours(24));
    let filter = EventFilter { from: filter.from.or_else(|| filter.to.is_none().then_some(day)), ..filter };
    hookyard().event_histogram(&actor().await?, &filter, 60).await.map_err(Failure::shown)
}

/// One event with its payload.
#[server(prefix = "/api", endpoint = "event", input = GetUrl)]
pub(crate) async fn read_event(id: EventId) -> Result<Event, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().event(&actor().await?, id).await?)
}

/// What transformations did for an event, the first of them first. A part of a page that stands without it.
#[server(prefix = "/api", endpoint = "event_runs", input = GetUrl)]
pub(crate) async fn event_runs(id: EventId) -> Result<Vec<TransformationRun>, Failure> {
    use hookyard_model::{Commas, Direction, PageQuery, RunFilter};

    use crate::server::{actor, hookyard};

    let filter = RunFilter { event_id: Commas(vec![id]), ..RunFilter::default() };
    let page = PageQuery { dir: Direction::Asc, ..PageQuery::default() };
    Ok(hookyard().transformation_runs(&actor().await?, &filter, &page).await.map_err(Failure::shown)?.models)
}

/// The events by which an event was sent again. A part of a page that stands without it.
#[server(prefix = "/api", endpoint = "event_again", input = GetUrl)]
pub(crate) async fn event_again(id: EventId, request: RequestId) -> Result<Vec<EventId>, Failure> {
    use hookyard_model::{Commas, EventFilter, PageQuery};

    use crate::server::{actor, hookyard};

    let filter = EventFilter { request_id: Commas(vec![request]), is_retry: Some(true), ..EventFilter::default() };
    let page = PageQuery { limit: Some(PageQuery::MAX_LIMIT), ..PageQuery::default() };
    let found = hookyard().events(&actor().await?, &filter, &page).await.map_err(Failure::shown)?;
    Ok(found.models.into_iter().filter(|event| event.retry_parent_event_id == Some(id)).map(|event| event.id).collect())
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

/// What may hold an event: its destination and its connection, if that is still there.
#[server(prefix = "/api", endpoint = "holders", input = GetUrl)]
pub(crate) async fn holders_of(
    destination: DestinationId,
    connection: ConnectionId,
) -> Result<(Destination, Option<Connection>), Failure> {
    use crate::server::{actor, hookyard};
    let who = actor().await?;
    let connection = hookyard().connection(&who, connection).await.ok();
    Ok((hookyard().destination(&who, destination).await?, connection))
}
