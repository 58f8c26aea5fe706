//! The server functions about one webhook: find out who asks, pass it on.

use hookyard_model::{DestinationId, Published, SigningSecret, Simulation, Webhook};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "webhook", input = GetUrl)]
pub(crate) async fn read_webhook(id: DestinationId) -> Result<Webhook, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().webhook(&actor().await?, id).await?)
}

/// The secrets that sign now, the current one first. Posts, so that no cache or history keeps the answer.
#[server(prefix = "/api", endpoint = "signing_secrets")]
pub(crate) async fn signing_secrets(id: DestinationId) -> Result<Vec<SigningSecret>, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().signing_secrets(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "rotate_secret")]
pub(crate) async fn rotate_secret(id: DestinationId, overlap_hours: u32) -> Result<SigningSecret, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().rotate_secret(&actor().await?, id, overlap_hours).await?)
}

#[server(prefix = "/api", endpoint = "simulate", input = Json)]
pub(crate) async fn simulate(id: DestinationId, simulation: Simulation) -> Result<Published, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().simulate(&actor().await?, id, simulation).await?)
}
