//! `/v1/metrics`: what happened over time, and what waits now.

use axum::{Json, extract::State};
use hookyard_model::{
    Alerts, AttemptMeasure, AttemptMetricsQuery, BulkOperationId, Commas, ConnectionCard, ConnectionId,
    DestinationBacklog, DestinationCard, DestinationId, EventMeasure, EventMetricsQuery, Granularity, MetricSeries,
    RequestMeasure, RequestMetricsQuery, SourceCard, SourceId, TransformationCard, TransformationId, Window,
};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::Answer,
    caller::Caller,
    query::{Query, ids, one_or_more, operation_scope, parameter, text, words},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(requests))
        .routes(routes!(events))
        .routes(routes!(attempts))
        .routes(routes!(sources))
        .routes(routes!(connections))
        .routes(routes!(destinations))
        .routes(routes!(transformations))
        .routes(routes!(backlog))
        .routes(routes!(alerts))
}

/// Cards, of what was asked for.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct Cards<T> {
    models: Vec<T>,
    count: u64,
    /// Whether something is missing: nothing ever is.
    partial: bool,
}

impl<T> From<Vec<T>> for Cards<T> {
    fn from(models: Vec<T>) -> Self {
        Self { count: models.len() as u64, models, partial: false }
    }
}

/// Of which things.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "Commas<Id>: DeserializeOwned"))]
struct Ids<Id> {
    #[serde(default)]
    id: Commas<Id>,
}

/// Measure requests
///
/// Over time, in stretches of equal length, none left out. A request belongs to the stretch in which it came in, so the
/// sums are what counting the same requests gives. Of bulk operations, at most 100,000 requests are counted; `partial` says
/// when there are more.
#[utoipa::path(
    get, path = "/v1/metrics/requests", tag = "Metrics", params(RequestMetricsParams),
    responses((status = 200, body = MetricSeries)),
)]
async fn requests(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(query): Query<RequestMetricsQuery>,
) -> Answer<Json<MetricSeries>> {
    Ok(Json(yard.request_metrics(&who, &query).await?))
}

/// Measure events
///
/// An event belongs to the stretch in which it was made, whenever it came to its end: `queued_count`,
/// `processing_count` (between two tries, or delayed) and `hold_count` are those that wait now. Of bulk operations, at most
/// 100,000 events are counted; `partial` says when there are more.
#[utoipa::path(
    get, path = "/v1/metrics/events", tag = "Metrics", params(EventMetricsParams),
    responses((status = 200, body = MetricSeries)),
)]
async fn events(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(query): Query<EventMetricsQuery>,
) -> Answer<Json<MetricSeries>> {
    Ok(Json(yard.event_metrics(&who, &query).await?))
}

/// Measure attempts
///
/// Latencies are in milliseconds, within 10 %, and null where there was no attempt. They may come a second later than the
/// counts.
#[utoipa::path(
    get, path = "/v1/metrics/attempts", tag = "Metrics", params(AttemptMetricsParams),
    responses((status = 200, body = MetricSeries)),
)]
async fn attempts(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(query): Query<AttemptMetricsQuery>,
) -> Answer<Json<MetricSeries>> {
    Ok(Json(yard.attempt_metrics(&who, &query).await?))
}

/// Cards of sources
///
/// The last 24 hours of each, in total and in six parts of four hours, the oldest first.
#[utoipa::path(
    get, path = "/v1/metrics/sources", tag = "Metrics", params(SourceIdParams),
    responses((status = 200, body = Cards<SourceCard>)),
)]
async fn sources(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(Ids { id }): Query<Ids<SourceId>>,
) -> Answer<Json<Cards<SourceCard>>> {
    Ok(Json(yard.source_cards(&who, &id.0).await?.into()))
}

/// Cards of connections
///
/// The last 24 hours of each, in total and in six parts of four hours, the oldest first.
#[utoipa::path(
    get, path = "/v1/metrics/connections", tag = "Metrics", params(ConnectionIdParams),
    responses((status = 200, body = Cards<ConnectionCard>)),
)]
async fn connections(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(Ids { id }): Query<Ids<ConnectionId>>,
) -> Answer<Json<Cards<ConnectionCard>>> {
    Ok(Json(yard.connection_cards(&who, &id.0).await?.into()))
}

