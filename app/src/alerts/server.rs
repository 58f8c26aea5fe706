//! The server functions about alerts: find out who asks, pass it on.

use hookyard_model::Window;
use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "alerts", input = GetUrl)]
pub(crate) async fn read_alerts(window: Window) -> Result<hookyard_model::Alerts, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().alerts(&actor().await?, window).await?)
}

#[server(prefix = "/api", endpoint = "alert_count", input = GetUrl)]
pub(crate) async fn alert_count() -> Result<u64, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().alert_count(&actor().await?).await?)
}
