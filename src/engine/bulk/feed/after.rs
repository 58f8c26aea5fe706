//! What the feeder does with an operation that is paused or has ended: what it put into the queue goes on.

use std::time::Duration;

use hookyard_model::{BulkItemStatus, BulkStatus};
use tokio::time::Instant;

use super::{Feeding, IDLE, LOOK_EVERY, forget};
use crate::{
    Engine,
    bulk::{
        Step, change,
        obstacle::Obstacles,
        store::{self, Row},
    },
    error::Result,
};

/// How often those are looked at that go on by their own retries, once it has ended.
const LATER: Duration = Duration::from_secs(15);
/// How long whoever cancels is left alone with what is in the queue: it knows when none of it is about to go out.
const TAKES_BACK: Duration = Duration::from_secs(3);

impl Feeding {
    /// It is paused: what is in the queue may go out still.
    pub(super) async fn wind_down(&mut self, engine: &Engine, row: &Row) -> Result<Step> {
        let parts = store::parts(engine.db(), &row.actor(), &[row.id]).await?;
        let obstacles = Obstacles::find(engine, row, parts.iter()).await?;
        let changes = self.look(engine, row, &obstacles).await?;
        if !changes.is_empty() {
            self.write(engine, BulkStatus::Paused, &changes).await?;
            return Ok(Step::Wait(LOOK_EVERY));
        }
        if row.open_count > 0 {
            self.renew(engine).await?;
            return Ok(Step::Wait(IDLE));
        }
        self.leave(engine, row).await
    }

    /// It has ended; some of what it sent may go on by its own retries.
    pub(super) async fn follow_up(&mut self, engine: &Engine, row: &Row) -> Result<Step> {
        if row.retrying_count == 0 && row.open_count == 0 {
            if store::close(engine.db(), &self.lease.key).await? {
                let parts = store::parts(engine.db(), &row.actor(), &[row.id]).await?;
                forget(engine, row, &parts);
            }
            return self.leave(engine, row).await;
        }
        let is_taken_back = row.status != BulkStatus::Cancelled || self.has_taken_back;
        if !is_taken_back && row.finished_at.is_none_or(|at| at.plus(TAKES_BACK) <= engine.now()) {
            // Whoever cancelled it did not come to the end of it.
            engine.take_back_bulk(&row.actor(), row).await?;
            self.has_taken_back = true;
            return Ok(Step::Again);
        }
        // What was under way when it was cancelled ends as it ends.
        let mut changes = self.outcomes(engine, row, BulkItemStatus::Queued, &Obstacles::default()).await?;
        changes.extend(self.outcomes(engine, row, BulkItemStatus::Retrying, &Obstacles::default()).await?);
        if !changes.is_empty() {
            self.write(engine, row.status, &changes).await?;
        }
        // Once through all of them.
        let is_through = self.retrying_after.is_empty() && self.queued_after.is_empty();
        if is_through && changes.is_empty() && is_taken_back {
            self.leave(engine, row).await
        } else {
            Ok(Step::Wait(LOOK_EVERY))
        }
    }

    async fn write(&mut self, engine: &Engine, status: BulkStatus, changes: &[change::Change]) -> Result<()> {
        let mut tx = engine.db().begin().await?;
        if self.lease.fence(&mut tx).await? == Some(status) {
            change::apply(&mut tx, &self.lease.key, changes).await?;
            tx.commit().await?;
            self.renewed_at = Instant::now();
            self.tell(engine, false);
        }
        Ok(())
    }

    /// Nothing is to be done before somebody does something, or before retries are due.
    async fn leave(&self, engine: &Engine, row: &Row) -> Result<Step> {
        let retrying = u32::try_from(row.retrying_count).unwrap_or(u32::MAX);
        // The more there are, the longer it takes to look through them.
        let again = (row.retrying_count + row.open_count > 0).then(|| engine.now().plus(LATER * (1 + retrying / 5000)));
        Ok(if self.lease.leave(engine.db(), row.status, again).await? { Step::Leave } else { Step::Again })
    }
}
