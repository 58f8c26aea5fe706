//! The server functions of the catalogue: find out who asks, pass it on.

use std::collections::BTreeMap;

use hookyard_model::{EventType, EventTypeId, EventTypeImport, EventTypeInput, ImportedEventType};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The catalogue by name, and how many webhooks chose each type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Catalogue {
    pub(crate) types: Vec<EventType>,
    pub(crate) chosen: BTreeMap<String, usize>,
}

#[server(prefix = "/api", endpoint = "catalogue", input = GetUrl)]
pub(crate) async fn read_catalogue() -> Result<Catalogue, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};
    let who = actor().await?;
    let types = hookyard().event_types(&who).await?;
    let mut chosen = BTreeMap::new();
    let mut query = PageQuery { limit: Some(PageQuery::MAX_LIMIT), ..PageQuery::default() };
    loop {
        let page = hookyard().webhooks(&who, &query).await?;
        for name in page.models.into_iter().flat_map(|webhook| webhook.event_types) {
            *chosen.entry(name).or_default() += 1;
        }
        match page.pagination.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(Catalogue { types, chosen }),
        }
    }
}

#[server(prefix = "/api", endpoint = "event_type", input = GetUrl)]
pub(crate) async fn read_event_type(id: EventTypeId) -> Result<EventType, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().event_type(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "create_event_type", input = Json)]
pub(crate) async fn create_event_type(input: EventTypeInput) -> Result<EventType, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().create_event_type(&actor().await?, input).await?)
}

/// Makes the event type as `input` says.
#[server(prefix = "/api", endpoint = "change_event_type", input = Json)]
pub(crate) async fn change_event_type(id: EventTypeId, input: EventTypeInput) -> Result<EventType, Failure> {
    use hookyard_model::{Code, Problem};

    use crate::server::{actor, hookyard};
    let patch = serde_json::to_value(&input).map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
    Ok(hookyard().patch_event_type(&actor().await?, id, patch).await?)
}

#[server(prefix = "/api", endpoint = "delete_event_type")]
pub(crate) async fn delete_event_type(id: EventTypeId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().delete_event_type(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "import_event_types", input = Json)]
pub(crate) async fn import_event_types(import: EventTypeImport) -> Result<Vec<ImportedEventType>, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().import_event_types(&actor().await?, import).await?)
}
