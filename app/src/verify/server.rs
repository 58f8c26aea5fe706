//! The server functions of verification: find out who asks, pass it on.

use hookyard_model::Verification;
use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "verification", input = GetUrl)]
pub(crate) async fn read_verification() -> Result<Option<Verification>, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().verification(&actor().await?).await?)
}

#[server(prefix = "/api", endpoint = "start_verification")]
pub(crate) async fn start_verification() -> Result<Verification, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().start_verification(&actor().await?).await?)
}

#[server(prefix = "/api", endpoint = "stop_verification")]
pub(crate) async fn stop_verification() -> Result<Verification, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().stop_verification(&actor().await?).await?)
}
