//! What the rules of a source's connections say of a request, before it is committed. Pure, and all at once, so that its
//! body is read once.

use std::{collections::HashMap, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use hookyard_model::{Code, Problem, Sameness, View};
use ring::digest::{Context, SHA256, digest};
use tokio::sync::Semaphore;

use crate::{
    capture::Draft,
    error::Result,
    routing::{Branch, Route},
};

/// What a branch's rules say; by default, that it may pass and is not remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// Whether its filter lets the request pass, as far as that is decided here: not where scripts go first.
    pub(crate) passes: bool,
    /// What a request that is the same has too.
    pub(crate) key: Option<String>,
}

impl Default for Said {
    fn default() -> Self {
        Self { passes: true, key: None }
    }
}

/// About how many bytes of body are read on the async threads.
const LARGE: usize = 256 << 10;

/// Whether to ask the rules takes so long that it is to be done off the async threads.
fn takes_long(route: &Route, body: &[u8]) -> bool {
    // Nothing is read more often than there are connections that ask.
    if body.len() <= LARGE / route.branches.len().max(1) {
        return false;
    }
    let asks = |branch: &&Branch| !branch.disabled && branch.rules.asks_for_body();
    let hashes = |branch: &&Branch| !branch.disabled && branch.rules.deduplicate.is_some();
    let reads = route.branches.iter().filter(asks).count();
    let hashed = usize::from(route.branches.iter().any(|branch| hashes(&branch)));
    body.len().saturating_mul(reads + hashed) > LARGE
}

/// How many bytes of large bodies are read at a time: read, they take many times as much.
const READ: u32 = 12 << 20;
static READING: Semaphore = Semaphore::const_new(READ as usize);
/// How long a body waits for its turn before it is refused.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Asks the rules about a request, where that takes long off the async threads.
pub(crate) async fn ask(route: &Arc<Route>, draft: &Draft) -> Result<Vec<Said>> {
    let is_replay = draft.retry.is_some();
    if !takes_long(route, &draft.body) {
        return Ok(sift(route, &draft.view(), is_replay));
    }
    let (route, body) = (Arc::clone(route), draft.body.clone());
    let (headers, path, query) = (draft.headers.clone(), draft.path.clone(), draft.query.clone());
    let sifting = move || sift(&route, &View::of_stored(&headers, &path, &query, &body), is_replay);
    off_the_threads(draft.body.len(), sifting).await
}

/// Does what reads a body of this size: a large one off the async threads, when it is its turn.
pub(super) async fn in_turn<T: Send + 'static>(size: usize, read: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    if size <= LARGE { Ok(read()) } else { off_the_threads(size, read).await }
}

async fn off_the_threads<T: Send + 'static>(size: usize, read: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    off_the_threads_in(&READING, LONGEST_WAIT, size, read).await
}

/// Whoever gives up waiting, the body keeps its turn until it is read.
async fn off_the_threads_in<T: Send + 'static>(
    reading: &'static Semaphore,
    longest_wait: Duration,
    size: usize,
    read: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let turn = reading.acquire_many(u32::try_from(size).unwrap_or(READ).min(READ));
    let Ok(Ok(turn)) = tokio::time::timeout(longest_wait, turn).await else {
        let detail = "too many large bodies are being read just now; try again in a moment";
        return Err(Problem::new(Code::Unavailable, detail).into());
    };
    let done = tokio::task::spawn_blocking(move || {
        let read = read();
        drop(turn);
        read
    });
    // A panic there would be ours; it goes on here.
    Ok(done.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())))
}

/// Asks the rules of each branch, in their order. Replays are never duplicates: within a rule's
/// window they would always be copies of their originals.
pub(crate) fn sift(route: &Route, view: &View<'_>, is_replay: bool) -> Vec<Said> {
    let mut keys: HashMap<&Sameness, Option<String>> = HashMap::new();
    let mut said = Vec::with_capacity(route.branches.len());
    for branch in &route.branches {
        if branch.disabled {
            said.push(Said::default());
            continue;
        }
        let rules = &branch.rules;
        let key = rules.deduplicate.as_ref().filter(|_| !is_replay).and_then(|rule| {
            let known = keys.entry(&rule.sameness).or_insert_with_key(|sameness| key(sameness, view));
            known.clone()
        });
        said.push(Said { passes: rules.has_transforms() || rules.passes(view), key });
    }
    said
}

/// What requests that are the same have in common; `None` when there is nothing to compare.
pub(crate) fn key(sameness: &Sameness, view: &View<'_>) -> Option<String> {
    let mut context = Context::new(&SHA256);
    let any = sameness.write(view, &mut |bytes| context.update(bytes));
    any.then(|| STANDARD_NO_PAD.encode(context.finish()))
}

/// A name for some bytes that no others have.
pub(super) fn name(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(&digest(&SHA256, bytes).as_ref()[..15])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_large_body_that_never_gets_its_turn_is_refused() {
        static FULL: Semaphore = Semaphore::const_new(READ as usize);
        let turn = FULL.acquire_many(READ - 1).await.unwrap();
        let refused: Result<()> = off_the_threads_in(&FULL, Duration::from_millis(1), 2, || ()).await;
        assert!(matches!(refused, Err(crate::error::Error::Problem(problem)) if problem.code == Code::Unavailable));
        drop(turn);
        assert_eq!(off_the_threads_in(&FULL, LONGEST_WAIT, usize::MAX, || 7).await.ok(), Some(7));
    }
}
