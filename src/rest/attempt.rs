//! `/v1/attempts`: each try of each event.

use axum::{Json, extract::State};
use hookyard_model::{Attempt, AttemptFilter, AttemptHistogram, AttemptId, Page, PageQuery};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Count, Yard,
    answer::Answer,
    caller::Caller,
    input::Id,
    query::{AttemptParams, BucketParams, Buckets, PageParams, Query},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(count)).routes(routes!(histogram)).routes(routes!(read))
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

/// Count attempts
#[utoipa::path(
    get, path = "/v1/attempts/count", tag = "Attempts", params(AttemptParams), responses((status = 200, body = Count)),
)]
async fn count(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(filter): Query<AttemptFilter>,
) -> Answer<Json<Count>> {
    Ok(Json(Count { count: yard.count_attempts(&who, &filter).await? }))
}

/// Count attempts over time
///
/// What the list with the same parameters has, in buckets of a round length, none left out. It reaches no further back
/// than history is kept.
#[utoipa::path(
    get, path = "/v1/attempts/histogram", tag = "Attempts", params(AttemptParams, BucketParams),
    responses((status = 200, body = AttemptHistogram)),
)]
async fn histogram(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(Buckets { buckets }): Query<Buckets>,
    Query(filter): Query<AttemptFilter>,
) -> Answer<Json<AttemptHistogram>> {
    Ok(Json(yard.attempt_histogram(&who, &filter, buckets).await?))
}

/// Read an attempt
///
/// With the exact bytes both ways and, when it failed, what that means and what to do.
#[utoipa::path(
    get, path = "/v1/attempts/{id}", tag = "Attempts", params(("id" = AttemptId, Path)),
    responses((status = 200, body = Attempt)),
)]
async fn read(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<AttemptId>) -> Answer<Json<Attempt>> {
    Ok(Json(yard.attempt(&who, id).await?))
}
