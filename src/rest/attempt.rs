//! `/v1/attempts`: each try of each event.

use axum::{Json, extract::State};
use hookyard_model::{Attempt, AttemptFilter, AttemptHistogram, AttemptId, Page, PageQuery};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::Answer,
    caller::Caller,
    input::Id,
    query::{AttemptParams, BucketParams, PageParams, Query},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(histogram)).routes(routes!(read))
}

/// Into how many buckets a histogram is cut.
#[derive(Deserialize)]
struct Buckets {
    #[serde(default = "default_buckets")]
    buckets: u32,
}

const fn default_buckets() -> u32 {
    AttemptHistogram::DEFAULT_BUCKETS
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
