//! Bulk operations: retries and replays of all that a filter finds.
//!
//! # What is promised
//!
//! - What an operation works on is fixed when it is made, and written down before any of it is sent (`plan.rs`).
//! - One node feeds an operation (`lease.rs`, `feed.rs`); what it puts into the queue and the state of the items are one
//!   commit. A kill at any moment neither repeats nor skips an item.
//! - Nothing of an operation is put into the queue after a commit that paused or cancelled it, since every commit that feeds
//!   locks the operation's row and looks. What waited in the queue is taken back when it is cancelled (`cancel.rs`), at
//!   once, and by its feeder where that did not come to its end. Whoever cancels is answered when nothing of it goes out any
//!   more, from whichever node (`delivery/recall.rs`).
//! - Nobody sends by hand what an operation is about to send.
//! - What ended is kept as long as history is, and what was paused for longer than that is cancelled.
//! - What an operation puts into the queue is chosen in turn with the team's other operations, within the commit that puts it
//!   there: two of them do not send the same.
//! - An item ends with the first try of what it became, and is corrected when the retries of that come to an end.
//!
//! # What adds up
//!
//! Of each operation whose plan is written (`planned_at` is not null): `total_count` is the number of its items, and
//! `pending_count + open_count + done_count + failed_count + skipped_count + cancelled_count = total_count`. The counts are
//! those of the items by status, where `failed_count` is of FAILED and RETRYING together and `retrying_count` of RETRYING
//! alone; once it is CANCELLED its PENDING items count as cancelled, and `pending_count` is 0. What a team is shown counts
//! each skipped item as done or as failed: `elsewhere_count` of them were delivered by another way, or are about to be. An item that is QUEUED,
//! RETRYING, DONE or FAILED has a `new_event_id` (events) or a `new_request_id` (requests), no two items the same, whose
//! row has `bulk_id` set to the operation, unless its time was past and it was deleted. Every event of `retry_kind` bulk
//! with a `bulk_id` of an operation of events that is still there is the `new_event_id` of exactly one of its items. A
//! COMPLETED operation has no item that is PENDING or QUEUED.

mod cancel;
mod change;
mod count;
mod estimate;
mod events;
mod feed;
mod feeder;
mod items;
mod lease;
mod obstacle;
mod orders;
mod outcome;
mod plan;
mod preview;
mod requests;
mod shown;
mod store;
mod targets;
mod ways;
mod window;

pub(crate) use feeder::{Feeder, run};
pub(crate) use orders::{Orders, orders, stop};
pub(crate) use store::{about_to_bring, cancel_forgotten, delete_old};
pub(crate) use targets::{Walk, of_operations};

use std::time::Duration;

use async_trait::async_trait;
use hookyard_model::{
    Actor, AuditAction, BulkBucket, BulkInput, BulkItem, BulkItemStatus, BulkKind, BulkLimit, BulkOperation,
    BulkOperationId, BulkPreview, BulkStatus, BulkTargets, Code, EventId, FieldError, Page, PageQuery, Problem,
    RatePeriod, RequestId, TimeBound, Timestamp, Who,
    service::{Answer, BulkOperations},
};

use self::store::{Key, Row};
use crate::{
    Engine, audit,
    error::{Error, Result},
    recovery,
};

/// The largest limit that can be set, and the longest reason that can be given.
const MOST: u32 = 10_000;
const LONGEST: usize = 500;
/// How long the word may be by which a start is known.
const LONGEST_WORD: usize = 64;
/// How many values a filter has of each name, and how long a text is that is searched for.
const MOST_VALUES: usize = 1000;
const LONGEST_TEXT: usize = 1000;
/// How many operations a team has that have not ended, in each mode.
const MOST_ONGOING: i64 = 20;

/// What a look at an operation came to.
enum Step {
    Again,
    /// Nothing to do for so long, unless something changes.
    Wait(Duration),
    /// Nothing for this node to do any more.
    Leave,
}

impl Engine {
    async fn bulk_row(&self, who: &Actor, id: BulkOperationId) -> Result<Row> {
        let found = store::find(self.db(), &Key { team: who.team, mode: who.mode, id }).await?;
        found.ok_or_else(|| Problem::not_found("bulk operation", id).into())
    }

