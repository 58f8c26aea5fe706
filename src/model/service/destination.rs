use async_trait::async_trait;

use super::Answer;
use crate::{
    Actor, Connection, Destination, DestinationFilter, DestinationId, DestinationInput, Page, PageQuery, Status,
};

/// Destinations.
#[async_trait]
pub trait Destinations: Send + Sync {
    /// A page of the team's destinations.
    async fn destinations(&self, who: &Actor, page: &PageQuery) -> Answer<Page<Destination>>;

    /// A page of those that `filter` selects.
    async fn destinations_where(
        &self,
        who: &Actor,
        filter: &DestinationFilter,
        page: &PageQuery,
    ) -> Answer<Page<Destination>>;

    async fn destination(&self, who: &Actor, id: DestinationId) -> Answer<Destination>;

    /// Makes a destination, with a fresh signing secret.
    async fn create_destination(&self, who: &Actor, input: DestinationInput) -> Answer<Destination>;

    /// Makes the destination, or replaces the one of this name; says whether it was made.
    async fn upsert_destination(&self, who: &Actor, input: DestinationInput) -> Answer<(Destination, bool)>;

    async fn replace_destination(&self, who: &Actor, id: DestinationId, input: DestinationInput)
    -> Answer<Destination>;

    /// Applies a merge patch (RFC 7396) to the destination as [`DestinationInput`].
    async fn patch_destination(&self, who: &Actor, id: DestinationId, patch: serde_json::Value) -> Answer<Destination>;

    /// Enabling clears its failures and lets go what was held for it.
    async fn set_destination_status(&self, who: &Actor, id: DestinationId, status: Status) -> Answer<Destination>;

    /// Pausing holds its events, unpausing lets go what no paused connection still holds.
    async fn set_destination_paused(&self, who: &Actor, id: DestinationId, paused: bool) -> Answer<Destination>;

    /// Sends a probe to a destination whose circuit breaker is open, in place of the one that would go out later.
    async fn probe_destination(&self, who: &Actor, id: DestinationId) -> Answer<Destination>;

    /// Closes a circuit breaker that is open: what it holds goes out gently.
    async fn close_breaker(&self, who: &Actor, id: DestinationId) -> Answer<Destination>;

    /// The connections that lead to a destination, oldest first, at most 255.
    async fn connections_to(&self, who: &Actor, id: DestinationId) -> Answer<Vec<Connection>>;

    /// Deletes a destination; refused while connections use it.
    async fn delete_destination(&self, who: &Actor, id: DestinationId) -> Answer<()>;
}
