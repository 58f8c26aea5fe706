//! Taking requests in: the HTTP side of capture.
//!
//! The busiest path of all. The body is handed on as it came, nothing is parsed, and the answer is written by hand.

mod answer;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::request::Parts,
    response::Response,
    routing::any,
};
use bytes::Bytes;
use hookyard_model::{
    SourceId,
    service::{Arrival, Captured, Hookyard, Refusal},
};
use tokio_util::task::TaskTracker;

use crate::receive::{Interrupted, Received, discard, receive};

/// The longest method that a request has: what is stored of it is part of indexes, which take no long texts.
const LONGEST_METHOD: usize = 32;
/// The path that every source's URL starts with.
const PREFIX: &str = "/in/";

/// Every source's URL. What is left of bodies that are refused is read on `tasks`.
pub(crate) fn router(hookyard: Arc<dyn Hookyard>, tasks: TaskTracker) -> Router {
    Router::new().route("/in/{*rest}", any(take)).with_state((hookyard, tasks))
}

/// Takes one request in: answers 200 when it is committed, and never before.
async fn take(State((hookyard, tasks)): State<(Arc<dyn Hookyard>, TaskTracker)>, request: Request) -> Response {
    let Some(source) = source_of(request.uri().path()) else { return answer::unknown() };
    if request.method().as_str().len() > LONGEST_METHOD {
        return answer::no_method();
    }
    match hookyard.knows_source(source).await {
        Ok(true) => {}
        Ok(false) => return answer::unknown(),
        Err(_) => return answer::unavailable(),
    }
    let (head, mut body) = request.into_parts();
    // What it takes of the memory for bodies, it takes until it is committed.
    let Received { bytes, too_large, held } = match receive(&head.extensions, &mut body, hookyard.body_limit()).await {
        Ok(received) => received,
        Err(interrupted) => {
            if interrupted == Interrupted::NoRoom {
                tasks.spawn(async move { discard(&mut body).await });
            }
            return answer::interrupted(&interrupted);
        }
    };
    let response = match hookyard.capture(arrival(source, &head, bytes, too_large)).await {
        Ok(Captured::Accepted(id, None)) => answer::accepted(id),
        Ok(Captured::Accepted(id, Some(reply))) => answer::replied(id, reply),
        Ok(Captured::Rejected(id, cause)) => answer::rejected(id, cause),
        Err(Refusal::UnknownSource) => answer::unknown(),
        Err(Refusal::Unavailable) => answer::unavailable(),
    };
    drop(held);
    if !too_large {
        return response;
    }
    tasks.spawn(async move { discard(&mut body).await });
    answer::closing(response)
}

/// The source that a path is for, and what follows it.
fn split(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix(PREFIX)?;
    Some(path.find('/').map_or((path, ""), |end| path.split_at(end)))
}

fn source_of(path: &str) -> Option<SourceId> {
    split(path)?.0.parse().ok()
}

fn arrival(source: SourceId, head: &Parts, body: Bytes, too_large: bool) -> Arrival {
    let path = split(head.uri.path()).map_or("", |(_, path)| path).to_owned();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), Bytes::copy_from_slice(value.as_bytes())))
        .collect();
    Arrival { source, method: head.method.as_str().to_owned(), path, query, headers, body, too_large }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_after_the_source_is_kept_as_it_came() {
        for (path, expected) in [
            ("/in/src_1", Some(("src_1", ""))),
            ("/in/src_1/", Some(("src_1", "/"))),
            ("/in/src_1/a%2Fb/../c", Some(("src_1", "/a%2Fb/../c"))),
            ("/in/", Some(("", ""))),
            ("/out/src_1", None),
        ] {
            assert_eq!(split(path), expected, "{path}");
        }
        assert_eq!(source_of("/in/src_nonsense/a"), None);
    }

    #[test]
    fn a_header_that_stands_twice_arrives_twice_and_its_bytes_are_kept() {
        let request = Request::builder()
            .method("POST")
            .uri("/in/src_1/x?a=%20&b")
            .header("X-Tag", "1")
            .header("x-tag", axum::http::HeaderValue::from_bytes(b"\xff2").unwrap())
            .body(axum::body::Body::empty())
            .unwrap();
        let source = "src_01HF7YAT000000000000000007".parse().unwrap();
        let arrival = arrival(source, &request.into_parts().0, Bytes::from_static(b"\0"), false);
        assert_eq!((arrival.path.as_str(), arrival.query.as_str()), ("/x", "a=%20&b"));
        let expected = [("x-tag", &b"1"[..]), ("x-tag", &b"\xff2"[..])];
        assert!(arrival.headers.iter().map(|(name, value)| (name.as_str(), &value[..])).eq(expected));
    }
}
