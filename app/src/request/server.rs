//! The server functions about requests: find out who asks, pass it on.

use hookyard_model::{Cursor, Event, IgnoredEvent, Page, ReplayedRequest, Request, RequestId, RequestStatus, SourceId};
use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "requests", input = GetUrl)]
pub(crate) async fn requests(
    status: Option<RequestStatus>,
    source: Option<SourceId>,
    q: Option<String>,
    cursor: Option<Cursor>,
) -> Result<Page<Request>, Failure> {
    use hookyard_model::{Commas, PageQuery, RequestFilter};

    use crate::server::{actor, hookyard};

    let source_id = Commas(source.into_iter().collect());
    let filter = RequestFilter { status, source_id, q, ..RequestFilter::default() };
    let page = PageQuery { cursor, limit: Some(50), ..PageQuery::default() };
    Ok(hookyard().requests(&actor().await?, &filter, &page, false).await?)
}

/// One request with its payload.
#[server(prefix = "/api", endpoint = "request", input = GetUrl)]
pub(crate) async fn read_request(id: RequestId) -> Result<Request, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().request(&actor().await?, id).await?)
}

/// The events that a request made.
#[server(prefix = "/api", endpoint = "request_events", input = GetUrl)]
pub(crate) async fn request_events(id: RequestId) -> Result<Page<Event>, Failure> {
    use hookyard_model::{Commas, EventFilter, PageQuery};

    use crate::server::{actor, hookyard};

    let filter = EventFilter { request_id: Commas(vec![id]), ..EventFilter::default() };
    Ok(hookyard().events(&actor().await?, &filter, &PageQuery::default()).await?)
}

/// The branches that a request did not take.
#[server(prefix = "/api", endpoint = "ignored_events", input = GetUrl)]
pub(crate) async fn ignored_events(id: RequestId) -> Result<Vec<IgnoredEvent>, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().ignored_events(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "replay_request")]
pub(crate) async fn replay_request(id: RequestId) -> Result<ReplayedRequest, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().replay_request(&actor().await?, id).await?)
}
