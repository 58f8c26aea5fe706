//! The server functions about attempts: find out who asks, pass it on.

use hookyard_model::{
    Attempt, AttemptFilter, AttemptHistogram, AttemptId, Cursor, DestinationId, Event, EventId, Page,
};
use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::failure::Failure;

/// The attempts that `filter` asks for, of one webhook where it is given, newest first.
#[server(prefix = "/api", endpoint = "attempts", input = GetUrl)]
pub(crate) async fn attempts(
    webhook: Option<DestinationId>,
    #[server(default)] filter: AttemptFilter,
    cursor: Option<Cursor>,
) -> Result<Page<Attempt>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};

    let filter = of(webhook, filter);
    let page = PageQuery { cursor, limit: Some(50), ..PageQuery::default() };
    Ok(hookyard().attempts(&actor().await?, &filter, &page).await?)
}

/// The ids of the newest hundred of [`attempts`], to tell what is new.
#[server(prefix = "/api", endpoint = "newest_attempts", input = GetUrl)]
pub(crate) async fn newest_attempts(
    webhook: Option<DestinationId>,
    #[server(default)] filter: AttemptFilter,
) -> Result<Vec<AttemptId>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};

    let filter = of(webhook, filter);
    let page = hookyard().attempts(&actor().await?, &filter, &PageQuery::default()).await?;
    Ok(page.models.into_iter().map(|attempt| attempt.id).collect())
}

/// How many there were of [`attempts`] over time. A page stands without this: its failure is not the page's.
#[server(prefix = "/api", endpoint = "count_attempts", input = GetUrl)]
pub(crate) async fn count_attempts(
    webhook: Option<DestinationId>,
    #[server(default)] filter: AttemptFilter,
) -> Result<AttemptHistogram, Failure> {
    use crate::server::{actor, hookyard};

    let filter = of(webhook, filter);
    hookyard().attempt_histogram(&actor().await?, &filter, 60).await.map_err(Failure::shown)
}

#[cfg(feature = "ssr")]
fn of(webhook: Option<DestinationId>, filter: AttemptFilter) -> AttemptFilter {
    match webhook {
        Some(webhook) => AttemptFilter { destination_id: hookyard_model::Commas(vec![webhook]), ..filter },
        None => filter,
    }
}

/// The attempts of one event, newest first.
#[server(prefix = "/api", endpoint = "event_attempts", input = GetUrl)]
pub(crate) async fn event_attempts(event: EventId) -> Result<Page<Attempt>, Failure> {
    use hookyard_model::{Commas, PageQuery};

    use crate::server::{actor, hookyard};

    let filter = AttemptFilter { event_id: Commas(vec![event]), ..AttemptFilter::default() };
    Ok(hookyard().attempts(&actor().await?, &filter, &PageQuery::default()).await?)
}

/// Where an event is, without its payload.
#[server(prefix = "/api", endpoint = "event_state", input = GetUrl)]
pub(crate) async fn event_state(event: EventId) -> Result<Option<Event>, Failure> {
    use hookyard_model::{Commas, EventFilter, PageQuery};

    use crate::server::{actor, hookyard};

    let filter = EventFilter { id: Commas(vec![event]), ..EventFilter::default() };
    Ok(hookyard().events(&actor().await?, &filter, &PageQuery::default()).await?.models.pop())
}

/// One attempt with the exact bytes both ways. It is a part of a page that stands without it.
#[server(prefix = "/api", endpoint = "attempt", input = GetUrl)]
pub(crate) async fn read_attempt(id: AttemptId) -> Result<Attempt, Failure> {
    use crate::server::{actor, hookyard};
    hookyard().attempt(&actor().await?, id).await.map_err(Failure::shown)
}
