//! `/v1/verify`: whether all that was accepted is accounted for.

use axum::{Json, extract::State};
use hookyard_model::Verification;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Queued},
    caller::Caller,
    input::Nothing,
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(read, start)).routes(routes!(stop))
}

/// Read the last verification
///
/// Every accepted request is reconciled with its events, ignored events, attempts and queue entries, and every bulk
/// operation with its items. While it runs, `progress` says how far it is. One runs by itself each day; 404 before the
/// first.
#[utoipa::path(get, path = "/v1/verify", tag = "Verification", responses((status = 200, body = Verification)))]
async fn read(State(yard): State<Yard>, Caller(who): Caller) -> Answer<Json<Verification>> {
    let last = yard.verification(&who).await?;
    Ok(Json(last.ok_or_else(|| Verification::none_yet(who.mode))?))
}

/// Start a verification
///
/// Of this mode's rows, on the running server, at a small part of its time. One that runs goes on.
#[utoipa::path(post, path = "/v1/verify", tag = "Verification", responses((status = 202, body = Verification)))]
async fn start(State(yard): State<Yard>, Caller(who): Caller, _: Nothing) -> Answer<Queued<Verification>> {
    Ok(Queued(yard.start_verification(&who).await?))
}

/// Stop the verification
///
/// What it found so far stays.
#[utoipa::path(post, path = "/v1/verify/stop", tag = "Verification", responses((status = 200, body = Verification)))]
async fn stop(State(yard): State<Yard>, Caller(who): Caller, _: Nothing) -> Answer<Json<Verification>> {
    Ok(Json(yard.stop_verification(&who).await?))
}
