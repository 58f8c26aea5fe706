//! Answering the sender of an accepted request as its source says.

use std::sync::Arc;

use bytes::Bytes;
use hookyard_model::{Answered, Asked, CustomResponse, Responder, service::Reply};
use tokio::sync::Semaphore;

/// A body beyond this is read off the async threads.
const LARGE: usize = 256 << 10;

/// A source's own answers.
#[derive(Debug, Clone)]
pub(crate) struct Replier(Arc<Responder>);

/// Few large bodies are read at a time: read, they take several times their size.
static LARGE_BODIES: Semaphore = Semaphore::const_new(2);

impl Replier {
    /// `None` when what is stored is no answer any more; the sender then gets the default.
    pub(crate) fn new(response: &CustomResponse) -> Option<Self> {
        Responder::new(response).ok().map(|responder| Self(Arc::new(responder)))
    }

    /// The answer to a request that was accepted.
    pub(crate) async fn reply(&self, asked: Asked, body: Bytes) -> Option<Reply> {
        let Answered { status, headers, body, .. } = if body.len() > LARGE && self.0.asks_for_body() {
            let turn = LARGE_BODIES.acquire().await.ok()?;
            let responder = Arc::clone(&self.0);
            let answered = tokio::task::spawn_blocking(move || responder.answer(&asked, &body)).await.ok()?;
            drop(turn);
            answered
        } else {
            self.0.answer(&asked, &body)
        };
        Some(Reply { status, headers, body: Bytes::from(body) })
    }
}
