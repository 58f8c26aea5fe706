//! `/v1/webhooks/{id}/missed`: what a webhook missed while it was disabled.

use axum::{Json, extract::State};
use hookyard_model::{DestinationId, Missed, ReplayedMissed};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Queued},
    caller::Caller,
    input::{Id, Input},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(missed)).routes(routes!(replay_missed))
}

/// Count what a webhook missed
///
/// The events that it would have got but for being disabled, and that nobody has replayed since.
#[utoipa::path(
    get, path = "/v1/webhooks/{id}/missed", tag = "Webhooks", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Missed)),
)]
async fn missed(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<DestinationId>) -> Answer<Json<Missed>> {
    Ok(Json(yard.missed(&who, id).await?))
}

/// How many missed events are queued at once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MissedReplay {
    /// 1 to 1000.
    #[serde(default = "a_thousand")]
    #[schema(default = 1000, minimum = 1, maximum = 1000)]
    limit: u32,
}

const fn a_thousand() -> u32 {
    1000
}

/// Replay what a webhook missed
///
/// Queues the oldest events that it missed, which keep their envelope's id. Call again as long as the answer has some
/// left: none is queued twice. A webhook that is disabled is enabled first.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/missed/replay", tag = "Webhooks", params(("id" = DestinationId, Path)),
    request_body = MissedReplay, responses((status = 202, body = ReplayedMissed)),
)]
async fn replay_missed(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Input(replay): Input<MissedReplay>,
) -> Answer<Queued<ReplayedMissed>> {
    Ok(Queued(yard.replay_missed(&who, id, replay.limit).await?))
}
