//! `/v1/webhooks/{id}/simulate` and what belongs to it: the simulator, in test mode only.

use axum::{Json, extract::State, http::StatusCode};
use hookyard_model::{
    DestinationId, Direction, Page, PageQuery, Published, ReceiverCheck, ReceiverCheckId, ReceiverCheckInput,
    SavedPayload, SavedPayloadId, SavedPayloadInput, Simulation, SimulationPreview,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Queued, whole},
    caller::Caller,
    input::{Exact, Id, Input},
    query::{PageParams, Query},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(simulate))
        .routes(routes!(preview))
        .routes(routes!(saved, save))
        .routes(routes!(remove_saved))
        .routes(routes!(checks, start_check))
        .routes(routes!(check))
}

/// Simulate an event for a webhook
///
/// In test mode only. The webhook gets it whatever event types it chose. A `scenario` changes the payload, or what it is
/// sent with, on purpose; `duplicate` and `out_of_order` make two events and `burst` 50, which `event_ids` lists in the
/// order in which they are due. `stale_timestamp`, `wrong_signature` and `missing_signature` are tried once; all else is
/// retried like a real event. No failure counts towards disabling the webhook.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/simulate", tag = "Simulator", params(("id" = DestinationId, Path)),
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

/// Preview a simulated event
///
/// What it would look like, were it sent now: method, URL, headers, the exact bytes and what is signed. Nothing is stored
/// or sent. Secrets among the headers are redacted; of several events it is the first.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/simulate/preview", tag = "Simulator", params(("id" = DestinationId, Path)),
    request_body = Simulation, responses((status = 200, body = SimulationPreview)),
)]
async fn preview(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Exact(simulation): Exact<Simulation>,
) -> Answer<Json<SimulationPreview>> {
    Ok(Json(yard.preview_simulation(&who, id, simulation).await?))
}

/// List saved payloads
///
/// All of them by name, on one page.
#[utoipa::path(
    get, path = "/v1/saved-payloads", tag = "Simulator", responses((status = 200, body = Page<SavedPayload>)),
)]
async fn saved(State(yard): State<Yard>, Caller(who): Caller) -> Answer<Json<Page<SavedPayload>>> {
    Ok(whole(yard.saved_payloads(&who).await?, "name", Direction::Asc))
}

/// Save a payload
///
/// Under its name, in place of the one that has the name, which keeps its id. What was typed is kept as it is, at most
/// 1 MiB, also when it is not JSON yet. A team keeps 200.
#[utoipa::path(
    post, path = "/v1/saved-payloads", tag = "Simulator", request_body = SavedPayloadInput,
    responses((status = 201, body = SavedPayload)),
)]
async fn save(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(input): Input<SavedPayloadInput>,
) -> Answer<(StatusCode, Json<SavedPayload>)> {
    Ok((StatusCode::CREATED, Json(yard.save_payload(&who, input).await?)))
}

/// Delete a saved payload
#[utoipa::path(
    delete, path = "/v1/saved-payloads/{id}", tag = "Simulator", params(("id" = SavedPayloadId, Path)),
    responses((status = 204)),
)]
async fn remove_saved(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<SavedPayloadId>) -> Answer<StatusCode> {
    yard.delete_saved_payload(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List a webhook's receiver checks
#[utoipa::path(
    get, path = "/v1/webhooks/{id}/receiver-checks", tag = "Simulator",
    params(("id" = DestinationId, Path), PageParams), responses((status = 200, body = Page<ReceiverCheck>)),
)]
async fn checks(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<ReceiverCheck>>> {
    Ok(Json(yard.receiver_checks(&who, id, &page).await?))
}

/// Check a webhook's receiver
///
/// Sends it all that a receiver should stand, 62 deliveries at most, and answers with the report, which fills as the
/// answers come. Each delivery is tried once, after what is live, and none counts towards disabling the webhook. There
/// is one check of a webhook at a time; it needs the webhook enabled and not paused.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/receiver-checks", tag = "Simulator", params(("id" = DestinationId, Path)),
    request_body = ReceiverCheckInput, responses((status = 202, body = ReceiverCheck)),
)]
async fn start_check(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Input(input): Input<ReceiverCheckInput>,
) -> Answer<Queued<ReceiverCheck>> {
    Ok(Queued(yard.start_receiver_check(&who, id, input).await?))
}

/// Read a receiver check
///
/// Its report as of now; it is final once it is `done`.
#[utoipa::path(
    get, path = "/v1/receiver-checks/{id}", tag = "Simulator", params(("id" = ReceiverCheckId, Path)),
    responses((status = 200, body = ReceiverCheck)),
)]
async fn check(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<ReceiverCheckId>,
) -> Answer<Json<ReceiverCheck>> {
    Ok(Json(yard.receiver_check(&who, id).await?))
}
