//! The server functions about connections: find out who asks, pass it on.

use hookyard_model::{Connection, ConnectionCard, ConnectionId, DestinationId, Event, SourceId, Status};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

use super::flow::Flows;
use crate::failure::Failure;

/// A connection as the board shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(crate) id: ConnectionId,
    pub(crate) name: String,
    pub(crate) source: SourceId,
    pub(crate) destination: DestinationId,
    /// The event types that pass; all of them when absent.
    pub(crate) event_types: Option<Vec<String>>,
    /// The kinds of its rules.
    pub(crate) rules: Vec<String>,
    pub(crate) is_paused: bool,
    pub(crate) is_disabled: bool,
    /// A webhook's own: it is enabled, disabled and deleted with its webhook.
    pub(crate) is_webhook: bool,
}

/// A source or a destination as the board shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BoardEnd {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    /// Where it is, where that helps to tell it from others.
    pub(crate) detail: Option<String>,
    pub(crate) is_disabled: bool,
    pub(crate) is_paused: bool,
    /// Whether connections can be made here by hand.
    pub(crate) is_built_in: bool,
}

/// All that the board shows but for its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Board {
    pub(crate) sources: Vec<BoardEnd>,
    pub(crate) destinations: Vec<BoardEnd>,
    pub(crate) routes: Vec<Route>,
    /// Whether there are more than the board takes.
    pub(crate) is_cut: bool,
}

#[server(prefix = "/api", endpoint = "board", input = GetUrl)]
pub(crate) async fn read_board() -> Result<Board, Failure> {
    use super::gather;
    use crate::server::{actor, hookyard};
    Ok(gather::board(&*hookyard(), &actor().await?).await?)
}

#[server(prefix = "/api", endpoint = "connection", input = GetUrl)]
pub(crate) async fn read_connection(id: ConnectionId) -> Result<Connection, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().connection(&actor().await?, id).await?)
}

/// What goes through the connections.
#[server(prefix = "/api", endpoint = "flows", input = GetUrl)]
pub(crate) async fn read_flows() -> Result<Flows, Failure> {
    use super::gather;
    use crate::server::{actor, hookyard};
    Ok(gather::flows(&*hookyard(), &actor().await?).await?)
}

/// How a connection does: its numbers, and its last events.
#[server(prefix = "/api", endpoint = "connection_traffic", input = GetUrl)]
pub(crate) async fn read_traffic(id: ConnectionId) -> Result<(Option<ConnectionCard>, Vec<Event>), Failure> {
    use super::gather;
    use crate::server::{actor, hookyard};
    Ok(gather::traffic(&*hookyard(), &actor().await?, id).await?)
}

/// Makes a connection out of a form's fields; with `go`, its page is next.
#[server(prefix = "/api", endpoint = "create_connection")]
pub(crate) async fn connect(
    name: String,
    source: SourceId,
    destination: DestinationId,
    #[server(default)] types: String,
    #[server(default)] go: bool,
) -> Result<Connection, Failure> {
    use super::gather;
    use crate::server::{actor, hookyard, refused};
    let input = gather::input(&name, source, destination, &types);
    let made = hookyard().create_connection(&actor().await?, input).await.map_err(|problem| {
        let (source, destination) = (source.to_string(), destination.to_string());
        refused(problem, &[("name", &name), ("source", &source), ("destination", &destination), ("types", &types)])
    })?;
    if go {
        leptos_axum::redirect(&format!("/connections/{}", made.id));
    }
    Ok(made)
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
