use async_trait::async_trait;
use bytes::Bytes;

use super::Answer;
use crate::{
    Actor, DestinationId, Missed, NewWebhook, Page, PageQuery, Published, ReplayedMissed, SigningKey, SigningSecret,
    Status, Webhook, WebhookActivity, WebhookPatch,
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

    /// Paused, a webhook's events are held; resumed, they go on, oldest first.
    async fn set_webhook_paused(&self, who: &Actor, id: DestinationId, paused: bool) -> Answer<Webhook>;

    /// Deletes a webhook and cancels its events that are not done; its logs stay until their time.
    async fn delete_webhook(&self, who: &Actor, id: DestinationId) -> Answer<()>;

    /// What was sent to these webhooks in the last 24 hours.
    async fn webhook_activity(&self, who: &Actor, ids: &[DestinationId]) -> Answer<Vec<WebhookActivity>>;

    /// What a webhook missed while it was disabled and nobody has replayed since.
    async fn missed(&self, who: &Actor, id: DestinationId) -> Answer<Missed>;

    /// Queues the oldest missed events, up to `limit` (1 to 1000). Repeating it queues none twice.
    async fn replay_missed(&self, who: &Actor, id: DestinationId, limit: u32) -> Answer<ReplayedMissed>;
}

/// What deliveries are signed with.
#[async_trait]
pub trait Signing: Send + Sync {
    /// What signs now, without what is secret about it: the current ones first.
    async fn signing_keys(&self, who: &Actor, id: DestinationId) -> Answer<Vec<SigningKey>>;

    /// The `v1` secrets that sign now, the current one first. That somebody asked is written to the audit log.
    async fn signing_secrets(&self, who: &Actor, id: DestinationId) -> Answer<Vec<SigningSecret>>;

    /// Makes a new current `v1` secret; the others go on signing for `overlap_hours`, 0 to 720.
    async fn rotate_secret(&self, who: &Actor, id: DestinationId, overlap_hours: u32) -> Answer<SigningSecret>;

    /// Makes a new current `v1a` key, the first or one that takes over after `overlap_hours`, 0 to 720.
    async fn rotate_signing_key(&self, who: &Actor, id: DestinationId, overlap_hours: u32) -> Answer<SigningKey>;

    /// Ends a key or secret at once, unless it is the only `v1` one.
    async fn end_signing_key(&self, who: &Actor, id: DestinationId, key: crate::SecretId) -> Answer<()>;

    /// The `v1a` public keys that verify a destination's deliveries. For anybody: they are public.
    async fn public_keys(&self, id: DestinationId) -> Answer<Vec<SigningKey>>;
}

/// Events that the team sends.
#[async_trait]
pub trait Publishing: Send + Sync {
    /// Takes in a published event: `body` is the JSON of a [`Publication`](crate::Publication), kept as it came.
    async fn publish(&self, who: &Actor, body: Bytes) -> Answer<Published>;
}
