//! What happens to issues by itself: people are told, and what delivers again is resolved.

use hookyard_model::{IssueChangeKind, IssueResolution, IssueState, issue_calm};

use super::{
    history,
    store::{self, Row, Told},
};
use crate::{
    Engine,
    db::Tx,
    delivery::LaneKey,
    error::{Error, Result, is_outage},
    notice::{self, IssueFacts},
};

/// Tells of issues that were opened, and resolves those that are over.
pub(crate) async fn look(engine: &Engine) -> Result<()> {
    let now = engine.now();
    for untold in store::untold(engine.db()).await? {
        if !untold.is_quiet(now) {
            let lane = untold.lane();
            survive(tell(engine, &lane).await, &lane)?;
        }
    }
    for row in store::calm(engine.db(), now.minus(issue_calm(0))).await? {
        let lane = row.lane();
        survive(settle(engine, row).await, &lane)?;
    }
    Ok(())
}

/// What is wrong with one keeps nothing from others; without a database the next would only wait as well.
fn survive(done: Result<()>, lane: &LaneKey) -> Result<()> {
    match done {
        Err(Error::Database(error)) if is_outage(&error) => Err(error.into()),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error, destination_id = %lane.destination,
                "an issue cannot be looked after"
            );
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// One message about all of the destination's issues that people have not heard of.
async fn tell(engine: &Engine, lane: &LaneKey) -> Result<()> {
    let now = engine.now();
    let mut tx = engine.db().begin().await?;
    let told = store::lock_told(&mut tx, lane).await?;
    // Another node may have been faster.
    if store::is_quiet(told.told_at, store::quiet_minutes(&mut tx, lane.team).await?, now) {
        return Ok(());
    }
    let all = store::unresolved(&mut tx, lane).await?;
    let is_new = |row: &&Row| row.times_told < row.times_opened;
    let Some(first) = all.iter().find(is_new).cloned() else { return Ok(()) };
    store::mark_told(&mut tx, lane).await?;
    store::set_told(&mut tx, lane, Told { told_at: Some(now), is_failing: true, untold: 0 }).await?;
    let facts = facts(engine, first, all.len().saturating_sub(1), told.untold);
    notice::insert_issue(engine, &mut tx, &facts, now).await?;
    tx.commit().await?;
    tracing::info!(destination_id = %lane.destination, "an issue was opened");
    engine.tell(lane.team, lane.mode, Some(lane.destination));
    Ok(())
}

fn facts(engine: &Engine, row: Row, others: usize, untold: i64) -> IssueFacts {
    let url = format!("{}/issues/{}", engine.0.config.public_url, row.id);
    IssueFacts::of(row.into_issue(), url, u32::try_from(others).unwrap_or(u32::MAX), untold.unsigned_abs())
}

/// Resolves an issue whose destination delivers again, or is gone.
async fn settle(engine: &Engine, row: Row) -> Result<()> {
    if row.is_deleted {
        return resolve(engine, &row, IssueResolution::Deleted, None).await;
    }
    let returns = u32::try_from(row.times_returned).unwrap_or(u32::MAX);
    if row.last_seen_at.plus(issue_calm(returns)) > engine.now() || !store::has_delivered(engine.db(), &row).await? {
        return Ok(());
    }
    resolve(engine, &row, IssueResolution::Itself, None).await
}

/// Resolves an issue, and tells when it was the last of a destination that people believe to fail.
pub(super) async fn resolve(engine: &Engine, seen: &Row, resolution: IssueResolution, by: Option<&str>) -> Result<()> {
    let (now, lane) = (engine.now(), seen.lane());
    let mut tx = engine.db().begin().await?;
    let told = store::lock_told(&mut tx, &lane).await?;
    let Some(row) = store::lock(&mut tx, &lane, seen.id).await? else { return Ok(()) };
    let is_over = row.last_seen_at == seen.last_seen_at || resolution != IssueResolution::Itself;
    if row.state == IssueState::Resolved || !is_over {
        return Ok(());
    }
    store::resolve(&mut tx, &row, (resolution, by), now).await?;
    history::record(&mut tx, &row, (IssueChangeKind::Resolved, Some(resolution), by), now).await?;
    let left = store::unresolved(&mut tx, &lane).await?;
    let untold = told.untold + i64::from(row.times_told < row.times_opened);
    let is_failing = told.is_failing && !left.is_empty();
    store::set_told(&mut tx, &lane, Told { is_failing, untold, ..told }).await?;
    if told.is_failing && !is_failing {
        recovered(engine, &mut tx, &lane, &row, untold).await?;
    }
    if left.is_empty() && resolution == IssueResolution::Deleted {
        store::forget_told(&mut tx, &lane).await?;
    }
    tx.commit().await?;
    tracing::info!(destination_id = %lane.destination, issue_id = %row.id, resolution = %resolution, "an issue was resolved");
    engine.tell(lane.team, lane.mode, Some(lane.destination));
    Ok(())
}

async fn recovered(engine: &Engine, tx: &mut Tx, lane: &LaneKey, row: &Row, untold: i64) -> Result<()> {
    // As it is now.
    let Some(row) = store::lock(tx, lane, row.id).await? else { return Ok(()) };
    notice::insert_issue(engine, tx, &facts(engine, row, 0, untold), engine.now()).await
}
