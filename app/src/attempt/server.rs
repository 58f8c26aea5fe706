//! The server functions about attempts: find out who asks, pass it on.

use hookyard_model::{Attempt, AttemptId, AttemptStatus, Cursor, DestinationId, EventId, Page};
use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::failure::Failure;

/// The attempts of one webhook, newest first.
#[server(prefix = "/api", endpoint = "webhook_attempts", input = GetUrl)]
pub(crate) async fn webhook_attempts(
    webhook: DestinationId,
    status: Option<AttemptStatus>,
    cursor: Option<Cursor>,
) -> Result<Page<Attempt>, Failure> {
    use hookyard_model::{AttemptFilter, Commas, PageQuery};

    use crate::server::{actor, hookyard};

    let filter = AttemptFilter { destination_id: Commas(vec![webhook]), status, ..AttemptFilter::default() };
    let page = PageQuery { cursor, limit: Some(50), ..PageQuery::default() };
    Ok(hookyard().attempts(&actor().await?, &filter, &page).await?)
}

/// The attempts of one event, newest first.
#[server(prefix = "/api", endpoint = "event_attempts", input = GetUrl)]
pub(crate) async fn event_attempts(event: EventId) -> Result<Page<Attempt>, Failure> {
    use hookyard_model::{AttemptFilter, Commas, PageQuery};

    use crate::server::{actor, hookyard};

    let filter = AttemptFilter { event_id: Commas(vec![event]), ..AttemptFilter::default() };
    Ok(hookyard().attempts(&actor().await?, &filter, &PageQuery::default()).await?)
}

/// One attempt with the exact bytes both ways.
#[server(prefix = "/api", endpoint = "attempt", input = GetUrl)]
pub(crate) async fn read_attempt(id: AttemptId) -> Result<Attempt, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().attempt(&actor().await?, id).await?)
}
