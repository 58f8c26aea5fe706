//! `/v1/event-types`: the catalogue.

use axum::{Json, extract::State, http::StatusCode};
use hookyard_model::{Direction, EventType, EventTypeId, EventTypeInput, Page};
use serde_json::{Map, Value};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Created, whole},
    caller::Caller,
    input::{Id, Input},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, patch, remove))
}

/// List event types
///
/// The whole catalogue by name, on one page. It is the same in both modes.
#[utoipa::path(get, path = "/v1/event-types", tag = "Event types", responses((status = 200, body = Page<EventType>)))]
async fn list(State(yard): State<Yard>, Caller(who): Caller) -> Answer<Json<Page<EventType>>> {
    Ok(whole(yard.event_types(&who).await?, "name", Direction::Asc))
}

/// Create an event type
#[utoipa::path(
    post, path = "/v1/event-types", tag = "Event types", request_body = EventTypeInput,
    responses((status = 201, body = EventType)),
)]
async fn create(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(input): Input<EventTypeInput>,
) -> Answer<Created<EventType>> {
    let kind = yard.create_event_type(&who, input).await?;
    Ok(Created(format!("/v1/event-types/{}", kind.id), kind))
}

/// Read an event type
#[utoipa::path(
    get, path = "/v1/event-types/{id}", tag = "Event types", params(("id" = EventTypeId, Path)),
    responses((status = 200, body = EventType)),
)]
async fn read(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<EventTypeId>) -> Answer<Json<EventType>> {
    Ok(Json(yard.event_type(&who, id).await?))
}

/// Change an event type
///
/// A merge patch (RFC 7396): what is left out stays, `null` takes away. The name stays in any case.
#[utoipa::path(
    patch, path = "/v1/event-types/{id}", tag = "Event types", params(("id" = EventTypeId, Path)),
    request_body = EventTypeInput, responses((status = 200, body = EventType)),
)]
async fn patch(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<EventTypeId>,
    Input(patch): Input<Map<String, Value>>,
) -> Answer<Json<EventType>> {
    Ok(Json(yard.patch_event_type(&who, id, Value::Object(patch)).await?))
}

/// Delete an event type
#[utoipa::path(
    delete, path = "/v1/event-types/{id}", tag = "Event types", params(("id" = EventTypeId, Path)),
    responses((status = 204)),
)]
async fn remove(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<EventTypeId>) -> Answer<StatusCode> {
    yard.delete_event_type(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
