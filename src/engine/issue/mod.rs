//! Issues: failures of one destination with one cause.
//!
//! - A failure is counted in the commit that records it (`count.rs`), where an issue is opened or opened again. Nothing is
//!   paid for what succeeds.
//! - Whoever gives notices also looks after issues (`look.rs`): one message for all of a destination's issues, then none
//!   for the team's quiet time; what was opened meanwhile is told in the next one, if it still fails then.
//! - An issue is over when the destination has delivered since its last failure and nothing failed for a while. The while
//!   grows for those that come back, so that an issue that comes and goes stays one.

mod count;
mod history;
mod look;
mod store;

use async_trait::async_trait;
use hookyard_model::{
    Actor, AttemptHistogram, Code, FailureBucket, Issue, IssueChangeKind, IssueCounts, IssueDetail, IssueFilter,
    IssueId, IssueResolution, IssueState, Page, PageQuery, Problem, Timestamp, Who,
    service::{Answer, Attempts as _, Issues},
};

pub(crate) use count::Failures;
pub(crate) use look::look;
pub(crate) use store::delete_old;

use crate::{
    Engine,
    error::Result,
    rollup::{self, Of, Stretches},
};

/// A list shows so many stretches of so long, in milliseconds.
const STRETCHES: i64 = 48;
const STRETCH: i64 = 30 * 60 * 1000;
/// The shortest time that is drawn of one issue, and the longest, in milliseconds.
const SHORTEST: i64 = 15 * 60 * 1000;
const LONGEST: i64 = 30 * 24 * 60 * 60 * 1000;

fn actor(who: &Actor) -> String {
    match who.who {
        Who::User(user) => user.to_string(),
        Who::Key(key) => key.to_string(),
    }
}

impl Engine {
    async fn page_of_issues(&self, who: &Actor, filter: &IssueFilter, page: &PageQuery) -> Result<Page<Issue>> {
        let now = self.now();
        let rows: Vec<store::Row> = store::page(who, filter, page, self.db(), now).rows(self.db()).await?;
        let mut issues: Vec<_> = rows.into_iter().map(store::Row::into_issue).collect();
        let end = Timestamp::from_millis((now.millis().div_euclid(STRETCH) + 1) * STRETCH);
        self.draw(who, &mut issues, Stretches::ending(end, STRETCH, STRETCHES)).await?;
        Ok(Page::cut(page, issues, |issue| issue.id.to_string()))
    }

    /// Fills in how many failed over time.
    async fn draw(&self, who: &Actor, issues: &mut [Issue], when: Stretches) -> Result<()> {
        let mut ids: Vec<_> = issues.iter().map(|issue| issue.destination_id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(());
        }
        for issue in &mut *issues {
            issue.failures = (0..when.count()).map(|place| FailureBucket { at: when.at(place), attempts: 0 }).collect();
        }
        for row in rollup::failures(self.db(), who, when, Of { ids: &ids, each: true }).await? {
            let (Some(place), Some(id)) = (when.place(row.number), row.id) else { continue };
            let of = |issue: &&mut Issue| issue.destination_id == id && issue.cause == row.cause;
            if let Some(issue) = issues.iter_mut().find(of) {
                issue.failures[place].attempts += row.attempts.unsigned_abs();
            }
        }
        Ok(())
    }

    async fn one_issue(&self, who: &Actor, id: IssueId) -> Result<IssueDetail> {
        let row = self.find_issue(who, id).await?;
        let mut issues = [row.into_issue()];
        let when = self.drawn(&issues[0]);
        self.draw(who, &mut issues, when).await?;
        let [issue] = issues;
        let diagnosis = match issue.last_attempt_id {
            Some(attempt) => match self.attempt(who, attempt).await {
                Ok(attempt) => attempt.diagnosis,
                Err(problem) if problem.code == Code::ResourceNotFound => None,
                Err(problem) => return Err(problem.into()),
            },
            None => None,
        };
        Ok(IssueDetail { diagnosis, history: history::of(self.db(), who, id).await?, issue })
    }

