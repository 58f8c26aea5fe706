//! `/v1/filters`: trying filters.

use axum::{Json, extract::State};
use hookyard_model::{FilterTest, FilterTested};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Yard, answer::Answer, caller::Caller, input::Input};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(test))
}

/// Test a filter
///
/// Says whether the input would pass, and if not, the first condition that fails and the value that failed it. Nothing is
/// stored.
#[utoipa::path(
    post, path = "/v1/filters/test", tag = "Connections", request_body = FilterTest,
    responses((status = 200, body = FilterTested)),
)]
async fn test(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(input): Input<FilterTest>,
) -> Answer<Json<FilterTested>> {
    Ok(Json(yard.test_filter(&who, input).await?))
}
