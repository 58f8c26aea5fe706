//! Searches for a text: each may read much, so only a few are made at once, and lanes and pages keep their connections.

use std::{sync::Arc, time::Duration};

use hookyard_model::{Code, Problem};
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::task::TaskTracker;

use crate::{
    Engine,
    error::{Error, Result},
};

/// How many are made at once: half of the connections by which `SQLite` is read.
const AT_ONCE: usize = 2;
/// How long others wait for their turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whose turn it is to search.
#[derive(Debug, Clone)]
pub(crate) struct Searches {
    turns: Arc<Semaphore>,
    running: TaskTracker,
    patience: Duration,
}

impl Searches {
    pub(crate) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), running: TaskTracker::new(), patience: PATIENCE }
    }

    /// Reads what is asked for, in turn where a `text` is searched for.
    ///
    /// A search is made to its end also when whoever asked has gone: the database does not stop before that either.
    async fn read<T: Send + 'static>(
        &self,
        text: Option<&str>,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        if text.is_none_or(str::is_empty) {
            return work.await;
        }
        let turn = timeout(self.patience, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            let detail = "too many searches are under way; try again in a moment, or search a shorter time";
            return Err(Problem::new(Code::Unavailable, detail).into());
        };
        let searching = async move {
            let found = work.await;
            drop(turn);
            found
        };
        let found = self.running.spawn(searching).await;
        found.map_err(|_| Error::Broken("a search did not come to its end".to_owned()))?
    }
}

impl Engine {
    /// Reads what `read` asks for; one of a few at once where a `text` is searched for.
    pub(crate) async fn in_turn<T, F>(&self, text: Option<&str>, read: impl FnOnce(Self) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.0.searches.read(text, read(self.clone())).await
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn two_search_at_once_and_others_wait_a_while() {
        let searches = Searches { patience: Duration::from_millis(50), ..Searches::new() };
        let begun = Arc::new(AtomicUsize::new(0));
        let endless = || {
            let (searches, begun) = (searches.clone(), Arc::clone(&begun));
            async move {
                let work = async move {
                    begun.fetch_add(1, Ordering::SeqCst);
                    pending::<Result<()>>().await
                };
                searches.read(Some("needle"), work).await
            }
        };
        // Whoever asked may go: their turns last until the database is done.
        for turn in 1..=2 {
            let asking = tokio_util::task::AbortOnDropHandle::new(searches.running.spawn(endless()));
            while begun.load(Ordering::SeqCst) < turn {
                tokio::task::yield_now().await;
            }
            drop(asking);
        }
        let refused: Problem = endless().await.unwrap_err().into();
        assert_eq!((refused.code, begun.load(Ordering::SeqCst)), (Code::Unavailable, 2));
        // What searches for nothing does not wait.
        for text in [None, Some("")] {
            assert!(matches!(searches.read(text, async { Ok(7) }).await, Ok(7)));
        }
    }

    #[tokio::test]
    async fn a_turn_ends_with_its_search() {
        let searches = Searches::new();
        for number in 0..5 {
            let found = searches.read(Some("needle"), async move { Ok(number) }).await;
            assert!(matches!(found, Ok(found) if found == number));
        }
    }
}
