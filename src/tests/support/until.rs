//! Waiting for what comes about in its own time.

use std::time::{Duration, Instant};

/// How long a test waits before it fails: long, since a busy machine is no failure.
const DEADLINE: Duration = Duration::from_mins(1);

/// Returns when `condition` holds; fails the test when it does not come about.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < DEADLINE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
