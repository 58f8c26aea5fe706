//! Why nothing of an operation is sent to a destination now.

use std::{collections::HashMap, fmt};

use hookyard_model::{BulkObstacle, BulkStatus, ConnectionId, DestinationId, ObstacleCode, Timestamp};

use super::store::{Part, Row};
use crate::{Engine, bulk::Orders, delivery::LaneKey, error::Result, routing::Target};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Obstacle {
    Gone,
    Disabled,
    Paused,
    /// A connection to it, of this name, is paused: only what came by that waits.
    Connection(String),
    /// Its breaker is open.
    Open,
    /// The pace of recovery stopped, for this reason.
    Stopped(String),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => out.write_str("it was deleted"),
            Self::Disabled => out.write_str("it is disabled"),
            Self::Paused => out.write_str("it is paused"),
            Self::Connection(name) => {
                write!(out, "its connection {name} is paused: what came by that waits, and the rest goes on")
            }
            Self::Open => out.write_str("its circuit breaker is open"),
            Self::Stopped(reason) => out.write_str(reason),
        }
    }
}

impl From<Obstacle> for BulkObstacle {
    fn from(obstacle: Obstacle) -> Self {
        let code = match &obstacle {
            Obstacle::Gone => ObstacleCode::Deleted,
            Obstacle::Disabled => ObstacleCode::Disabled,
            Obstacle::Paused => ObstacleCode::Paused,
            Obstacle::Connection(_) => ObstacleCode::ConnectionPaused,
            Obstacle::Open => ObstacleCode::BreakerOpen,
            Obstacle::Stopped(_) => ObstacleCode::Stopped,
        };
        Self { code, detail: obstacle.to_string() }
    }
}

/// What is in the way at the destinations of an operation, and what is said there of all operations.
#[derive(Debug, Default)]
pub(super) struct Obstacles {
    found: HashMap<DestinationId, Obstacle>,
    orders: HashMap<DestinationId, Orders>,
    /// Connections that are paused.
    paused: HashMap<DestinationId, Vec<ConnectionId>>,
}

/// What is in the way at a destination, whichever operation asks.
pub(super) fn at(target: Option<&Target>) -> Option<Obstacle> {
    let Some(target) = target else { return Some(Obstacle::Gone) };
    if target.disabled {
        Some(Obstacle::Disabled)
    } else if target.is_paused {
        Some(Obstacle::Paused)
    } else if target.breaker.opened_at.is_some() {
        Some(Obstacle::Open)
    } else {
        None
    }
}

/// Whether the breaker is open and something is to go out to see whether the destination is well: that may be one of an operation.
fn wants_probe(target: Option<&Target>, now: Timestamp) -> bool {
    let breaker = target.map(|target| &target.breaker).filter(|breaker| breaker.opened_at.is_some());
    breaker.is_some_and(|breaker| breaker.probe_at.is_none_or(|probe_at| probe_at <= now))
}

impl Obstacles {
    pub(super) async fn find(engine: &Engine, row: &Row, parts: impl Iterator<Item = &Part> + Send) -> Result<Self> {
        let mut all = Self::default();
        if !row.status.is_ongoing() {
            return Ok(all);
        }
        for part in parts {
            let destination = part.destination_id;
            let key = LaneKey { team: row.team_id, mode: row.mode, destination };
            let target = engine.target(&key).await?;
            if let Some(orders) = target.as_deref().and_then(|target| target.bulk) {
                all.orders.insert(destination, orders);
            }
            if let Some(target) = target.as_deref().filter(|target| !target.paused.is_empty()) {
                all.paused.insert(destination, target.paused.clone());
            }
            let stopped = part.stop_reason.clone().map(Obstacle::Stopped);
            let wants_probe = wants_probe(target.as_deref(), engine.now());
            let obstacle = at(target.as_deref()).filter(|obstacle| *obstacle != Obstacle::Open || !wants_probe);
            if let Some(obstacle) = obstacle.or(stopped) {
                all.found.insert(destination, obstacle);
            }
        }
        Ok(all)
    }

    pub(super) fn of(&self, destination: DestinationId) -> Option<&Obstacle> {
        self.found.get(&destination)
    }

    /// The connections to a destination that are paused.
    pub(super) fn paused(&self, destination: DestinationId) -> &[ConnectionId] {
        self.paused.get(&destination).map_or(&[], Vec::as_slice)
    }

    /// How many operations share a destination.
    pub(super) fn shares(&self, destination: DestinationId) -> u32 {
        self.orders.get(&destination).map_or(1, |orders| orders.shares.max(1))
    }

    /// Why an operation is to be paused: whatever it has left needs somebody to do something. What is paused goes on with its
    /// destination or connection, and a breaker closes by itself. `ways` is where what is left of requests goes now.
    pub(super) fn why_pause(&self, row: &Row, parts: &[Part], ways: &[Part]) -> Option<String> {
        if row.status != BulkStatus::Running {
            return None;
        }
        let left = parts.iter().filter(|part| part.pending_count + part.open_count > 0).chain(ways);
        let needs_somebody =
            |part: &Part| matches!(self.of(part.destination_id), Some(Obstacle::Disabled | Obstacle::Stopped(_)));
        let mut reasons = Vec::new();
        for part in left {
            if !needs_somebody(part) {
                return None;
            }
            if let Some(obstacle) = self.of(part.destination_id) {
                reasons.push(format!("{}: {obstacle}", part.destination_name));
            }
        }
        let more = reasons.len().saturating_sub(3);
        reasons.truncate(3);
        let said = reasons.join("; ");
        match (said.is_empty(), more) {
            (true, _) => None,
            (false, 0) => Some(said),
            (false, more) => Some(format!("{said}; and {more} more")),
        }
    }
}
