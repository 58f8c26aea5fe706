//! Rules: what a connection does with a request, decided and explained.

mod compiled;
mod everywhere;
mod filter_test;
mod ignored;
mod past;
mod sift;
mod trial;

pub(crate) use compiled::CompiledRules;
pub(crate) use ignored::{Ignored, IgnoredColumn, Roster};
pub(crate) use past::{delete_old, keep as keep_past};
pub(crate) use sift::{Said, ask, sift};

use async_trait::async_trait;
use hookyard_model::{
    Actor, FilterTest, FilterTested, Trial, TrialInput,
    service::{Answer, Rules},
};

use crate::Engine;

#[async_trait]
impl Rules for Engine {
    async fn try_rules(&self, who: &Actor, input: TrialInput) -> Answer<Trial> {
        Ok(self.try_on_requests(who, input).await?)
    }

    async fn test_filter(&self, _who: &Actor, test: FilterTest) -> Answer<FilterTested> {
        Ok(filter_test::test(test).await?)
    }
}
