//! The server functions about one webhook: find out who asks, pass it on.

use hookyard_model::{DestinationId, Webhook};
use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "webhook", input = GetUrl)]
pub(crate) async fn read_webhook(id: DestinationId) -> Result<Webhook, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().webhook(&actor().await?, id).await?)
}
