//! What a sender hears.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use hookyard_model::{RejectionCause, RequestId, service::Reply};

use crate::receive::Interrupted;

pub(super) fn accepted(id: RequestId) -> Response {
    json(StatusCode::OK, format!(r#"{{"ok":true,"queued":true,"transport":"queue","request_id":"{id}"}}"#))
}

/// The team's own answer to an accepted request. What cannot stand in a header is left out; a bad status is 200.
///
/// It comes from the dashboard's own origin: should a browser ever show it, nothing in it may run.
pub(super) fn replied(id: RequestId, reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let ours = [
        ("hookyard-request-id", id.to_string()),
        ("x-content-type-options", "nosniff".to_owned()),
        ("content-security-policy", "default-src 'none'; sandbox".to_owned()),
    ];
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    for (name, value) in ours {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

pub(super) fn rejected(id: RequestId, cause: RejectionCause) -> Response {
    let status = match cause {
        RejectionCause::SourceDisabled => StatusCode::GONE,
        RejectionCause::SourceMethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        RejectionCause::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        RejectionCause::SourceAuthFailed => StatusCode::UNAUTHORIZED,
        RejectionCause::TooManyHops => StatusCode::LOOP_DETECTED,
    };
    json(status, format!(r#"{{"ok":false,"error":"{cause}","request_id":"{id}"}}"#))
}

pub(super) fn unknown() -> Response {
    json(StatusCode::NOT_FOUND, r#"{"ok":false,"error":"SOURCE_NOT_FOUND"}"#)
}

/// What is no method at all is not stored.
pub(super) fn no_method() -> Response {
    json(StatusCode::METHOD_NOT_ALLOWED, r#"{"ok":false,"error":"SOURCE_METHOD_NOT_ALLOWED"}"#)
}

/// Nothing was stored: the sender should come again.
pub(super) fn unavailable() -> Response {
    let mut response = json(StatusCode::SERVICE_UNAVAILABLE, r#"{"ok":false,"error":"UNAVAILABLE"}"#);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// The body did not come whole, so nothing was stored. One who went away does not hear this.
pub(super) fn interrupted(why: &Interrupted) -> Response {
    closing(match why {
        Interrupted::TooSlow => json(StatusCode::REQUEST_TIMEOUT, r#"{"ok":false,"error":"BODY_TOO_SLOW"}"#),
        Interrupted::Broken => json(StatusCode::BAD_REQUEST, r#"{"ok":false,"error":"BODY_INCOMPLETE"}"#),
        Interrupted::NoRoom => unavailable(),
    })
}

/// `response` as the last one on its connection, whose next bytes are still the refused body's.
pub(super) fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
