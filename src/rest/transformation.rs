//! `/v1/transformations`: scripts that change payloads on their way, and their runs.

use axum::{Json, extract::State, http::StatusCode};
use hookyard_model::{
    Capabilities, Commas, ConnectionId, ConsoleLine, EventId, Page, PageQuery, Payload, Problem, RunErrorCode,
    RunFilter, RunInput, RunResult, RunStatus, Transformation, TransformationFilter, TransformationId,
    TransformationInput, TransformationRun, TransformationRunId, Validation,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Created, Upserted},
    caller::Caller,
    input::{Id, Ids, Input},
    query::{Ordered, OrderedParams, PageParams, Query, RunParams, TransformationParams},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(list, create, upsert))
        .routes(routes!(capabilities))
        .routes(routes!(validate))
        .routes(routes!(run))
        .routes(routes!(read, patch, remove))
        .routes(routes!(runs))
        .routes(routes!(one_run))
        .routes(routes!(executions))
        .routes(routes!(execution))
}

/// List transformations
///
/// With how many connections use each, and what its runs of the last 24 hours came to.
#[utoipa::path(
    get, path = "/v1/transformations", tag = "Transformations", params(OrderedParams, TransformationParams),
    responses((status = 200, body = Page<Transformation>)),
)]
async fn list(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Ordered(page): Ordered<PageQuery>,
    Ordered(filter): Ordered<TransformationFilter>,
) -> Answer<Json<Page<Transformation>>> {
    Ok(Json(yard.transformations_where(&who, &filter, &page).await?))
}

/// Create a transformation
///
/// The code is JavaScript that registers a handler: `addHandler("transform", (request, context) => ({...request}))`. A
/// script that does not parse, or registers none, is refused with the line.
///
/// `request` has `method`, `path`, `query` (an object; a repeated key is a list), `headers` and `body`: parsed where it is
/// JSON, else text, else base64 with `body_encoding` saying so. `context` has `env`, `connection_id`, `source_id`,
/// `destination_id`, `request_id`, `event_id`, `event_type`, `mode` and `created_at`.
///
/// The handler, or what its promise comes to, returns the whole request; what it leaves out stays as it was. A body that
/// comes back as it was given keeps its bytes, so numbers keep all their digits and spaces stay. A changed one is
/// written anew: JSON, or a string as it is. Of a published event the body is what was published, an object with `data`, and
/// it stays one.
///
/// There are no modules, timers, files or network. `GET /v1/transformations/capabilities` has the limits.
#[utoipa::path(
    post, path = "/v1/transformations", tag = "Transformations", request_body = TransformationInput,
    responses((status = 201, body = Transformation)),
)]
async fn create(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(input): Input<TransformationInput>,
) -> Answer<Created<Transformation>> {
    let made = yard.create_transformation(&who, input).await?;
    Ok(Created(format!("/v1/transformations/{}", made.id), made))
}

/// Create or replace a transformation by its name
///
/// The name says which. Values of the environment that come back as placeholders stay.
#[utoipa::path(
    put, path = "/v1/transformations", tag = "Transformations", request_body = TransformationInput,
    responses((status = 201, body = Transformation), (status = 200, body = Transformation)),
)]
async fn upsert(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(input): Input<TransformationInput>,
) -> Answer<Upserted<Transformation>> {
    let (found, made) = yard.upsert_transformation(&who, input).await?;
    Ok(Upserted(format!("/v1/transformations/{}", found.id), found, made))
}

/// Read what scripts may do
#[utoipa::path(
    get, path = "/v1/transformations/capabilities", tag = "Transformations", responses((status = 200, body = Capabilities)),
)]
async fn capabilities(State(yard): State<Yard>, Caller(_): Caller) -> Answer<Json<Capabilities>> {
    Ok(Json(yard.transformation_capabilities().await?))
}

/// A script to be checked.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CodeInput {
    code: String,
    /// SHA-256 of the code, in hex; taken from clients that send it, and not needed.
    #[serde(default)]
    #[expect(dead_code, reason = "it is accepted, and the code itself is checked")]
    code_hash: Option<String>,
}

/// Check a script
///
/// Whether it parses and registers a handler. Nothing is stored.
#[utoipa::path(
    method(put, post), path = "/v1/transformations/validate", tag = "Transformations", request_body = CodeInput,
    responses((status = 200, body = Validation)),
)]
async fn validate(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(input): Input<CodeInput>,
) -> Answer<Json<Validation>> {
    Ok(Json(yard.validate_transformation(&who, &input.code).await?))
}

/// Try a script
///
/// On a request that is given or stored. Answers with what it returned, what that changed, its console and how long it
/// took, or why it failed and where. Nothing is stored or sent.
#[utoipa::path(
    method(put, post), path = "/v1/transformations/run", tag = "Transformations", request_body = RunInput,
    responses((status = 200, body = RunResult)),
)]
async fn run(State(yard): State<Yard>, Caller(who): Caller, Input(input): Input<RunInput>) -> Answer<Json<RunResult>> {
    Ok(Json(yard.run_transformation(&who, input).await?))
}

