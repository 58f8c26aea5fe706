//! The server functions of the simulator: find out who asks, pass it on.

use hookyard_model::{
    DestinationId, EventType, Page, Published, ReceiverCheck, ReceiverCheckId, ReceiverCheckInput, SavedPayload,
    SavedPayloadId, SavedPayloadInput, Simulation, SimulationPreview, Webhook,
};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::failure::Failure;

/// What the simulator begins with: the webhook, and the catalogue by name.
#[server(prefix = "/api", endpoint = "simulator", input = GetUrl)]
pub(crate) async fn read_simulator(id: DestinationId) -> Result<(Webhook, Vec<EventType>), Failure> {
    use crate::server::{actor, hookyard};
    let who = actor().await?;
    Ok((hookyard().webhook(&who, id).await?, hookyard().event_types(&who).await?))
}

#[server(prefix = "/api", endpoint = "simulate", input = Json)]
pub(crate) async fn simulate(id: DestinationId, simulation: Simulation) -> Result<Published, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().simulate(&actor().await?, id, simulation).await?)
}

#[server(prefix = "/api", endpoint = "preview_simulation", input = Json)]
pub(crate) async fn preview_simulation(
    id: DestinationId,
    simulation: Simulation,
) -> Result<SimulationPreview, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().preview_simulation(&actor().await?, id, simulation).await?)
}

#[server(prefix = "/api", endpoint = "saved_payloads", input = GetUrl)]
pub(crate) async fn saved_payloads() -> Result<Vec<SavedPayload>, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().saved_payloads(&actor().await?).await?)
}

#[server(prefix = "/api", endpoint = "save_payload", input = Json)]
pub(crate) async fn save_payload(input: SavedPayloadInput) -> Result<SavedPayload, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().save_payload(&actor().await?, input).await?)
}

#[server(prefix = "/api", endpoint = "delete_saved_payload")]
pub(crate) async fn delete_saved_payload(id: SavedPayloadId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().delete_saved_payload(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "start_receiver_check", input = Json)]
pub(crate) async fn start_receiver_check(
    id: DestinationId,
    input: ReceiverCheckInput,
) -> Result<ReceiverCheck, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().start_receiver_check(&actor().await?, id, input).await?)
}

#[server(prefix = "/api", endpoint = "receiver_check", input = GetUrl)]
pub(crate) async fn read_receiver_check(id: ReceiverCheckId) -> Result<ReceiverCheck, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().receiver_check(&actor().await?, id).await?)
}

/// The latest checks of a webhook, newest first.
#[server(prefix = "/api", endpoint = "receiver_checks", input = GetUrl)]
pub(crate) async fn receiver_checks(id: DestinationId) -> Result<Page<ReceiverCheck>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};
    Ok(hookyard().receiver_checks(&actor().await?, id, &PageQuery { limit: Some(20), ..PageQuery::default() }).await?)
}
