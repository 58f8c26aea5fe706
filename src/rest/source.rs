//! `/v1/sources`.

use axum::{Json, extract::State, http::StatusCode};
use hookyard_model::{Page, PageQuery, RotateUrl, Source, SourceFilter, SourceId, SourceInput, Status};
use serde_json::{Map, Value};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Created, Upserted},
    caller::Caller,
    input::{Id, Ids, Input},
    query::{Ordered, OrderedParams, SourceParams},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(list, create, upsert))
        .routes(routes!(read, replace, patch, remove))
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(rotate_url))
        .routes(routes!(end_url))
}

/// List sources
#[utoipa::path(get, path = "/v1/sources", tag = "Sources", params(OrderedParams, SourceParams), responses((status = 200, body = Page<Source>)))]
async fn list(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Ordered(page): Ordered<PageQuery>,
    Ordered(filter): Ordered<SourceFilter>,
) -> Answer<Json<Page<Source>>> {
    Ok(Json(yard.sources_where(&who, &filter, &page).await?))
}

/// Create a source
///
/// Its `url` is where providers send to.
#[utoipa::path(post, path = "/v1/sources", tag = "Sources", request_body = SourceInput, responses((status = 201, body = Source)))]
async fn create(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(input): Input<SourceInput>,
) -> Answer<Created<Source>> {
    let source = yard.create_source(&who, input).await?;
    Ok(Created(format!("/v1/sources/{}", source.id), source))
}

/// Create or replace a source by its name
///
/// The name says which.
#[utoipa::path(
    put, path = "/v1/sources", tag = "Sources", request_body = SourceInput,
    responses((status = 201, body = Source), (status = 200, body = Source)),
)]
async fn upsert(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(input): Input<SourceInput>,
) -> Answer<Upserted<Source>> {
    let (source, made) = yard.upsert_source(&who, input).await?;
    Ok(Upserted(format!("/v1/sources/{}", source.id), source, made))
}

/// Read a source
#[utoipa::path(
    get, path = "/v1/sources/{id}", tag = "Sources", params(("id" = SourceId, Path)), responses((status = 200, body = Source)),
)]
async fn read(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<SourceId>) -> Answer<Json<Source>> {
    Ok(Json(yard.source(&who, id).await?))
}

/// Replace a source
///
/// What is left out gets its default. A secret's placeholder sent back keeps the secret.
#[utoipa::path(
    put, path = "/v1/sources/{id}", tag = "Sources", params(("id" = SourceId, Path)), request_body = SourceInput,
    responses((status = 200, body = Source)),
)]
async fn replace(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<SourceId>,
    Input(input): Input<SourceInput>,
) -> Answer<Json<Source>> {
    Ok(Json(yard.replace_source(&who, id, input).await?))
}

/// Change a source
///
/// A merge patch (RFC 7396): what is left out stays, `null` takes away.
#[utoipa::path(
    patch, path = "/v1/sources/{id}", tag = "Sources", params(("id" = SourceId, Path)), request_body = SourceInput,
    responses((status = 200, body = Source)),
)]
async fn patch(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<SourceId>,
    Input(patch): Input<Map<String, Value>>,
) -> Answer<Json<Source>> {
    Ok(Json(yard.patch_source(&who, id, Value::Object(patch)).await?))
}

/// Delete a source
///
/// Refused while connections use it.
#[utoipa::path(
    delete, path = "/v1/sources/{id}", tag = "Sources", params(("id" = SourceId, Path)), responses((status = 204)),
)]
async fn remove(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<SourceId>) -> Answer<StatusCode> {
    yard.delete_source(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enable a source
///
/// It takes requests in again, and the connections that were disabled with it are enabled.
#[utoipa::path(
    method(put, post), path = "/v1/sources/{id}/enable", tag = "Sources", params(("id" = SourceId, Path)),
    responses((status = 200, body = Source)),
)]
async fn enable(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<SourceId>) -> Answer<Json<Source>> {
    Ok(Json(yard.set_source_status(&who, id, Status::Enabled).await?))
}

/// Disable a source
///
/// Requests that arrive are stored as rejected, with the cause `SOURCE_DISABLED`, and answered 410. Its connections are
/// disabled with it.
#[utoipa::path(
    method(put, post), path = "/v1/sources/{id}/disable", tag = "Sources", params(("id" = SourceId, Path)),
    responses((status = 200, body = Source)),
)]
async fn disable(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<SourceId>) -> Answer<Json<Source>> {
    Ok(Json(yard.set_source_status(&who, id, Status::Disabled).await?))
}

/// Change a source's URL
///
/// The source gets a new `url`. The one until now works for `overlap_hours` more (0 to 720, default 24) and is listed in
/// `urls` until then.
#[utoipa::path(
    post, path = "/v1/sources/{id}/rotate-url", tag = "Sources", params(("id" = SourceId, Path)),
    request_body = RotateUrl, responses((status = 200, body = Source)),
)]
async fn rotate_url(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<SourceId>,
    Input(how): Input<RotateUrl>,
) -> Answer<Json<Source>> {
    Ok(Json(yard.rotate_source_url(&who, id, how).await?))
}

/// End an old URL of a source
///
/// It stops working at once. The token is what it ends in. The URL that is shown is changed instead.
#[utoipa::path(
    delete, path = "/v1/sources/{id}/urls/{token}", tag = "Sources",
    params(("id" = SourceId, Path), ("token" = SourceId, Path)), responses((status = 204)),
)]
async fn end_url(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Ids(id, token): Ids<SourceId, SourceId>,
) -> Answer<StatusCode> {
    yard.end_source_url(&who, id, token).await?;
    Ok(StatusCode::NO_CONTENT)
}
