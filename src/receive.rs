//! Reading a request's body, within a size, a time, and the memory that there is for all of them.

use std::time::Duration;

use axum::{body::Body, http::Extensions};
use bytes::{Bytes, BytesMut};
use hookyard_engine::{Budget, Held};
use http_body_util::BodyExt as _;

/// How long a body may take to arrive. A sender that drips holds nothing for longer.
const DEADLINE: Duration = Duration::from_mins(1);

/// How long, and for how many bytes, a body that is refused is still read so that its sender hears the answer: one who
/// is cut off while sending mostly sees a broken connection instead.
const PATIENCE: (Duration, usize) = (Duration::from_secs(2), 64 << 20);

/// How much of a body is read whatever others take, so that what is small always gets through.
const FREE: usize = 64 << 10;

/// A body as it came.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    /// Whether the body went on past the limit; the bytes are cut there.
    pub(crate) too_large: bool,
    /// What it takes of the memory for bodies, until it is dropped.
    pub(crate) held: Option<Held>,
}

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// It did not arrive within a minute.
    TooSlow,
    /// The sender went away, or broke the framing.
    Broken,
    /// Others take all the memory that there is for bodies.
    NoRoom,
}

/// Reads `body` up to `limit` bytes, within the [`Budget`] for all bodies that is among the request's `extensions`.
pub(crate) async fn receive(extensions: &Extensions, body: &mut Body, limit: usize) -> Result<Received, Interrupted> {
    within(DEADLINE, extensions.get(), body, limit).await
}

async fn within(
    deadline: Duration,
    budget: Option<&Budget>,
    body: &mut Body,
    limit: usize,
) -> Result<Received, Interrupted> {
    tokio::time::timeout(deadline, collect(budget, body, limit)).await.unwrap_or(Err(Interrupted::TooSlow))
}

/// Reads on past the limit for a moment and throws away what comes.
pub(crate) async fn discard(body: &mut Body) {
    let (time, mut left) = PATIENCE;
    let rest = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    // What did not come by then is the sender's loss.
    let _ = tokio::time::timeout(time, rest).await;
}

async fn collect(budget: Option<&Budget>, body: &mut Body, limit: usize) -> Result<Received, Interrupted> {
    // Most bodies are one frame, which is kept as it is; only longer ones are copied together.
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    let mut held = budget.map(|budget| budget.hold(0));
    let mut has = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Interrupted::Broken)?.into_data() else { continue };
        let more = data.len().min((has + data.len()).saturating_sub(FREE));
        has += data.len();
        if more > 0 && held.as_mut().is_some_and(|held| !held.grow(more)) {
            return Err(Interrupted::NoRoom);
        }
        if first.is_empty() {
            first = data;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&data);
        }
        if has > limit {
            let mut bytes = if all.is_empty() { first } else { all.freeze() };
            bytes.truncate(limit);
            return Ok(Received { bytes, too_large: true, held });
        }
    }
    Ok(Received { bytes: if all.is_empty() { first } else { all.freeze() }, too_large: false, held })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_cut_at_the_limit() {
        for (case, frames, expected, too_large) in [
            ("nothing", vec![], "", false),
            ("one frame", vec!["abcd"], "abcd", false),
            ("frames up to the limit", vec!["ab", "", "cd"], "abcd", false),
            ("one frame too long", vec!["abcde"], "abcd", true),
            ("frames that go on", vec!["abc", "de", "f"], "abcd", true),
        ] {
            let frames = frames.into_iter().map(|frame| Ok::<_, std::io::Error>(Bytes::from(frame)));
            let mut body = Body::from_stream(futures_util::stream::iter(frames));
            let received = receive(&Extensions::new(), &mut body, 4).await.unwrap();
            assert_eq!((received.bytes, received.too_large), (Bytes::from(expected), too_large), "{case}");
        }
    }

    #[tokio::test]
    async fn a_body_that_stops_halfway_is_not_a_body() {
        let frames = [Ok(Bytes::from("ab")), Err(std::io::Error::other("gone"))];
        let mut body = Body::from_stream(futures_util::stream::iter(frames));
        assert_eq!(receive(&Extensions::new(), &mut body, 4).await.err(), Some(Interrupted::Broken));
    }

    #[tokio::test]
    async fn a_body_that_never_comes_is_given_up() {
        let mut body = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(within(Duration::from_millis(1), None, &mut body, 4).await.err(), Some(Interrupted::TooSlow));
    }

    #[tokio::test]
    async fn all_bodies_share_the_memory_that_there_is() {
        let budget = Budget::new(FREE);
        let mut extensions = Extensions::new();
        extensions.insert(budget.clone());
        let body = |frames: &[usize]| {
            let frames: Vec<_> =
                frames.iter().map(|length| Ok::<_, std::io::Error>(Bytes::from(vec![0; *length]))).collect();
            Body::from_stream(futures_util::stream::iter(frames))
        };
        let large = receive(&extensions, &mut body(&[FREE + 1, FREE / 2, FREE / 2 - 1]), 1 << 20).await.unwrap();
        assert_eq!(large.bytes.len(), 2 * FREE);
        for (case, frames, refused) in [
            ("what is small always fits", &[FREE / 2, FREE / 2][..], None),
            ("what is large does not", &[FREE, 1], Some(Interrupted::NoRoom)),
            ("nor in one frame", &[FREE + 1], Some(Interrupted::NoRoom)),
        ] {
            assert_eq!(receive(&extensions, &mut body(frames), 1 << 20).await.err(), refused, "{case}");
        }
        drop(large);
        assert!(receive(&extensions, &mut body(&[2 * FREE]), 1 << 20).await.is_ok(), "it is given back");
    }
}
