//! The server functions about bulk operations: find out who asks, pass it on.

use hookyard_model::{
    AttemptHistogram, BulkBucket, BulkItem, BulkItemStatus, BulkKind, BulkOperation, BulkOperationId, BulkPreview,
    Cursor, Page,
};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// What an operation would do, and how what it would send lies in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Previewed {
    pub(super) preview: BulkPreview,
    /// None where it cannot be counted just now: the preview stands without it.
    pub(super) chart: Option<AttemptHistogram>,
    /// By what a start from this page is known, should it be sent twice.
    pub(super) once: String,
}

/// What an operation over a list's query would do.
#[server(prefix = "/api", endpoint = "preview_bulk", input = GetUrl)]
pub(super) async fn preview_bulk(kind: BulkKind, query: String) -> Result<Previewed, Failure> {
    use hookyard_model::{BulkInput, BulkTargets};

    use super::asked::{span, targets};
    use crate::server::{actor, hookyard};

    let (who, hookyard) = (actor().await?, hookyard());
    let input = BulkInput { targets: targets(kind, &query)?, limit: None, unproven: None, once: None };
    let preview = hookyard.preview_bulk(&who, &input).await?;
    let once = hookyard.fresh_word();
    let Some((from, to)) = span(&preview) else { return Ok(Previewed { preview, chart: None, once }) };
    let chart = match input.targets {
        BulkTargets::Events(mut filter) => {
            (filter.from, filter.to) = (Some(from), Some(to));
            hookyard.event_histogram(&who, &filter, 60).await
        }
        BulkTargets::Requests(filter) => {
            let mut filter = filter.to_replay();
            (filter.from, filter.to) = (Some(from), Some(to));
            hookyard.request_histogram(&who, &filter, 60).await
        }
    };
    Ok(Previewed { preview, chart: chart.ok(), once })
}

/// Starts an operation out of a form's fields, and goes to its page.
#[server(prefix = "/api", endpoint = "start_bulk")]
pub(super) async fn start_bulk(
    kind: BulkKind,
    #[server(default)] query: String,
    #[server(default)] once: String,
    #[server(default)] rate_limit: String,
    #[server(default)] rate_limit_period: String,
    #[server(default)] sure: String,
    #[server(default)] unproven: String,
) -> Result<BulkOperation, Failure> {
    use super::asked::Draft;
    use crate::server::{actor, hookyard, refused};

    let who = actor().await?;
    let draft = Draft { once, rate_limit, rate_limit_period, sure, unproven };
    let started = match draft.input(kind, &query) {
        Ok(input) => hookyard().start_bulk(&who, &input).await,
        Err(problem) => Err(problem),
    };
    let started = started.map_err(|problem| refused(problem, &draft.fields()))?;
    leptos_axum::redirect(&format!("/bulk/{}", started.id));
    Ok(started)
}

/// Operations that run or have ended, newest first.
#[server(prefix = "/api", endpoint = "bulk_operations", input = GetUrl)]
pub(super) async fn bulk_operations(
    bucket: BulkBucket,
    cursor: Option<Cursor>,
) -> Result<Page<BulkOperation>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};

    let page = PageQuery { cursor, limit: Some(25), ..PageQuery::default() };
    Ok(hookyard().bulk_operations(&actor().await?, None, bucket, &page).await?)
}

/// How many operations have not ended. A page stands without it.
#[server(prefix = "/api", endpoint = "count_bulk", input = GetUrl)]
pub(super) async fn count_ongoing() -> Result<u64, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};

    let all = PageQuery { limit: Some(PageQuery::MAX_LIMIT), ..PageQuery::default() };
    let found = hookyard().bulk_operations(&actor().await?, None, BulkBucket::Ongoing, &all).await;
    Ok(found.map_err(Failure::shown)?.count)
}

#[server(prefix = "/api", endpoint = "bulk_operation", input = GetUrl)]
pub(super) async fn read_bulk(id: BulkOperationId) -> Result<BulkOperation, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().bulk_operation(&actor().await?, id).await?)
}

/// A page of an operation's items.
#[server(prefix = "/api", endpoint = "bulk_items", input = GetUrl)]
pub(super) async fn bulk_items(
    id: BulkOperationId,
    status: Option<BulkItemStatus>,
    cursor: Option<Cursor>,
) -> Result<Page<BulkItem>, Failure> {
    use hookyard_model::{Direction, PageQuery};

    use crate::server::{actor, hookyard};

    let page = PageQuery { cursor, limit: Some(50), dir: Direction::Asc };
    Ok(hookyard().bulk_items(&actor().await?, id, status, &page).await?)
}

#[server(prefix = "/api", endpoint = "pause_bulk")]
pub(super) async fn pause_bulk(id: BulkOperationId) -> Result<BulkOperation, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().pause_bulk(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "resume_bulk")]
pub(super) async fn resume_bulk(id: BulkOperationId) -> Result<BulkOperation, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().resume_bulk(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "cancel_bulk")]
pub(super) async fn cancel_bulk(id: BulkOperationId) -> Result<BulkOperation, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().cancel_bulk(&actor().await?, id).await?)
}

/// Sets an operation's limit out of a form's fields; lifts it where there is no number.
#[server(prefix = "/api", endpoint = "limit_bulk")]
pub(super) async fn limit_bulk(
    id: BulkOperationId,
    #[server(default)] rate_limit: String,
    #[server(default)] rate_limit_period: String,
) -> Result<BulkOperation, Failure> {
    use super::draft::limit;
    use crate::server::{actor, hookyard};

    let who = actor().await?;
    let limit = limit(&rate_limit, &rate_limit_period)?;
    Ok(hookyard().limit_bulk(&who, id, limit).await?)
}
