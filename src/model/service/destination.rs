use async_trait::async_trait;

use super::Answer;
use crate::{Actor, Destination, DestinationId, DestinationInput, Page, PageQuery, Status};

/// Destinations.
#[async_trait]
pub trait Destinations: Send + Sync {
    async fn destinations(&self, who: &Actor, page: &PageQuery) -> Answer<Page<Destination>>;

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

    /// Deletes a destination; refused while connections use it.
    async fn delete_destination(&self, who: &Actor, id: DestinationId) -> Answer<()>;
}
