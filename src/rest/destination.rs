//! `/v1/destinations`.

use axum::{Json, extract::State, http::StatusCode};
use hookyard_model::{Destination, DestinationFilter, DestinationId, DestinationInput, Page, PageQuery, Status};
use serde_json::{Map, Value};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Created, Upserted},
    caller::Caller,
    input::{Id, Input},
    query::{DestinationParams, Ordered, OrderedParams},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(list, create, upsert))
        .routes(routes!(read, replace, patch, remove))
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(pause))
        .routes(routes!(unpause))
        .routes(routes!(probe))
        .routes(routes!(close_breaker))
}

/// List destinations
#[utoipa::path(
    get, path = "/v1/destinations", tag = "Destinations", params(DestinationParams, OrderedParams),
    responses((status = 200, body = Page<Destination>)),
)]
async fn list(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Ordered(filter): Ordered<DestinationFilter>,
    Ordered(page): Ordered<PageQuery>,
) -> Answer<Json<Page<Destination>>> {
    Ok(Json(yard.destinations_where(&who, &filter, &page).await?))
}

/// Create a destination
///
/// It starts with a fresh signing secret.
#[utoipa::path(post, path = "/v1/destinations", tag = "Destinations", request_body = DestinationInput, responses((status = 201, body = Destination)))]
async fn create(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(input): Input<DestinationInput>,
) -> Answer<Created<Destination>> {
    let destination = yard.create_destination(&who, input).await?;
    Ok(Created(format!("/v1/destinations/{}", destination.id), destination))
}

/// Create or replace a destination by its name
///
/// The name says which. Its signing secret stays.
#[utoipa::path(
    put, path = "/v1/destinations", tag = "Destinations", request_body = DestinationInput,
    responses((status = 201, body = Destination), (status = 200, body = Destination)),
)]
async fn upsert(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(input): Input<DestinationInput>,
) -> Answer<Upserted<Destination>> {
    let (destination, made) = yard.upsert_destination(&who, input).await?;
    Ok(Upserted(format!("/v1/destinations/{}", destination.id), destination, made))
}

/// Read a destination
#[utoipa::path(
    get, path = "/v1/destinations/{id}", tag = "Destinations", params(("id" = DestinationId, Path)), responses((status = 200, body = Destination)),
)]
async fn read(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<DestinationId>) -> Answer<Json<Destination>> {
    Ok(Json(yard.destination(&who, id).await?))
}

/// Replace a destination
///
/// What is left out gets its default. A secret's placeholder sent back keeps the secret.
#[utoipa::path(
    put, path = "/v1/destinations/{id}", tag = "Destinations", params(("id" = DestinationId, Path)), request_body = DestinationInput,
    responses((status = 200, body = Destination)),
)]
async fn replace(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Input(input): Input<DestinationInput>,
) -> Answer<Json<Destination>> {
    Ok(Json(yard.replace_destination(&who, id, input).await?))
}

/// Change a destination
///
/// A merge patch (RFC 7396): what is left out stays, `null` takes away.
#[utoipa::path(
    patch, path = "/v1/destinations/{id}", tag = "Destinations", params(("id" = DestinationId, Path)), request_body = DestinationInput,
    responses((status = 200, body = Destination)),
)]
async fn patch(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Input(patch): Input<Map<String, Value>>,
) -> Answer<Json<Destination>> {
    Ok(Json(yard.patch_destination(&who, id, Value::Object(patch)).await?))
}

/// Delete a destination
///
/// Refused while connections use it.
#[utoipa::path(
    delete, path = "/v1/destinations/{id}", tag = "Destinations", params(("id" = DestinationId, Path)), responses((status = 204)),
)]
async fn remove(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<DestinationId>) -> Answer<StatusCode> {
    yard.delete_destination(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enable a destination
///
/// Clears its failures and lets go what was held for it.
#[utoipa::path(
    method(put, post), path = "/v1/destinations/{id}/enable", tag = "Destinations", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Destination)),
)]
async fn enable(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<DestinationId>) -> Answer<Json<Destination>> {
    Ok(Json(yard.set_destination_status(&who, id, Status::Enabled).await?))
}

/// Disable a destination
///
/// Its events are held, and new ones are ignored with the cause `DESTINATION_DISABLED`.
#[utoipa::path(
    method(put, post), path = "/v1/destinations/{id}/disable", tag = "Destinations", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Destination)),
)]
async fn disable(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
) -> Answer<Json<Destination>> {
    Ok(Json(yard.set_destination_status(&who, id, Status::Disabled).await?))
}

/// Pause a destination
///
/// Requests go on to be taken in; their events are made and held, those of every connection that leads here.
#[utoipa::path(
    method(put, post), path = "/v1/destinations/{id}/pause", tag = "Destinations", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Destination)),
)]
async fn pause(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<DestinationId>) -> Answer<Json<Destination>> {
    Ok(Json(yard.set_destination_paused(&who, id, true).await?))
}

/// Unpause a destination
///
/// Lets go what no paused connection still holds, the oldest first, within its limits.
#[utoipa::path(
    method(put, post), path = "/v1/destinations/{id}/unpause", tag = "Destinations", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Destination)),
)]
async fn unpause(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
) -> Answer<Json<Destination>> {
    Ok(Json(yard.set_destination_paused(&who, id, false).await?))
}

/// Send a probe
///
/// Sends one held event at once to a destination whose circuit breaker is open, instead of when the next probe is due. When
/// it is delivered, the breaker closes.
#[utoipa::path(
    post, path = "/v1/destinations/{id}/probe", tag = "Destinations", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Destination)),
)]
async fn probe(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<DestinationId>) -> Answer<Json<Destination>> {
    Ok(Json(yard.probe_destination(&who, id).await?))
}

/// Close a circuit breaker
///
/// What it holds goes out gently, without waiting for a probe. The failures so far do not open it again.
#[utoipa::path(
    post, path = "/v1/destinations/{id}/close_breaker", tag = "Destinations", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Destination)),
)]
async fn close_breaker(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
) -> Answer<Json<Destination>> {
    Ok(Json(yard.close_breaker(&who, id).await?))
}
