//! The `Idempotency-Key` header: the same call again gets the same answer, and is not made again.

use axum::{
    body::Body,
    extract::{FromRequestParts as _, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use hookyard_model::{
    Actor, Code, Problem,
    service::{IdempotencyClaim, StoredAnswer},
};
use ring::digest::{Context, SHA256};
use tokio_util::task::TaskTracker;

use super::{
    Yard,
    answer::{Refused, caught, same_call},
    caller::Caller,
    input::whole,
};

const KEY: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// How long a key may be, in bytes.
const LONGEST: usize = 255;

/// Makes a POST that carries a key once.
pub(super) async fn once(
    State((yard, tasks)): State<(Yard, TaskTracker)>,
    request: Request,
    next: Next,
) -> Result<Response, Refused> {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return Ok(next.run(request).await);
    }
    let key = key(request.headers())?;
    let (mut head, body) = request.into_parts();
    let Caller(who) = Caller::from_request_parts(&mut head, &yard).await?;
    let body = whole(&head, body).await?;
    let fingerprint = fingerprint(&head.method, &head.uri, &body);
    match yard.claim_idempotency_key(&who, &key, &fingerprint).await? {
        IdempotencyClaim::Yours => {}
        IdempotencyClaim::Answered(answer) => return Ok(replayed(answer)),
        IdempotencyClaim::UnderWay => {
            let detail = "a call with this idempotency key is under way; try again in a moment";
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        IdempotencyClaim::OtherCall => {
            let detail = "this idempotency key came with another call in the last 24 hours; use a new key";
            return Err(Problem::new(Code::IdempotencyKeyReused, detail).into());
        }
    }
    // In a task of its own, so that the key is settled even when the client does not wait for the answer.
    let work = made(yard, who, key, next.run(Request::from_parts(head, Body::from(body))));
    let answer = tasks.spawn(same_call(work)).await;
    answer.map_err(|_| Problem::new(Code::Internal, "the call did not come to its end").into())
}

/// Makes the call, and keeps its answer unless the failure is ours.
async fn made(yard: Yard, who: Actor, key: String, call: impl Future<Output = Response>) -> Response {
    let (head, body) = caught(call).await.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let keep = !head.status.is_server_error();
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let answer = keep.then(|| StoredAnswer {
        status: head.status.as_u16(),
        content_type: text(header::CONTENT_TYPE),
        location: text(header::LOCATION),
        body: body.to_vec(),
    });
    if let Err(problem) = yard.settle_idempotency_key(&who, &key, answer).await {
        // The call itself is made, and its caller is told so; until the claim runs out, its repetition is refused.
        tracing::warn!(detail = problem.detail, "an idempotency key could not be settled");
    }
    Response::from_parts(head, Body::from(body))
}

fn replayed(answer: StoredAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    for (name, value) in [(header::CONTENT_TYPE, answer.content_type), (header::LOCATION, answer.location)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let key = headers.get(KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
    if (1..=LONGEST).contains(&key.len()) {
        return Ok(key.to_owned());
    }
    Err(Problem::field(KEY, format!("an idempotency key has 1 to {LONGEST} printable ASCII characters")))
}

/// What tells one call from another: method, path, query and body.
fn fingerprint(method: &Method, uri: &Uri, body: &[u8]) -> String {
    let mut context = Context::new(&SHA256);
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    for part in [method.as_str().as_bytes(), path.as_bytes(), body] {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    }
    hex::encode(context.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_printable_ascii() {
        let longest = "k".repeat(LONGEST);
        let too_long = "k".repeat(LONGEST + 1);
        for (given, is_key) in [("a-1", true), (&longest, true), ("", false), (&too_long, false), ("schlüssel", false)]
        {
            let headers: HeaderMap =
                [(HeaderName::from_static(KEY), HeaderValue::from_bytes(given.as_bytes()).unwrap())]
                    .into_iter()
                    .collect();
            assert_eq!(key(&headers).is_ok(), is_key, "{given}");
        }
    }

    #[test]
    fn calls_differ_by_method_path_and_body() {
        let of = |path: &'static str, body: &str| fingerprint(&Method::POST, &Uri::from_static(path), body.as_bytes());
        assert_eq!(of("/a?b", "c"), of("/a?b", "c"));
        for (path, body) in [("/a?b", "d"), ("/a", "c"), ("/a?bc", "")] {
            assert_ne!(of("/a?b", "c"), of(path, body));
        }
        assert_ne!(of("/a", ""), fingerprint(&Method::PUT, &Uri::from_static("/a"), b""));
    }
}