    /// Changes where an operation is, when `may` says from where it is to where.
    async fn turn_bulk(
        &self,
        who: &Actor,
        id: BulkOperationId,
        action: AuditAction,
        may: impl Fn(&Row) -> std::result::Result<BulkStatus, String>,
    ) -> Result<Row> {
        let key = Key { team: who.team, mode: who.mode, id };
        let mut tx = self.db().begin().await?;
        let row = store::lock(&mut tx, &key).await?.ok_or_else(|| Problem::not_found("bulk operation", id))?;
        let status = may(&row).map_err(|detail| Problem::new(Code::Conflict, detail))?;
        let reason = (status == BulkStatus::Paused).then_some("it was paused");
        store::set_status(&mut tx, &key, status, reason, self.now()).await?;
        match status {
            BulkStatus::Running | BulkStatus::Planned => store::unstop(&mut tx, &key).await?,
            BulkStatus::Cancelled => store::cancel_pending(&mut tx, &key).await?,
            BulkStatus::Paused | BulkStatus::Completed | BulkStatus::Failed => {}
        }
        audit::record(self, &mut tx, who, action, id, None).await?;
        tx.commit().await?;
        self.bulk_changed(who);
        Ok(row)
    }

    /// What lanes and feeders know of a team's operations is out of date.
    fn bulk_changed(&self, who: &Actor) {
        self.settings_changed(who.team);
        self.0.bulk.look();
        self.tell(who.team, who.mode, None);
    }

