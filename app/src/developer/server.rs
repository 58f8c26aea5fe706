//! The server functions of the Developer tab: find out who asks, pass it on.

use hookyard_model::{
    Cursor, DestinationId, EventType, EventTypeId, KeyId, KeyPair, NewKeyPair, NewWebhook, Page, Status, Webhook,
    WebhookPatch,
};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "webhooks", input = GetUrl)]
pub(crate) async fn webhooks(cursor: Option<Cursor>) -> Result<Page<Webhook>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};
    Ok(hookyard().webhooks(&actor().await?, &PageQuery { cursor, ..PageQuery::default() }).await?)
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

#[server(prefix = "/api", endpoint = "create_event_type")]
pub(crate) async fn create_event_type(name: String) -> Result<EventType, Failure> {
    use hookyard_model::EventTypeInput;

    use crate::server::{actor, hookyard};

    let input = EventTypeInput { name: name.trim().to_owned(), ..EventTypeInput::default() };
    Ok(hookyard().create_event_type(&actor().await?, input).await?)
}

#[server(prefix = "/api", endpoint = "delete_event_type")]
pub(crate) async fn delete_event_type(id: EventTypeId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().delete_event_type(&actor().await?, id).await?)
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
