use async_trait::async_trait;

use super::Answer;
use crate::{
    Actor, BulkBucket, BulkInput, BulkItem, BulkItemStatus, BulkKind, BulkLimit, BulkOperation, BulkOperationId,
    BulkPreview, Page, PageQuery,
};

/// Bulk operations: retries and replays of all that a filter finds.
#[async_trait]
pub trait BulkOperations: Send + Sync {
    /// What an operation would do, with nothing changed.
    async fn preview_bulk(&self, who: &Actor, input: &BulkInput) -> Answer<BulkPreview>;

    /// A word that nobody had before, for a start that is to happen once however often it is asked for.
    fn fresh_word(&self) -> String;

    /// Starts an operation. What it works on is fixed now: what comes or changes later is none of it.
    async fn start_bulk(&self, who: &Actor, input: &BulkInput) -> Answer<BulkOperation>;

    /// Operations, newest first unless asked otherwise; no `kind`: of both.
    async fn bulk_operations(
        &self,
        who: &Actor,
        kind: Option<BulkKind>,
        bucket: BulkBucket,
        page: &PageQuery,
    ) -> Answer<Page<BulkOperation>>;

    async fn bulk_operation(&self, who: &Actor, id: BulkOperationId) -> Answer<BulkOperation>;

    /// Its items, in their order unless asked otherwise; no `status`: all.
    async fn bulk_items(
        &self,
        who: &Actor,
        id: BulkOperationId,
        status: Option<BulkItemStatus>,
        page: &PageQuery,
    ) -> Answer<Page<BulkItem>>;

    async fn pause_bulk(&self, who: &Actor, id: BulkOperationId) -> Answer<BulkOperation>;

    async fn resume_bulk(&self, who: &Actor, id: BulkOperationId) -> Answer<BulkOperation>;

    /// Ends an operation: when this returns, nothing of it is sent any more.
    async fn cancel_bulk(&self, who: &Actor, id: BulkOperationId) -> Answer<BulkOperation>;

    /// Sets, changes or lifts the limit of an operation that has not ended.
    async fn limit_bulk(&self, who: &Actor, id: BulkOperationId, limit: Option<BulkLimit>) -> Answer<BulkOperation>;
}