    async fn begin_bulk(&self, who: &Actor, input: &BulkInput) -> Result<BulkOperationId> {
        check(input, self.now())?;
        if let Some(id) = self.begun_bulk(who, input).await? {
            return Ok(id);
        }
        let now = self.now();
        let targets = targets::resolved(&input.targets, now);
        let counted = self.bulk_counts(who, &targets, now).await?;
        let unproven = input.unproven.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if matches!(who.who, Who::User(_)) && unproven.is_none() {
            let reach = self.reach_of_bulk(who, &counted).await?;
            if let Some(locked) = recovery::lock(self, who, &reach).await? {
                return Err(Problem::new(Code::Conflict, locked).into());
            }
        }
        let id = BulkOperationId::new(self.ids().unique(now));
        let row = new_row(who, id, &targets, input, unproven, (counted.total, now))?;
        let mut tx = self.db().begin().await?;
        if store::ongoing(&mut tx, who).await? >= MOST_ONGOING {
            let detail = format!("{MOST_ONGOING} bulk operations go on already: wait for one to end, or cancel one");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        if !store::create(&mut tx, &row, input.once.as_deref()).await? {
            // Asked for twice at the same moment.
            tx.rollback().await?;
            let first = self.begun_bulk(who, input).await?;
            return first.ok_or_else(|| Problem::new(Code::Conflict, "it was started a moment ago").into());
        }
        let what = match row.kind {
            BulkKind::EventBulkRetry => "events",
            BulkKind::RequestBulkRetry => "requests",
        };
        let detail = match unproven {
            Some(why) => format!("{} {what}, without proof: {why}", counted.total),
            None => format!("{} {what}", counted.total),
        };
        audit::record(self, &mut tx, who, AuditAction::BulkStarted, id, Some(&detail)).await?;
        tx.commit().await?;
        self.0.bulk.look();
        self.tell(who.team, who.mode, None);
        Ok(id)
    }

    /// The operation that the same start made before.
    async fn begun_bulk(&self, who: &Actor, input: &BulkInput) -> Result<Option<BulkOperationId>> {
        match input.once.as_deref() {
            Some(once) => store::started(self.db(), who, once).await,
            None => Ok(None),
        }
    }
}

fn check(input: &BulkInput, now: Timestamp) -> Answer<()> {
    if let Some(limit) = input.limit {
        check_limit(limit)?;
    }
    if input.unproven.as_ref().is_some_and(|text| text.chars().count() > LONGEST) {
        return Err(Problem::field("/unproven", format!("has at most {LONGEST} characters")));
    }
    if input.once.as_ref().is_some_and(|word| word.len() > LONGEST_WORD) {
        return Err(Problem::field("/once", format!("has at most {LONGEST_WORD} characters")));
    }
    let (from, to) = match &input.targets {
        BulkTargets::Events(filter) => (filter.from, filter.to),
        BulkTargets::Requests(filter) => (filter.from, filter.to),
    };
    TimeBound::check_order("/filter/from", from, to, now)?;
    check_size(&input.targets)
}

/// Whether a filter is no larger than a statement bears.
fn check_size(targets: &BulkTargets) -> Answer<()> {
    let names = serde_json::to_value(targets).unwrap_or_default();
    let mut mistakes = Vec::new();
    for (name, value) in names.as_object().into_iter().flatten() {
        let Some(text) = value.as_str() else { continue };
        let detail = if name == "q" {
            (text.chars().count() > LONGEST_TEXT).then(|| format!("has at most {LONGEST_TEXT} characters"))
        } else {
            (text.split(',').count() > MOST_VALUES).then(|| format!("has at most {MOST_VALUES} values"))
        };
        mistakes.extend(detail.map(|detail| FieldError::new(format!("/filter/{name}"), detail)));
    }
    Problem::check(mistakes)
}

fn check_limit(limit: BulkLimit) -> Answer<()> {
    if (1..=MOST).contains(&limit.rate_limit) {
        return Ok(());
    }
    Err(Problem::field("/rate_limit", format!("must be 1 to {MOST}")))
}

fn new_row(
    who: &Actor,
    id: BulkOperationId,
    targets: &BulkTargets,
    input: &BulkInput,
    unproven: Option<&str>,
    (total, now): (u64, Timestamp),
) -> Result<Row> {
    // Whatever is made from now on has a later id, unless it is made within this millisecond.
    let before = Timestamp::from_millis(now.millis().saturating_add(1));
    let last_id = match targets {
        BulkTargets::Events(_) => EventId::first_at(before).to_string(),
        BulkTargets::Requests(_) => RequestId::first_at(before).to_string(),
    };
    Ok(Row {
        team_id: who.team,
        mode: who.mode,
        id,
        kind: targets.kind(),
        status: BulkStatus::Planned,
        filter: serde_json::to_string(targets)?,
        as_asked: targets::is_as_asked(targets),
        requested_by: Some(match who.who {
            Who::User(user) => user.to_string(),
            Who::Key(key) => key.to_string(),
        }),
        requested_by_name: None,
        rate_limit: input.limit.map(|limit| i64::from(limit.rate_limit)),
        rate_limit_period: input.limit.map_or(RatePeriod::Second, |limit| limit.rate_limit_period),
        pause_reason: None,
        failure: None,
        unproven: unproven.map(str::to_owned),
        total_count: i64::try_from(total).unwrap_or(i64::MAX),
        pending_count: 0,
        open_count: 0,
        done_count: 0,
        failed_count: 0,
        skipped_count: 0,
        elsewhere_count: 0,
        cancelled_count: 0,
        retrying_count: 0,
        queued_count: 0,
        bytes: 0,
        planned_to: String::new(),
        last_id,
        planned_at: None,
        holder: None,
        epoch: 0,
        created_at: now,
        started_at: None,
        paused_at: None,
        finished_at: None,
    })
}

#[async_trait]
impl BulkOperations for Engine {
    async fn preview_bulk(&self, who: &Actor, input: &BulkInput) -> Answer<BulkPreview> {
        check(input, self.now())?;
        Ok(self.preview_of_bulk(who, input).await?)
    }

    fn fresh_word(&self) -> String {
        self.ids().uuid()
    }

    async fn start_bulk(&self, who: &Actor, input: &BulkInput) -> Answer<BulkOperation> {
        let id = self.begin_bulk(who, input).await?;
        self.bulk_operation(who, id).await
    }