/// Cards of destinations
///
/// The last 24 hours of each, in total and in six parts of four hours, the oldest first.
#[utoipa::path(
    get, path = "/v1/metrics/destinations", tag = "Metrics", params(DestinationIdParams),
    responses((status = 200, body = Cards<DestinationCard>)),
)]
async fn destinations(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(Ids { id }): Query<Ids<DestinationId>>,
) -> Answer<Json<Cards<DestinationCard>>> {
    Ok(Json(yard.destination_cards(&who, &id.0).await?.into()))
}

/// Cards of transformations
///
/// The last 24 hours of each, in total and in six parts of four hours, the oldest first.
#[utoipa::path(
    get, path = "/v1/metrics/transformations", tag = "Metrics", params(TransformationIdParams),
    responses((status = 200, body = Cards<TransformationCard>)),
)]
async fn transformations(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(Ids { id }): Query<Ids<TransformationId>>,
) -> Answer<Json<Cards<TransformationCard>>> {
    Ok(Json(yard.transformation_cards(&who, &id.0).await?.into()))
}

/// What waits
///
/// For each destination, now.
#[utoipa::path(
    get, path = "/v1/metrics/backlog", tag = "Metrics", params(DestinationIdsParams),
    responses((status = 200, body = Cards<DestinationBacklog>)),
)]
async fn backlog(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(Destinations { destination_id }): Query<Destinations>,
) -> Answer<Json<Cards<DestinationBacklog>>> {
    Ok(Json(yard.backlog(&who, &destination_id.0).await?.into()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Destinations {
    #[serde(default)]
    destination_id: Commas<DestinationId>,
}

/// What to look after
///
/// What failed and was refused in a window of time, what waits now, and which destinations do not do well.
#[utoipa::path(
    get, path = "/v1/alerts", tag = "Metrics", params(WindowParams), responses((status = 200, body = Alerts)),
)]
async fn alerts(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(Within { window }): Query<Within>,
) -> Answer<Json<Alerts>> {
    Ok(Json(yard.alerts(&who, window).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Within {
    #[serde(default)]
    window: Window,
}

/// What every series is asked by.
fn series(measures: &[impl std::fmt::Display]) -> Vec<Parameter> {
    let granularities: Vec<_> = Granularity::ALL.iter().map(|one| one.as_str()).collect();
    vec![
        text("measures", &one_or_more(measures)),
        text("from", "The first stretch has it: RFC 3339, or relative such as `now-24h`, the default."),
        text("to", "The last stretch has it: RFC 3339, or relative; now, when absent."),
        parameter(
            "granularity",
            "How long the stretches are; chosen by the length of the time when absent. Seconds can be told apart for \
             an hour, minutes for 72 hours.",
            words(&granularities),
        ),
    ]
}

macro_rules! parameters {
    ($name:ident: $parameters:expr) => {
        struct $name;

        impl IntoParams for $name {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                $parameters
            }
        }
    };
}

parameters! { RequestMetricsParams: {
    let mut parameters = series(RequestMeasure::ALL);
    parameters.extend([
        ids::<SourceId>("source_id"),
        parameter("status", "Whether they were let in.", words(&["accepted", "rejected"])),
        ids::<BulkOperationId>("batch_operation_id"),
        operation_scope(),
    ]);
    parameters
}}
parameters! { EventMetricsParams: {
    let mut parameters = series(EventMeasure::ALL);
    parameters.extend([
        ids::<SourceId>("source_id"),
        ids::<ConnectionId>("connection_id"),
        ids::<DestinationId>("destination_id"),
        text("status", &one_or_more(hookyard_model::EventStatus::ALL)),
        ids::<BulkOperationId>("batch_operation_id"),
        operation_scope(),
    ]);
    parameters
}}
parameters! { AttemptMetricsParams: {
    let mut parameters = series(AttemptMeasure::ALL);
    parameters.push(ids::<DestinationId>("destination_id"));
    parameters
}}
parameters! { SourceIdParams: vec![ids::<SourceId>("id")] }
parameters! { ConnectionIdParams: vec![ids::<ConnectionId>("id")] }
parameters! { DestinationIdParams: vec![ids::<DestinationId>("id")] }
parameters! { TransformationIdParams: vec![ids::<TransformationId>("id")] }
parameters! { WindowParams: {
    let windows: Vec<_> = Window::ALL.iter().map(|window| window.as_str()).collect();
    vec![parameter("window", "How long ago it begins; 24h when absent.", words(&windows))]
}}
parameters! { DestinationIdsParams: vec![ids::<DestinationId>("destination_id")] }
