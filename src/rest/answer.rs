//! What a call answers with: its result, or a problem (RFC 9457), always under the call's id.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use axum::{
    Json,
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use hookyard_model::{Code, Direction, Page, PageQuery, Pagination, Problem};
use ring::rand::SecureRandom as _;
use serde::Serialize;
use tracing::Instrument as _;
use ulid::Ulid;

tokio::task_local! {
    /// The id of the call that this task answers.
    static CALL: String;
}

const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What a handler answers.
pub(super) type Answer<T> = Result<T, Refused>;

/// A problem on its way out.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Problem);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(mut problem) = self;
        problem.request_id = CALL.try_with(Clone::clone).ok();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM)], body).into_response();
        let headers = response.headers_mut();
        match problem.code {
            Code::Unauthenticated => {
                for scheme in ["Bearer realm=\"hookyard\"", "Basic realm=\"hookyard\""] {
                    headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
                }
            }
            Code::Unavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Code::TooManyRequests => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            }
            _ => {}
        }
        response
    }
}

/// Something was made: 201 and where it is.
pub(super) struct Created<T>(pub(super) String, pub(super) T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, [(header::LOCATION, self.0)], Json(self.1)).into_response()
    }
}

/// Something was made or replaced: 201 and where it is, or 200.
pub(super) struct Upserted<T>(pub(super) String, pub(super) T, pub(super) bool);

impl<T: Serialize> IntoResponse for Upserted<T> {
    fn into_response(self) -> Response {
        let Self(location, value, made) = self;
        if made { Created(location, value).into_response() } else { Json(value).into_response() }
    }
}

/// Something was queued: 202.
pub(super) struct Queued<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Queued<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self.0)).into_response()
    }
}

/// A list that is always given whole, in the shape of a page.
pub(super) fn whole<T>(models: Vec<T>, order_by: &str, dir: Direction) -> Json<Page<T>> {
    let pagination =
        Pagination { order_by: order_by.to_owned(), dir, limit: PageQuery::MAX_LIMIT, next: None, prev: None };
    Json(Page { count: models.len() as u64, models, pagination })
}

/// Gives each call an id, which its log lines, its answer's `x-request-id` and its problems carry; and sees to it that
/// whatever happens, what comes out is an answer.
pub(super) async fn call(request: Request, next: Next) -> Response {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    let id = unique();
    let span = tracing::info_span!("call", request_id = id, method = %request.method(), path = request.uri().path());
    let method = request.method().clone();
    let answered = async {
        let response = explained(caught(next.run(request)).await, &method);
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    };
    let mut response = CALL.scope(id.clone(), answered.instrument(span)).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// Runs `work` under the id of the call that started it, also in another task.
pub(super) fn same_call<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let id = CALL.try_with(Clone::clone).unwrap_or_default();
    CALL.scope(id, work).in_current_span()
}

/// The answer, or a 500 when what makes it panics: the panic is in the log already.
pub(super) async fn caught(answer: impl Future<Output = Response>) -> Response {
    let mut answer = pin!(answer);
    std::future::poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context))).unwrap_or_else(|_| {
            let detail = "something went wrong on our side; the server's log has it under this request_id";
            tracing::error!("the handler panicked");
            Poll::Ready(Refused(Problem::new(Code::Internal, detail)).into_response())
        })
    })
    .await
}

/// Says in a problem what the router itself answers with its status alone; it adds `Allow` later.
fn explained(response: Response, method: &Method) -> Response {
    let is_problem = response.headers().get(header::CONTENT_TYPE) == Some(&PROBLEM);
    if is_problem || response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let detail = format!("this path does not take {method}; the Allow header lists what it takes");
    Refused(Problem::new(Code::MethodNotAllowed, detail)).into_response()
}

/// An id for a call: sorts by time, and says nothing about any other.
fn unique() -> String {
    let mut chance = [0; 16];
    // Without chance the id is still told apart by its millisecond; it is only for finding lines in the log.
    let _ = ring::rand::SystemRandom::new().fill(&mut chance);
    #[expect(clippy::disallowed_methods, reason = "an id for the log, which no rule depends on")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ulid::from_parts(u64::try_from(now.as_millis()).unwrap_or_default(), u128::from_ne_bytes(chance)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_with_a_problem_under_the_calls_id() {
        let answer = CALL.scope("01H".to_owned(), caught(async { panic!("on purpose") })).await;
        assert_eq!(answer.status(), 500);
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!((problem.code, problem.request_id.as_deref()), (Code::Internal, Some("01H")));
    }

    #[test]
    fn a_missing_key_is_told_how_to_authenticate() {
        let answer = Refused(Problem::new(Code::Unauthenticated, "who?")).into_response();
        assert_eq!(answer.headers().get_all(header::WWW_AUTHENTICATE).iter().count(), 2);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], PROBLEM);
    }

    #[test]
    fn call_ids_differ_and_are_ulids() {
        assert_ne!(unique(), unique());
        assert!(Ulid::from_string(&unique()).is_ok());
    }
}
