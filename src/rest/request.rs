//! `/v1/requests`: what arrived.

use std::str::FromStr;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use hookyard_model::{
    AttemptHistogram, Commas, ConnectionId, Direction, Event, EventFilter, EventStatus, IgnoredEvent, Page, PageQuery,
    ReplayPreview, ReplayedRequest, Request, RequestDetail, RequestFilter, RequestId, Trace,
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Count, Yard,
    answer::{Answer, Queued, whole},
    caller::Caller,
    input::{Carrying, Id},
    query::{BucketParams, Buckets, EventParams, PageParams, Query, RequestParams},
    replay::{Asked, ReplayInput},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(count))
        .routes(routes!(histogram))
        .routes(routes!(read))
        .routes(routes!(events))
        .routes(routes!(ignored_events))
        .routes(routes!(trace))
        .routes(routes!(retry))
}

/// What a list may have beside its rows.
#[derive(Deserialize)]
struct Include {
    #[serde(default)]
    include: Commas<Part>,
    #[serde(default)]
    event_summary: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Data,
    EventSummary,
}

impl FromStr for Part {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "data" => Ok(Self::Data),
            "event_summary" => Ok(Self::EventSummary),
            _ => Err("expected data, event_summary, or both with a comma between"),
        }
    }
}

/// List requests
///
/// Newest first. With `include=data` each has its payload.
#[utoipa::path(
    get, path = "/v1/requests", tag = "Requests",
    params(
        PageParams, RequestParams,
        ("include" = Option<String>, Query, description = "`data` for the payloads, `event_summary`, or both."),
        ("event_summary" = Option<bool>, Query, description = "How many events of each are in each state."),
    ),
    responses((status = 200, body = Page<Request>)),
)]
async fn list(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(page): Query<PageQuery>,
    Query(filter): Query<RequestFilter>,
    Query(Include { include, event_summary }): Query<Include>,
) -> Answer<Json<Page<Request>>> {
    let mut found = yard.requests(&who, &filter, &page, include.0.contains(&Part::Data)).await?;
    if event_summary == Some(true) || include.0.contains(&Part::EventSummary) {
        let ids: Vec<_> = found.models.iter().map(|request| request.id).collect();
        for (request, summary) in found.models.iter_mut().zip(yard.event_summaries(&who, &ids).await?) {
            request.event_summary = Some(summary);
        }
    }
    Ok(Json(found))
}

/// Count requests
#[utoipa::path(
    get, path = "/v1/requests/count", tag = "Requests", params(RequestParams), responses((status = 200, body = Count)),
)]
async fn count(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(filter): Query<RequestFilter>,
) -> Answer<Json<Count>> {
    Ok(Json(Count { count: yard.count_requests(&who, &filter).await? }))
}

/// Count requests over time
///
/// What the list with the same parameters has, in buckets of a round length, none left out: accepted ones as successful,
/// rejected ones as failed. It reaches no further back than history is kept.
#[utoipa::path(
    get, path = "/v1/requests/histogram", tag = "Requests", params(RequestParams, BucketParams),
    responses((status = 200, body = AttemptHistogram)),
)]
async fn histogram(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(Buckets { buckets }): Query<Buckets>,
    Query(filter): Query<RequestFilter>,
) -> Answer<Json<AttemptHistogram>> {
    Ok(Json(yard.request_histogram(&who, &filter, buckets).await?))
}

/// Read a request
///
/// With its payload, and what its source's upstream answered where the source is a proxy.
#[utoipa::path(
    get, path = "/v1/requests/{id}", tag = "Requests", params(("id" = RequestId, Path)),
    responses((status = 200, body = RequestDetail)),
)]
async fn read(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<RequestId>) -> Answer<Json<RequestDetail>> {
    let request = yard.request(&who, id).await?;
    Ok(Json(RequestDetail { request, proxy_exchange: yard.proxy_exchange(&who, id).await? }))
}

