//! Bulk operations: retries and replays of all that a filter finds.

use async_trait::async_trait;
use hookyard_model::{
    Actor, BulkBucket, BulkInput, BulkItem, BulkItemStatus, BulkKind, BulkLimit, BulkOperation, BulkOperationId,
    BulkPreview, Code, Page, PageQuery, Problem,
    service::{Answer, BulkOperations},
};

use crate::Engine;

fn absent<T>() -> Answer<T> {
    Err(Problem::new(Code::Unavailable, "not built yet"))
}

#[async_trait]
impl BulkOperations for Engine {
    async fn preview_bulk(&self, _: &Actor, _: &BulkInput) -> Answer<BulkPreview> {
        absent()
    }

    async fn start_bulk(&self, _: &Actor, _: &BulkInput) -> Answer<BulkOperation> {
        absent()
    }

    async fn bulk_operations(
        &self,
        _: &Actor,
        _: Option<BulkKind>,
        _: BulkBucket,
        _: &PageQuery,
    ) -> Answer<Page<BulkOperation>> {
        absent()
    }

    async fn bulk_operation(&self, _: &Actor, _: BulkOperationId) -> Answer<BulkOperation> {
        absent()
    }

    async fn bulk_items(
        &self,
        _: &Actor,
        _: BulkOperationId,
        _: Option<BulkItemStatus>,
        _: &PageQuery,
    ) -> Answer<Page<BulkItem>> {
        absent()
    }

    async fn pause_bulk(&self, _: &Actor, _: BulkOperationId) -> Answer<BulkOperation> {
        absent()
    }

    async fn resume_bulk(&self, _: &Actor, _: BulkOperationId) -> Answer<BulkOperation> {
        absent()
    }

    async fn cancel_bulk(&self, _: &Actor, _: BulkOperationId) -> Answer<BulkOperation> {
        absent()
    }

    async fn limit_bulk(&self, _: &Actor, _: BulkOperationId, _: Option<BulkLimit>) -> Answer<BulkOperation> {
        absent()
    }
}
