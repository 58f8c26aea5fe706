//! `/v1/publish`: events that the team sends.

use axum::extract::State;
use hookyard_model::{Publication, Published};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Queued},
    caller::Caller,
    input::{Raw, check_object},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(publish))
}

/// Publish an event
///
/// It goes to every enabled webhook that chose its type. What receivers get is an envelope around `data`. Data that does
/// not fit the schema of its type is sent with `warnings` in the answer, refused with 422, or not looked at, as the
/// team's setting `schema_check` says. Types that start with `hookyard.` are refused: they are Hookyard's own.
#[utoipa::path(
    post, path = "/v1/publish", tag = "Publishing", request_body = Publication,
    responses((status = 202, body = Published)),
)]
async fn publish(State(yard): State<Yard>, Caller(who): Caller, Raw(body): Raw) -> Answer<Queued<Published>> {
    check_object(&body)?;
    Ok(Queued(yard.publish(&who, body).await?))
}
