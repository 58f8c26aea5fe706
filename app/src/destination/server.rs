//! The server functions about destinations: find out who asks, pass it on.

use hookyard_model::{Connection, Cursor, Destination, DestinationCard, DestinationId, DestinationInput, Page, Status};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use crate::{failure::Failure, typed::Typed};

/// What the page of a destination shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DestinationShown {
    pub(super) destination: Destination,
    /// Its last 24 hours; a page stands without it.
    pub(super) card: Option<DestinationCard>,
    /// The connections that lead to it.
    pub(super) connections: Vec<Connection>,
}

#[server(prefix = "/api", endpoint = "destinations", input = GetUrl)]
pub(crate) async fn destinations(cursor: Option<Cursor>) -> Result<Page<Destination>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};
    Ok(hookyard().destinations(&actor().await?, &PageQuery { cursor, ..PageQuery::default() }).await?)
}

/// Destinations and what was sent to them lately.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DestinationList {
    pub(super) page: Page<Destination>,
    pub(super) cards: Vec<DestinationCard>,
}

/// The destinations that have the text `q`.
#[server(prefix = "/api", endpoint = "find_destinations", input = GetUrl)]
pub(crate) async fn find_destinations(q: Option<String>, cursor: Option<Cursor>) -> Result<DestinationList, Failure> {
    use hookyard_model::{DestinationFilter, PageQuery};

    use crate::server::{actor, hookyard};
    let who = actor().await?;
    let filter = DestinationFilter { q, ..DestinationFilter::default() };
    let page = PageQuery { cursor, limit: Some(50), ..PageQuery::default() };
    let page = hookyard().destinations_where(&who, &filter, &page).await?;
    let ids: Vec<_> = page.models.iter().map(|destination| destination.id).collect();
    // The list stands without its numbers.
    let cards = hookyard().destination_cards(&who, &ids).await.unwrap_or_default();
    Ok(DestinationList { page, cards })
}

#[server(prefix = "/api", endpoint = "destination", input = GetUrl)]
pub(crate) async fn read_destination(id: DestinationId) -> Result<Destination, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().destination(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "destination_page", input = GetUrl)]
pub(crate) async fn read_destination_page(id: DestinationId) -> Result<DestinationShown, Failure> {
    use crate::server::{actor, hookyard};
    let who = actor().await?;
    let destination = hookyard().destination(&who, id).await?;
    let card = hookyard().destination_cards(&who, &[id]).await.ok().and_then(|mut cards| cards.pop());
    let connections = hookyard().connections_to(&who, id).await?;
    Ok(DestinationShown { destination, card, connections })
}

#[server(prefix = "/api", endpoint = "create_destination", input = Json)]
pub(crate) async fn create_destination(input: DestinationInput) -> Result<Destination, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().create_destination(&actor().await?, input).await?)
}

#[server(prefix = "/api", endpoint = "replace_destination", input = Json)]
pub(crate) async fn replace_destination(id: DestinationId, input: DestinationInput) -> Result<Destination, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().replace_destination(&actor().await?, id, input).await?)
}

/// Saves a destination out of a form's fields, for those without scripts in their browser; without an id it is a new one.
#[server(prefix = "/api", endpoint = "save_destination")]
pub(crate) async fn save_destination(
    #[server(default)] id: Option<DestinationId>,
    #[server(flatten)] fields: Typed,
) -> Result<Destination, Failure> {
    use super::{auth_draft::is_secret, draft::Draft};
    use crate::server::{actor, hookyard, refused};
    let (who, hookyard) = (actor().await?, hookyard());
    let draft = match id {
        Some(id) => Draft::of(&hookyard.destination(&who, id).await?, who.mode),
        None => Draft::new(who.mode),
    };
    draft.fill(&fields);
    let saved = match (draft.taken(), id) {
        (Err(problem), _) => Err(problem),
        (Ok(input), None) => hookyard.create_destination(&who, input).await,
        (Ok(input), Some(id)) => hookyard.replace_destination(&who, id, input).await,
    };
    let saved = saved.map_err(|problem| {
        let typed = fields.iter().filter(|(name, _)| !is_secret(name));
        refused(problem, &typed.map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>())
    })?;
    leptos_axum::redirect(&format!("/destinations/{}", saved.id));
    Ok(saved)
}

#[server(prefix = "/api", endpoint = "set_destination_status")]
pub(crate) async fn set_destination_status(id: DestinationId, status: Status) -> Result<Destination, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().set_destination_status(&actor().await?, id, status).await?)
}

#[server(prefix = "/api", endpoint = "set_destination_paused")]
pub(crate) async fn set_destination_paused(id: DestinationId, paused: bool) -> Result<Destination, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().set_destination_paused(&actor().await?, id, paused).await?)
}

#[server(prefix = "/api", endpoint = "probe_destination")]
pub(crate) async fn probe_destination(id: DestinationId) -> Result<Destination, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().probe_destination(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "close_breaker")]
pub(crate) async fn close_breaker(id: DestinationId) -> Result<Destination, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().close_breaker(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "delete_destination")]
pub(crate) async fn delete_destination(id: DestinationId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().delete_destination(&actor().await?, id).await?)
}

/// The event types to choose from in the attempts at a destination: those that its connections let pass by name.
#[server(prefix = "/api", endpoint = "destination_event_types", input = GetUrl)]
pub(crate) async fn destination_event_types(id: DestinationId) -> Result<Vec<String>, Failure> {
    use crate::server::{actor, hookyard};
    let connections = hookyard().connections_to(&actor().await?, id).await.map_err(Failure::shown)?;
    let mut types: Vec<_> = connections.into_iter().filter_map(|connection| connection.event_types).flatten().collect();
    types.sort();
    types.dedup();
    Ok(types)
}
