//! `/v1/webhooks`: the Developer tab's rows.

use axum::{Json, extract::State, http::StatusCode};
use hookyard_model::{
    DestinationId, NewWebhook, Page, PageQuery, Published, Secret, SigningSecret, Simulation, Status, Webhook,
    WebhookPatch,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Created, Queued},
    caller::Caller,
    input::{Exact, Id, Input},
    query::{PageParams, Query},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, patch, remove))
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(secrets))
        .routes(routes!(rotate))
        .routes(routes!(simulate))
}

/// The secrets that sign a webhook's deliveries.
#[derive(Serialize, ToSchema)]
struct SigningSecrets {
    /// The current one.
    secret: Option<Secret>,
    /// All that sign now, the current one first.
    secrets: Vec<SigningSecret>,
}

/// How a new secret takes over.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// How long the secrets so far go on signing beside the new one, 0 to 720 hours.
    #[serde(default = "a_day")]
    #[schema(default = 24)]
    overlap_hours: u32,
}

const fn a_day() -> u32 {
    24
}

/// List webhooks
#[utoipa::path(
    get, path = "/v1/webhooks", tag = "Webhooks", params(PageParams), responses((status = 200, body = Page<Webhook>)),
)]
async fn list(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<Webhook>>> {
    Ok(Json(yard.webhooks(&who, &page).await?))
}

/// Create a webhook
///
/// It is a destination with one connection from the team's built-in source, which passes its event types.
#[utoipa::path(
    post, path = "/v1/webhooks", tag = "Webhooks", request_body = NewWebhook,
    responses((status = 201, body = Webhook)),
)]
async fn create(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(new): Input<NewWebhook>,
) -> Answer<Created<Webhook>> {
    let webhook = yard.create_webhook(&who, new).await?;
    Ok(Created(format!("/v1/webhooks/{}", webhook.id), webhook))
}

/// Read a webhook
#[utoipa::path(
    get, path = "/v1/webhooks/{id}", tag = "Webhooks", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Webhook)),
)]
async fn read(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<DestinationId>) -> Answer<Json<Webhook>> {
    Ok(Json(yard.webhook(&who, id).await?))
}

/// Change a webhook
///
/// What is left out stays.
#[utoipa::path(
    patch, path = "/v1/webhooks/{id}", tag = "Webhooks", params(("id" = DestinationId, Path)),
    request_body = WebhookPatch, responses((status = 200, body = Webhook)),
)]
async fn patch(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Input(patch): Input<WebhookPatch>,
) -> Answer<Json<Webhook>> {
    Ok(Json(yard.update_webhook(&who, id, patch).await?))
}

/// Delete a webhook
///
/// Its events that are not done are cancelled; its logs stay until their time.
#[utoipa::path(
    delete, path = "/v1/webhooks/{id}", tag = "Webhooks", params(("id" = DestinationId, Path)),
    responses((status = 204)),
)]
async fn remove(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<DestinationId>) -> Answer<StatusCode> {
    yard.delete_webhook(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enable a webhook
///
/// Clears its failures and lets go what was held for it.
#[utoipa::path(
    method(put, post), path = "/v1/webhooks/{id}/enable", tag = "Webhooks", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Webhook)),
)]
async fn enable(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<DestinationId>) -> Answer<Json<Webhook>> {
    Ok(Json(yard.set_webhook_status(&who, id, Status::Enabled).await?))
}

/// Disable a webhook
#[utoipa::path(
    method(put, post), path = "/v1/webhooks/{id}/disable", tag = "Webhooks", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Webhook)),
)]
async fn disable(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<DestinationId>) -> Answer<Json<Webhook>> {
    Ok(Json(yard.set_webhook_status(&who, id, Status::Disabled).await?))
}

/// Read a webhook's signing secrets
#[utoipa::path(
    get, path = "/v1/webhooks/{id}/secret", tag = "Webhooks", params(("id" = DestinationId, Path)),
    responses((status = 200, body = SigningSecrets)),
)]
async fn secrets(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
) -> Answer<Json<SigningSecrets>> {
    let secrets = yard.signing_secrets(&who, id).await?;
    Ok(Json(SigningSecrets { secret: secrets.first().map(|current| current.secret.clone()), secrets }))
}

/// Rotate a webhook's signing secret
///
/// The answer has the new one. The secrets so far go on signing beside it for the overlap.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/secret/rotate", tag = "Webhooks", params(("id" = DestinationId, Path)),
    request_body = Rotation, responses((status = 200, body = SigningSecret)),
)]
async fn rotate(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Input(rotation): Input<Rotation>,
) -> Answer<Json<SigningSecret>> {
    Ok(Json(yard.rotate_secret(&who, id, rotation.overlap_hours).await?))
}

/// Simulate an event for a webhook
///
/// In test mode only. The webhook gets it whatever event types it chose.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/simulate", tag = "Webhooks", params(("id" = DestinationId, Path)),
    request_body = Simulation, responses((status = 202, body = Published)),
)]
async fn simulate(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Exact(simulation): Exact<Simulation>,
) -> Answer<Queued<Published>> {
    Ok(Queued(yard.simulate(&who, id, simulation).await?))
}
