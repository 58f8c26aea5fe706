//! The server functions about destinations: find out who asks, pass it on.

use hookyard_model::{Cursor, Destination, DestinationId, DestinationInput, Page, Status};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "destinations", input = GetUrl)]
pub(crate) async fn destinations(cursor: Option<Cursor>) -> Result<Page<Destination>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};
    Ok(hookyard().destinations(&actor().await?, &PageQuery { cursor, ..PageQuery::default() }).await?)
}

#[server(prefix = "/api", endpoint = "create_destination", input = Json)]
pub(crate) async fn create_destination(input: DestinationInput) -> Result<Destination, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().create_destination(&actor().await?, input).await?)
}

#[server(prefix = "/api", endpoint = "set_destination_status")]
pub(crate) async fn set_destination_status(id: DestinationId, status: Status) -> Result<Destination, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().set_destination_status(&actor().await?, id, status).await?)
}

#[server(prefix = "/api", endpoint = "delete_destination")]
pub(crate) async fn delete_destination(id: DestinationId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().delete_destination(&actor().await?, id).await?)
}
