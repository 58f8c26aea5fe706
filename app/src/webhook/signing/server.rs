//! The server functions about signing: find out who asks, pass it on.

use hookyard_model::{DestinationId, SecretId, SigningKey, SigningSecret};
use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::failure::Failure;

/// What signs now, without what is secret about it.
#[server(prefix = "/api", endpoint = "signing_keys", input = GetUrl)]
pub(crate) async fn signing_keys(id: DestinationId) -> Result<Vec<SigningKey>, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().signing_keys(&actor().await?, id).await?)
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

#[server(prefix = "/api", endpoint = "rotate_signing_key")]
pub(crate) async fn rotate_signing_key(id: DestinationId, overlap_hours: u32) -> Result<SigningKey, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().rotate_signing_key(&actor().await?, id, overlap_hours).await?)
}

#[server(prefix = "/api", endpoint = "end_signing_key")]
pub(crate) async fn end_signing_key(id: DestinationId, key: SecretId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().end_signing_key(&actor().await?, id, key).await?)
}
