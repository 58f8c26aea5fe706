//! The server function of the overview: find out who asks, pass it on.

use hookyard_model::Window;
use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "overview", input = GetUrl)]
pub(crate) async fn read_overview(window: Window) -> Result<hookyard_model::Overview, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().overview(&actor().await?, window).await?)
}
