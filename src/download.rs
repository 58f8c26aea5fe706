//! The exact bytes of an attempt as files, for those who are signed in.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use hookyard_model::{Attempt, AttemptId, Body, Problem, service::Hookyard};
use tower_sessions::Session;

type Yard = Arc<dyn Hookyard>;

/// `/api/attempts/{id}/request-body` and `…/response-body`, in the team and mode that the session shows.
pub(crate) fn router(hookyard: Yard) -> Router {
    let of = |which, pick: fn(&Attempt) -> Option<Body>| {
        get(move |State(yard): State<Yard>, Path(id): Path<String>, session: Session| async move {
            file(&yard, &id, &session, which, pick).await
        })
    };
    Router::new()
        .route("/api/attempts/{id}/request-body", of("request", Attempt::request_bytes))
        .route("/api/attempts/{id}/response-body", of("response", Attempt::response_bytes))
        .with_state(hookyard)
}

async fn file(yard: &Yard, id: &str, session: &Session, which: &str, pick: fn(&Attempt) -> Option<Body>) -> Response {
    let who = match hookyard_app::server::actor_of(session, yard.as_ref()).await {
        Ok(Some(who)) => who,
        Ok(None) => return (StatusCode::UNAUTHORIZED, "sign in to download this\n").into_response(),
        Err(problem) => return refusal(&problem),
    };
    let Ok(id) = id.parse::<AttemptId>() else { return nothing() };
    let attempt = match yard.attempt(&who, id).await {
        Ok(attempt) => attempt,
        Err(problem) if problem.status == 404 => return nothing(),
        Err(problem) => return refusal(&problem),
    };
    let Some(body) = pick(&attempt) else { return nothing() };
    // Never a page of ours, whatever the bytes are: a file, of no kind.
    let mut response = body.to_bytes().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{id}-{which}-body\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

fn refusal(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, format!("{}\n", problem.detail)).into_response()
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "there are no such bytes, or no longer\n").into_response()
}
