//! `/v1/event-types`: the catalogue.

use axum::{Json, extract::State, http::StatusCode};
use hookyard_model::{Direction, EventType, EventTypeId, EventTypeImport, EventTypeInput, ImportedEventType, Page};
use serde_json::{Map, Value};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Created, whole},
    caller::Caller,
    input::{Id, Input},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, patch, remove)).routes(routes!(import))
}

/// List event types
///
/// The whole catalogue by name, on one page. It is the same in both modes.
#[utoipa::path(get, path = "/v1/event-types", tag = "Event types", responses((status = 200, body = Page<EventType>)))]
async fn list(State(yard): State<Yard>, Caller(who): Caller) -> Answer<Json<Page<EventType>>> {
    Ok(whole(yard.event_types(&who).await?, "name", Direction::Asc))
}

/// Create an event type
///
/// The schema is JSON Schema, draft 2020-12 or 7, that refers to its own parts only; the example must fit it. Names that
/// start with `hookyard.` are Hookyard's own.
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
/// A merge patch (RFC 7396): what is left out stays, `null` takes away. The name stays in any case. `schema` and
/// `example` are replaced as a whole.
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

/// Import event types
///
/// Reads the `webhooks` section of an OpenAPI 3.1 document, JSON or YAML of at most 2 MiB. What the document does not say
/// stays as it is, and so does whether a new webhook has the type ticked. Each webhook's name must be an event type's
/// name. Where a body's schema describes an envelope with `type` and `data`, that of `data` is taken. What it refers to in
/// the document comes along in `$defs`. With `dry_run` nothing is stored; what cannot be taken is refused on its own.
#[utoipa::path(
    post, path = "/v1/event-types/import", tag = "Event types", request_body = EventTypeImport,
    responses((status = 200, body = Page<ImportedEventType>)),
)]
async fn import(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(import): Input<EventTypeImport>,
) -> Answer<Json<Page<ImportedEventType>>> {
    Ok(whole(yard.import_event_types(&who, import).await?, "name", Direction::Asc))
}