/// Read a transformation
#[utoipa::path(
    get, path = "/v1/transformations/{id}", tag = "Transformations", params(("id" = TransformationId, Path)),
    responses((status = 200, body = Transformation)),
)]
async fn read(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<TransformationId>,
) -> Answer<Json<Transformation>> {
    Ok(Json(yard.transformation(&who, id).await?))
}

/// Change a transformation
///
/// A merge patch (RFC 7396): what is left out stays, `null` takes away, also in the environment, whose values stay too where
/// they come back as placeholders. Events that wait to be transformed get the new script. `PUT` is another name for it.
#[utoipa::path(
    method(patch, put), path = "/v1/transformations/{id}", tag = "Transformations", params(("id" = TransformationId, Path)),
    request_body = TransformationInput, responses((status = 200, body = Transformation)),
)]
async fn patch(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<TransformationId>,
    Input(patch): Input<Map<String, Value>>,
) -> Answer<Json<Transformation>> {
    Ok(Json(yard.patch_transformation(&who, id, Value::Object(patch)).await?))
}

/// Delete a transformation
///
/// Refused while connections use it. Its runs stay as long as their events.
#[utoipa::path(
    delete, path = "/v1/transformations/{id}", tag = "Transformations", params(("id" = TransformationId, Path)),
    responses((status = 204)),
)]
async fn remove(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<TransformationId>) -> Answer<StatusCode> {
    yard.delete_transformation(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which runs of a transformation.
#[derive(Deserialize)]
struct WhichRuns {
    #[serde(default)]
    event_id: Commas<EventId>,
    #[serde(default)]
    status: Commas<RunStatus>,
}

impl WhichRuns {
    fn of(self, id: TransformationId) -> RunFilter {
        RunFilter { transformation_id: Some(id), event_id: self.event_id, status: self.status }
    }
}

/// List a transformation's runs
///
/// Those for events, newest first, with why they failed. What was written to the console has each one by itself.
#[utoipa::path(
    get, path = "/v1/transformations/{id}/runs", tag = "Transformations",
    params(("id" = TransformationId, Path), PageParams, RunParams), responses((status = 200, body = Page<TransformationRun>)),
)]
async fn runs(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<TransformationId>,
    Query(page): Query<PageQuery>,
    Query(which): Query<WhichRuns>,
) -> Answer<Json<Page<TransformationRun>>> {
    Ok(Json(yard.transformation_runs(&who, &which.of(id), &page).await?))
}

/// Read a transformation's run
///
/// With what it was given and what it made of it.
#[utoipa::path(
    get, path = "/v1/transformations/{id}/runs/{run_id}", tag = "Transformations",
    params(("id" = TransformationId, Path), ("run_id" = TransformationRunId, Path)),
    responses((status = 200, body = TransformationRun)),
)]
async fn one_run(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Ids(id, run): Ids<TransformationId, TransformationRunId>,
) -> Answer<Json<TransformationRun>> {
    let found = yard.transformation_run(&who, run).await?;
    if found.transformation_id != id {
        return Err(Problem::not_found("transformation run", run).into());
    }
    Ok(Json(found))
}

/// List a transformation's executions
///
/// Another name for its runs, with some of each by other names beside.
#[utoipa::path(
    get, path = "/v1/transformations/{id}/executions", tag = "Transformations",
    params(("id" = TransformationId, Path), PageParams, RunParams), responses((status = 200, body = Page<Execution>)),
)]
async fn executions(
    yard: State<Yard>,
    caller: Caller,
    id: Id<TransformationId>,
    page: Query<PageQuery>,
    which: Query<WhichRuns>,
) -> Answer<Json<Page<Execution>>> {
    runs(yard, caller, id, page, which).await.map(|Json(page)| Json(page.map(Execution::from)))
}

/// A run by the names that executions have elsewhere, beside its own.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct Execution {
    #[serde(flatten)]
    run: TransformationRun,
    /// Its connection.
    webhook_id: ConnectionId,
    error_code: Option<RunErrorCode>,
    stats: Stats,
    /// Its console; of one execution alone.
    logs: Vec<ConsoleLine>,
    /// What it was given, and what it made of it; of one execution alone.
    original_event_data: Option<Payload>,
    transformed_event_data: Option<Payload>,
}

/// What a run took.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct Stats {
    duration_ms: f64,
    console_lines: u32,
}

impl From<TransformationRun> for Execution {
    fn from(run: TransformationRun) -> Self {
        Self {
            webhook_id: run.connection_id,
            error_code: run.error.as_ref().map(|error| error.code),
            stats: Stats { duration_ms: run.duration_ms, console_lines: run.console_lines },
            logs: run.console.clone(),
            original_event_data: run.before.clone(),
            transformed_event_data: run.after.clone(),
            run,
        }
    }
}

/// Read a transformation's execution
///
/// Its run, with some of it by other names beside.
#[utoipa::path(
    get, path = "/v1/transformations/{id}/executions/{execution_id}", tag = "Transformations",
    params(("id" = TransformationId, Path), ("execution_id" = TransformationRunId, Path)),
    responses((status = 200, body = Execution)),
)]
async fn execution(
    yard: State<Yard>,
    caller: Caller,
    ids: Ids<TransformationId, TransformationRunId>,
) -> Answer<Json<Execution>> {
    one_run(yard, caller, ids).await.map(|Json(run)| Json(run.into()))
}
