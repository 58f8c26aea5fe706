//! What those who watch the server ask: is it alive, can it work, what are its numbers.

use std::sync::Arc;

use axum::{Router, extract::State, http::header, routing::get};
use hookyard_model::service::Hookyard;

use crate::rest::Refused;

pub(crate) fn router(hookyard: Arc<dyn Hookyard>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(hookyard)
}

/// 200 when the database answers and is migrated, else 503.
async fn ready(State(hookyard): State<Arc<dyn Hookyard>>) -> Result<&'static str, Refused> {
    hookyard.ready().await?;
    Ok("ready")
}

async fn metrics(State(hookyard): State<Arc<dyn Hookyard>>) -> ([(header::HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], hookyard.metrics().await)
}
