use async_trait::async_trait;

use super::Answer;
use crate::{Actor, Page, PageQuery, RotateUrl, Source, SourceConnection, SourceFilter, SourceId, SourceInput, Status};

/// Sources.
#[async_trait]
pub trait Sources: Send + Sync {
    /// The sources, the built-in one included.
    async fn sources(&self, who: &Actor, page: &PageQuery) -> Answer<Page<Source>>;

    /// A page of those that `filter` selects.
    async fn sources_where(&self, who: &Actor, filter: &SourceFilter, page: &PageQuery) -> Answer<Page<Source>>;

    async fn source(&self, who: &Actor, id: SourceId) -> Answer<Source>;

    async fn create_source(&self, who: &Actor, input: SourceInput) -> Answer<Source>;

    /// Makes the source, or replaces the one of this name; says whether it was made.
    async fn upsert_source(&self, who: &Actor, input: SourceInput) -> Answer<(Source, bool)>;

    async fn replace_source(&self, who: &Actor, id: SourceId, input: SourceInput) -> Answer<Source>;

    /// Applies a merge patch (RFC 7396) to the source as [`SourceInput`].
    async fn patch_source(&self, who: &Actor, id: SourceId, patch: serde_json::Value) -> Answer<Source>;

    /// Enables or disables a source. Its connections that are enabled are disabled with it, and those are enabled with it.
    async fn set_source_status(&self, who: &Actor, id: SourceId, status: Status) -> Answer<Source>;

    /// Gives the source a new URL; the one until now works for some hours more.
    async fn rotate_source_url(&self, who: &Actor, id: SourceId, how: RotateUrl) -> Answer<Source>;

    /// Ends a URL that the source had before at once.
    async fn end_source_url(&self, who: &Actor, id: SourceId, token: SourceId) -> Answer<()>;

    /// The connections that start at the source, oldest first.
    async fn source_connections(&self, who: &Actor, id: SourceId) -> Answer<Vec<SourceConnection>>;

    /// Deletes a source; refused while connections use it.
    async fn delete_source(&self, who: &Actor, id: SourceId) -> Answer<()>;
}
