use async_trait::async_trait;

use super::Answer;
use crate::{Actor, Verification};

/// Whether all that was accepted is accounted for.
#[async_trait]
pub trait Verifications: Send + Sync {
    /// The last verification, finished or not; `None` when there was none yet.
    async fn verification(&self, who: &Actor) -> Answer<Option<Verification>>;

    /// Starts one, and returns at once; one that runs goes on.
    async fn start_verification(&self, who: &Actor) -> Answer<Verification>;

    /// Stops the one that runs.
    async fn stop_verification(&self, who: &Actor) -> Answer<Verification>;
}
