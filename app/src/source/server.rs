//! The server functions about sources: find out who asks, pass it on.

use hookyard_model::{Cursor, Page, Source, SourceId, SourceInput, Status};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "sources", input = GetUrl)]
pub(crate) async fn sources(cursor: Option<Cursor>) -> Result<Page<Source>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};
    Ok(hookyard().sources(&actor().await?, &PageQuery { cursor, ..PageQuery::default() }).await?)
}

#[server(prefix = "/api", endpoint = "create_source", input = Json)]
pub(crate) async fn create_source(input: SourceInput) -> Result<Source, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().create_source(&actor().await?, input).await?)
}

#[server(prefix = "/api", endpoint = "set_source_status")]
pub(crate) async fn set_source_status(id: SourceId, status: Status) -> Result<Source, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().set_source_status(&actor().await?, id, status).await?)
}

#[server(prefix = "/api", endpoint = "delete_source")]
pub(crate) async fn delete_source(id: SourceId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().delete_source(&actor().await?, id).await?)
}
