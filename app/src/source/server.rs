//! The server functions about sources: find out who asks, pass it on.

use hookyard_model::{
    Cursor, Page, Request, Source, SourceCard, SourceConnection, SourceId, SourceInput, SourceType, Status,
};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use crate::{failure::Failure, typed::Typed};

/// A page of sources, with what came in at each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SourceList {
    pub(crate) page: Page<Source>,
    pub(crate) cards: Vec<SourceCard>,
}

#[server(prefix = "/api", endpoint = "find_sources", input = GetUrl)]
pub(crate) async fn find_sources(
    q: Option<String>,
    status: Option<Status>,
    kind: Option<SourceType>,
    cursor: Option<Cursor>,
) -> Result<SourceList, Failure> {
    use hookyard_model::{PageQuery, SourceFilter};

    use crate::server::{actor, hookyard};
    let (who, filter) = (actor().await?, SourceFilter { status, kind, q, ..SourceFilter::default() });
    let page = PageQuery { cursor, limit: Some(50), ..PageQuery::default() };
    let page = hookyard().sources_where(&who, &filter, &page).await?;
    let ids: Vec<_> = page.models.iter().map(|source| source.id).collect();
    // Without ids it would be those of all.
    let cards = if ids.is_empty() { Vec::new() } else { hookyard().source_cards(&who, &ids).await? };
    Ok(SourceList { page, cards })
}

#[server(prefix = "/api", endpoint = "source", input = GetUrl)]
pub(crate) async fn read_source(id: SourceId) -> Result<Source, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().source(&actor().await?, id).await?)
}

/// A source with what is around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SourceShown {
    pub(crate) source: Source,
    pub(crate) connections: Vec<SourceConnection>,
    /// The last few.
    pub(crate) requests: Vec<Request>,
    pub(crate) card: Option<SourceCard>,
}

#[server(prefix = "/api", endpoint = "source_page", input = GetUrl)]
pub(crate) async fn read_source_page(id: SourceId) -> Result<SourceShown, Failure> {
    use hookyard_model::{Commas, PageQuery, RequestFilter};

    use crate::server::{actor, hookyard};
    let (who, yard) = (actor().await?, hookyard());
    let filter = RequestFilter { source_id: Commas(vec![id]), ..RequestFilter::default() };
    let few = PageQuery { limit: Some(6), ..PageQuery::default() };
    Ok(SourceShown {
        source: yard.source(&who, id).await?,
        connections: yard.source_connections(&who, id).await?,
        requests: yard.requests(&who, &filter, &few, false).await?.models,
        card: yard.source_cards(&who, &[id]).await?.into_iter().next(),
    })
}

/// The connections that start at a source, for saying what becomes of them.
#[server(prefix = "/api", endpoint = "source_connections", input = GetUrl)]
pub(crate) async fn source_connections(id: SourceId) -> Result<Vec<SourceConnection>, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().source_connections(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "create_source", input = Json)]
pub(crate) async fn create_source(input: SourceInput) -> Result<Source, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().create_source(&actor().await?, input).await?)
}

#[server(prefix = "/api", endpoint = "change_source", input = Json)]
pub(crate) async fn change_source(id: SourceId, input: SourceInput) -> Result<Source, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().replace_source(&actor().await?, id, input).await?)
}

/// Saves a source out of a form's fields, for those without scripts in their browser; without an id it is a new one.
#[server(prefix = "/api", endpoint = "save_source")]
pub(crate) async fn save_source(
    #[server(default)] id: Option<SourceId>,
    #[server(flatten)] fields: Typed,
) -> Result<Source, Failure> {
    use hookyard_model::{Code, Problem};

    use super::{auth_draft::is_secret, draft::Draft};
    use crate::server::{actor, hookyard, refused};
    let (who, hookyard) = (actor().await?, hookyard());
    let draft = match id {
        Some(id) => Draft::of(&hookyard.source(&who, id).await?),
        None => Draft::new(SourceType::WEBHOOK),
    };
    draft.fill(&fields);
    let saved = match (draft.taken(), id) {
        (Err(why), _) => Err(Problem::new(Code::InvalidInput, why)),
        (Ok(input), None) => hookyard.create_source(&who, input).await,
        (Ok(input), Some(id)) => hookyard.replace_source(&who, id, input).await,
    };
    let saved = saved.map_err(|problem| {
        let kind = untrack(|| draft.source_type());
        let typed = fields.iter().filter(|(name, _)| !is_secret(kind, name));
        refused(problem, &typed.map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>())
    })?;
    leptos_axum::redirect(&format!("/sources/{}", saved.id));
    Ok(saved)
}

#[server(prefix = "/api", endpoint = "set_source_status")]
pub(crate) async fn set_source_status(id: SourceId, status: Status) -> Result<Source, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().set_source_status(&actor().await?, id, status).await?)
}

#[server(prefix = "/api", endpoint = "rotate_source_url")]
pub(crate) async fn rotate_source_url(id: SourceId, overlap_hours: u32) -> Result<Source, Failure> {
    use hookyard_model::RotateUrl;

    use crate::server::{actor, hookyard};
    Ok(hookyard().rotate_source_url(&actor().await?, id, RotateUrl { overlap_hours }).await?)
}

#[server(prefix = "/api", endpoint = "end_source_url")]
pub(crate) async fn end_source_url(id: SourceId, token: SourceId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().end_source_url(&actor().await?, id, token).await?)
}

#[server(prefix = "/api", endpoint = "delete_source")]
pub(crate) async fn delete_source(id: SourceId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().delete_source(&actor().await?, id).await?)
}
