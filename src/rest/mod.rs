//! The REST API: one file a noun. A handler extracts, calls Hookyard and wraps the answer; its annotation is both its
//! route and its part of the OpenAPI document.

mod answer;
mod caller;
mod docs;
mod document;
mod idempotency;
mod input;
mod query;

mod attempt;
mod audit;
mod bulk;
mod connection;
mod destination;
mod event;
mod event_type;
mod filter;
mod issue;
mod key;
mod metrics;
mod missed;
mod publish;
mod recovery;
mod replay;
mod request;
mod signing;
mod simulator;
mod source;
mod source_type;
mod team;
mod transformation;
mod verify;
mod webhook;

use std::sync::Arc;

use axum::{
    Router,
    extract::OriginalUri,
    http::header,
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get},
};
use bytes::Bytes;
use hookyard_model::service::Hookyard;
use tokio_util::task::TaskTracker;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use answer::Refused;
pub(crate) use signing::public_router;

/// What the handlers ask.
type Yard = Arc<dyn Hookyard>;

/// How many there are.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct Count {
    count: u64,
}

/// `/v1`, and its documentation at `/docs`. Calls that must come to their end are tracked by `tasks`.
pub(crate) fn router(yard: Yard, tasks: TaskTracker, public_url: &str) -> Router {
    let (calls, document) = routes().split_for_parts();
    let document = document::finish(document, public_url);
    let json = Bytes::from(serde_json::to_vec_pretty(&document).unwrap_or_default());
    calls
        .route("/v1/openapi.json", get(move || async move { ([(header::CONTENT_TYPE, "application/json")], json) }))
        .route("/v1", any(nothing_here))
        .route("/v1/", any(nothing_here))
        .route("/v1/{*rest}", any(nothing_here))
        .layer(from_fn_with_state((Arc::clone(&yard), tasks), idempotency::once))
        .layer(from_fn(answer::call))
        .with_state(yard)
        .merge(docs::router(&document))
}

/// Every call there is.
fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::with_openapi(document::opening())
        .merge(publish::routes())
        .merge(webhook::routes())
        .merge(missed::routes())
        .merge(signing::routes())
        .merge(simulator::routes())
        .merge(event_type::routes())
        .merge(source::routes())
        .merge(source_type::routes())
        .merge(destination::routes())
        .merge(connection::routes())
        .merge(filter::routes())
        .merge(transformation::routes())
        .merge(request::routes())
        .merge(event::routes())
        .merge(bulk::routes())
        .merge(attempt::routes())
        .merge(recovery::routes())
        .merge(metrics::routes())
        .merge(issue::routes())
        .merge(verify::routes())
        .merge(audit::routes())
        .merge(key::routes())
        .merge(team::routes())
}

async fn nothing_here(OriginalUri(uri): OriginalUri) -> Refused {
    Refused(input::nothing_at(uri.path()))
}
