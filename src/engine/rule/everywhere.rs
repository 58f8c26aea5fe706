//! What each connection of a source would do with a request. Nothing is sent or stored.

use std::time::Duration;

use hookyard_model::{
    Actor, ConnectionId, IgnoredCause, ReplayBranch, TrialInput, TrialOutcome, service::Connections as _,
};
use tokio::time::Instant;

use crate::{
    Engine,
    delivery::LaneKey,
    error::Result,
    request::StoredRequest,
    routing::{Branch, Route},
};

/// How many connections are asked at most, and how long.
const MOST: usize = 100;
const TIME: Duration = Duration::from_secs(10);

impl Engine {
    /// Asks each connection of the route, or the `only` one, and counts those that were left out.
    pub(crate) async fn try_everywhere(
        &self,
        who: &Actor,
        route: &Route,
        stored: &StoredRequest,
        only: Option<ConnectionId>,
    ) -> Result<(Vec<ReplayBranch>, u32)> {
        let began = Instant::now();
        let asked: Vec<_> =
            route.branches.iter().filter(|branch| only.is_none_or(|only| only == branch.connection)).collect();
        let mut tried = Vec::with_capacity(asked.len().min(MOST));
        for branch in asked.iter().take(MOST) {
            if began.elapsed() > TIME {
                break;
            }
            tried.push(self.try_branch(who, branch, stored, only.is_some()).await?);
        }
        let left_out = u32::try_from(asked.len() - tried.len()).unwrap_or(u32::MAX);
        Ok((tried, left_out))
    }

    async fn try_branch(
        &self,
        who: &Actor,
        branch: &Branch,
        stored: &StoredRequest,
        is_only: bool,
    ) -> Result<ReplayBranch> {
        let connection = self.connection(who, branch.connection).await?;
        let lane = LaneKey { team: who.team, mode: who.mode, destination: branch.destination };
        let is_destination_paused = self.target(&lane).await?.is_some_and(|target| target.is_paused);
        let mut found = ReplayBranch {
            connection_id: connection.id,
            connection_name: connection.name.clone(),
            destination_id: connection.destination_id,
            destination_name: connection.destination.name.clone(),
            is_taken: true,
            ignored_cause: None,
            reason: None,
            mismatch: None,
            is_held: connection.paused_at.is_some() || is_destination_paused,
            delay_ms: None,
            changes: Vec::new(),
        };
        // What is for one connection alone passes whatever its rules.
        if is_only {
            return Ok(found);
        }
        let mut ignored_cause = if branch.disabled { Some(IgnoredCause::ConnectionDisabled) } else { None };
        if ignored_cause.is_none() {
            let mut trying = self.trying(who, TrialInput::default(), Some(connection)).await?;
            let tried = self.try_on(who, &mut trying, stored.clone(), true).await?;
            ignored_cause = match tried.outcome {
                TrialOutcome::Sent if branch.destination_disabled => Some(IgnoredCause::DestinationDisabled),
                TrialOutcome::Sent => None,
                TrialOutcome::Filtered => Some(IgnoredCause::Filtered),
                TrialOutcome::Deduplicated => Some(IgnoredCause::Deduplicated),
                TrialOutcome::TransformFailed => Some(IgnoredCause::TransformFailed),
            };
            found.reason = tried.reason;
            found.mismatch = tried.mismatch;
            found.delay_ms = tried.delay_ms;
            found.changes = tried.changes;
        }
        found.is_taken = ignored_cause.is_none();
        found.is_held &= found.is_taken;
        found.ignored_cause = ignored_cause;
        Ok(found)
    }
}
