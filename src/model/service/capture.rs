use async_trait::async_trait;
use bytes::Bytes;

use super::Answer;
use crate::{RejectionCause, RequestId, SourceId};

/// What arrived at a source's URL.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// What the URL ended in, which need not be the source's id.
    pub source: SourceId,
    pub method: String,
    /// What followed the source's URL, starting with `/`; empty when nothing did.
    pub path: String,
    /// The query string, without the question mark.
    pub query: String,
    /// Names in lower case, values as bytes.
    pub headers: Vec<(String, Bytes)>,
    /// The body's exact bytes; of one that is too large, the part that was read.
    pub body: Bytes,
    /// Whether the body went on past the limit.
    pub too_large: bool,
}

/// An answer to a sender in place of the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// What became of what arrived. Either way it is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Captured {
    Accepted(RequestId, Option<Reply>),
    Rejected(RequestId, RejectionCause),
}

/// Why nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such source.
    UnknownSource,
    /// The database cannot take it now; the sender should come again.
    Unavailable,
}

/// Taking requests in.
#[async_trait]
pub trait Captures: Send + Sync {
    /// How many bytes of body a source takes; no source has its own limit yet.
    fn body_limit(&self) -> usize;

    /// Checks what arrived and commits it with its events, in that order; answers when that is durable.
    async fn capture(&self, arrival: Arrival) -> Result<Captured, Refusal>;

    /// Whether there is a source whose URL ends so at all, so that nobody reads a body for nothing.
    async fn knows_source(&self, source: SourceId) -> Answer<bool>;
}
