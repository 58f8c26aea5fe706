//! The server functions about connections: find out who asks, pass it on.

use hookyard_model::{Connection, ConnectionId, ConnectionInput, Cursor, Page, Status};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "connections", input = GetUrl)]
pub(crate) async fn connections(cursor: Option<Cursor>) -> Result<Page<Connection>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};
    Ok(hookyard().connections(&actor().await?, &PageQuery { cursor, ..PageQuery::default() }).await?)
}

#[server(prefix = "/api", endpoint = "create_connection", input = Json)]
pub(crate) async fn create_connection(input: ConnectionInput) -> Result<Connection, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().create_connection(&actor().await?, input).await?)
}

#[server(prefix = "/api", endpoint = "set_connection_status")]
pub(crate) async fn set_connection_status(id: ConnectionId, status: Status) -> Result<Connection, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().set_connection_status(&actor().await?, id, status).await?)
}

#[server(prefix = "/api", endpoint = "set_connection_paused")]
pub(crate) async fn set_connection_paused(id: ConnectionId, paused: bool) -> Result<Connection, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().set_connection_paused(&actor().await?, id, paused).await?)
}

#[server(prefix = "/api", endpoint = "delete_connection")]
pub(crate) async fn delete_connection(id: ConnectionId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().delete_connection(&actor().await?, id).await?)
}