    /// The time around an issue, in stretches that are counted.
    fn drawn(&self, issue: &Issue) -> Stretches {
        let now = self.now();
        let to = issue.resolved_at.map_or(now, |at| at.max(issue.last_seen_at)).min(now).millis();
        let span = (to - issue.opened_at.millis()).clamp(SHORTEST, LONGEST);
        let from = Timestamp::from_millis(to - span - span / 10);
        let to = Timestamp::from_millis(to);
        let mut stretches = [60, 30, 12, 6, 3, 1].into_iter().map(|count| AttemptHistogram::empty(from, to, count));
        let is_kept = |histogram: &AttemptHistogram| {
            rollup::is_kept(histogram.from, i64::try_from(histogram.step_ms).unwrap_or(i64::MAX), now)
        };
        let coarse = || AttemptHistogram::empty(from.minus(std::time::Duration::from_hours(24)), to, 24);
        let chosen = stretches.find(is_kept).unwrap_or_else(coarse);
        let length = i64::try_from(chosen.step_ms).unwrap_or(i64::MAX);
        Stretches { from: chosen.from, to: chosen.to, length }
    }

    async fn find_issue(&self, who: &Actor, id: IssueId) -> Result<store::Row> {
        Ok(store::find(self.db(), who, id).await?.ok_or_else(|| Problem::not_found("issue", id))?)
    }

    async fn look_after(&self, who: &Actor, id: IssueId) -> Result<IssueDetail> {
        let (seen, now) = (self.find_issue(who, id).await?, self.now());
        let lane = seen.lane();
        let mut tx = self.db().begin().await?;
        // Whoever tells has it first.
        store::lock_told(&mut tx, &lane).await?;
        let row = store::lock(&mut tx, &lane, id).await?.ok_or_else(|| Problem::not_found("issue", id))?;
        match row.state {
            IssueState::Resolved => {
                let detail = "it is resolved: there is nothing to look after until it fails again";
                return Err(Problem::new(Code::Conflict, detail).into());
            }
            IssueState::Acknowledged => {}
            IssueState::Open => {
                let by = actor(who);
                store::acknowledge(&mut tx, &row, &by, now).await?;
                history::record(&mut tx, &row, (IssueChangeKind::Acknowledged, None, Some(&by)), now).await?;
                tx.commit().await?;
                self.tell(lane.team, lane.mode, Some(lane.destination));
            }
        }
        self.one_issue(who, id).await
    }
}

#[async_trait]
impl Issues for Engine {
    async fn issues(&self, who: &Actor, filter: &IssueFilter, page: &PageQuery) -> Answer<Page<Issue>> {
        Ok(self.page_of_issues(who, filter, page).await?)
    }

    async fn count_issues(&self, who: &Actor, filter: &IssueFilter) -> Answer<IssueCounts> {
        let mut counts = IssueCounts::default();
        for (state, count) in store::count(self.db(), who, filter, self.now()).await? {
            let place = match state {
                IssueState::Open => &mut counts.open,
                IssueState::Acknowledged => &mut counts.acknowledged,
                IssueState::Resolved => &mut counts.resolved,
            };
            *place = count.unsigned_abs();
        }
        Ok(counts)
    }

    async fn issue(&self, who: &Actor, id: IssueId) -> Answer<IssueDetail> {
        Ok(self.one_issue(who, id).await?)
    }

    async fn acknowledge_issue(&self, who: &Actor, id: IssueId) -> Answer<IssueDetail> {
        Ok(self.look_after(who, id).await?)
    }

    async fn resolve_issue(&self, who: &Actor, id: IssueId) -> Answer<IssueDetail> {
        let row = self.find_issue(who, id).await?;
        look::resolve(self, &row, IssueResolution::Person, Some(&actor(who))).await?;
        Ok(self.one_issue(who, id).await?)
    }
}
