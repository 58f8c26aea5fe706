//! `/v1/issues`.

use axum::{Json, extract::State};
use hookyard_model::{
    DestinationId, Issue, IssueCounts, IssueDetail, IssueFilter, IssueId, IssueState, Page, PageQuery,
};
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::Answer,
    caller::Caller,
    input::{Id, Nothing},
    query::{PageParams, Query, ids, one_or_more, text},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(count))
        .routes(routes!(read))
        .routes(routes!(acknowledge))
        .routes(routes!(resolve))
}

/// Which issues.
struct IssueParams;

impl IntoParams for IssueParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            text("state", &one_or_more(IssueState::ALL)),
            ids::<DestinationId>("destination_id"),
            text("cause", "One or more causes such as `HTTP_503` or `TIMEOUT`, separated by commas."),
            text("from", "Those that failed then or later: RFC 3339, or relative such as `now-24h`."),
            text("to", "Those that were opened then or earlier, the last time."),
            text("q", "Text that stands in the destination's name, the cause or the last error, or the whole id."),
        ]
    }
}

/// List issues
///
/// Failures of one destination with one cause are one issue, however many they are. It is opened by the first, and resolved
/// by itself once the destination delivers again; the next failure opens it again. Simulated events open none.
#[utoipa::path(
    get, path = "/v1/issues", tag = "Issues", params(IssueParams, PageParams),
    responses((status = 200, body = Page<Issue>)),
)]
async fn list(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(filter): Query<IssueFilter>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<Issue>>> {
    Ok(Json(yard.issues(&who, &filter, &page).await?))
}

/// How many there are, in all and by their states.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct IssueCount {
    count: u64,
    #[serde(flatten)]
    by_state: IssueCounts,
}

/// Count issues
///
/// In all and by their states, by the same parameters as the list.
#[utoipa::path(
    get, path = "/v1/issues/count", tag = "Issues", params(IssueParams), responses((status = 200, body = IssueCount)),
)]
async fn count(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(filter): Query<IssueFilter>,
) -> Answer<Json<IssueCount>> {
    let by_state = yard.count_issues(&who, &filter).await?;
    let count = by_state.open + by_state.acknowledged + by_state.resolved;
    Ok(Json(IssueCount { count, by_state }))
}

/// Read an issue
///
/// With what its last failure means, and its history.
#[utoipa::path(
    get, path = "/v1/issues/{id}", tag = "Issues", params(("id" = IssueId, Path)),
    responses((status = 200, body = IssueDetail)),
)]
async fn read(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<IssueId>) -> Answer<Json<IssueDetail>> {
    Ok(Json(yard.issue(&who, id).await?))
}

/// Acknowledge an issue
///
/// Says that somebody looks after it. It is still resolved by itself. One that is resolved is 409.
#[utoipa::path(
    method(put, post), path = "/v1/issues/{id}/acknowledge", tag = "Issues", params(("id" = IssueId, Path)),
    responses((status = 200, body = IssueDetail)),
)]
async fn acknowledge(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<IssueId>,
    _: Nothing,
) -> Answer<Json<IssueDetail>> {
    Ok(Json(yard.acknowledge_issue(&who, id).await?))
}

/// Resolve an issue
///
/// By hand, without waiting until the destination delivers again. The next such failure opens it again.
#[utoipa::path(
    method(put, post), path = "/v1/issues/{id}/resolve", tag = "Issues", params(("id" = IssueId, Path)),
    responses((status = 200, body = IssueDetail)),
)]
async fn resolve(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<IssueId>,
    _: Nothing,
) -> Answer<Json<IssueDetail>> {
    Ok(Json(yard.resolve_issue(&who, id).await?))
}
