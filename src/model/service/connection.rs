use async_trait::async_trait;

use super::Answer;
use crate::{Actor, Connection, ConnectionFilter, ConnectionId, ConnectionInput, LatestInput, Page, PageQuery, Status};

/// Connections.
#[async_trait]
pub trait Connections: Send + Sync {
    async fn connections(&self, who: &Actor, page: &PageQuery) -> Answer<Page<Connection>>;

    /// A page of those that `filter` selects.
    async fn connections_where(
        &self,
        who: &Actor,
        filter: &ConnectionFilter,
        page: &PageQuery,
    ) -> Answer<Page<Connection>>;

    async fn connection(&self, who: &Actor, id: ConnectionId) -> Answer<Connection>;

    async fn create_connection(&self, who: &Actor, input: ConnectionInput) -> Answer<Connection>;

    /// Makes the connection, or replaces the one of this source and name; says whether it was made.
    async fn upsert_connection(&self, who: &Actor, input: ConnectionInput) -> Answer<(Connection, bool)>;

    async fn replace_connection(&self, who: &Actor, id: ConnectionId, input: ConnectionInput) -> Answer<Connection>;

    /// Applies a merge patch (RFC 7396) to the connection as [`ConnectionInput`].
    async fn patch_connection(&self, who: &Actor, id: ConnectionId, patch: serde_json::Value) -> Answer<Connection>;

    /// Disabled, it makes no events; what it made before goes on, also what was held.
    async fn set_connection_status(&self, who: &Actor, id: ConnectionId, status: Status) -> Answer<Connection>;

    /// Paused, its events are held; resumed, they go on, oldest first.
    async fn set_connection_paused(&self, who: &Actor, id: ConnectionId, paused: bool) -> Answer<Connection>;

    /// Deletes a connection; its events that are not done are cancelled.
    async fn delete_connection(&self, who: &Actor, id: ConnectionId) -> Answer<()>;

    /// The last request that its source took in.
    async fn latest_input(&self, who: &Actor, id: ConnectionId) -> Answer<LatestInput>;
}
