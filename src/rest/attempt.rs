//! `/v1/attempts`: each try of each event.

use axum::{Json, extract::State};
use hookyard_model::{Attempt, AttemptFilter, AttemptId, Page, PageQuery};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::Answer,
    caller::Caller,
    input::Id,
    query::{AttemptParams, PageParams, Query},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read))
}

/// List attempts
///
/// With their bodies, as far as 16 MiB reach; the attempts after that come without.
#[utoipa::path(
    get, path = "/v1/attempts", tag = "Attempts", params(PageParams, AttemptParams),
    responses((status = 200, body = Page<Attempt>)),
)]
async fn list(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(page): Query<PageQuery>,
    Query(filter): Query<AttemptFilter>,
) -> Answer<Json<Page<Attempt>>> {
    Ok(Json(yard.attempts_with_bodies(&who, &filter, &page).await?))
}

/// Read an attempt
///
/// With the exact bytes both ways.
#[utoipa::path(
    get, path = "/v1/attempts/{id}", tag = "Attempts", params(("id" = AttemptId, Path)),
    responses((status = 200, body = Attempt)),
)]
async fn read(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<AttemptId>) -> Answer<Json<Attempt>> {
    Ok(Json(yard.attempt(&who, id).await?))
}
