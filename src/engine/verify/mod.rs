//! Whether all that was accepted is accounted for: requests against their events and ignored events, events against
//! their attempts and the queue, the queue against events and lanes, bulk operations against what they made.
//!
//! Each team's mode is gone through in the order of the keys, with short reads and rests between them, so it may run beside a
//! busy server: no snapshot is held, and memory is bounded. What is amiss is looked at again before it is told, since
//! it may have been changing. A team's own run is a row (`keep.rs`), so that any node can show it and go on with it.

mod judge;
mod keep;
mod run;
mod store;

pub(crate) use keep::{Runs, discrepancies, run};

use async_trait::async_trait;
use hookyard_model::{
    Actor, Mode, Verification,
    service::{Answer, Reconciled, Verifications},
};

use self::{
    judge::Known,
    run::{MOST, Pace, Run},
    store::Whose,
};
use crate::{Engine, error::Result};

/// Reconciles the whole database.
pub(crate) async fn verify(engine: &Engine, fast: bool) -> Result<Reconciled> {
    let pace = if fast { Pace::Fast } else { Pace::Fair };
    let mut all = Reconciled::default();
    for team in store::teams(engine.db()).await? {
        for mode in Mode::ALL {
            let whose = Whose { db: engine.db(), team, mode: *mode };
            let (mut run, mut known) = (Run::default(), Known::default());
            while !run.is_over() {
                run.step(whose, &mut known, pace).await?;
            }
            all.requests += run.looked.requests;
            all.ignored += run.looked.ignored;
            all.events += run.looked.events;
            all.attempts += run.looked.attempts;
            all.queued += run.looked.queued + run.looked.transforming;
            all.bulk_items += run.looked.bulk_items;
            let left = MOST.saturating_sub(all.discrepancies.len());
            all.discrepancies.extend(run.discrepancies.into_iter().take(left).map(|found| found.detail));
        }
    }
    Ok(all)
}

#[async_trait]
impl Verifications for Engine {
    async fn verification(&self, who: &Actor) -> Answer<Option<Verification>> {
        Ok(keep::find(self.db(), who.team, who.mode).await?)
    }

    async fn start_verification(&self, who: &Actor) -> Answer<Verification> {
        let started = keep::start(self.db(), who.team, who.mode, Some(who), self.now()).await?;
        self.0.verifications.look();
        self.tell(who.team, who.mode, None);
        Ok(started)
    }

    async fn stop_verification(&self, who: &Actor) -> Answer<Verification> {
        let stopped = keep::stop(self.db(), who.team, who.mode, self.now()).await?;
        self.tell(who.team, who.mode, None);
        Ok(stopped)
    }
}
