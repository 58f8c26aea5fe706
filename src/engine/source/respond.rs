//! Answering the sender of an accepted request as its source says.

use std::{sync::Arc, time::Duration};

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
/// How long a sender waits for its own answer; it gets the default then, for the request is stored already.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

impl Replier {
    /// `None` when what is stored is no answer any more; the sender then gets the default.
    pub(crate) fn new(response: &CustomResponse) -> Option<Self> {
        Responder::new(response).ok().map(|responder| Self(Arc::new(responder)))
    }

    /// The answer to a request that was accepted.
    pub(crate) async fn reply(&self, asked: Asked, body: Bytes) -> Option<Reply> {
        let Answered { status, headers, body, .. } = if body.len() > LARGE && self.0.asks_for_body() {
            let turn = tokio::time::timeout(LONGEST_WAIT, LARGE_BODIES.acquire()).await.ok()?.ok()?;
            let responder = Arc::clone(&self.0);
            let answer = move || {
                let answered = responder.answer(&asked, &body);
                drop(turn);
                answered
            };
            tokio::task::spawn_blocking(answer).await.ok()?
        } else {
            self.0.answer(&asked, &body)
        };
        Some(Reply { status, headers, body: Bytes::from(body) })
    }
}
