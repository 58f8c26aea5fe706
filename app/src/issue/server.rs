//! The server functions about issues: find out who asks, pass it on.

use hookyard_model::{
    Attempt, Cursor, DestinationId, Event, Issue, IssueCounts, IssueDetail, IssueId, IssueState, Page,
};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A page of issues, and how many there are in each state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct IssueList {
    pub(super) page: Page<Issue>,
    pub(super) counts: IssueCounts,
}

/// The issues in this state, or in any, that have the text `q`.
#[server(prefix = "/api", endpoint = "issues", input = GetUrl)]
pub(crate) async fn find_issues(
    state: Option<IssueState>,
    destination: Option<DestinationId>,
    q: Option<String>,
    cursor: Option<Cursor>,
) -> Result<IssueList, Failure> {
    use hookyard_model::{Commas, IssueFilter, PageQuery};

    use crate::server::{actor, hookyard};

    let who = actor().await?;
    let all = IssueFilter { q, destination_id: Commas(destination.into_iter().collect()), ..IssueFilter::default() };
    let filter = IssueFilter { state: Commas(state.into_iter().collect()), ..all.clone() };
    let page = PageQuery { cursor, limit: Some(50), ..PageQuery::default() };
    let page = hookyard().issues(&who, &filter, &page).await?;
    Ok(IssueList { page, counts: hookyard().count_issues(&who, &all).await? })
}

/// The newest issues that are not resolved, of one destination where it is named. A page stands without them.
#[server(prefix = "/api", endpoint = "issues_now", input = GetUrl)]
pub(crate) async fn issues_now(destination: Option<DestinationId>) -> Result<Vec<Issue>, Failure> {
    use hookyard_model::{Commas, IssueFilter, PageQuery};

    use crate::server::{actor, hookyard};

    let filter = IssueFilter {
        state: Commas(vec![IssueState::Open, IssueState::Acknowledged]),
        destination_id: Commas(destination.into_iter().collect()),
        ..IssueFilter::default()
    };
    let page = PageQuery { limit: Some(5), ..PageQuery::default() };
    Ok(hookyard().issues(&actor().await?, &filter, &page).await.map_err(Failure::shown)?.models)
}

/// How many issues nobody looks after.
#[server(prefix = "/api", endpoint = "count_issues", input = GetUrl)]
pub(crate) async fn count_open() -> Result<u64, Failure> {
    use hookyard_model::IssueFilter;

    use crate::server::{actor, hookyard};
    Ok(hookyard().count_issues(&actor().await?, &IssueFilter::default()).await?.open)
}

/// What the page of an issue shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct IssueShown {
    pub(super) detail: IssueDetail,
    /// The newest attempts that failed so.
    pub(super) attempts: Vec<Attempt>,
    /// The newest events that a script failed.
    pub(super) events: Vec<Event>,
}

#[server(prefix = "/api", endpoint = "issue", input = GetUrl)]
pub(crate) async fn read_issue(id: IssueId) -> Result<IssueShown, Failure> {
    use hookyard_model::{
        AttemptFilter, AttemptStatus, Commas, ErrorCode, EventFilter, EventStatus, IssueCause, PageQuery, ResponseCode,
        TimeBound,
    };

    use crate::server::{actor, hookyard};

    let who = actor().await?;
    let detail = hookyard().issue(&who, id).await?;
    let page = PageQuery { limit: Some(8), ..PageQuery::default() };
    let since = Some(TimeBound::At(detail.issue.opened_at.minus(std::time::Duration::from_mins(2))));
    let destination_id = Commas(vec![detail.issue.destination_id]);
    let (mut attempts, mut events) = (Vec::new(), Vec::new());
    // The page stands without these.
    if detail.issue.cause.is_of_transformation() {
        let filter = EventFilter {
            destination_id,
            status: Commas(vec![EventStatus::Failed]),
            error_code: Commas(vec![ErrorCode::TransformFailed]),
            from: since,
            ..EventFilter::default()
        };
        events = hookyard().events(&who, &filter, &page).await.map(|page| page.models).unwrap_or_default();
    } else {
        let (response_status, error_code) = match detail.issue.cause {
            IssueCause::Status(status) => (Commas(vec![ResponseCode::Exactly(status)]), Commas::default()),
            IssueCause::Error(code) => (Commas::default(), Commas(vec![code])),
        };
        let filter = AttemptFilter {
            destination_id,
            status: Some(AttemptStatus::Failed),
            response_status,
            error_code,
            from: since,
            ..AttemptFilter::default()
        };
        attempts = hookyard().attempts(&who, &filter, &page).await.map(|page| page.models).unwrap_or_default();
    }
    Ok(IssueShown { detail, attempts, events })
}

#[server(prefix = "/api", endpoint = "acknowledge_issue")]
pub(crate) async fn acknowledge_issue(id: IssueId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    hookyard().acknowledge_issue(&actor().await?, id).await?;
    Ok(())
}

#[server(prefix = "/api", endpoint = "resolve_issue")]
pub(crate) async fn resolve_issue(id: IssueId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    hookyard().resolve_issue(&actor().await?, id).await?;
    Ok(())
}
