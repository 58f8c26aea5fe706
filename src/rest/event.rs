//! `/v1/events`: each request on its way to each destination.

use axum::{Json, extract::State};
use hookyard_model::{AttemptHistogram, Event, EventFilter, EventId, Page, PageQuery, RetriedEvent};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Count, Yard,
    answer::{Answer, Queued},
    caller::Caller,
    input::{Id, Nothing},
    query::{BucketParams, Buckets, EventParams, PageParams, Query},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(count))
        .routes(routes!(histogram))
        .routes(routes!(read))
        .routes(routes!(retry))
        .routes(routes!(cancel))
}

/// List events
#[utoipa::path(
    get, path = "/v1/events", tag = "Events", params(PageParams, EventParams),
    responses((status = 200, body = Page<Event>)),
)]
async fn list(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(page): Query<PageQuery>,
    Query(filter): Query<EventFilter>,
) -> Answer<Json<Page<Event>>> {
    Ok(Json(yard.events(&who, &filter, &page).await?))
}

/// Count events
#[utoipa::path(
    get, path = "/v1/events/count", tag = "Events", params(EventParams), responses((status = 200, body = Count)),
)]
async fn count(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(filter): Query<EventFilter>,
) -> Answer<Json<Count>> {
    Ok(Json(Count { count: yard.count_events(&who, &filter).await? }))
}

/// Count events over time
///
/// What the list with the same parameters has and was delivered or failed by now, in buckets of a round length by when they
/// were made, none left out. It reaches no further back than history is kept.
#[utoipa::path(
    get, path = "/v1/events/histogram", tag = "Events", params(EventParams, BucketParams),
    responses((status = 200, body = AttemptHistogram)),
)]
async fn histogram(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(Buckets { buckets }): Query<Buckets>,
    Query(filter): Query<EventFilter>,
) -> Answer<Json<AttemptHistogram>> {
    Ok(Json(yard.event_histogram(&who, &filter, buckets).await?))
}

/// Read an event
///
/// With its payload.
#[utoipa::path(
    get, path = "/v1/events/{id}", tag = "Events", params(("id" = EventId, Path)),
    responses((status = 200, body = Event)),
)]
async fn read(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<EventId>) -> Answer<Json<Event>> {
    Ok(Json(yard.event(&who, id).await?))
}

/// Retry an event
///
/// Queues a new event, `replay_event_id`, with the same payload and the same `webhook-id`; this one stays as it is. What is
/// sent is what was sent: no filter and no transformation runs again. One that still waits for its own next try is 409:
/// cancel it first.
#[utoipa::path(
    post, path = "/v1/events/{id}/retry", tag = "Events", params(("id" = EventId, Path)),
    responses((status = 202, body = RetriedEvent)),
)]
async fn retry(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<EventId>,
    _: Nothing,
) -> Answer<Queued<RetriedEvent>> {
    Ok(Queued(yard.retry_event(&who, id).await?))
}

/// Cancel an event
///
/// One that still waits, be it scheduled, queued or held: it is not tried again. One that is done is 409.
#[utoipa::path(
    post, path = "/v1/events/{id}/cancel", tag = "Events", params(("id" = EventId, Path)),
    responses((status = 200, body = Event)),
)]
async fn cancel(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<EventId>, _: Nothing) -> Answer<Json<Event>> {
    Ok(Json(yard.cancel_event(&who, id).await?))
}
