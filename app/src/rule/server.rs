//! The server functions about rules: find out who asks, pass it on.

use hookyard_model::{Connection, ConnectionId, LatestInput, TransformationId, Trial, TrialInput};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Failure;

/// What rules under way make of requests, and what the saved ones make of the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tried {
    pub(crate) now: Trial,
    pub(crate) saved: Option<Trial>,
}

#[server(prefix = "/api", endpoint = "try_rules", input = Json)]
pub(crate) async fn try_rules(input: TrialInput) -> Result<Tried, Failure> {
    use crate::server::{actor, hookyard};
    let who = actor().await?;
    let now = hookyard().try_rules(&who, input.clone()).await?;
    let ids = now.requests.iter().map(|request| request.request_id).collect::<Vec<_>>();
    let saved =
        TrialInput { rules: None, event_types: None, script: None, last: None, request_ids: Some(ids), ..input };
    let saved = match &saved.request_ids {
        Some(ids) if !ids.is_empty() => hookyard().try_rules(&who, saved).await.ok(),
        _ => None,
    };
    Ok(Tried { now, saved })
}

#[server(prefix = "/api", endpoint = "latest_input", input = GetUrl)]
pub(crate) async fn read_latest_input(id: ConnectionId) -> Result<LatestInput, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().latest_input(&actor().await?, id).await?)
}

/// The stored transformations, by name.
#[server(prefix = "/api", endpoint = "script_names", input = GetUrl)]
pub(crate) async fn script_names() -> Result<Vec<(TransformationId, String)>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};
    let query = PageQuery { limit: Some(PageQuery::MAX_LIMIT), ..PageQuery::default() };
    let page = hookyard().transformations(&actor().await?, &query).await?;
    let mut names: Vec<_> = page.models.into_iter().map(|one| (one.id, one.name)).collect();
    names.sort_by(|one, other| one.1.cmp(&other.1));
    Ok(names)
}

/// Saves what was changed of a connection.
#[server(prefix = "/api", endpoint = "save_connection", input = Json)]
pub(crate) async fn save_connection(id: ConnectionId, patch: Value) -> Result<Connection, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().patch_connection(&actor().await?, id, patch).await?)
}

/// Saves rules that were written as JSON, for those without scripts.
#[server(prefix = "/api", endpoint = "save_rules")]
pub(crate) async fn save_rules(id: ConnectionId, rules: String) -> Result<Connection, Failure> {
    use hookyard_model::{Code, FieldError, Problem};

    use crate::server::{actor, hookyard, refused};
    let who = actor().await?;
    let saved = match serde_json::from_str::<Value>(&rules) {
        Ok(rules) => hookyard().patch_connection(&who, id, serde_json::json!({ "rules": rules })).await,
        Err(error) => {
            let mut problem = Problem::new(Code::InvalidInput, format!("The rules are not JSON: {error}."));
            problem.errors.push(FieldError::new("/rules", error.to_string()));
            Err(problem)
        }
    };
    let saved = saved.map_err(|problem| refused(problem, &[("rules", rules.as_str())]))?;
    leptos_axum::redirect(&format!("/connections/{id}"));
    Ok(saved)
}
