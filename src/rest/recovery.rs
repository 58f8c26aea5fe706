//! The runbook of a destination that failed, and what a source did not let in.

use axum::{Json, extract::State};
use hookyard_model::{
    DestinationId, IdempotencyConfirmation, IdempotencyInput, Recovery, RecoveryWindow, Refused, SourceId,
};
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::Answer,
    caller::Caller,
    input::{Id, Input},
    query::{Query, text},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(read)).routes(routes!(confirm_idempotency)).routes(routes!(refused))
}

/// A window of time.
struct WindowParams;

impl IntoParams for WindowParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            text("from", "Made then or later: RFC 3339, or relative such as `now-24h` (units s, m, h, d)."),
            text("to", "Made then or earlier: RFC 3339, or relative."),
        ]
    }
}

/// What somebody says of a receiver.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct Confirmations {
    models: Vec<IdempotencyConfirmation>,
}

/// Read a destination's runbook
///
/// What failed and why, what was delivered since, what was changed since, and whether one event was sent again with
/// success since the last failure. Without `from`, it is about the last stretch of failures, from its first. At most some
/// 200,000 failed events are looked at; of more `is_part` says so, and `failed` counts them.
#[utoipa::path(
    get, path = "/v1/destinations/{id}/recovery", tag = "Recovery", params(("id" = DestinationId, Path), WindowParams),
    responses((status = 200, body = Recovery)),
)]
async fn read(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Query(window): Query<RecoveryWindow>,
) -> Answer<Json<Recovery>> {
    Ok(Json(yard.recovery(&who, id, window).await?))
}

/// Confirm that a receiver is idempotent
///
/// Every retry keeps its `webhook-id`; this writes down, for the audit log too, that the receiver takes an event that
/// comes twice as one.
#[utoipa::path(
    post, path = "/v1/destinations/{id}/recovery/confirm_idempotency", tag = "Recovery",
    params(("id" = DestinationId, Path)), request_body = IdempotencyInput,
    responses((status = 200, body = Confirmations)),
)]
async fn confirm_idempotency(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Input(input): Input<IdempotencyInput>,
) -> Answer<Json<Confirmations>> {
    Ok(Json(Confirmations { models: yard.confirm_idempotency(&who, id, input).await? }))
}

/// Read what a source did not let in
///
/// By cause, and which of it came again since and was let in: by its sender's id of the delivery, else by an equal
/// body. The newest 300 are looked at, and compared with at most 3,000 later ones; `is_part` says when there are more.
/// Without `from`, of the last 24 hours.
#[utoipa::path(
    get, path = "/v1/sources/{id}/refused", tag = "Recovery", params(("id" = SourceId, Path), WindowParams),
    responses((status = 200, body = Refused)),
)]
async fn refused(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<SourceId>,
    Query(window): Query<RecoveryWindow>,
) -> Answer<Json<Refused>> {
    Ok(Json(yard.refused(&who, id, window).await?))
}
