//! What the board shows, read from the services. On the server only.

use hookyard_model::{
    Actor, Commas, Connection, ConnectionCard, ConnectionId, ConnectionInput, Destination, DestinationId, Event,
    EventFilter, HealthState, Page, PageQuery, Problem, Rule, Source, SourceId, SourceType, Status, TransformationId,
    service::Hookyard,
};

use super::{
    flow::{Flow, Flows},
    server::{Board, BoardEnd, Route},
};

/// So many pages of each list make a board at most.
const PAGES: usize = 4;

/// So many last events stand on a connection's page.
const EVENTS: u32 = 8;

/// Up to [`PAGES`] pages of a list, and whether there are more.
macro_rules! pages {
    ($service:expr, $who:expr, $list:ident) => {{
        let mut query = PageQuery { limit: Some(PageQuery::MAX_LIMIT), ..PageQuery::default() };
        let mut models = Vec::new();
        let mut is_cut = true;
        for _ in 0..PAGES {
            let page: Page<_> = $service.$list($who, &query).await?;
            models.extend(page.models);
            query.cursor = page.pagination.next;
            if query.cursor.is_none() {
                is_cut = false;
                break;
            }
        }
        (models, is_cut)
    }};
}

/// The whole board.
pub(super) async fn board(service: &dyn Hookyard, who: &Actor) -> Result<Board, Problem> {
    let (mut sources, more_sources) = pages!(service, who, sources);
    let (mut destinations, more_destinations) = pages!(service, who, destinations);
    let (mut connections, more_connections) = pages!(service, who, connections);
    // By name: where something stands does not change when something else is made.
    sources.sort_by(|one: &Source, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    destinations.sort_by(|one: &Destination, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    connections.sort_by(|one: &Connection, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Ok(Board {
        sources: sources.into_iter().map(source_end).collect(),
        destinations: destinations.into_iter().map(destination_end).collect(),
        routes: connections.into_iter().map(route).collect(),
        is_cut: more_sources || more_destinations || more_connections,
    })
}

fn source_end(source: Source) -> BoardEnd {
    let is_built_in = source.kind == SourceType::EVENTS;
    BoardEnd {
        id: source.id.to_string(),
        name: source.name,
        kind: if is_built_in { "Published events".to_owned() } else { source.kind.as_str().to_owned() },
        detail: None,
        is_disabled: source.status == Status::Disabled,
        is_paused: false,
        is_built_in,
    }
}

fn destination_end(destination: Destination) -> BoardEnd {
    let detail = destination.config.url.as_deref().map(without_scheme);
    BoardEnd {
        id: destination.id.to_string(),
        name: destination.name,
        kind: destination.kind.as_str().to_owned(),
        detail,
        is_disabled: destination.health.state == HealthState::Disabled || destination.disabled_at.is_some(),
        is_paused: destination.paused_at.is_some(),
        is_built_in: false,
    }
}

fn without_scheme(url: &str) -> String {
    url.split_once("://").map_or(url, |(_, rest)| rest).to_owned()
}

fn route(connection: Connection) -> Route {
    let is_webhook = connection.source.kind == SourceType::EVENTS.as_str();
    Route {
        id: connection.id,
        name: if is_webhook { connection.destination.name } else { connection.name },
        source: connection.source_id,
        destination: connection.destination_id,
        event_types: connection.event_types,
        rules: connection.rules.iter().map(|rule| rule.kind().to_owned()).collect(),
        is_paused: connection.paused_at.is_some(),
        is_disabled: connection.disabled_at.is_some(),
        is_webhook,
    }
}

/// What goes through the connections.
pub(super) async fn flows(service: &dyn Hookyard, who: &Actor) -> Result<Flows, Problem> {
    let cards = service.connection_cards(who, &[]).await?;
    let flow = |card: ConnectionCard| {
        let flow =
            Flow { per_minute: card.per_minute, failed: card.events_24h_failed_count, waiting: card.backlog.count };
        (card.id, flow)
    };
    Ok(cards.into_iter().map(flow).filter(|(_, flow)| *flow != Flow::default()).collect())
}

/// A new connection, as a form says it.
pub(super) fn input(name: &str, source: SourceId, destination: DestinationId, types: &str) -> ConnectionInput {
    let types: Vec<_> = types.split([',', ' ', '\n']).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    ConnectionInput {
        name: name.trim().to_owned(),
        description: None,
        source_id: source,
        destination_id: destination,
        event_types: Some(types).filter(|types| !types.is_empty()),
        rules: Vec::new(),
        paused_at: None,
        disabled_at: None,
    }
}

/// How a connection does: its numbers, and its last events.
pub(super) async fn traffic(
    service: &dyn Hookyard,
    who: &Actor,
    id: ConnectionId,
) -> Result<(Option<ConnectionCard>, Vec<Event>), Problem> {
    let filter = EventFilter { connection_id: Commas(vec![id]), ..EventFilter::default() };
    let query = PageQuery { limit: Some(EVENTS), ..PageQuery::default() };
    let events = service.events(who, &filter, &query).await?.models;
    Ok((service.connection_cards(who, &[id]).await?.pop(), events))
}

/// The connections that have a transformation among their rules, by name.
pub(crate) async fn using(
    service: &dyn Hookyard,
    who: &Actor,
    id: TransformationId,
) -> Result<Vec<(ConnectionId, String)>, Problem> {
    let (connections, _) = pages!(service, who, connections);
    let has_it = |connection: &Connection| {
        let is_it = |rule: &Rule| matches!(rule, Rule::Transform(rule) if rule.transformation_id == id);
        connection.rules.iter().any(is_it)
    };
    Ok(connections.into_iter().filter(has_it).map(|connection| (connection.id, connection.name)).collect())
}
