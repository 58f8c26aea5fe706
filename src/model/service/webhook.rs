use async_trait::async_trait;
use bytes::Bytes;

use super::Answer;
use crate::{
    Actor, DestinationId, NewWebhook, Page, PageQuery, Published, SigningSecret, Simulation, Status, Webhook,
    WebhookPatch,
};

/// The Developer tab's webhooks.
#[async_trait]
pub trait Webhooks: Send + Sync {
    async fn webhooks(&self, who: &Actor, page: &PageQuery) -> Answer<Page<Webhook>>;

    async fn webhook(&self, who: &Actor, id: DestinationId) -> Answer<Webhook>;

    /// Makes the destination, its connection from the built-in source and its first signing secret.
    async fn create_webhook(&self, who: &Actor, new: NewWebhook) -> Answer<Webhook>;

    async fn update_webhook(&self, who: &Actor, id: DestinationId, patch: WebhookPatch) -> Answer<Webhook>;

    async fn set_webhook_status(&self, who: &Actor, id: DestinationId, status: Status) -> Answer<Webhook>;

    /// Deletes a webhook and cancels its events that are not done; its logs stay until their time.
    async fn delete_webhook(&self, who: &Actor, id: DestinationId) -> Answer<()>;

    /// The secrets that sign now, the current one first.
    async fn signing_secrets(&self, who: &Actor, id: DestinationId) -> Answer<Vec<SigningSecret>>;

    /// Makes a new current secret; the others go on signing for `overlap_hours`, 0 to 720.
    async fn rotate_secret(&self, who: &Actor, id: DestinationId, overlap_hours: u32) -> Answer<SigningSecret>;
}

/// Events that the team sends.
#[async_trait]
pub trait Publishing: Send + Sync {
    /// Takes in a published event: `body` is the JSON of a [`Publication`](crate::Publication), kept as it came.
    async fn publish(&self, who: &Actor, body: Bytes) -> Answer<Published>;

    /// Sends a simulated event to one webhook, whatever types it chose; test mode only.
    async fn simulate(&self, who: &Actor, id: DestinationId, simulation: Simulation) -> Answer<Published>;
}
