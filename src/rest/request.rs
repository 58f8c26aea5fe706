//! `/v1/requests`: what arrived.

use axum::{Json, extract::State};
use hookyard_model::{
    Commas, Direction, Event, EventFilter, IgnoredEvent, Page, PageQuery, ReplayedRequest, Request, RequestFilter,
    RequestId,
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Count, Yard,
    answer::{Answer, Queued, whole},
    caller::Caller,
    input::Id,
    query::{EventParams, PageParams, Query, RequestParams},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(count))
        .routes(routes!(read))
        .routes(routes!(events))
        .routes(routes!(ignored_events))
        .routes(routes!(retry))
}

/// What a list may have beside its rows.
#[derive(Deserialize)]
struct Include {
    #[serde(default)]
    include: Option<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    Data,
}

/// List requests
///
/// Newest first. With `include=data` each has its payload.
#[utoipa::path(
    get, path = "/v1/requests", tag = "Requests",
    params(PageParams, RequestParams, ("include" = Option<String>, Query, description = "`data` for the payloads.")),
    responses((status = 200, body = Page<Request>)),
)]
async fn list(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(page): Query<PageQuery>,
    Query(filter): Query<RequestFilter>,
    Query(Include { include }): Query<Include>,
) -> Answer<Json<Page<Request>>> {
    let data = matches!(include, Some(Part::Data));
    Ok(Json(yard.requests(&who, &filter, &page, data).await?))
}

/// Count requests
#[utoipa::path(
    get, path = "/v1/requests/count", tag = "Requests", params(RequestParams), responses((status = 200, body = Count)),
)]
async fn count(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(filter): Query<RequestFilter>,
) -> Answer<Json<Count>> {
    Ok(Json(Count { count: yard.count_requests(&who, &filter).await? }))
}

/// Read a request
///
/// With its payload.
#[utoipa::path(
    get, path = "/v1/requests/{id}", tag = "Requests", params(("id" = RequestId, Path)),
    responses((status = 200, body = Request)),
)]
async fn read(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<RequestId>) -> Answer<Json<Request>> {
    Ok(Json(yard.request(&who, id).await?))
}

/// List the events of a request
#[utoipa::path(
    get, path = "/v1/requests/{id}/events", tag = "Requests",
    params(("id" = RequestId, Path), PageParams, EventParams), responses((status = 200, body = Page<Event>)),
)]
async fn events(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<RequestId>,
    Query(page): Query<PageQuery>,
    Query(filter): Query<EventFilter>,
) -> Answer<Json<Page<Event>>> {
    yard.request(&who, id).await?;
    let filter = EventFilter { request_id: Commas(vec![id]), ..filter };
    Ok(Json(yard.events(&who, &filter, &page).await?))
}

/// List the ignored events of a request
///
/// The branches that it did not take, each with its cause, all on one page.
#[utoipa::path(
    get, path = "/v1/requests/{id}/ignored_events", tag = "Requests", params(("id" = RequestId, Path)),
    responses((status = 200, body = Page<IgnoredEvent>)),
)]
async fn ignored_events(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<RequestId>,
) -> Answer<Json<Page<IgnoredEvent>>> {
    Ok(whole(yard.ignored_events(&who, id).await?, "created_at", Direction::Asc))
}

/// Replay a request
///
/// Sends it through the current connections again, as a new request.
#[utoipa::path(
    post, path = "/v1/requests/{id}/retry", tag = "Requests", params(("id" = RequestId, Path)),
    responses((status = 202, body = ReplayedRequest)),
)]
async fn retry(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<RequestId>,
) -> Answer<Queued<ReplayedRequest>> {
    Ok(Queued(yard.replay_request(&who, id).await?))
}
