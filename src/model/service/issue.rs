use async_trait::async_trait;

use super::Answer;
use crate::{Actor, Issue, IssueCounts, IssueDetail, IssueFilter, IssueId, Page, PageQuery};

/// Issues: failures of one destination with one cause.
#[async_trait]
pub trait Issues: Send + Sync {
    /// The issues that `filter` finds, newest first unless asked otherwise, by when they were opened for the first time.
    async fn issues(&self, who: &Actor, filter: &IssueFilter, page: &PageQuery) -> Answer<Page<Issue>>;

    /// How many issues `filter` finds, by their states.
    async fn count_issues(&self, who: &Actor, filter: &IssueFilter) -> Answer<IssueCounts>;

    async fn issue(&self, who: &Actor, id: IssueId) -> Answer<IssueDetail>;

    /// Says that somebody looks after an issue. One that is resolved cannot be acknowledged.
    async fn acknowledge_issue(&self, who: &Actor, id: IssueId) -> Answer<IssueDetail>;

    /// Resolves an issue by hand; the next such failure opens it again.
    async fn resolve_issue(&self, who: &Actor, id: IssueId) -> Answer<IssueDetail>;
}