    async fn bulk_operations(
        &self,
        who: &Actor,
        kind: Option<BulkKind>,
        bucket: BulkBucket,
        page: &PageQuery,
    ) -> Answer<Page<BulkOperation>> {
        let rows = store::page(self.db(), who, kind, bucket, page).await?;
        let page = Page::cut(page, rows, |row| row.id.to_string());
        let models = self.shown_bulks(who, page.models).await?;
        Ok(Page { models, count: page.count, pagination: page.pagination })
    }

    async fn bulk_operation(&self, who: &Actor, id: BulkOperationId) -> Answer<BulkOperation> {
        let row = self.bulk_row(who, id).await?;
        Ok(self.shown_bulk(who, row).await?)
    }

    async fn bulk_items(
        &self,
        who: &Actor,
        id: BulkOperationId,
        status: Option<BulkItemStatus>,
        page: &PageQuery,
    ) -> Answer<Page<BulkItem>> {
        let row = self.bulk_row(who, id).await?;
        Ok(items::page(self.db(), who, &row, status, page).await?)
    }

    async fn pause_bulk(&self, who: &Actor, id: BulkOperationId) -> Answer<BulkOperation> {
        let may = |row: &Row| match row.status {
            BulkStatus::Planned | BulkStatus::Running => Ok(BulkStatus::Paused),
            BulkStatus::Paused => Err(format!("{id} is paused already")),
            status => Err(format!("{id} has ended: it is {status}")),
        };
        self.turn_bulk(who, id, AuditAction::BulkPaused, may).await?;
        self.bulk_operation(who, id).await
    }

    async fn resume_bulk(&self, who: &Actor, id: BulkOperationId) -> Answer<BulkOperation> {
        let may = |row: &Row| match row.status {
            BulkStatus::Paused if row.planned_at.is_none() => Ok(BulkStatus::Planned),
            // Also where it runs, and a part of it stopped.
            BulkStatus::Paused | BulkStatus::Running => Ok(BulkStatus::Running),
            BulkStatus::Planned => Err(format!("{id} is not paused")),
            status => Err(format!("{id} has ended: it is {status}")),
        };
        self.turn_bulk(who, id, AuditAction::BulkResumed, may).await?;
        self.bulk_operation(who, id).await
    }

    async fn cancel_bulk(&self, who: &Actor, id: BulkOperationId) -> Answer<BulkOperation> {
        let may = |row: &Row| {
            let is_ongoing = row.status.is_ongoing();
            is_ongoing.then_some(BulkStatus::Cancelled).ok_or_else(|| format!("{id} has ended: it is {}", row.status))
        };
        let row = self.turn_bulk(who, id, AuditAction::BulkCancelled, may).await?;
        // It is finished also when whoever asked has gone.
        let (engine, actor) = (self.clone(), *who);
        let taken = self.0.bulk.begun.spawn(async move { engine.take_back_bulk(&actor, &row).await });
        taken.await.map_err(|_| Error::Broken("what was cancelled was not all taken back".to_owned()))??;
        self.bulk_operation(who, id).await
    }

    async fn limit_bulk(&self, who: &Actor, id: BulkOperationId, limit: Option<BulkLimit>) -> Answer<BulkOperation> {
        if let Some(limit) = limit {
            check_limit(limit)?;
        }
        let key = Key { team: who.team, mode: who.mode, id };
        let mut tx = self.db().begin().await.map_err(crate::error::Error::from)?;
        let row = store::lock(&mut tx, &key).await?.ok_or_else(|| Problem::not_found("bulk operation", id))?;
        if !row.status.is_ongoing() {
            return Err(Problem::new(Code::Conflict, format!("{id} has ended: it is {}", row.status)));
        }
        let period = limit.map_or(RatePeriod::Second, |limit| limit.rate_limit_period);
        store::set_limit(&mut tx, &key, limit.map(|limit| i64::from(limit.rate_limit)), period).await?;
        let detail = limit.map_or_else(|| "no limit".to_owned(), |limit| format!("{} a {period}", limit.rate_limit));
        audit::record(self, &mut tx, who, AuditAction::BulkLimited, id, Some(&detail)).await?;
        tx.commit().await.map_err(crate::error::Error::from)?;
        self.bulk_changed(who);
        self.bulk_operation(who, id).await
    }
}
