use async_trait::async_trait;

use super::Answer;
use crate::{
    Actor, DestinationId, Page, PageQuery, Published, ReceiverCheck, ReceiverCheckId, ReceiverCheckInput, SavedPayload,
    SavedPayloadId, SavedPayloadInput, Simulation, SimulationPreview,
};

/// The simulator; every method is refused in live mode.
#[async_trait]
pub trait Simulator: Send + Sync {
    /// Sends a simulated event to one webhook, whatever types it chose.
    async fn simulate(&self, who: &Actor, id: DestinationId, simulation: Simulation) -> Answer<Published>;

    /// What the event would look like, were it sent now. Nothing is stored or sent.
    async fn preview_simulation(
        &self,
        who: &Actor,
        id: DestinationId,
        simulation: Simulation,
    ) -> Answer<SimulationPreview>;

    /// The payloads that the team keeps, by name.
    async fn saved_payloads(&self, who: &Actor) -> Answer<Vec<SavedPayload>>;

    /// Keeps a payload under its name, in place of the one that had the name.
    async fn save_payload(&self, who: &Actor, input: SavedPayloadInput) -> Answer<SavedPayload>;

    async fn delete_saved_payload(&self, who: &Actor, id: SavedPayloadId) -> Answer<()>;

    /// Sends a webhook all that its receiver should stand; the report fills as the answers come.
    async fn start_receiver_check(
        &self,
        who: &Actor,
        id: DestinationId,
        input: ReceiverCheckInput,
    ) -> Answer<ReceiverCheck>;

    /// A check's report as of now.
    async fn receiver_check(&self, who: &Actor, id: ReceiverCheckId) -> Answer<ReceiverCheck>;

    /// The checks of a webhook, newest first.
    async fn receiver_checks(&self, who: &Actor, id: DestinationId, page: &PageQuery) -> Answer<Page<ReceiverCheck>>;
}
