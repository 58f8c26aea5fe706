//! Reading a request's body, within a size and a time.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;

/// How long a body may take to arrive. A sender that drips holds nothing for longer.
const DEADLINE: Duration = Duration::from_mins(1);

/// How long, and for how many bytes, a body that is refused is still read so that its sender hears the answer: one who
/// is cut off while sending mostly sees a broken connection instead.
const PATIENCE: (Duration, usize) = (Duration::from_secs(2), 64 << 20);

/// A body as it came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    /// Whether the body went on past the limit; the bytes are cut there.
    pub(crate) too_large: bool,
}

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// It did not arrive within a minute.
    TooSlow,
    /// The sender went away, or broke the framing.
    Broken,
}

/// Reads `body` up to `limit` bytes.
pub(crate) async fn receive(body: &mut Body, limit: usize) -> Result<Received, Interrupted> {
    within(DEADLINE, body, limit).await
}

async fn within(deadline: Duration, body: &mut Body, limit: usize) -> Result<Received, Interrupted> {
    tokio::time::timeout(deadline, collect(body, limit)).await.unwrap_or(Err(Interrupted::TooSlow))
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

async fn collect(body: &mut Body, limit: usize) -> Result<Received, Interrupted> {
    // Most bodies are one frame, which is kept as it is; only longer ones are copied together.
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Interrupted::Broken)?.into_data() else { continue };
        if first.is_empty() {
            first = data;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&data);
        }
        if first.len().max(all.len()) > limit {
            let mut bytes = if all.is_empty() { first } else { all.freeze() };
            bytes.truncate(limit);
            return Ok(Received { bytes, too_large: true });
        }
    }
    Ok(Received { bytes: if all.is_empty() { first } else { all.freeze() }, too_large: false })
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
            let received = receive(&mut body, 4).await.unwrap();
            assert_eq!((received.bytes, received.too_large), (Bytes::from(expected), too_large), "{case}");
        }
    }

    #[tokio::test]
    async fn a_body_that_stops_halfway_is_not_a_body() {
        let frames = [Ok(Bytes::from("ab")), Err(std::io::Error::other("gone"))];
        let mut body = Body::from_stream(futures_util::stream::iter(frames));
        assert_eq!(receive(&mut body, 4).await, Err(Interrupted::Broken));
    }

    #[tokio::test]
    async fn a_body_that_never_comes_is_given_up() {
        let mut body = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(within(Duration::from_millis(1), &mut body, 4).await, Err(Interrupted::TooSlow));
    }
}
