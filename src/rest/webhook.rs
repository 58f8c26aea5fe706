//! `/v1/webhooks`: the Developer tab's rows.

use axum::{Json, extract::State, http::StatusCode};
use hookyard_model::{
    DestinationId, NewWebhook, Page, PageQuery, Problem, Status, Webhook, WebhookActivity, WebhookPatch,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Created},
    caller::Caller,
    input::{Id, Input},
    query::{PageParams, Query},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, patch, remove))
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(pause))
        .routes(routes!(unpause))
        .routes(routes!(activity))
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

/// Pause a webhook
///
/// Its events are held from now on; those that wait for a retry are too.
#[utoipa::path(
    method(put, post), path = "/v1/webhooks/{id}/pause", tag = "Webhooks", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Webhook)),
)]
async fn pause(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<DestinationId>) -> Answer<Json<Webhook>> {
    Ok(Json(yard.set_webhook_paused(&who, id, true).await?))
}

/// Resume a paused webhook
///
/// What was held goes on, oldest first.
#[utoipa::path(
    method(put, post), path = "/v1/webhooks/{id}/unpause", tag = "Webhooks", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Webhook)),
)]
async fn unpause(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<DestinationId>) -> Answer<Json<Webhook>> {
    Ok(Json(yard.set_webhook_paused(&who, id, false).await?))
}

/// Read a webhook's last 24 hours
///
/// What its attempts came to, hour by hour, the oldest first; the last hour is under way.
#[utoipa::path(
    get, path = "/v1/webhooks/{id}/activity", tag = "Webhooks", params(("id" = DestinationId, Path)),
    responses((status = 200, body = WebhookActivity)),
)]
async fn activity(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
) -> Answer<Json<WebhookActivity>> {
    yard.webhook(&who, id).await?;
    let found = yard.webhook_activity(&who, &[id]).await?.into_iter().next();
    Ok(Json(found.ok_or_else(|| Problem::not_found("webhook", id))?))
}
