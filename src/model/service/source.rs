use async_trait::async_trait;

use super::Answer;
use crate::{Actor, Page, PageQuery, Source, SourceId, SourceInput, Status};

/// Sources.
#[async_trait]
pub trait Sources: Send + Sync {
    /// The sources, the built-in one included.
    async fn sources(&self, who: &Actor, page: &PageQuery) -> Answer<Page<Source>>;

    async fn source(&self, who: &Actor, id: SourceId) -> Answer<Source>;

    async fn create_source(&self, who: &Actor, input: SourceInput) -> Answer<Source>;

    /// Makes the source, or replaces the one of this name; says whether it was made.
    async fn upsert_source(&self, who: &Actor, input: SourceInput) -> Answer<(Source, bool)>;

    async fn replace_source(&self, who: &Actor, id: SourceId, input: SourceInput) -> Answer<Source>;

    /// Applies a merge patch (RFC 7396) to the source as [`SourceInput`].
    async fn patch_source(&self, who: &Actor, id: SourceId, patch: serde_json::Value) -> Answer<Source>;

    async fn set_source_status(&self, who: &Actor, id: SourceId, status: Status) -> Answer<Source>;

    /// Deletes a source; refused while connections use it.
    async fn delete_source(&self, who: &Actor, id: SourceId) -> Answer<()>;
}
