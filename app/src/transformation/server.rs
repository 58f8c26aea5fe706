//! The server functions about transformations: find out who asks, pass it on.

use std::collections::BTreeMap;

use hookyard_model::{
    Capabilities, ConnectionId, Cursor, Page, Request, RunInput, RunResult, Secret, Transformation, TransformationId,
    TransformationInput, TransformationRun, TransformationRunId, Validation,
};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "transformations", input = GetUrl)]
pub(crate) async fn transformations(cursor: Option<Cursor>) -> Result<Page<Transformation>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};
    Ok(hookyard().transformations(&actor().await?, &PageQuery { cursor, ..PageQuery::default() }).await?)
}

#[server(prefix = "/api", endpoint = "transformation", input = GetUrl)]
pub(crate) async fn read_transformation(id: TransformationId) -> Result<Transformation, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().transformation(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "create_transformation", input = Json)]
pub(crate) async fn create_transformation(input: TransformationInput) -> Result<Transformation, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().create_transformation(&actor().await?, input).await?)
}

#[server(prefix = "/api", endpoint = "change_transformation", input = Json)]
pub(crate) async fn change_transformation(
    id: TransformationId,
    input: TransformationInput,
) -> Result<Transformation, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().replace_transformation(&actor().await?, id, input).await?)
}

/// A value of an environment as a form has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EnvField {
    name: String,
    value: Secret,
}

/// Saves a script out of a form's fields, for those without scripts in their browser; without an id it is a new one.
#[server(prefix = "/api", endpoint = "save_transformation")]
pub(crate) async fn save_transformation(
    #[server(default)] id: Option<TransformationId>,
    script_name: String,
    code: String,
    #[server(default)] env: BTreeMap<String, EnvField>,
) -> Result<Transformation, Failure> {
    use crate::server::{actor, hookyard, refused};
    let who = actor().await?;
    // A form's lines end in two characters.
    let code = code.replace("\r\n", "\n");
    let named = |field: EnvField| (field.name.trim().to_owned(), field.value);
    let env = env.into_values().map(named).filter(|(name, _)| !name.is_empty()).collect();
    let input = TransformationInput { name: script_name.trim().to_owned(), code: code.clone(), env };
    let saved = match id {
        None => hookyard().create_transformation(&who, input).await,
        Some(id) => hookyard().replace_transformation(&who, id, input).await,
    };
    // Values of the environment are secrets, and secrets are not for cookies.
    let saved = saved.map_err(|problem| refused(problem, &[("script_name", &script_name), ("code", &code)]))?;
    leptos_axum::redirect(&format!("/transformations/{}", saved.id));
    Ok(saved)
}

#[server(prefix = "/api", endpoint = "delete_transformation")]
pub(crate) async fn delete_transformation(id: TransformationId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().delete_transformation(&actor().await?, id).await?)
}

#[server(prefix = "/api", endpoint = "validate_transformation", input = Json)]
pub(crate) async fn validate(code: String) -> Result<Validation, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().validate_transformation(&actor().await?, &code).await?)
}

#[server(prefix = "/api", endpoint = "run_transformation", input = Json)]
pub(crate) async fn run_script(input: RunInput) -> Result<RunResult, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().run_transformation(&actor().await?, input).await?)
}

#[server(prefix = "/api", endpoint = "capabilities", input = GetUrl)]
pub(crate) async fn read_capabilities() -> Result<Capabilities, Failure> {
    use crate::server::{actor, hookyard};
    actor().await?;
    Ok(hookyard().transformation_capabilities().await?)
}

/// The last requests that were let in, to test on.
#[server(prefix = "/api", endpoint = "last_requests", input = GetUrl)]
pub(crate) async fn last_requests(id: Option<TransformationId>) -> Result<Vec<Request>, Failure> {
    use hookyard_model::{Commas, PageQuery, RequestFilter, RequestStatus, Rule};

    use crate::server::{actor, hookyard};
    let who = actor().await?;
    // Of the sources of its connections, where it is of any.
    let all = PageQuery { limit: Some(PageQuery::MAX_LIMIT), ..PageQuery::default() };
    let mut connections = hookyard().connections(&who, &all).await?.models;
    let is_it = |rule: &Rule| matches!(rule, Rule::Transform(rule) if Some(rule.transformation_id) == id);
    connections.retain(|connection| connection.rules.iter().any(is_it));
    let source_id = Commas(connections.into_iter().map(|connection| connection.source_id).collect());
    let filter = RequestFilter { status: Some(RequestStatus::Accepted), source_id, ..RequestFilter::default() };
    let query = PageQuery { limit: Some(25), ..PageQuery::default() };
    Ok(hookyard().requests(&who, &filter, &query, false).await?.models)
}

#[server(prefix = "/api", endpoint = "transformation_runs", input = GetUrl)]
pub(crate) async fn read_runs(
    id: TransformationId,
    failed: bool,
    cursor: Option<Cursor>,
) -> Result<Page<TransformationRun>, Failure> {
    use hookyard_model::{Commas, PageQuery, RunFilter, RunStatus};

    use crate::server::{actor, hookyard};
    let status = if failed { Commas(vec![RunStatus::Failed]) } else { Commas::default() };
    let filter = RunFilter { transformation_id: Some(id), status, ..RunFilter::default() };
    let query = PageQuery { cursor, limit: Some(25), ..PageQuery::default() };
    Ok(hookyard().transformation_runs(&actor().await?, &filter, &query).await?)
}

#[server(prefix = "/api", endpoint = "transformation_run", input = GetUrl)]
pub(crate) async fn read_run(id: TransformationRunId) -> Result<TransformationRun, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().transformation_run(&actor().await?, id).await?)
}

/// The connections that have it among their rules, by name.
#[server(prefix = "/api", endpoint = "transformation_users", input = GetUrl)]
pub(crate) async fn users_of(id: TransformationId) -> Result<Vec<(ConnectionId, String)>, Failure> {
    use crate::server::{actor, hookyard};
    Ok(crate::connection::using(&*hookyard(), &actor().await?, id).await?)
}
