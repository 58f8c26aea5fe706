//! The server functions of the Developer tab: find out who asks, pass it on.

use hookyard_model::{
    Cursor, DestinationId, EventType, KeyId, KeyPair, Missed, NewKeyPair, NewWebhook, Page, ReplayedMissed, Status,
    Webhook, WebhookActivity, WebhookPatch,
};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A page of webhooks, and what each was sent in the last 24 hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WebhookTable {
    pub(crate) page: Page<Webhook>,
    pub(crate) activity: Vec<WebhookActivity>,
}

#[server(prefix = "/api", endpoint = "webhooks", input = GetUrl)]
pub(crate) async fn webhooks(cursor: Option<Cursor>) -> Result<WebhookTable, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};
    let who = actor().await?;
    let page = hookyard().webhooks(&who, &PageQuery { cursor, ..PageQuery::default() }).await?;
    let ids: Vec<_> = page.models.iter().map(|webhook| webhook.id).collect();
    // A table without its charts is better than none.
    let activity = hookyard().webhook_activity(&who, &ids).await.unwrap_or_default();
    Ok(WebhookTable { page, activity })
}

/// The webhooks that are close to being disabled by themselves or were, the newest first.
#[server(prefix = "/api", endpoint = "troubled_webhooks", input = GetUrl)]
pub(crate) async fn troubled_webhooks() -> Result<Vec<Webhook>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};
    let who = actor().await?;
    let mut troubled = Vec::new();
    let mut query = PageQuery { limit: Some(PageQuery::MAX_LIMIT), ..PageQuery::default() };
    loop {
        let page = hookyard().webhooks(&who, &query).await?;
        troubled.extend(page.models.into_iter().filter(Webhook::is_troubled));
        match page.pagination.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(troubled),
        }
    }
}

#[server(prefix = "/api", endpoint = "create_webhook", input = Json)]
pub(crate) async fn create_webhook(new: NewWebhook) -> Result<Webhook, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().create_webhook(&actor().await?, new).await?)
}

#[server(prefix = "/api", endpoint = "update_webhook", input = Json)]
pub(crate) async fn update_webhook(id: DestinationId, patch: WebhookPatch) -> Result<Webhook, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().update_webhook(&actor().await?, id, patch).await?)
}

#[server(prefix = "/api", endpoint = "set_webhook_status")]
pub(crate) async fn set_webhook_status(id: DestinationId, status: Status) -> Result<Webhook, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().set_webhook_status(&actor().await?, id, status).await?)
}

#[server(prefix = "/api", endpoint = "set_webhook_paused")]
pub(crate) async fn set_webhook_paused(id: DestinationId, paused: bool) -> Result<Webhook, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().set_webhook_paused(&actor().await?, id, paused).await?)
}

#[server(prefix = "/api", endpoint = "missed", input = GetUrl)]
pub(crate) async fn read_missed(id: DestinationId) -> Result<Missed, Failure> {
    use crate::server::{actor, hookyard};
    match hookyard().missed(&actor().await?, id).await {
        // Deleted while its banner still stands: there is nothing to replay.
        Err(problem) if problem.code == hookyard_model::Code::ResourceNotFound => Ok(Missed::default()),
        answer => Ok(answer?),
    }
}

/// Queues the oldest missed events, and says how many are left.
#[server(prefix = "/api", endpoint = "replay_missed")]
pub(crate) async fn replay_missed(id: DestinationId) -> Result<ReplayedMissed, Failure> {
    use crate::server::{actor, hookyard};
    const STEP: u32 = 200;
    Ok(hookyard().replay_missed(&actor().await?, id, STEP).await?)
}

#[server(prefix = "/api", endpoint = "delete_webhook")]
pub(crate) async fn delete_webhook(id: DestinationId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().delete_webhook(&actor().await?, id).await?)
}

/// The whole catalogue, by name.
#[server(prefix = "/api", endpoint = "event_types", input = GetUrl)]
pub(crate) async fn event_types() -> Result<Vec<EventType>, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().event_types(&actor().await?).await?)
}

#[server(prefix = "/api", endpoint = "add_ready_made_event_types")]
pub(crate) async fn add_ready_made_event_types() -> Result<Vec<EventType>, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().add_ready_made_event_types(&actor().await?).await?)
}

#[server(prefix = "/api", endpoint = "key_pairs", input = GetUrl)]
pub(crate) async fn key_pairs() -> Result<Vec<KeyPair>, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().key_pairs(&actor().await?).await?)
}

#[server(prefix = "/api", endpoint = "create_key_pair")]
pub(crate) async fn create_key_pair() -> Result<NewKeyPair, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().create_key_pair(&actor().await?).await?)
}

#[server(prefix = "/api", endpoint = "revoke_key_pair")]
pub(crate) async fn revoke_key_pair(id: KeyId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().revoke_key_pair(&actor().await?, id).await?)
}
