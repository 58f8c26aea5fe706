use async_trait::async_trait;

use super::Answer;
use crate::{Actor, FilterTest, FilterTested, Trial, TrialInput};

/// Rules, apart from the connections that have them.
#[async_trait]
pub trait Rules: Send + Sync {
    /// What rules would make of requests that came. Nothing is sent or stored.
    async fn try_rules(&self, who: &Actor, input: TrialInput) -> Answer<Trial>;

    /// Whether a filter lets something pass. Neither is stored.
    async fn test_filter(&self, who: &Actor, test: FilterTest) -> Answer<FilterTested>;
}
