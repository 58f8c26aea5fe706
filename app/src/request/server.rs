//! The server functions about requests: find out who asks, pass it on.

use hookyard_model::{
    AttemptHistogram, Cursor, Modifications, Page, ReplayPreview, ReplayedRequest, Request, RequestFilter, RequestId,
};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::failure::Failure;

/// The requests that `filter` asks for, newest first, with how their events do.
#[server(prefix = "/api", endpoint = "requests", input = GetUrl)]
pub(crate) async fn requests(
    #[server(default)] filter: RequestFilter,
    cursor: Option<Cursor>,
) -> Result<Page<Request>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};

    let who = actor().await?;
    let page = PageQuery { cursor, limit: Some(50), ..PageQuery::default() };
    let mut found = hookyard().requests(&who, &filter, &page, false).await?;
    let ids: Vec<_> = found.models.iter().map(|request| request.id).collect();
    for (request, summary) in found.models.iter_mut().zip(hookyard().event_summaries(&who, &ids).await?) {
        request.event_summary = Some(summary);
    }
    Ok(found)
}

/// The ids of the newest hundred of [`requests`], to tell what is new.
#[server(prefix = "/api", endpoint = "newest_requests", input = GetUrl)]
pub(crate) async fn newest_requests(#[server(default)] filter: RequestFilter) -> Result<Vec<RequestId>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};

    let page = hookyard().requests(&actor().await?, &filter, &PageQuery::default(), false).await?;
    Ok(page.models.into_iter().map(|request| request.id).collect())
}

/// How many there were of [`requests`] over time. A page stands without this: its failure is not the page's.
#[server(prefix = "/api", endpoint = "count_requests", input = GetUrl)]
pub(crate) async fn count_requests(#[server(default)] filter: RequestFilter) -> Result<AttemptHistogram, Failure> {
    use crate::server::{actor, hookyard};
    hookyard().request_histogram(&actor().await?, &filter, 60).await.map_err(Failure::shown)
}

#[server(prefix = "/api", endpoint = "replay_request")]
pub(crate) async fn replay_request(id: RequestId) -> Result<ReplayedRequest, Failure> {
    use crate::server::{actor, hookyard};

    Ok(hookyard().replay_request(&actor().await?, id, &Modifications::default()).await?)
}

/// One request with its payload.
#[server(prefix = "/api", endpoint = "request", input = GetUrl)]
pub(crate) async fn read_request(id: RequestId) -> Result<Request, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().request(&actor().await?, id).await?)
}

/// The request that another one replays; a page stands without it.
#[server(prefix = "/api", endpoint = "request_parent", input = GetUrl)]
pub(crate) async fn read_parent(id: RequestId) -> Result<Request, Failure> {
    use crate::server::{actor, hookyard};
    hookyard().request(&actor().await?, id).await.map_err(Failure::shown)
}

/// Replays a request with some of it changed.
#[server(prefix = "/api", endpoint = "replay_modified", input = Json)]
pub(crate) async fn replay_modified(id: RequestId, with: Modifications) -> Result<ReplayedRequest, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().replay_request(&actor().await?, id, &with).await?)
}

/// What that would send, and where to.
#[server(prefix = "/api", endpoint = "preview_replay", input = Json)]
pub(crate) async fn preview_replay(id: RequestId, with: Modifications) -> Result<ReplayPreview, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().preview_replay(&actor().await?, id, &with).await?)
}