/// List the events of a request
///
/// Those that were cancelled, only where `status` asks for them.
#[utoipa::path(
    get, path = "/v1/requests/{id}/events", tag = "Requests",
    params(("id" = RequestId, Path), PageParams, EventParams), responses((status = 200, body = Page<Event>)),
)]
async fn events(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<RequestId>,
    Query(page): Query<PageQuery>,
    Query(filter): Query<EventFilter>,
) -> Answer<Json<Page<Event>>> {
    yard.request(&who, id).await?;
    let mut filter = EventFilter { request_id: Commas(vec![id]), ..filter };
    if filter.status.is_empty() {
        let is_shown = |status: &EventStatus| *status != EventStatus::Cancelled;
        filter.status = Commas(EventStatus::ALL.iter().copied().filter(is_shown).collect());
    }
    Ok(Json(yard.events(&who, &filter, &page).await?))
}

/// List the ignored events of a request
///
/// The branches that it did not take, each with its cause, all on one page.
#[utoipa::path(
    get, path = "/v1/requests/{id}/ignored_events", tag = "Requests",
    params(
        ("id" = RequestId, Path),
        ("limit" = Option<u32>, Query, description = "How many at most, from 1 to 255; all of them when absent."),
        ("id" = Option<String>, Query, description = "One or more of their own ids, separated by commas."),
        ("connection_id" = Option<String>, Query, description = "One or more ids (`con_…`), separated by commas."),
    ),
    responses((status = 200, body = Page<IgnoredEvent>)),
)]
async fn ignored_events(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<RequestId>,
    Query(wanted): Query<WantedBranches>,
) -> Answer<Json<Page<IgnoredEvent>>> {
    let mut found = yard.ignored_events(&who, id).await?;
    found.retain(|one| wanted.has(one));
    found.truncate(wanted.limit.map_or(usize::MAX, |limit| limit as usize));
    let Json(mut page) = whole(found, "created_at", Direction::Asc);
    page.pagination.limit = wanted.limit.unwrap_or(page.pagination.limit);
    Ok(Json(page))
}

/// Which of the branches that a request did not take.
#[derive(Deserialize)]
struct WantedBranches {
    #[serde(default)]
    id: Commas<String>,
    #[serde(default)]
    connection_id: Commas<ConnectionId>,
    #[serde(default)]
    limit: Option<u32>,
}

impl WantedBranches {
    fn has(&self, branch: &IgnoredEvent) -> bool {
        let of_these = branch.connection_id.is_some_and(|id| self.connection_id.0.contains(&id));
        (self.id.is_empty() || self.id.0.contains(&branch.id)) && (self.connection_id.is_empty() || of_these)
    }
}

/// Trace a request
///
/// All that became of it, from its first byte to its last attempt, in one timeline in the order of time. Of what is very
/// much it has a part, and `counts` says how much there is.
#[utoipa::path(
    get, path = "/v1/requests/{id}/trace", tag = "Requests", params(("id" = RequestId, Path)),
    responses((status = 200, body = Trace)),
)]
async fn trace(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<RequestId>) -> Answer<Json<Trace>> {
    Ok(Json(yard.trace(&who, id).await?))
}

/// Replay a request
///
/// Sends it through the current connections and their rules again, as a new request with a new `webhook-id`: as it came, or
/// with some of it changed. With `dry_run` nothing is sent or stored, and 200 says what would differ and which connections
/// would take it. 409 where its source is gone, and where only a part of its body was kept.
///
/// All rules apply as they are now but deduplicate, which is skipped on purpose: within its window a replay would always be
/// the copy of its own original.
#[utoipa::path(
    post, path = "/v1/requests/{id}/retry", tag = "Requests", params(("id" = RequestId, Path)),
    request_body = Option<ReplayInput>,
    responses((status = 202, body = ReplayedRequest), (status = 200, body = ReplayPreview)),
)]
async fn retry(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<RequestId>,
    Carrying(body): Carrying,
) -> Answer<Response> {
    let asked = Asked::read(&body)?;
    if asked.dry_run {
        let preview = yard.preview_replay(&who, id, &asked.with).await.map_err(|problem| asked.placed(problem))?;
        return Ok(Json(preview).into_response());
    }
    let replayed = yard.replay_request(&who, id, &asked.with).await.map_err(|problem| asked.placed(problem))?;
    Ok(Queued(replayed).into_response())
}
